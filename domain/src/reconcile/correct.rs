//! Which row is a correction of one that is gone.

use std::collections::HashSet;

use super::absence::gone;
use super::assign::{Claim, Pair, SAME_WORDS, SOME_WORDS, booked, run};
use super::key::{match_key, recorded_as, reference};
use super::trust::Trust;
use super::work::Work;
use crate::observed::RowState;
use crate::transaction::Standing;

/// Most days a correction moves a booked row.
const MOVED_DAYS: i64 = 3;
/// Most a correction changes an amount, in parts of a thousand.
const CORRECTED: u32 = 250;

/// Booked transactions that are gone against booked rows that are new.
pub(super) fn correct(work: &mut Work<'_>) {
    let question = work.question;
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let there = known.standing == Standing::Counted;
        there && known.observed.state == RowState::Booked
    });
    let known = known.collect();
    let rows = booked(work);
    run(work, known, rows, judge_correction, None);
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let there = known.standing == Standing::Counted;
        there && known.observed.state == RowState::Pending
    });
    let known = known.collect();
    let rows = work.open_rows().into_iter();
    // What a booked transaction was announced as is no correction of another.
    let booked = question.known.iter().filter(|known| {
        known.standing == Standing::Counted && known.observed.state == RowState::Booked
    });
    let announced: HashSet<_> = booked.filter_map(|known| recorded_as(&known.match_key)).collect();
    let fresh = |row: &usize| {
        let key = match_key(question.rows[*row]);
        recorded_as(&key).is_none_or(|said| !announced.contains(&said))
    };
    let rows = rows.filter(|row| question.rows[*row].state == RowState::Pending && fresh(row));
    let rows = rows.collect();
    run(work, known, rows, judge_correction, None);
}

fn judge_correction(work: &Work<'_>, pair: Pair<'_>) -> Claim {
    let Pair { known, row: place, weighed, only } = pair;
    let row = &work.question.rows[place];
    let booked = row.state == RowState::Booked;
    let named = reference(&known.observed).zip(reference(row));
    let other_name = named.filter(|_| booked).is_some_and(|(one, other)| one != other);
    if weighed.other_purchase_day || !weighed.same_direction {
        return Claim::None;
    }
    let other_name = other_name && work.trusts.reference != Trust::Broken;
    let usual = work.usual.besides(&known.observed, row, work.doubted_of(place).is_some());
    let same_day = weighed.days == 0;
    let same_words = weighed.alike >= SAME_WORDS;
    let little_moved = weighed.days.abs() <= MOVED_DAYS && same_words;
    let strong = if weighed.exact {
        (same_day && (weighed.alike >= SOME_WORDS || (only && !usual)))
            || (weighed.same_purchase_day && same_words)
            || (little_moved && only && !usual)
    } else {
        same_day && same_words && weighed.drift <= CORRECTED && only
    };
    let gone = gone(work.question, known);
    // What a person wrote is not put at risk.
    let risk = known.edited && !same_day && !weighed.same_purchase_day;
    if strong && gone && !other_name && !risk {
        return Claim::Clear(weighed.score);
    }
    let near = weighed.exact && little_moved;
    let little = little_moved && weighed.drift <= CORRECTED;
    let may_be = match gone {
        true => strong || near || little,
        // Out of the window's sight, or its row could not be read.
        false => near || little,
    };
    if may_be { Claim::Doubt(weighed.score) } else { Claim::None }
}
