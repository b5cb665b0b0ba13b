//! Which booked row stands for which pending transaction.

use chrono::TimeDelta;

use super::absence::gone;
use super::again::{stays_beside_alone, used_on_its_day};
use super::assign::{CLEAR, Claim, DOUBT, Pair, SAME_WORDS, SOME_WORDS, booked, run, run_clear};
use super::graph::{MOST_BEFORE, MOST_BEHIND};
use super::key::{reference, same_name};
use super::likelihood::{Likelihood, likelihood};
use super::score::Weighed;
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Reason, Standing};

/// What it is worth that neither side has any other candidate.
const ONLY_ONE: u32 = 150;
/// What it costs that the pending row may still be there, out of the window's sight.
const UNSEEN: u32 = 60;
/// Days a pending transaction that is gone may still be booked.
pub const SETTLES_WITHIN_DAYS: i64 = 30;
/// Days within which a pending transaction is booked as a rule; later it is doubtful.
pub(super) const BOOKED_WITHIN_DAYS: i64 = 8;
/// Days by which clocks that differ put a booking before its announcement.
const SKEWED_DAYS: i64 = 1;
/// Most days a reserved sum waits for what was really used.
const MOST_HELD_DAYS: i64 = 8;
/// Words with anything in common, where a bank cuts and numbers them while a row is pending.
pub(super) const ANY_WORDS: u32 = 200;
/// Most that a tip or a rate makes of an amount, in parts of a thousand.
const ADDED: u32 = 250;
/// Most days an authorisation stands before the booked row it stays beside.
pub(super) const BESIDE_DAYS: i64 = 6;
/// Most that a correction makes of an amount, in parts of a thousand.
pub(super) const CORRECTED: u32 = 100;
/// A reserved sum is a multiple of this many minor units, or exactly [`TOKEN_HOLD`].
const ROUND_HOLD: i64 = 1_000;
/// Prices on a menu are multiples of this many minor units.
const MENU_STEP: i64 = 10;
/// What is reserved only to see whether the card works, in minor units.
const TOKEN_HOLD: u64 = 100;

/// Pending transactions against booked rows.
pub(super) fn settle(work: &mut Work<'_>) {
    settle_those(work, Standing::Counted);
}

/// Pending transactions in doubt against booked rows that nothing else explains: whatever the person
/// says of the doubt, the booked row is theirs.
pub(super) fn settle_doubted(work: &mut Work<'_>) {
    settle_those(work, Standing::Doubted);
}

/// What had been taken for gone against booked rows that nothing else explains.
pub(super) fn settle_gone(work: &mut Work<'_>) {
    settle_those(work, Standing::Withdrawn);
}

fn settle_those(work: &mut Work<'_>, standing: Standing) {
    let question = work.question;
    let oldest = question.window.to.checked_sub_signed(TimeDelta::days(SETTLES_WITHIN_DAYS));
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let recent = oldest.is_some_and(|day| known.observed.booking_date >= day);
        let waits = standing != Standing::Withdrawn || recent;
        waits
            && known.standing == standing
            && known.observed.state == RowState::Pending
            && !work.spoken_for[*place]
    });
    let known = known.collect();
    if standing == Standing::Doubted {
        let rows = work.open_rows().into_iter();
        let rows = rows.filter(|row| question.rows[*row].state == RowState::Booked).collect();
        return run_clear(work, known, rows, judge_doubted, Some(Reason::Booked));
    }
    let rows = booked(work);
    run(work, known, rows, judge_settling, Some(Reason::Booked));
}

/// A pending transaction that is in doubt itself is not joined with another amount, nor where more
/// equal rows came than wait in doubt: one of them may be another one shown twice.
fn judge_doubted(work: &Work<'_>, pair: Pair<'_>) -> Claim {
    let row = &work.question.rows[pair.row];
    let came = work.usual.booked_within(row, 0).filter(|row| work.found[*row].is_none()).count();
    let waits = work.usual.pending_on(row).iter().filter(|place| {
        let known = &work.question.known[**place];
        known.standing == Standing::Doubted && work.shown_by[**place].is_none()
    });
    if !pair.weighed.exact || came > waits.count().max(1) {
        return Claim::None;
    }
    judge_settling(work, pair)
}

fn judge_settling(work: &Work<'_>, pair: Pair<'_>) -> Claim {
    let Pair { known, row, weighed, only } = pair;
    let observed = &work.question.rows[row];
    let near = (-MOST_BEFORE..=MOST_BEHIND).contains(&weighed.days);
    if !weighed.same_direction || !near || weighed.other_purchase_day {
        return Claim::None;
    }
    let gone = known.standing == Standing::Withdrawn || gone(work.question, known);
    if other_name(work, &known.observed, observed) {
        // A place in a list can look like a lasting name.
        let soon = (0..=BOOKED_WITHIN_DAYS).contains(&weighed.days);
        let equal = weighed.exact && soon && weighed.alike >= ANY_WORDS;
        let open = known.standing == Standing::Counted;
        return if equal && open { Claim::Doubt(weighed.score) } else { Claim::None };
    }
    let mut score = weighed.score;
    if only && (weighed.exact || weighed.alike >= SOME_WORDS) {
        score += ONLY_ONE;
    }
    if !gone {
        score = score.saturating_sub(UNSEEN);
    }
    // A pump or a hotel reserves a round sum and books what was really used.
    let likely_hold = !weighed.exact && (0..=MOST_HELD_DAYS).contains(&weighed.days);
    if likely_hold && score < CLEAR {
        let round = is_round(known.observed.amount.minor);
        score = score.max(match (round, weighed.alike) {
            (true, SAME_WORDS..) if only && gone => CLEAR,
            (true, SOME_WORDS..) if used_on_its_day(work, pair, gone) => CLEAR,
            (true, ANY_WORDS..) | (false, SAME_WORDS..) => DOUBT,
            (false, ANY_WORDS..) if weighed.drift <= ADDED => DOUBT,
            _ => 0,
        });
    }
    match likelihood(work, pair, gone) {
        _ if score < DOUBT => Claim::None,
        Likelihood::Excluded => Claim::None,
        // What was bought is not booked before, but for clocks that differ.
        Likelihood::Sure
            if score >= CLEAR && (-SKEWED_DAYS..=BOOKED_WITHIN_DAYS).contains(&weighed.days) =>
        {
            Claim::Clear(score)
        }
        _ => Claim::Doubt(score),
    }
}

/// Whether a name says that the two are two transactions.
fn other_name(work: &Work<'_>, pending: &ObservedTransaction, row: &ObservedTransaction) -> bool {
    work.trusts.pending.keep_name
        && work.same_name(pending, row) == Some(false)
        && !gone_over(work, pending)
}

/// Whether a row that says something else bears the name of a pending transaction now: it was a
/// place in a list.
fn gone_over(work: &Work<'_>, pending: &ObservedTransaction) -> bool {
    let Some(name) = reference(pending) else { return false };
    let bears = |row: &&ObservedTransaction| reference(row) == Some(name);
    let mut bearers = work.question.rows.iter().copied().filter(bears);
    bearers.any(|row| row.amount != pending.amount)
}

/// Whether an amount is one that stands on a menu, so that it is paid again and again.
fn is_a_price(row: &ObservedTransaction) -> bool {
    row.amount.minor % MENU_STEP == 0
}

pub(super) fn is_round(minor: i64) -> bool {
    minor % ROUND_HOLD == 0 || minor.unsigned_abs() == TOKEN_HOLD
}

/// Booked rows against pending transactions that are still shown: a bank may leave an
/// authorisation beside what was booked of it.
pub(super) fn beside(work: &mut Work<'_>) {
    let question = work.question;
    let known = (0..question.known.len()).filter(|place| {
        let known = &question.known[*place];
        let by = work.shown_by[*place].map(|row| question.rows[row].state);
        known.standing == Standing::Counted
            && known.observed.state == RowState::Pending
            && !work.spoken_for[*place]
            && by == Some(RowState::Pending)
    });
    let known = known.collect();
    let rows = booked(work);
    run(work, known, rows, judge_beside, Some(Reason::Booked));
}

fn judge_beside(work: &Work<'_>, pair: Pair<'_>) -> Claim {
    let Pair { known, row, weighed, .. } = pair;
    let held = work.doubted_of(row).is_some();
    let (pending, row) = (&known.observed, &work.question.rows[row]);
    if !stands_beside(work, pending, row, weighed) {
        return Claim::None;
    }
    let same_day = weighed.days == 0 || weighed.same_purchase_day;
    let alike = weighed.exact && same_day && weighed.alike >= SOME_WORDS;
    // A bank that shows them side by side does so on whatever day it books.
    let moved = !work.trusts.pending.keep_day && weighed.days >= 0;
    let alike = alike || (weighed.exact && moved && weighed.alike >= SOME_WORDS);
    let beside = work.trusts.pending.stands_beside;
    let alone = work.usual.alone_with(pending, row);
    // Where it is the rule, an amount that is never met twice a day is not met twice on this one.
    let rule = beside && work.trusts.pending.beside_often;
    let once = rule && same_day && work.usual.once_a_day(pending) && work.usual.once_a_day(row);
    let peculiar = weighed.exact
        && (work.question.habits.pending_stayed > 0 || !is_a_price(pending))
        && weighed.alike >= SOME_WORDS
        && !work.trusts.pending.make_way
        && !shown_renamed(work, known)
        && work.usual.is_peculiar(pending, row, held);
    let known_alone = alone || once || stays_beside_alone(work, pair);
    if peculiar || (alike && beside && known_alone) {
        Claim::Clear(weighed.score)
    } else if work.trusts.pending.make_way {
        Claim::None
    } else {
        Claim::Doubt(weighed.score)
    }
}

/// Whether a pending transaction is shown under another name than it had: it may be another one.
fn shown_renamed(work: &Work<'_>, known: &KnownRow) -> bool {
    let place = work.place(known.transaction_id);
    let row = place.and_then(|place| work.shown_by[place]).map(|row| &work.question.rows[row]);
    row.is_some_and(|row| same_name(&known.observed, row, true, true) == Some(false))
}

/// Whether a booked row may be what became of an announcement that is still shown.
pub(super) fn stands_beside(
    work: &Work<'_>,
    pending: &ObservedTransaction,
    booked: &ObservedTransaction,
    weighed: &Weighed,
) -> bool {
    let named = work.same_name(pending, booked);
    let held = is_round(pending.amount.minor) && weighed.alike >= ANY_WORDS;
    weighed.same_direction
        && (0..=BESIDE_DAYS).contains(&weighed.days)
        && !weighed.other_purchase_day
        && !other_name(work, pending, booked)
        && (named == Some(true)
            || held
            || weighed.score >= CLEAR
            || (weighed.drift <= CORRECTED && weighed.alike >= ANY_WORDS)
            || (weighed.drift <= ADDED
                && weighed.alike >= ANY_WORDS
                && (weighed.days == 0 || !work.trusts.pending.keep_day)
                && (work.trusts.pending.stands_beside
                    || may_be_tipped(work, (pending, booked), weighed)))
            || (weighed.exact && weighed.alike >= SOME_WORDS))
}

/// Whether more was booked than announced, at a bank of which it is not known that announcements make
/// way: to count both would count one purchase twice.
fn may_be_tipped(
    work: &Work<'_>,
    (pending, booked): (&ObservedTransaction, &ObservedTransaction),
    weighed: &Weighed,
) -> bool {
    let habits = work.trusts.pending;
    let then = weighed.days == 0 || weighed.same_purchase_day || habits.move_day;
    !habits.make_way
        && then
        && booked.amount.minor.unsigned_abs() > pending.amount.minor.unsigned_abs()
}

/// Whether a pending row can only be the old announcement of a transaction that is booked now:
/// nothing else of that amount is near, and no name speaks against it.
pub(super) fn is_announcement_of(work: &Work<'_>, known: &KnownRow, row: usize) -> bool {
    let row = &work.question.rows[row];
    let named = work.same_name(&known.observed, row);
    let other_name = named == Some(false)
        && (known.observed.state == RowState::Pending || work.trusts.pending.keep_name);
    let paid = known.observed.payment_date.zip(row.payment_date);
    let alone = work.trusts.pending.stands_beside && work.usual.alone_with(row, &known.observed);
    let peculiar =
        !work.trusts.pending.make_way && work.usual.is_peculiar(row, &known.observed, true);
    !other_name && paid.is_none_or(|(one, other)| one == other) && (alone || peculiar)
}
