//! What a window shows of a bank's habits with pending rows.

use std::collections::HashSet;

use super::Absent;
use super::work::{Found, Work};
use crate::observed::RowState;
use crate::transaction::{IdentifierHabits, Reason, Standing};

/// Counts what became of pending transactions in this window.
pub(super) fn observe(work: &Work<'_>, absent: &[Absent], habits: &mut IdentifierHabits) {
    let question = work.question;
    let mut shown = vec![0_u32; question.known.len()];
    for found in &work.found {
        if let Some(Found::Known { place, .. }) = found {
            shown[*place] += 1;
        }
    }
    for (row, found) in work.found.iter().enumerate() {
        let Some(Found::Known { place, .. }) = found else { continue };
        let (known, observed) = (&question.known[*place], &question.rows[row]);
        let books = known.observed.state == RowState::Pending && observed.state == RowState::Booked;
        if !books || known.standing == Standing::Absorbed {
            continue;
        }
        match work.same_name(&known.observed, observed) {
            Some(true) => habits.pending_name_kept += 1,
            Some(false) => habits.pending_name_changed += 1,
            None => {}
        }
        let same_day = known.observed.booking_date == observed.booking_date;
        if !same_day && work.usual.besides(&known.observed, observed, false) {
            // Which one was booked is not certain enough to learn from.
            continue;
        }
        if same_day {
            habits.pending_day_kept += 1;
        } else {
            habits.pending_day_moved += 1;
        }
        habits.pending_stayed += u64::from(shown[*place] > 1);
    }
    habits.pending_stayed += late_announcements(work);
    habits.equal_rows_two += work.equal_rows.0;
    habits.equal_rows_one += work.equal_rows.1;
    habits.balance_held += work.balances.0;
    habits.balance_broke += work.balances.1;
    let withdrawn = absent.iter().filter(|absent| absent.withdrawn);
    let withdrawn: HashSet<_> = withdrawn.map(|absent| absent.transaction_id).collect();
    let vanished = question.known.iter().filter(|row| {
        row.observed.state == RowState::Pending
            && row.standing == Standing::Counted
            // What a person parted from its booking did not go by itself.
            && row.apart_from.is_empty()
            && withdrawn.contains(&row.transaction_id)
    });
    habits.pending_vanished += vanished.count() as u64;
}

/// New pending rows that may be announcements of what is booked.
fn late_announcements(work: &Work<'_>) -> u64 {
    let rows = work.question.rows.iter().zip(&work.found);
    let late = rows.filter(|(row, found)| {
        row.state == RowState::Pending
            && matches!(found, Some(Found::Doubtful(likely)) if likely.iter().any(|one| {
                one.reasons.contains(&Reason::SameAmount)
                    && !one.reasons.contains(&Reason::EqualButReference)
            }))
            && (work.usual.alone(row) || work.trusts.pending.stands_beside)
    });
    late.count() as u64
}
