//! Rows that show another reading of a transaction.

use super::absence::gone;
use super::trust::Trust;
use super::work::{Found, Work};
use crate::observed::RowState;
use crate::transaction::Standing;

/// Days by which a correction moves a row that a mere reading of it shows.
const CORRECTED_DAYS: i64 = 2;
/// Most readings of readings that are followed.
const MOST_READINGS: usize = 8;

/// A pending reading of another pending transaction is that one under another name: two rows at
/// once are two transactions, and the row that bears the other name is nothing yet. Nor is one
/// transaction booked by two rows, where the bank gives names anew.
fn part_renamed(work: &mut Work<'_>) {
    let question = work.question;
    let pending = |place: usize| question.known[place].observed.state == RowState::Pending;
    let renamed = question.habits.reference_changed > 0 && work.trusts.reference == Trust::Unknown;
    for row in 0..work.found.len() {
        let Some(Found::Known { place, .. }) = work.found[row] else { continue };
        let known = &question.known[place];
        let other = known.same_as.filter(|_| known.standing == Standing::Absorbed);
        let Some(other) = other.and_then(|id| work.place(id)) else { continue };
        let Some(by) = work.shown_by[other].filter(|by| *by != row) else { continue };
        let booked = |row: usize| question.rows[row].state == RowState::Booked;
        let twice = pending(place) && booked(row) && booked(by);
        if twice || (pending(place) && pending(other)) || (renamed && booked(row) && booked(by)) {
            work.found[row] = None;
            work.shown_by[place] = None;
        }
    }
}

/// Rows that show another reading of a transaction show that transaction, if nothing else does, or
/// book it.
pub(super) fn readings(work: &mut Work<'_>) {
    let question = work.question;
    part_renamed(work);
    for row in 0..work.found.len() {
        if !work.is_reading(row) {
            continue;
        }
        let Some(Found::Known { place: mut at, score, reasons }) = work.found[row].clone() else {
            continue;
        };
        for _ in 0..MOST_READINGS {
            let other = question.known[at].same_as.and_then(|id| work.place(id));
            let Some(other) = other else { break };
            at = other;
        }
        let known = &question.known[at];
        if known.standing == Standing::Absorbed {
            continue;
        }
        let books = known.observed.state == RowState::Pending
            && question.rows[row].state == RowState::Booked;
        let shown = work.shown_by[at].map(|row| question.rows[row].state);
        let takes = match shown {
            // A transaction that the window does not reach is not what its reading says.
            None => {
                let days = question.rows[row].booking_date - known.observed.booking_date;
                known.observed.state == RowState::Pending
                    || days.num_days().abs() <= CORRECTED_DAYS
                    || gone(question, known)
            }
            Some(state) => books && state == RowState::Pending,
        };
        // A booked transaction does not become what an old announcement of it says.
        let old = known.observed.state == RowState::Booked
            && question.rows[row].state == RowState::Pending;
        if takes && !old {
            work.join(at, row, score, reasons);
        }
    }
}
