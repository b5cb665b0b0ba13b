//! What is bought again and again: when a booked row that says what an announcement said is that
//! announcement's, though the same was bought on other days too.
//!
//! Two looks tell more than one. A row that was put in doubt is shown again in every later window;
//! had its announcement become another row, that row would have come meanwhile.

use super::assign::{Pair, SOME_WORDS};
use super::counted::{is_near_another, short_of_rows};
use super::key::{Content, same_name};
use super::score::{Reading, weigh};
use super::settle::BOOKED_WITHIN_DAYS;
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Standing};

/// Days before a row in which another announcement may be the one it books, and after an
/// announcement in which another row may book it.
const RIVALS_WITHIN_DAYS: i64 = 14;
/// Days within which what moved alone is booked.
const MOVED_ALONE_DAYS: i64 = 6;

/// Whether a booked row says the amount and the day of an announcement that is gone, or that a part
/// of a window does not show, and no more such rows came than there are announcements. At the second
/// look the same words are enough, too: of equal rows any is as good as the other, whatever came more.
pub(super) fn says_all_of(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> bool {
    let Pair { known, row, weighed, .. } = pair;
    let unseen = gone || !work.question.window.whole;
    if weighed.days != 0 || weighed.drift != 0 || !unseen {
        return false;
    }
    let observed = &work.question.rows[row];
    let (waiting, came) = (waiting(work, observed), came(work, observed));
    if !is_free(known) && !is_the_only_one(work, pair, gone, waiting.max(came)) {
        return false;
    }
    let again = work.doubted_of(row).is_some();
    let otherwise = work.trusts.pending.mostly_keep_name && named_otherwise(work, pair);
    let in_its_words = says_the_same(work, pair);
    if again && in_its_words && !otherwise && !may_be_shown_twice(work, row, came) {
        return true;
    }
    if came > waiting {
        return false;
    }
    let may_have_moved = work.trusts.pending.move_day && is_open_elsewhere(work, pair);
    // Out of sight, too, one of several equal announcements is booked, whichever it is.
    if !gone && in_its_words && waiting > 1 && !may_have_moved {
        return true;
    }
    let unclear = short_of_rows(work, &known.observed) || is_near_another(work, &known.observed);
    if unclear || work.echoes {
        return false;
    }
    if !gone {
        return !otherwise && (again || came > 1);
    }
    let beside = work.trusts.pending.stay && work.usual.is_pending(observed);
    again || !(beside || may_have_moved)
}

/// Whether a row may be another one shown twice: one that is booked, or, where announcements go unbooked,
/// another of those that came.
fn may_be_shown_twice(work: &Work<'_>, row: usize, came: usize) -> bool {
    if came > 1 {
        return work.question.habits.pending_vanished > 0;
    }
    let said = work.question.said[row];
    work.question.known.iter().any(|other| {
        other.standing == Standing::Counted
            && other.observed.state == RowState::Booked
            && Content::of(&other.observed) == said
    })
}

/// Whether an announcement that a person wrote on, or that is in doubt itself, is the only one of its
/// amount and day, and the row the only one that came: nothing that was written can go astray then, and
/// whatever the doubt comes to, the row is that announcement's. `most` is how many of either there are.
fn is_the_only_one(work: &Work<'_>, pair: Pair<'_>, gone: bool, most: usize) -> bool {
    let Pair { known, row, .. } = pair;
    let again = work.doubted_of(row).is_some();
    most == 1
        && match known.standing {
            Standing::Counted => again || (gone && !says_the_same(work, pair)),
            Standing::Doubted => gone && !named_otherwise(work, pair),
            Standing::Withdrawn | Standing::Absorbed => false,
        }
}

/// Whether a row says what its announcement said, word for word.
pub(super) fn says_the_same(work: &Work<'_>, pair: Pair<'_>) -> bool {
    Content::of(&pair.known.observed) == work.question.said[pair.row]
}

/// Whether both bear a name that is believed, and not the same one.
pub(super) fn named_otherwise(work: &Work<'_>, pair: Pair<'_>) -> bool {
    work.same_name(&pair.known.observed, work.question.rows[pair.row]) == Some(false)
}

/// How many announcements of a row's amount and day have no row.
fn waiting(work: &Work<'_>, row: &ObservedTransaction) -> usize {
    work.usual.pending_on(row).iter().filter(|place| waits(work, **place)).count()
}

/// How many booked rows of a row's amount and day are nothing yet.
fn came(work: &Work<'_>, row: &ObservedTransaction) -> usize {
    work.usual.booked_within(row, 0).filter(|row| work.is_open(*row)).count()
}

/// Whether a booked row is what became of an announcement of its day that is still shown: the bank
/// leaves announcements beside as a rule, neither has its like on the day, and no name tells them apart.
pub(super) fn stays_beside_alone(work: &Work<'_>, pair: Pair<'_>) -> bool {
    let Pair { known, row, weighed, .. } = pair;
    let observed = &work.question.rows[row];
    work.trusts.pending.stands_beside
        && is_free(known)
        && (weighed.days, weighed.drift) == (0, 0)
        && work.usual.pending_shown(observed) == 1
        && came(work, observed) == 1
        // However little names last, two of them may be two purchases.
        && same_name(&known.observed, observed, true, true) != Some(false)
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
        && !work.usual.is_pending_within(work.question.rows[pair.row], RIVALS_WITHIN_DAYS)
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
                && work.is_open(other)
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
        work.question.rows[other].booking_date != row.booking_date && work.is_open(other)
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
        || booked.any(|other| work.is_open(other))
}

/// Whether another purchase of an amount was announced on the day on which a row was booked, or another
/// was booked on the day of an announcement: those that keep their day may be the pairs.
pub(super) fn either_on_its_day(
    work: &Work<'_>,
    pending: &ObservedTransaction,
    row: &ObservedTransaction,
) -> bool {
    let waits = |place: &usize| work.shown_by[*place].is_none();
    let open = |row: usize| work.is_open(row);
    work.usual.pending_on(row).iter().any(waits) || work.usual.booked_within(pending, 0).any(open)
}
