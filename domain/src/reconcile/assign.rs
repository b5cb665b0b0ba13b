//! The likely stages: which booked row stands for which pending transaction, and which row is a
//! correction of one that is gone. All are weighed against all that come into question, and joined
//! so that the whole fits best; what is close but not clear is doubtful.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;

use super::absence::{WITHDRAWN_AFTER, expected, gone};
use super::graph::{Class, Edge, MOST_BEFORE, MOST_BEHIND, classes, edges};
use super::key::{match_key, reference};
use super::matching::best;
use super::score::Weighed;
use super::trust::Trust;
use super::work::{Found, Work};
use super::{CERTAIN, Likely, Of};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Reason, Standing};

/// From this score on a pending transaction is taken for the row, if nothing else comes near.
const CLEAR: u32 = 700;
/// From this score on a row may be another reading, and is held.
const DOUBT: u32 = 550;
/// How far the next best must be behind.
const MARGIN: u32 = 100;
/// What it is worth that neither side has any other candidate.
const ONLY_ONE: u32 = 150;
/// What it costs that the pending row may still be there, out of the window's sight.
const UNSEEN: u32 = 60;
/// Days a pending transaction that is gone may still be booked.
pub const SETTLES_WITHIN_DAYS: i64 = 30;
/// Words alike enough to be the same other side.
const SAME_WORDS: u32 = 700;
/// Words alike at all.
const SOME_WORDS: u32 = 300;
/// Days within which a pending transaction is booked as a rule; later it is doubtful.
const BOOKED_WITHIN_DAYS: i64 = 8;
/// Most days a reserved sum waits for what was really used.
const MOST_HELD_DAYS: i64 = 5;
/// Most days an authorisation stands before the booked row it stays beside.
const BESIDE_DAYS: i64 = 6;
/// A reserved sum is a multiple of this many minor units, or exactly [`TOKEN_HOLD`].
const ROUND_HOLD: i64 = 1_000;
/// What is reserved only to see whether the card works, in minor units.
const TOKEN_HOLD: u64 = 100;
/// Most days a correction moves a booked row.
const MOVED_DAYS: i64 = 3;
/// Most a correction changes an amount, in parts of a thousand.
const CORRECTED: u32 = 250;

/// What an edge would mean, taken alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Clear(u32),
    Doubt(u32),
    None,
}

type Judge = fn(&Work<'_>, &KnownRow, usize, &Weighed, bool) -> Claim;

/// Pending transactions against booked rows.
pub(super) fn settle(work: &mut Work<'_>) {
    let question = work.question;
    let oldest = question.window.to.checked_sub_signed(TimeDelta::days(SETTLES_WITHIN_DAYS));
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let waits = match known.standing {
            Standing::Counted | Standing::Doubted => true,
            Standing::Withdrawn => oldest.is_some_and(|day| known.observed.booking_date >= day),
            Standing::Absorbed => false,
        };
        waits && known.observed.state == RowState::Pending
    });
    let known = known.collect();
    let rows = booked(work);
    run(work, known, rows, judge_settling, Some(Reason::Booked));
}

/// Whether a doubt must come to its end: its candidate is taken for gone with this window, so
/// that one of the two has to count.
fn overdue(work: &Work<'_>, known: &KnownRow, row: usize) -> bool {
    let out = known.standing == Standing::Withdrawn
        || (expected(work.question, known) && known.missed.saturating_add(1) >= WITHDRAWN_AFTER);
    out && work.doubted_of(row).is_some()
}

fn judge_settling(
    work: &Work<'_>,
    known: &KnownRow,
    row: usize,
    weighed: &Weighed,
    only: bool,
) -> Claim {
    let near = (-MOST_BEFORE..=MOST_BEHIND).contains(&weighed.days);
    if !weighed.same_direction || !near || weighed.other_purchase_day {
        return Claim::None;
    }
    let gone = known.standing == Standing::Withdrawn || gone(work.question, known);
    let mut score = weighed.score;
    if only && (weighed.exact || weighed.alike >= SOME_WORDS) {
        score += ONLY_ONE;
    }
    if !gone {
        score = score.saturating_sub(UNSEEN);
    }
    // A pump or a hotel reserves a round sum and books what was really used.
    let likely_hold = gone && !weighed.exact && (0..=MOST_HELD_DAYS).contains(&weighed.days);
    if likely_hold && score < CLEAR {
        let round = is_round(known.observed.amount.minor);
        score = score.max(match (round, weighed.alike) {
            (true, SAME_WORDS..) if only => CLEAR,
            (true, SOME_WORDS..) | (false, SAME_WORDS..) => DOUBT,
            _ => 0,
        });
    }
    let soon = weighed.days <= BOOKED_WITHIN_DAYS;
    match score.min(CERTAIN) {
        score if score >= CLEAR && soon => Claim::Clear(score),
        score if score >= DOUBT && overdue(work, known, row) => Claim::Clear(score),
        score if score >= DOUBT => Claim::Doubt(score),
        _ => Claim::None,
    }
}

fn is_round(minor: i64) -> bool {
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
            && by == Some(RowState::Pending)
    });
    let known = known.collect();
    let rows = booked(work);
    run(work, known, rows, judge_beside, None);
}

fn judge_beside(
    work: &Work<'_>,
    known: &KnownRow,
    row: usize,
    weighed: &Weighed,
    _: bool,
) -> Claim {
    if !stands_beside(work, &known.observed, &work.question.rows[row], weighed) {
        Claim::None
    } else if work.is_reading(row) {
        // It was decided to be a reading of another: that one is booked by it.
        Claim::Clear(weighed.score)
    } else {
        Claim::Doubt(weighed.score)
    }
}

/// Whether a booked row may be what became of an announcement that is still shown.
fn stands_beside(
    work: &Work<'_>,
    pending: &ObservedTransaction,
    booked: &ObservedTransaction,
    weighed: &Weighed,
) -> bool {
    let named = reference(pending).zip(reference(booked));
    let same_name =
        work.trusts.reference != Trust::Broken && named.is_some_and(|(one, other)| one == other);
    let held = is_round(pending.amount.minor) && weighed.alike >= SAME_WORDS;
    weighed.same_direction
        && (0..=BESIDE_DAYS).contains(&weighed.days)
        && !weighed.other_purchase_day
        && (same_name
            || held
            || weighed.score >= CLEAR
            || (weighed.exact && weighed.alike >= SOME_WORDS))
}

/// Pending rows that are new against the booked rows of the window: the same, the other way round.
pub(super) fn announced_late(work: &mut Work<'_>) {
    let question = work.question;
    let open = work.open_rows().into_iter().chain(work.doubted_rows());
    let open: Vec<_> = open.filter(|row| question.rows[*row].state == RowState::Pending).collect();
    if open.is_empty() {
        return;
    }
    let open = former_selves(work, open);
    // A transaction that this window books has had its announcement.
    let rows = (0..question.rows.len()).filter(|row| {
        let had = match &work.found[*row] {
            Some(Found::Known { place, .. }) => {
                let known = &question.known[*place];
                known.observed.state == RowState::Pending || known.standing != Standing::Counted
            }
            Some(_) => true,
            None => false,
        };
        question.rows[*row].state == RowState::Booked && !had
    });
    let pending = classes(open, |row| &question.rows[row]);
    let booked = classes(rows.collect(), |row| &question.rows[row]);
    let mut edges = edges(&pending, &booked);
    edges.retain(|edge| {
        let (row, other) = (pending[edge.known].members[0], booked[edge.row].members[0]);
        stands_beside(work, &question.rows[row], &question.rows[other], &edge.weighed)
    });
    let scores: Vec<_> = edges.iter().map(|edge| edge.weighed.score).collect();
    let joined = best(&pending, &booked, &edges, &scores);
    let (mut next_pending, mut next_booked) = (vec![0; pending.len()], vec![0; booked.len()]);
    for (edge, count) in edges.iter().zip(joined) {
        for _ in 0..count {
            let row = pending[edge.known].members[next_pending[edge.known]];
            let other = booked[edge.row].members[next_booked[edge.row]];
            next_pending[edge.known] += 1;
            next_booked[edge.row] += 1;
            let of = match &work.found[other] {
                Some(Found::Known { place, .. }) => {
                    Of::Known(question.known[*place].transaction_id)
                }
                _ => Of::Row(other),
            };
            let likely = Likely { of, score: edge.weighed.score, reasons: edge.weighed.reasons() };
            doubt(work, row, vec![likely]);
        }
    }
}

/// Joins announcements of what is booked already, shown under the reference they were recorded
/// under; tells what is left.
fn former_selves(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    let named = |row: &usize| {
        let observed = &question.rows[*row];
        work.found[*row].is_none() && reference(observed).is_some()
    };
    let keys = open.iter().filter(|row| named(row)).map(|row| match_key(&question.rows[*row]));
    let wanted: HashSet<_> = keys.collect();
    let mut former: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, known) in question.known.iter().enumerate().filter(|_| !wanted.is_empty()) {
        let booked = known.observed.state == RowState::Booked;
        if booked && wanted.contains(&known.match_key) {
            former.entry(&known.match_key).or_default().push(place);
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let key = match_key(&question.rows[row]);
        let place = former.get_mut(key.as_str()).filter(|_| work.found[row].is_none());
        match place.and_then(Vec::pop) {
            Some(place) => {
                let reasons = vec![Reason::SameReference];
                work.found[row] = Some(Found::Known { place, score: CERTAIN, reasons });
            }
            None => left.push(row),
        }
    }
    left
}

/// Booked transactions that are gone against booked rows that are new.
pub(super) fn correct(work: &mut Work<'_>) {
    let question = work.question;
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let there = matches!(known.standing, Standing::Counted);
        there && known.observed.state == RowState::Booked
    });
    let known = known.collect();
    let rows = booked(work);
    run(work, known, rows, judge_correction, None);
    let known = work.open_known().filter(|place| {
        let known = &question.known[*place];
        let there = matches!(known.standing, Standing::Counted | Standing::Doubted);
        there && known.observed.state == RowState::Pending
    });
    let known = known.collect();
    let rows = work.open_rows().into_iter();
    let rows = rows.filter(|row| question.rows[*row].state == RowState::Pending).collect();
    run(work, known, rows, judge_correction, None);
}

fn judge_correction(
    work: &Work<'_>,
    known: &KnownRow,
    place: usize,
    weighed: &Weighed,
    only: bool,
) -> Claim {
    let row = &work.question.rows[place];
    let gone = gone(work.question, known);
    let named = reference(&known.observed).zip(reference(row));
    let booked = row.state == RowState::Booked;
    let other_name = !work.is_reading(place)
        && booked
        && named.is_some_and(|(one, other)| one != other && work.trusts.reference != Trust::Broken);
    let same_day = weighed.days == 0;
    let strong = weighed.same_direction
        && if weighed.exact {
            (same_day && (weighed.alike >= SOME_WORDS || only))
                || (weighed.same_purchase_day && weighed.alike >= SAME_WORDS)
                || (weighed.days.abs() <= MOVED_DAYS && weighed.alike >= SAME_WORDS && only)
        } else {
            let same_name = named.is_some_and(|(one, other)| one == other);
            let little = same_day && weighed.alike >= SAME_WORDS && weighed.drift <= CORRECTED;
            little && (only || same_name)
        };
    if strong && gone {
        return match (other_name, overdue(work, known, place)) {
            (false, _) => Claim::Clear(weighed.score),
            (true, false) => Claim::Doubt(weighed.score),
            // One was taken back and the other is new: their references say so.
            (true, true) => Claim::None,
        };
    }
    let alike = weighed.exact && same_day && weighed.alike >= SAME_WORDS;
    if alike && !other_name { Claim::Doubt(weighed.score) } else { Claim::None }
}

/// Rows that are nothing yet, those whose transaction is in doubt, because it may be cleared up
/// now, and mere readings, because what they are readings of may be shown no other way.
fn booked(work: &Work<'_>) -> Vec<usize> {
    let mut rows = work.open_rows();
    rows.extend(work.doubted_rows());
    rows.extend((0..work.found.len()).filter(|row| work.is_reading(*row)));
    rows.retain(|row| work.question.rows[*row].state == RowState::Booked);
    rows
}

fn run(
    work: &mut Work<'_>,
    known: Vec<usize>,
    rows: Vec<usize>,
    judge: Judge,
    reason: Option<Reason>,
) {
    if known.is_empty() || rows.is_empty() {
        return;
    }
    let question = work.question;
    let known = classes(known, |place| &question.known[place].observed);
    let rows = classes(rows, |row| &question.rows[row]);
    let mut edges = edges(&known, &rows);
    edges.retain(|edge| may_join(work, &known[edge.known]));
    // Only what would claim anything if it were alone stands in another's way.
    edges.retain(|edge| {
        let (place, row) = (known[edge.known].members[0], rows[edge.row].members[0]);
        judge(work, &question.known[place], row, &edge.weighed, true) != Claim::None
    });
    let (known_degree, row_degree) = degrees(&edges);
    let mut claims = Vec::with_capacity(edges.len());
    edges.retain(|edge| {
        let only = known_degree[&edge.known] == 1 && row_degree[&edge.row] == 1;
        let (place, row) = (known[edge.known].members[0], rows[edge.row].members[0]);
        let claim = judge(work, &question.known[place], row, &edge.weighed, only);
        let claims_something = claim != Claim::None;
        if claims_something {
            claims.push((claim, only));
        }
        claims_something
    });
    let scores: Vec<_> = claims.iter().map(|(claim, _)| score_of(*claim)).collect();
    let joined = best(&known, &rows, &edges, &scores);
    let plan = Plan { known, rows, edges, claims, joined };
    plan.carry_out(work, reason.as_ref());
}

fn score_of(claim: Claim) -> u32 {
    match claim {
        Claim::Clear(score) | Claim::Doubt(score) => score,
        Claim::None => 0,
    }
}

/// A parted pair is never joined by rules again: while the other one of the pair is not seen, the
/// row may be that one.
fn may_join(work: &Work<'_>, known: &Class<'_>) -> bool {
    known.members.iter().all(|place| {
        let apart = &work.question.known[*place].apart_from;
        apart.is_empty() || apart.iter().all(|other| work.is_shown(*other))
    })
}

/// On how many edges each class stands.
fn degrees(edges: &[Edge]) -> (HashMap<usize, usize>, HashMap<usize, usize>) {
    let (mut known, mut rows) = (HashMap::new(), HashMap::new());
    for edge in edges {
        *known.entry(edge.known).or_default() += 1;
        *rows.entry(edge.row).or_default() += 1;
    }
    (known, rows)
}

struct Plan<'a> {
    known: Vec<Class<'a>>,
    rows: Vec<Class<'a>>,
    edges: Vec<Edge>,
    claims: Vec<(Claim, bool)>,
    /// How many members of both ends each edge joins.
    joined: Vec<usize>,
}

impl Plan<'_> {
    fn carry_out(self, work: &mut Work<'_>, reason: Option<&Reason>) {
        let mut known_left: Vec<_> = self.known.iter().map(|class| class.members.len()).collect();
        let mut rows_left: Vec<_> = self.rows.iter().map(|class| class.members.len()).collect();
        let mut by_row: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut by_known: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, edge) in self.edges.iter().enumerate() {
            known_left[edge.known] -= self.joined[at];
            rows_left[edge.row] -= self.joined[at];
            by_row.entry(edge.row).or_default().push(at);
            by_known.entry(edge.known).or_default().push(at);
        }
        let mut next_known = vec![0; self.known.len()];
        let mut next_row = vec![0; self.rows.len()];
        let mut doubted = HashSet::new();
        for at in 0..self.edges.len() {
            let edge = &self.edges[at];
            if self.joined[at] == 0 {
                continue;
            }
            let rivals = || {
                let of_row = by_row[&edge.row]
                    .iter()
                    .filter(|other| known_left[self.edges[**other].known] > 0);
                let of_known = by_known[&edge.known]
                    .iter()
                    .filter(|other| rows_left[self.edges[**other].row] > 0);
                of_row.chain(of_known).filter(|other| **other != at)
            };
            let unclear = matches!(self.claims[at].0, Claim::Doubt(_))
                || rivals().any(|other| self.rivals(at, *other));
            let unclear = unclear && !self.overdue(work, edge);
            for _ in 0..self.joined[at] {
                let place = self.known[edge.known].members[next_known[edge.known]];
                let row = self.rows[edge.row].members[next_row[edge.row]];
                next_known[edge.known] += 1;
                next_row[edge.row] += 1;
                if unclear {
                    let likely = self.likely(work, &by_row[&edge.row]);
                    doubt(work, row, likely);
                    doubted.insert(edge.known);
                } else {
                    join(work, place, row, self.decided(at, reason));
                }
            }
        }
        // What is left over and near one that is left over, or that another is doubted against.
        for (class, edges) in &by_row {
            let near: Vec<_> = edges
                .iter()
                .copied()
                .filter(|at| {
                    let known = self.edges[*at].known;
                    known_left[known] > 0 || doubted.contains(&known)
                })
                .collect();
            if near.is_empty() {
                continue;
            }
            while let Some(row) = self.rows[*class].members.get(next_row[*class]) {
                next_row[*class] += 1;
                let likely = self.likely(work, &near);
                doubt(work, *row, likely);
            }
        }
    }

    fn overdue(&self, work: &Work<'_>, edge: &Edge) -> bool {
        let place = self.known[edge.known].members[0];
        overdue(work, &work.question.known[place], self.rows[edge.row].members[0])
    }

    /// Whether another edge comes too near. Where amounts are the same and the words are, too,
    /// either way makes the same sums, and the better one is taken.
    fn rivals(&self, at: usize, other: usize) -> bool {
        let (ours, theirs) = (&self.edges[at].weighed, &self.edges[other].weighed);
        let near = score_of(self.claims[other].0) + MARGIN > score_of(self.claims[at].0);
        let alike = ours.exact && theirs.exact && ours.alike == theirs.alike;
        near && !alike
    }

    fn decided(&self, at: usize, reason: Option<&Reason>) -> (u32, Vec<Reason>) {
        let mut reasons = self.edges[at].weighed.reasons();
        reasons.extend(reason.cloned());
        let (claim, only) = self.claims[at];
        if only {
            reasons.push(Reason::OnlyCandidate);
        }
        (score_of(claim), reasons)
    }

    fn likely(&self, work: &Work<'_>, edges: &[usize]) -> Vec<Likely> {
        let mut likely: Vec<_> = edges
            .iter()
            .map(|at| {
                let place = self.known[self.edges[*at].known].members[0];
                Likely {
                    of: Of::Known(work.question.known[place].transaction_id),
                    score: score_of(self.claims[*at].0),
                    reasons: self.edges[*at].weighed.reasons(),
                }
            })
            .collect();
        likely.sort_by_key(|one| std::cmp::Reverse(one.score));
        likely.truncate(super::MOST_CANDIDATES);
        likely
    }
}

fn join(work: &mut Work<'_>, place: usize, row: usize, decided: (u32, Vec<Reason>)) {
    let (score, reasons) = decided;
    match work.doubted_of(row) {
        Some(doubted) => work.clear_up(doubted, place, row, score, reasons),
        None => work.join(place, row, score, reasons),
    }
}

/// Holds a row, or goes on holding it.
fn doubt(work: &mut Work<'_>, row: usize, likely: Vec<Likely>) {
    match work.doubted_of(row) {
        Some(doubted) => work.still_doubted(doubted),
        None if work.is_reading(row) => {}
        None => work.found[row] = Some(Found::Doubtful(likely)),
    }
}
