//! How far a bank's identifiers are believed: learnt from windows, never assumed.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::assign::SAME_WORDS;
use super::key::{Content, identifier, reference};
use super::score::{Reading, weigh};
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{IdentifierHabits, Standing};

/// Rows that must have come again under the same identifier before it proves anything.
const PROVEN_KEPT: u64 = 5;
/// One change in so many is the most a proven identifier may show.
const PROVEN_ONE_IN: u64 = 100;
/// From one change in so many on, an identifier is worth nothing.
const BROKEN_ONE_IN: u64 = 20;
/// In one window alone, from one change in so many on.
const BROKEN_HERE_ONE_IN: u64 = 10;

/// What an identifier of a bank is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Two of them are two transactions, one of them is one.
    Proven,
    /// Nothing is known yet: it counts beside other evidence.
    Unknown,
    /// It changes, so it says nothing.
    Broken,
}

/// What both identifiers of a bank are worth in one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trusts {
    pub reference: Trust,
    pub identifier: Trust,
    /// Whether everything is named anew at a bank of which nothing is known yet: it took the
    /// accounts over from another, and gave the rows names of its own.
    pub renamed: bool,
    /// Whether no two different rows of this window share a reference.
    pub unique: bool,
    /// What the bank does with pending rows.
    pub pending: Pending,
}

/// What a bank does with pending rows, as far as that is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    /// They are booked under the name they had.
    pub keep_name: bool,
    /// They are booked under the name they had more often than not.
    pub mostly_keep_name: bool,
    /// They are booked on the day they bore.
    pub keep_day: bool,
    /// They were booked on the day they bore, and never yet on another.
    pub kept_day_so_far: bool,
    /// They are often booked on another day.
    pub move_day: bool,
    /// Some were booked on another day, and not the fewest.
    pub moves: bool,
    /// They never stand beside what was booked of them.
    pub make_way: bool,
    /// They may well stand beside what was booked of them.
    pub stay: bool,
    /// They stand beside what was booked of them as a rule.
    pub stands_beside: bool,
    /// And that was seen often.
    pub beside_often: bool,
    /// Some go without being booked.
    pub vanish: bool,
    /// None was ever booked on another day, or went without being booked.
    pub steady: bool,
    /// Some were booked under another name than they had.
    pub change_name: bool,
}

/// Cases from which a habit of pending rows is concluded.
const FEWEST_CASES: u64 = 8;
/// Cases after which what never happened is not expected.
const MANY_CASES: u64 = 20;
/// Cases before which anything may be.
const FEW_CASES: u64 = 3;
/// One case in so many in which it stayed.
const STAYED_ONE_IN: u64 = 20;
/// Announcements that must have stayed beside before that may be the rule.
const FEW_STAYED: u64 = 2;
/// One case in so many in which it stands beside makes that the rule.
const BESIDE_ONE_IN: u64 = 4;
/// One case in so many is no habit.
const EXCEPTION_ONE_IN: u64 = 50;
/// One case in so many booked on another day shows that days move, if nothing else is near.
const MOVES_ONE_IN: u64 = 5;
/// One case in so many is one.
const HABIT_ONE_IN: u64 = 8;

impl Pending {
    fn of(habits: &IdentifierHabits) -> Self {
        let always = |held: u64, not: u64| {
            held >= FEWEST_CASES && not.saturating_mul(EXCEPTION_ONE_IN) <= held
        };
        let (kept, moved) = (habits.pending_day_kept, habits.pending_day_moved);
        let booked = kept.saturating_add(moved);
        Self {
            // Places in a list stay the same more often than not.
            keep_name: habits.pending_name_kept >= MANY_CASES
                && always(habits.pending_name_kept, habits.pending_name_changed),
            mostly_keep_name: habits.pending_name_kept > habits.pending_name_changed,
            keep_day: always(kept, moved),
            kept_day_so_far: kept > 0 && moved == 0,
            move_day: moved > 1 && moved.saturating_mul(HABIT_ONE_IN) >= kept,
            moves: moved > 1 && moved.saturating_mul(MOVES_ONE_IN) >= booked,
            make_way: booked >= MANY_CASES && always(booked, habits.pending_stayed),
            stay: booked < FEW_CASES
                || habits.pending_stayed.saturating_mul(STAYED_ONE_IN) > booked,
            beside_often: habits.pending_stayed >= FEWEST_CASES,
            stands_beside: habits.pending_stayed >= FEW_STAYED
                && habits.pending_stayed.saturating_mul(BESIDE_ONE_IN) >= booked,
            steady: moved == 0 && habits.pending_vanished == 0,
            change_name: habits.pending_name_changed > 0,
            vanish: habits.pending_vanished > 1
                && habits.pending_vanished.saturating_mul(EXCEPTION_ONE_IN) > booked,
        }
    }
}

fn trust(before: (u64, u64), here: (u64, u64)) -> Trust {
    let (kept_here, changed_here) = here;
    // One row among equal ones may be another than before, where the bank's names have held.
    let held = before.0 >= PROVEN_KEPT && before.1 == 0;
    let enough = if held { 1 } else { 0 };
    if changed_here > enough && changed_here * BROKEN_HERE_ONE_IN > kept_here {
        return Trust::Broken;
    }
    let kept = before.0.saturating_add(kept_here);
    let changed = before.1.saturating_add(changed_here);
    if changed.saturating_mul(BROKEN_ONE_IN) > kept && changed > NAMED_ANEW {
        Trust::Broken
    } else if kept >= PROVEN_KEPT && changed.saturating_mul(PROVEN_ONE_IN) <= kept {
        Trust::Proven
    } else {
        Trust::Unknown
    }
}

impl Trusts {
    pub(super) fn unknown() -> Self {
        Self {
            reference: Trust::Unknown,
            identifier: Trust::Unknown,
            renamed: false,
            unique: false,
            pending: Pending::default(),
        }
    }

    /// What the name is worth that a row bears: its reference, or else its identifier.
    pub(super) fn of_name(&self, row: &ObservedTransaction) -> Option<Trust> {
        let by_reference = reference(row).map(|_| self.reference);
        by_reference.or_else(|| identifier(row).map(|_| self.identifier))
    }

    pub(super) fn of(work: &Work<'_>, here: &IdentifierHabits) -> Self {
        let before = &work.question.habits;
        let mut trusts = Self {
            unique: unique(work),
            pending: Pending::default(),
            renamed: renamed(before, here),
            reference: trust(
                (before.reference_kept, before.reference_changed),
                (here.reference_kept, here.reference_changed),
            ),
            identifier: trust(
                (before.identifier_kept, before.identifier_changed),
                (here.identifier_kept, here.identifier_changed),
            ),
        };
        // A name that does not last when a row is booked already does not last from pending on.
        let named = work.question.rows.iter().filter_map(|row| trusts.of_name(row));
        let lasting = named.clone().next().is_some() && named.clone().all(|of| of == Trust::Proven);
        trusts.pending = Pending::of(before);
        trusts.pending.keep_name &= lasting;
        trusts
    }
}

/// Windows in which everything may be named anew before names are taken for those of one call.
const NAMED_ANEW: u64 = 4;

/// Whether no name is what it was, at a bank that never kept one yet.
fn renamed(before: &IdentifierHabits, here: &IdentifierHabits) -> bool {
    let changed = here.reference_changed + here.identifier_changed;
    let kept = [before, here].iter().any(|one| one.reference_kept + one.identifier_kept > 0);
    let fresh = before.reference_changed.max(before.identifier_changed) < NAMED_ANEW;
    changed > 0 && !kept && fresh
}

fn unique(work: &Work<'_>) -> bool {
    let mut bearers = HashMap::new();
    work.groups().iter().enumerate().all(|(at, group)| {
        group.rows.iter().all(|row| {
            reference(work.question.rows[*row])
                .is_none_or(|name| *bearers.entry(name).or_insert(at) == at)
        })
    })
}

/// What a window shows of the identifiers: booked rows known by every other field, compared.
pub(super) fn observe(work: &Work<'_>) -> IdentifierHabits {
    let mut habits = IdentifierHabits::default();
    let bearers = [OnceCell::new(), OnceCell::new()];
    for group in work.groups() {
        let booked = |state: RowState| state == RowState::Booked;
        let known: Vec<_> = (group.known.iter())
            .map(|place| &work.question.known[*place].observed)
            .filter(|row| booked(row.state))
            .collect();
        let rows: Vec<_> = (group.rows.iter())
            .map(|place| work.question.rows[*place])
            .filter(|row| booked(row.state))
            .collect();
        // Unequal counts do not tell which row is which.
        if known.is_empty() || known.len() != rows.len() {
            continue;
        }
        // A mere reading keeps the name it had, so that another one now is no change of names.
        let readings = group.known.iter().map(|place| &work.question.known[*place]);
        let readings = readings
            .filter(|row| row.standing == Standing::Absorbed && booked(row.observed.state))
            .count() as u64;
        for (of, bearers, kept, changed) in [
            (KINDS[0], &bearers[0], &mut habits.reference_kept, &mut habits.reference_changed),
            (KINDS[1], &bearers[1], &mut habits.identifier_kept, &mut habits.identifier_changed),
        ] {
            let (same, other) = compare(&known, &rows, of);
            *kept += same;
            if other > readings {
                let bearers = bearers.get_or_init(|| Bearers::of(work, of));
                *changed += other.saturating_sub(readings + bearers.amended(&known, &rows));
            }
        }
    }
    habits
}

/// A kind of name.
type Named = for<'r> fn(&'r ObservedTransaction) -> Option<&'r str>;
/// Both.
const KINDS: [Named; 2] = [reference, identifier];

/// Who bears which name.
struct Bearers<'a> {
    of: Named,
    /// Names of the window.
    shown: HashSet<&'a str>,
    /// Known rows by their names.
    known: HashMap<&'a str, Vec<&'a ObservedTransaction>>,
}

impl<'a> Bearers<'a> {
    fn of(work: &Work<'a>, of: Named) -> Self {
        let mut known: HashMap<&str, Vec<_>> = HashMap::new();
        for row in work.question.known.iter().map(|known| &known.observed) {
            if let Some(name) = of(row) {
                known.entry(name).or_default().push(row);
            }
        }
        Self { of, shown: work.question.rows.iter().copied().filter_map(of).collect(), known }
    }

    /// How many rows of a group bear the name of a known one that said nearly the same: they are that
    /// one, amended, and the names stay. Where a name is shown no more, the others may have moved up
    /// in a list.
    fn amended(&self, known: &[&ObservedTransaction], rows: &[&ObservedTransaction]) -> u64 {
        let before: HashSet<_> = known.iter().filter_map(|row| (self.of)(row)).collect();
        if !before.is_subset(&self.shown) {
            return 0;
        }
        let nearly = |before: &ObservedTransaction, row: &ObservedTransaction| {
            before.amount == row.amount
                && before.booking_date == row.booking_date
                && before.state == row.state
                && weigh(&Reading::of(before), &Reading::of(row)).alike >= SAME_WORDS
        };
        let amended = rows.iter().filter(|row| {
            let name = (self.of)(row).filter(|name| !before.contains(name));
            let bearers = name.and_then(|name| self.known.get(name));
            bearers.is_some_and(|bearers| bearers.iter().any(|before| nearly(before, row)))
        });
        amended.count() as u64
    }
}

/// Of rows that are the same ones as before: how many bear the same identifier, and how many
/// another. Rows without one say nothing.
fn compare(known: &[&ObservedTransaction], rows: &[&ObservedTransaction], of: Named) -> (u64, u64) {
    let mut before: HashMap<&str, u64> = HashMap::new();
    for row in known {
        let Some(text) = of(row) else { return (0, 0) };
        *before.entry(text).or_default() += 1;
    }
    let (mut kept, mut changed) = (0, 0);
    for row in rows {
        match of(row).map(|text| before.get_mut(text)) {
            None => return (0, 0),
            Some(Some(left)) if *left > 0 => {
                *left -= 1;
                kept += 1;
            }
            Some(_) => changed += 1,
        }
    }
    (kept, changed)
}

/// Groups rows of both sides by content.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Places among the known rows.
    pub known: Vec<usize>,
    /// Places in the window.
    pub rows: Vec<usize>,
}

/// All groups, in the order of their content so that nothing depends on the order of rows.
pub(super) fn group(known: &[Content], rows: &[Content]) -> Vec<Group> {
    let mut places: HashMap<Content, usize> = HashMap::with_capacity(known.len());
    let mut groups: Vec<(Content, Group)> = Vec::with_capacity(known.len());
    let mut place_of = |content: Content, groups: &mut Vec<(Content, Group)>| {
        *places.entry(content).or_insert_with(|| {
            groups.push((content, Group::default()));
            groups.len() - 1
        })
    };
    for (place, content) in known.iter().enumerate() {
        let at = place_of(*content, &mut groups);
        groups[at].1.known.push(place);
    }
    for (place, content) in rows.iter().enumerate() {
        let at = place_of(*content, &mut groups);
        groups[at].1.rows.push(place);
    }
    groups.sort_unstable_by_key(|(content, _)| *content);
    groups.into_iter().map(|(_, group)| group).collect()
}

impl IdentifierHabits {
    /// Adds what another window showed.
    pub fn add(&mut self, window: &Self) {
        self.each(window, u64::saturating_add);
    }

    /// With what other windows showed.
    #[must_use]
    pub fn with(mut self, windows: &Self) -> Self {
        self.add(windows);
        self
    }

    /// Without what some of its windows showed.
    #[must_use]
    pub fn without(mut self, windows: &Self) -> Self {
        self.each(windows, u64::saturating_sub);
        self
    }

    fn each(&mut self, window: &Self, put: fn(u64, u64) -> u64) {
        let sums = [
            (&mut self.reference_kept, window.reference_kept),
            (&mut self.reference_changed, window.reference_changed),
            (&mut self.reference_reused, window.reference_reused),
            (&mut self.identifier_kept, window.identifier_kept),
            (&mut self.identifier_changed, window.identifier_changed),
            (&mut self.identifier_reused, window.identifier_reused),
            (&mut self.pending_name_kept, window.pending_name_kept),
            (&mut self.pending_name_changed, window.pending_name_changed),
            (&mut self.pending_day_kept, window.pending_day_kept),
            (&mut self.pending_day_moved, window.pending_day_moved),
            (&mut self.pending_stayed, window.pending_stayed),
            (&mut self.pending_vanished, window.pending_vanished),
            (&mut self.equal_rows_two, window.equal_rows_two),
            (&mut self.equal_rows_one, window.equal_rows_one),
            (&mut self.balance_held, window.balance_held),
            (&mut self.balance_broke, window.balance_broke),
        ];
        for (sum, count) in sums {
            *sum = put(*sum, count);
        }
    }
}
