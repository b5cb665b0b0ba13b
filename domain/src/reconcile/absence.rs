//! What a window should have shown and did not.

use chrono::{NaiveDate, TimeDelta};

use super::order::Asked;
use super::work::{Work, decision};
use super::{Absent, CERTAIN};
use crate::transaction::{KnownRow, Reason, Standing};

/// Days at a window's edges in which a row may have moved out of it.
pub const EDGE_DAYS: i64 = 2;
/// Whole windows in a row a transaction is missing from until it is taken as gone.
pub const WITHDRAWN_AFTER: u32 = 2;

/// The first day of which the window can be believed to show everything: a bank that goes back
/// less far than it was asked to says so only by its oldest row.
fn first_day(question: &Asked<'_>) -> Option<NaiveDate> {
    let oldest = question.oldest()?;
    let asked = question.window.from.unwrap_or(oldest).max(oldest);
    asked.checked_add_signed(TimeDelta::days(EDGE_DAYS))
}

/// Whether the window would show this row if the bank still had it.
pub(super) fn expected(question: &Asked<'_>, known: &KnownRow) -> bool {
    let Some(first) = first_day(question) else { return false };
    let last = question.window.to.checked_sub_signed(TimeDelta::days(EDGE_DAYS));
    let day = known.observed.booking_date;
    question.window.whole && day >= first && last.is_some_and(|last| day <= last)
}

/// Whether a row the bank still had would be in the window, edges and all: it is gone, or it has
/// changed.
pub(super) fn gone(question: &Asked<'_>, known: &KnownRow) -> bool {
    let day = known.observed.booking_date;
    let Some(oldest) = question.oldest() else { return false };
    let first = question.window.from.unwrap_or(oldest).max(oldest);
    question.window.whole && day >= first && day <= question.window.to
}

/// Rows that are missing.
pub(super) fn missing(work: &Work<'_>) -> Vec<Absent> {
    let question = work.question;
    if !question.window.whole {
        return Vec::new();
    }
    let waited_for = work.waited_for();
    let mut absent: Vec<_> = work
        .open_known()
        .map(|place| &question.known[place])
        .filter(|known| matches!(known.standing, Standing::Counted | Standing::Doubted))
        .filter(|known| expected(question, known) && !waited_for.contains(&known.transaction_id))
        .map(|known| {
            let windows = known.missed.saturating_add(1);
            Absent {
                transaction_id: known.transaction_id,
                windows,
                withdrawn: windows >= WITHDRAWN_AFTER,
                decision: decision(CERTAIN, vec![Reason::Missing { windows }]),
            }
        })
        .collect();
    absent.sort_by_key(|absent| absent.transaction_id);
    absent
}
