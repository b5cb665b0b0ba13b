//! Rows under names that have proved their worth, and rows whose names have gone over to others.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::CERTAIN;
use super::exact::{shown_pending, still_pending};
use super::key::{Content, identifier, other_identifier, reference};
use super::late_names::is_amended;
use super::renamed::other_payment;
use super::score::{Reading, Weighed, weigh};
use super::trust::Trust;
use super::work::{Found, Work};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{IdentifierHabits, Reason, Standing};

/// A row so many days away under the same identifier is another one, if it is not like it besides.
pub(super) const REUSED_AFTER_DAYS: i64 = 45;
/// Days within which a bank corrects an amount together with the day.
const AMENDED_WITHIN_DAYS: i64 = 14;
/// How alike a row must be to a known one of the same identifier, if that has not proved itself.
const ALIKE_ENOUGH: u32 = 600;
/// How alike its words must be, if the amount is another, even under a proven identifier.
const SAME_WORDS: u32 = 700;
/// Or so alike, if the amount is nearly the same.
const SAME_NAME: u32 = 400;
/// How little the amount may differ then, in parts of a thousand.
const CORRECTED: u32 = 100;
/// How sure a believed identifier makes at the least.
pub(super) const NAMED: u32 = 900;
/// Days between two readings of a row whose name was given to another.
const RENAMED_WITHIN_DAYS: i64 = 8;

/// Booked rows under the name of a known pending transaction, whether that is still shown or not.
pub(super) fn booked_under_name(work: &mut Work<'_>) {
    let question = work.question;
    if work.trusts.reference != Trust::Broken {
        by_pending_name(work, |row| reference(row), &Reason::SameReference);
    }
    if work.trusts.identifier != Trust::Broken {
        let unnamed = |row: &ObservedTransaction| reference(row).is_none();
        if question.rows.iter().copied().all(unnamed) {
            by_pending_name(work, |row| identifier(row), &Reason::SameIdentifier);
        }
    }
}

fn by_pending_name<'a>(
    work: &mut Work<'a>,
    of: impl Fn(&'a ObservedTransaction) -> Option<&'a str>,
    reason: &Reason,
) {
    let question = work.question;
    let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, row) in question.rows.iter().enumerate() {
        if row.state == RowState::Booked
            && let Some(name) = of(row)
        {
            rows.entry(name).or_default().push(place);
        }
    }
    let waiting = still_pending(question);
    let open = work.open_known().map(|place| &question.known[place]);
    let open = open.filter(|known| {
        known.standing == Standing::Counted && known.observed.state == RowState::Booked
    });
    let taken: HashSet<_> = open.filter_map(|known| of(&known.observed)).collect();
    for (place, known) in question.known.iter().enumerate() {
        // What was booked under that name already is that row's.
        if of(&known.observed).is_some_and(|name| taken.contains(name)) {
            continue;
        }
        let pending = known.observed.state == RowState::Pending;
        let shown = work.shown_by[place].map(|row| question.rows[row].state);
        let booked = shown == Some(RowState::Booked);
        if !pending || booked || known.standing == Standing::Absorbed {
            continue;
        }
        // A name that several rows bear names none of them.
        let Some([row]) = of(&known.observed).and_then(|name| rows.get(name)).map(Vec::as_slice)
        else {
            continue;
        };
        // One that is pending still, under another name, is not what its old name goes with now.
        let renamed = work.trusts.pending.change_name
            && work.shown_by[place].is_some_and(|by| of(question.rows[by]) != of(&known.observed));
        let other = renamed
            || shown_pending(&waiting, &known.observed)
                != shown_pending(&waiting, question.rows[*row]);
        if work.found[*row].is_some() || other {
            continue;
        }
        let (before, now) = (Reading::of(&known.observed), Reading::of(question.rows[*row]));
        let weighed = weigh(&before, &now);
        let fits = match work.trusts.reference {
            Trust::Proven => plausible(&weighed, Trust::Proven),
            _ => weighed.exact && weighed.days == 0 && weighed.alike >= SAME_NAME,
        };
        let better = fits_better(work, place, *row, &weighed) || is_reserved(work, place, *row);
        if fits && !weighed.other_purchase_day && !better {
            let mut reasons = vec![reason.clone()];
            reasons.extend(weighed.reasons());
            reasons.push(Reason::Booked);
            work.join(place, *row, weighed.score.clamp(NAMED, CERTAIN), reasons);
        }
    }
}

/// Booked rows beside the announcement that this window shows under the same name: two rows of one
/// answer that share a name are one transaction, however little the bank's names last.
pub(super) fn beside_under_name(work: &mut Work<'_>) {
    let question = work.question;
    let mut booked: HashMap<(Kind, &str), Vec<usize>> = HashMap::new();
    let names = |row| {
        let names = [(Kind::Reference, reference(row)), (Kind::Identifier, identifier(row))];
        names.into_iter().filter_map(|(kind, name)| Some((kind, name?)))
    };
    for (place, row) in question.rows.iter().enumerate() {
        for name in names(row).filter(|_| row.state == RowState::Booked) {
            booked.entry(name).or_default().push(place);
        }
    }
    for (row, observed) in question.rows.iter().enumerate() {
        let Some(Found::Known { place, .. }) = &work.found[row] else { continue };
        let (place, known) = (*place, &question.known[*place]);
        let waits = known.standing == Standing::Counted
            && known.observed.state == RowState::Pending
            && work.shown_by[place] == Some(row)
            && !work.spoken_for[place];
        if observed.state != RowState::Pending || !waits {
            continue;
        }
        let bearer = names(observed).find_map(|name| match booked.get(&name)?.as_slice() {
            [bearer] => Some((name.0, *bearer)),
            _ => None,
        });
        let Some((kind, bearer)) = bearer.filter(|(_, bearer)| {
            announces(observed, question.rows[*bearer]) && work.found[*bearer].is_none()
        }) else {
            continue;
        };
        let reasons = vec![kind.reason(), Reason::SameFields, Reason::Booked];
        work.join(place, bearer, CERTAIN, reasons);
    }
}

/// Whether an announcement and a booked row of one name can be one: a bank may give the name again
/// months later.
pub(super) fn announces(pending: &ObservedTransaction, booked: &ObservedTransaction) -> bool {
    let days = booked.booking_date.signed_duration_since(pending.booking_date).num_days();
    pending.amount == booked.amount && (0..=RENAMED_WITHIN_DAYS).contains(&days)
}

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Reference,
    Identifier,
}

impl Kind {
    fn reason(self) -> Reason {
        match self {
            Self::Reference => Reason::SameReference,
            Self::Identifier => Reason::SameIdentifier,
        }
    }
}

/// The same reference or identifier with other content, where it is believed and fits.
pub(super) fn same_identifier(work: &mut Work<'_>, habits: &mut IdentifierHabits) {
    let (by_reference, by_identifier) = (work.trusts.reference, work.trusts.identifier);
    habits.reference_reused += by_name(work, reference, by_reference, &Reason::SameReference);
    habits.identifier_reused += by_name(work, identifier, by_identifier, &Reason::SameIdentifier);
}

fn by_name<'a>(
    work: &mut Work<'a>,
    of: impl Fn(&'a ObservedTransaction) -> Option<&'a str>,
    trust: Trust,
    reason: &Reason,
) -> u64 {
    if trust == Trust::Broken {
        return 0;
    }
    let question = work.question;
    let mut named: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for row in work.open_rows() {
        if let Some(name) = of(question.rows[row]) {
            named.entry(name).or_default().1.push(row);
        }
    }
    if named.is_empty() {
        return 0;
    }
    for place in work.open_known() {
        if let Some(name) = of(&question.known[place].observed)
            && let Some((known, _)) = named.get_mut(name)
        {
            known.push(place);
        }
    }
    // A mere reading bears the name of what it is a reading of.
    for (known, _) in named.values_mut() {
        let reading = |place: &usize| question.known[*place].standing == Standing::Absorbed;
        if !known.iter().all(reading) {
            known.retain(|place| !reading(place));
        }
    }
    let mut reused = 0;
    let waiting = still_pending(question);
    for (known, rows) in named.into_values() {
        // A name that several open rows bear names none of them.
        let ([place], [row]) = (known.as_slice(), rows.as_slice()) else { continue };
        let (before, now) = (question.known[*place].observed.state, question.rows[*row].state);
        // Where names were not kept, one that is not proven does not tell what is booked.
        let books = (before, now) == (RowState::Pending, RowState::Booked);
        let unkept = trust == Trust::Unknown && work.trusts.pending.change_name;
        if (before, now) == (RowState::Booked, RowState::Pending) || (books && unkept) {
            continue;
        }
        let known = &question.known[*place].observed;
        if shown_pending(&waiting, known) != shown_pending(&waiting, question.rows[*row]) {
            continue;
        }
        let identified = work.trusts.identifier == Trust::Proven && before == now;
        if identified && other_identifier(known, question.rows[*row]) {
            continue;
        }
        let known = Reading::of(known);
        let weighed = weigh(&known, &Reading::of(question.rows[*row]));
        let missed = question.known[*place].missed > 0 && trust == Trust::Unknown;
        if missed && !weighed.exact && weighed.alike < SAME_WORDS {
            continue;
        }
        let better = fits_better(work, *place, *row, &weighed) || is_reserved(work, *place, *row);
        if plausible(&weighed, trust) && !better {
            let mut reasons = vec![reason.clone()];
            reasons.extend(weighed.reasons());
            work.join(*place, *row, weighed.score.clamp(NAMED, CERTAIN), reasons);
        } else if weighed.days.abs() > REUSED_AFTER_DAYS {
            reused += 1;
        }
    }
    reused
}

/// Whether a name goes with another amount or another day of payment, while one that has no row
/// says what this row says, or a row that is nothing yet says what this one said: places in a list
/// were given anew.
fn fits_better(work: &Work<'_>, place: usize, row: usize, weighed: &Weighed) -> bool {
    if weighed.exact && !weighed.other_purchase_day {
        return false;
    }
    let question = work.question;
    let (before, now) = (&question.known[place].observed, &question.rows[row]);
    let near = |one: &ObservedTransaction, other: &ObservedTransaction| {
        let days = other.booking_date.signed_duration_since(one.booking_date).num_days();
        one.amount == other.amount
            && !other_payment(one, other)
            && (0..=RENAMED_WITHIN_DAYS).contains(&days)
    };
    let known = work.open_known().filter(|other| *other != place);
    let known = known
        .map(|other| &question.known[other])
        .filter(|other| matches!(other.standing, Standing::Counted | Standing::Doubted));
    let rows = question.rows.iter().zip(&work.found).enumerate();
    let rows = rows.filter(|(other, (_, found))| *other != row && found.is_none());
    known.map(|other| &other.observed).any(|other| near(other, now))
        || rows.map(|(_, (other, _))| other).any(|other| near(before, other))
}

/// Whether a booked row would book a pending transaction by its name, while an equal booked one has
/// no row yet: it may be that one's, under another name.
fn is_reserved(work: &Work<'_>, place: usize, row: usize) -> bool {
    let question = work.question;
    let (before, now) = (&question.known[place].observed, &question.rows[row]);
    if (before.state, now.state) != (RowState::Pending, RowState::Booked) {
        return false;
    }
    let content = Content::of(now);
    work.open_known().map(|other| &question.known[other]).any(|other| {
        other.standing == Standing::Counted
            && other.observed.state == RowState::Booked
            && Content::of(&other.observed) == content
            && !other_payment(&other.observed, now)
            && !is_amended(work, other)
    })
}

fn plausible(weighed: &Weighed, trust: Trust) -> bool {
    let near = weighed.days.abs() <= REUSED_AFTER_DAYS
        && (weighed.exact || weighed.days.abs() <= AMENDED_WITHIN_DAYS);
    match trust {
        Trust::Proven => {
            // A place in a list looks like a lasting name for a while, and names whatever is there.
            let alike = weighed.alike >= SAME_WORDS
                || (weighed.alike >= SAME_NAME && weighed.drift <= CORRECTED);
            let like = weighed.exact || alike;
            near && weighed.same_direction && like
        }
        Trust::Unknown => near && weighed.score >= ALIKE_ENOUGH,
        Trust::Broken => false,
    }
}
