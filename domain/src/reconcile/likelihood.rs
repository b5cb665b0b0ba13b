//! How far what else is bought, and the bank's habits, leave room for another explanation than that a
//! booked row is what became of an announcement.

use super::again::{
    either_on_its_day, is_open_elsewhere, moved_alone, named_otherwise, says_all_of, says_the_same,
    used_on_its_day,
};
use super::against::{corrects_gone, may_correct, note_at_risk};
use super::assign::{Pair, SOME_WORDS};
use super::counted::{is_near_another, short_of_rows};
use super::settle::{BESIDE_DAYS, BOOKED_WITHIN_DAYS, CORRECTED, is_round};
use super::work::Work;
use crate::transaction::Standing;

/// Words of which half are the same: less is shared by any two purchases with a card.
const HALF_THE_WORDS: u32 = 500;
/// Days over which a bank that books on the day of a purchase may put it off: a weekend.
const PUT_OFF_DAYS: i64 = 3;

/// What else there may be.
pub(super) enum Likelihood {
    /// Nothing.
    Sure,
    /// Something: a person is asked.
    Unsure,
    /// It is something else.
    Excluded,
}

fn sure(sure: bool) -> Likelihood {
    if sure { Likelihood::Sure } else { Likelihood::Unsure }
}

/// Judges a pair that is alike enough.
pub(super) fn likelihood(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> Likelihood {
    let Pair { known, row, weighed, .. } = pair;
    let held = work.doubted_of(row).is_some();
    let observed = &work.question.rows[row];
    if !weighed.exact {
        return of_other_amount(work, pair, gone);
    }
    // It may be another one, corrected; or it is not clear on which one a person wrote.
    let corrects = !says_the_same(work, pair) && corrects_gone(work, observed);
    if corrects || note_at_risk(work, &known.observed) {
        return Likelihood::Unsure;
    }
    let soon = (0..=BOOKED_WITHIN_DAYS).contains(&weighed.days);
    if soon
        && weighed.alike >= SOME_WORDS
        && work.usual.is_peculiar(&known.observed, observed, held)
    {
        return Likelihood::Sure;
    }
    if says_all_of(work, pair, gone) || moved_alone(work, pair, gone) {
        return Likelihood::Sure;
    }
    // One of the next day that was asked about stays so while a row of another day may be it.
    if held && weighed.days == 1 && is_open_elsewhere(work, pair) {
        return Likelihood::Unsure;
    }
    let paid_then = weighed.same_purchase_day && known.observed.payment_date.is_some();
    // What a person wrote is not put at risk.
    let otherwise = named_otherwise(work, pair) && !work.trusts.pending.change_name;
    if known.edited && (otherwise || (weighed.days != 0 && !paid_then)) {
        return Likelihood::Unsure;
    }
    if weighed.days == 0 || paid_then {
        return of_its_day(work, pair, gone, paid_then);
    }
    of_another_day(work, pair, gone)
}

/// The same of a row of the amount and of the day of an announcement, or of its day of payment.
fn of_its_day(work: &Work<'_>, pair: Pair<'_>, gone: bool, paid_then: bool) -> Likelihood {
    let Pair { known, row, weighed, .. } = pair;
    let (habits, observed) = (work.trusts.pending, work.question.rows[row]);
    let held = work.doubted_of(row).is_some();
    let usual = work.usual.besides(&known.observed, observed, held);
    if usual && habits.move_day && !paid_then {
        return Likelihood::Unsure;
    }
    if !work.usual.several(observed, held) {
        // Where the same is bought again and again, one that may still wait is not booked by a
        // row of another day.
        let perhaps = named_otherwise(work, pair) && habits.mostly_keep_name;
        if paid_then && short_of_rows(work, &known.observed) {
            return Likelihood::Unsure;
        }
        return sure(gone || !(perhaps || (usual && weighed.days != 0)));
    }
    // Of equal rows any is as good as the other: one that is gone is one of them. Only an
    // announcement that is still shown may stand beside what was booked of it.
    let beside = habits.stay && work.usual.is_pending(observed);
    let unclear = short_of_rows(work, &known.observed) || is_near_another(work, &known.observed);
    sure(gone && !habits.vanish && !beside && !unclear)
}

/// The same of an equal row of another day.
fn of_another_day(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> Likelihood {
    let Pair { known, row, weighed, .. } = pair;
    let (habits, observed) = (work.trusts.pending, work.question.rows[row]);
    if work.usual.besides(&known.observed, observed, work.doubted_of(row).is_some()) {
        return of_several_days(work, pair, gone);
    }
    let withdrawn = known.standing == Standing::Withdrawn;
    let vanished = habits.vanish && (withdrawn || !habits.move_day);
    // What was refused is tried again some days later, and that is another purchase.
    let again = habits.kept_day_so_far && weighed.days > PUT_OFF_DAYS;
    let seen = gone || work.question.window.whole;
    sure(!vanished && !habits.keep_day && !again && seen)
}

/// The same of a row that bears another amount than the announcement.
fn of_other_amount(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> Likelihood {
    let Pair { known, row, weighed, only } = pair;
    let (habits, observed) = (work.trusts.pending, &work.question.rows[row]);
    // An announcement of this very amount that is still shown explains it better.
    if !habits.make_way && work.usual.is_pending_within(observed, BESIDE_DAYS) {
        return if habits.stands_beside { Likelihood::Excluded } else { Likelihood::Unsure };
    }
    let corrects = may_correct(work, observed) || corrects_gone(work, observed);
    let announced = known.observed.amount.minor;
    let used = is_round(announced) && used_on_its_day(work, pair, gone);
    // Of a round sum that was reserved less may be used; a rate or a correction takes away little.
    let less = observed.amount.minor.unsigned_abs() < announced.unsigned_abs();
    let less = less && weighed.drift > CORRECTED && !is_round(announced);
    let alone = used || (only && !less && weighed.alike >= HALF_THE_WORDS && !habits.vanish);
    sure(gone && alone && known.standing != Standing::Withdrawn && !corrects)
}

/// The same of an equal row of another day, where the same is bought on other days, too.
fn of_several_days(work: &Work<'_>, pair: Pair<'_>, gone: bool) -> Likelihood {
    let Pair { known, row, only, .. } = pair;
    let (habits, observed) = (work.trusts.pending, &work.question.rows[row]);
    let withdrawn = known.standing == Standing::Withdrawn;
    if withdrawn && !known.edited {
        return Likelihood::Excluded;
    }
    let clear = habits.move_day && gone && !withdrawn && !habits.vanish;
    // Of equal ones that moved the first is the first, unless one of them may have kept its day, or be
    // booked beside its announcement.
    let beside = !habits.make_way && work.usual.is_pending_within(observed, BESIDE_DAYS);
    let mixed = habits.stay || beside || either_on_its_day(work, &known.observed, observed);
    sure(clear && (only || !mixed))
}
