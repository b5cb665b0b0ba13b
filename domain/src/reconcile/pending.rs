//! What a window shows of a bank's habits with pending rows.

use super::key::same_name;
use super::trust::Trust;
use super::work::{Found, Work};
use super::Absent;
use crate::observed::RowState;
use crate::transaction::{IdentifierHabits, Reason, Standing};

/// Counts what became of pending transactions in this window.
pub(super) fn observe(work: &Work<'_>, absent: &[Absent], habits: &mut IdentifierHabits) {
    let question = work.question;
    for (row, found) in work.found.iter().enumerate() {
        let Some(Found::Known { place, .. }) = found else { continue };
        let (known, observed) = (&question.known[*place], &question.rows[row]);
        let books = known.observed.state == RowState::Pending && observed.state == RowState::Booked;
        if !books || known.standing == Standing::Absorbed {
            continue;
        }
        let references = work.trusts.reference != Trust::Broken;
        let identifiers = work.trusts.identifier != Trust::Broken;
        match same_name(&known.observed, observed, references, identifiers) {
            Some(true) => habits.pending_name_kept += 1,
            Some(false) => habits.pending_name_changed += 1,
            None => {}
        }
        if work.usual.besides(&known.observed, observed, false) {
            // Which one was booked is not certain enough to learn from.
            continue;
        }
        if known.observed.booking_date == observed.booking_date {
            habits.pending_day_kept += 1;
        } else {
            habits.pending_day_moved += 1;
        }
        let stayed = work.found.iter().enumerate().any(|(other, found)| {
            matches!(found, Some(Found::Known { place: of, .. }) if of == place && other != row)
        });
        habits.pending_stayed += u64::from(stayed);
    }
    habits.pending_stayed += late_announcements(work);
    let vanished = absent.iter().filter(|absent| absent.withdrawn).filter(|absent| {
        let known = question.known.iter().find(|row| row.transaction_id == absent.transaction_id);
        known.is_some_and(|row| {
            row.observed.state == RowState::Pending && row.standing == Standing::Counted
        })
    });
    habits.pending_vanished += vanished.count() as u64;
}

/// New pending rows that may be announcements of what is booked.
fn late_announcements(work: &Work<'_>) -> u64 {
    let rows = work.question.rows.iter().zip(&work.found);
    let late = rows.filter(|(row, found)| {
        row.state == RowState::Pending
            && matches!(found, Some(Found::Doubtful(likely)) if likely.iter().any(|one| {
                !one.reasons.contains(&Reason::EqualButReference)
            }))
    });
    late.count() as u64
}
