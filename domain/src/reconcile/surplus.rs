//! The count of a whole window: a row that counts for nothing beside a transaction that has no row.

use std::collections::HashMap;

use super::absence::gone;
use super::key::Content;
use super::work::{Found, Work};
use super::{Likely, Of};
use crate::money::Money;
use crate::observed::RowState;
use crate::transaction::{KnownRow, Reason, Standing};

/// How likely a row that was taken for a mere reading is the booking of what has no row.
const UNCOUNTED: u32 = 600;
/// Most days from an announcement to what was booked of it.
const BOOKED_WITHIN_DAYS: i64 = 8;

/// How often a person is asked whether a row is that of one transaction: once when it came, and once
/// more when it stands beside what the answer was.
const MOST_ASKED: usize = 2;

/// Booked rows that are mere readings of a transaction that has a row of its own, while another of the
/// same amount is gone and has none: there are as many rows as transactions then, and the reading may
/// be that one's.
pub(super) fn surplus(work: &mut Work<'_>) {
    let question = work.question;
    let waited_for = work.waited_for();
    let mut open: HashMap<Money, Vec<usize>> = HashMap::new();
    for place in work.open_known() {
        let known = &question.known[place];
        let lacks = known.standing == Standing::Counted
            && (gone(question, known) || known.missed > 0)
            && !waited_for.contains(&known.transaction_id);
        if lacks {
            open.entry(known.observed.amount).or_default().push(place);
        }
    }
    if open.is_empty() {
        return;
    }
    for row in 0..work.found.len() {
        let Some(reading) = spare_reading(work, row) else { continue };
        let Some(lacking) = open.get_mut(&question.rows[row].amount) else { continue };
        let fits = |place: &usize| may_be_of(work, reading, row, question.known[*place]);
        let Some(at) = lacking.iter().position(fits) else { continue };
        let of = Of::Known(question.known[lacking.remove(at)].transaction_id);
        let reasons = vec![Reason::SameAmount, Reason::PendingGone];
        work.shown_by[reading] = None;
        work.found[row] = Some(Found::Doubtful(vec![Likely { of, score: UNCOUNTED, reasons }]));
    }
}

/// The mere reading that a booked row shows, if its transaction is shown booked by another row.
fn spare_reading(work: &Work<'_>, row: usize) -> Option<usize> {
    let question = work.question;
    let Some(Found::Known { place, .. }) = work.found[row] else { return None };
    let known = &question.known[place];
    let of = known.same_as.filter(|_| known.standing == Standing::Absorbed)?;
    let by = work.shown_by[work.place(of)?].filter(|by| *by != row)?;
    let booked = |row: usize| question.rows[row].state == RowState::Booked;
    (booked(row) && booked(by)).then_some(place)
}

/// Whether the row of a reading may be that of a transaction that has none.
fn may_be_of(work: &Work<'_>, reading: usize, row: usize, lacking: &KnownRow) -> bool {
    let question = work.question;
    let (said, observed) = (question.said[row], &question.rows[row]);
    let days = (observed.booking_date - lacking.observed.booking_date).num_days();
    let paid = observed.payment_date.zip(lacking.observed.payment_date);
    let fits = match lacking.observed.state {
        RowState::Booked => Content::of(&lacking.observed) == said,
        RowState::Pending => (0..=BOOKED_WITHIN_DAYS).contains(&days),
    };
    let of = question.known[reading].same_as;
    let asked = question
        .known
        .iter()
        .filter(|other| other.standing == Standing::Absorbed && other.same_as == of)
        .filter(|other| other.may_be.contains(&lacking.transaction_id));
    let apart = |one: &KnownRow| one.apart_from.contains(&lacking.transaction_id);
    fits && paid.is_none_or(|(one, other)| one == other)
        && asked.count() < MOST_ASKED
        && !apart(question.known[reading])
}
