//! What is bought again and again: when a booked row that says what an announcement said is that
//! announcement's, though the same was bought on other days too.
//!
//! Two looks tell more than one. A row that was put in doubt is shown again in every later window;
//! had its announcement become another row, that row would have come meanwhile.

use super::assign::{Pair, SOME_WORDS};
use super::counted::{is_near_another, short_of_rows};
use super::key::same_name;
use super::score::{Reading, weigh};
use super::settle::BOOKED_WITHIN_DAYS;
use super::trust::Trust;
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Standing};

/// Days before a row in which another announcement may be the one it books, and after an
/// announcement in which another row may book it.
const RIVALS_WITHIN_DAYS: i64 = 14;
/// Days within which what moved alone is booked.
const MOVED_ALONE_DAYS: i64 = 6;

/// Whether a booked row says the amount and the day of an announcement that is gone, or that a part
/// of a window does not show, and no more such rows came than there are announcements.
pub(super) fn says_all_of(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> bool {
    let Pair { known, row, weighed, .. } = pair;
    if weighed.days != 0 || weighed.drift != 0 || !is_free(known) || work.echoes {
        return false;
    }
    let observed = &work.question.rows[row];
    let waiting = work.usual.pending_on(observed).iter();
    let waiting = waiting.filter(|place| waits(work, **place)).count();
    let came = work.usual.booked_within(observed, 0).filter(|row| is_open(work, *row)).count();
    let unclear = short_of_rows(work, &known.observed) || is_near_another(work, &known.observed);
    if came > waiting || unclear {
        return false;
    }
    let again = work.doubted_of(row).is_some();
    let habits = work.trusts.pending;
    if !gone {
        let otherwise = habits.mostly_keep_name && is_named_otherwise(work, pair);
        return !work.question.window.whole && !otherwise && (again || came > 1);
    }
    let beside = habits.stay && work.usual.is_pending(observed);
    again || !(beside || (habits.move_day && is_open_elsewhere(work, pair)))
}

/// Whether the two bear two names.
fn is_named_otherwise(work: &Work<'_>, pair: Pair<'_>) -> bool {
    let (known, row) = (&pair.known.observed, &work.question.rows[pair.row]);
    let references = work.trusts.reference != Trust::Broken;
    let identifiers = work.trusts.identifier != Trust::Broken;
    same_name(known, row, references, identifiers) == Some(false)
}

/// Whether an announcement that is gone was booked on a later day, at a bank that moves days, with
/// no other announcement and no other row of that amount left to explain.
pub(super) fn moved_alone(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> bool {
    let Pair { known, weighed, .. } = pair;
    gone && is_free(known)
        && weighed.drift == 0
        && (1..=MOVED_ALONE_DAYS).contains(&weighed.days)
        && work.trusts.pending.moves
        && !work.trusts.pending.vanish
        && !work.usual.is_pending_within(&work.question.rows[pair.row], RIVALS_WITHIN_DAYS)
        && !is_open_elsewhere(work, pair)
        && !is_open_beside(work, pair)
}

/// Whether a booked row of the day of an announcement that is gone says what was really used, with
/// no other row near that bears the same words.
pub(super) fn used_on_its_day(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> bool {
    let Pair { known, row, weighed, .. } = pair;
    let said = Reading::of(&known.observed);
    let near = |other: &ObservedTransaction| {
        let weighed = weigh(&said, &Reading::of(other));
        let soon = (0..=BOOKED_WITHIN_DAYS).contains(&weighed.days);
        soon && weighed.same_direction && weighed.alike >= SOME_WORDS
    };
    let mut rows = work.question.rows.iter().enumerate();
    gone && weighed.days == 0
        && is_free(known)
        && !rows.any(|(other, observed)| {
            other != row
                && observed.state == RowState::Booked
                && is_open(work, other)
                && near(observed)
        })
}

/// Whether a transaction counts, and no person wrote on it: what was written is not put at risk, and
/// what was taken for gone is not brought back where another may count for it.
fn is_free(known: &KnownRow) -> bool {
    known.standing == Standing::Counted && !known.edited
}

fn waits(work: &Work<'_>, place: usize) -> bool {
    let standing = work.question.known[place].standing;
    work.shown_by[place].is_none() && matches!(standing, Standing::Counted | Standing::Doubted)
}

fn is_open(work: &Work<'_>, row: usize) -> bool {
    work.found[row].is_none() || work.doubted_of(row).is_some()
}

/// Whether an announcement of another day, or a booked row of another day, bears a row's amount and
/// is nothing yet.
pub(super) fn is_open_elsewhere(work: &Work<'_>, pair: Pair<'_>) -> bool {
    let row = &work.question.rows[pair.row];
    let known = &pair.known.observed;
    let id = pair.known.transaction_id;
    let announced = work.usual.pending_within(row, RIVALS_WITHIN_DAYS).any(|place| {
        let other = &work.question.known[place];
        other.transaction_id != id
            && other.observed.booking_date != known.booking_date
            && waits(work, place)
    });
    let booked = work.usual.booked_within(known, BOOKED_WITHIN_DAYS).any(|other| {
        work.question.rows[other].booking_date != row.booking_date && is_open(work, other)
    });
    announced || booked
}

/// Whether another announcement of the same day, or another booked row of the same day, bears that
/// amount and is nothing yet.
fn is_open_beside(work: &Work<'_>, pair: Pair<'_>) -> bool {
    let row = &work.question.rows[pair.row];
    let id = pair.known.transaction_id;
    let mut announced = work.usual.pending_on(&pair.known.observed).iter();
    let mut booked = work.usual.booked_within(row, 0).filter(|other| *other != pair.row);
    announced.any(|place| work.question.known[*place].transaction_id != id && waits(work, *place))
        || booked.any(|other| is_open(work, other))
}

/// Whether another purchase of an amount was announced on the day on which a row was booked, or another
/// was booked on the day of an announcement: those that keep their day may be the pairs.
pub(super) fn either_on_its_day(
    work: &Work<'_>,
    pending: &ObservedTransaction,
    row: &ObservedTransaction,
) -> bool {
    let waits = |place: &usize| work.shown_by[*place].is_none();
    let open = |row: usize| is_open(work, row);
    work.usual.pending_on(row).iter().any(waits) || work.usual.booked_within(pending, 0).any(open)
}
