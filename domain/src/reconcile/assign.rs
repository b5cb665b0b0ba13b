//! The joining of two sides: all pairs are weighed against all others that come into question, and
//! joined so that the whole fits best; what is close but not clear is doubtful.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::absence::gone;
use super::against::{explained, is_waited_for, may_be_an_echo, may_join, waits_for_another};
use super::graph::{Class, Edge, classes, edges};
use super::key::name;
use super::matching::best;
use super::score::Weighed;
use super::work::{Found, Work};
use super::{CERTAIN, Likely, Of};
use crate::observed::RowState;
use crate::transaction::{KnownRow, Reason};

/// From this score on a pending transaction is taken for the row, if nothing else comes near.
pub(super) const CLEAR: u32 = 700;
/// From this score on a row may be another reading, and is held.
pub(super) const DOUBT: u32 = 550;
/// Words alike enough to be the same other side.
pub(super) const SAME_WORDS: u32 = 700;
/// Words alike at all.
pub(super) const SOME_WORDS: u32 = 300;
/// How far the next best must be behind.
const MARGIN: u32 = 100;

/// What an edge would mean, taken alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Clear(u32),
    Doubt(u32),
    None,
}

/// A pair as it is judged.
#[derive(Clone, Copy)]
pub(super) struct Pair<'p> {
    pub known: &'p KnownRow,
    /// The row's place in the window.
    pub row: usize,
    pub weighed: &'p Weighed,
    /// Whether neither side has any other candidate.
    pub only: bool,
}

/// The edges of each known row, and of each class of rows.
type EdgesOf<'a> = (&'a HashMap<usize, Vec<usize>>, &'a BTreeMap<usize, Vec<usize>>);
type Judge = fn(&Work<'_>, Pair<'_>) -> Claim;

/// Booked rows that are nothing yet, and those whose transaction is in doubt, because it may be
/// cleared up now.
pub(super) fn booked(work: &Work<'_>) -> Vec<usize> {
    let mut rows = work.open_rows();
    rows.extend(work.doubted_rows());
    rows.retain(|row| work.question.rows[*row].state == RowState::Booked);
    rows
}

pub(super) fn run(
    work: &mut Work<'_>,
    known: Vec<usize>,
    rows: Vec<usize>,
    judge: Judge,
    reason: Option<Reason>,
) {
    run_with(work, known, rows, judge, reason, true);
}

/// The same, but what is not clear is left as it is.
pub(super) fn run_clear(
    work: &mut Work<'_>,
    known: Vec<usize>,
    rows: Vec<usize>,
    judge: Judge,
    reason: Option<Reason>,
) {
    run_with(work, known, rows, judge, reason, false);
}

fn run_with(
    work: &mut Work<'_>,
    known: Vec<usize>,
    rows: Vec<usize>,
    judge: Judge,
    reason: Option<Reason>,
    holds: bool,
) {
    if known.is_empty() || rows.is_empty() {
        return;
    }
    let question = work.question;
    let explained = explained(work);
    let known = classes(known, |place| &question.known[place].observed);
    let rows = classes(rows, |row| question.rows[row]);
    let mut edges = edges(&known, &rows);
    // Only what would claim anything if it were alone stands in another's way.
    edges.retain(|edge| {
        let (place, row) = (known[edge.known].members[0], rows[edge.row].members[0]);
        let known = &question.known[place];
        let pair = Pair { known, row, weighed: &edge.weighed, only: true };
        judge(work, pair) != Claim::None
    });
    let (known_degree, row_degree) = degrees(&edges);
    let mut claims = Vec::with_capacity(edges.len());
    edges.retain(|edge| {
        let only = known_degree[&edge.known] == 1 && row_degree[&edge.row] == 1;
        let (place, row) = (known[edge.known].members[0], rows[edge.row].members[0]);
        let known = &question.known[place];
        let mut claim = judge(work, Pair { known, row, weighed: &edge.weighed, only });
        if let Claim::Clear(score) = claim
            && (!may_join(work, known)
                || is_waited_for(work, &rows[edge.row], place)
                || may_be_an_echo(work, &rows[edge.row])
                || (waits_for_another(work, &rows[edge.row], place)))
        {
            claim = Claim::Doubt(score);
        }
        if explained.contains(&question.said[row]) {
            claim = match claim {
                Claim::Clear(score) | Claim::Doubt(score) => {
                    Claim::Doubt(score.saturating_sub(MARGIN).max(DOUBT))
                }
                Claim::None => Claim::None,
            };
        }
        let claims_something = claim != Claim::None;
        if claims_something {
            claims.push((claim, only));
        }
        claims_something
    });
    let scores: Vec<_> = claims.iter().map(|(claim, _)| score_of(*claim)).collect();
    let joined = best(&known, &rows, &edges, &scores);
    let edited =
        |class: &Class<'_>| class.members.iter().any(|place| question.known[*place].edited);
    let edited = known.iter().map(edited).collect();
    let is_gone = |class: &Class<'_>| {
        let known = &question.known[class.members[0]];
        known.observed.state == RowState::Pending && gone(question, known)
    };
    let gone = known.iter().map(is_gone).collect();
    let plan = Plan { known, rows, edges, claims, joined, edited, gone, holds };
    plan.carry_out(work, reason.as_ref());
}

fn score_of(claim: Claim) -> u32 {
    match claim {
        Claim::Clear(score) | Claim::Doubt(score) => score,
        Claim::None => 0,
    }
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
    /// Whether a person wrote something on one of each class.
    edited: Vec<bool>,
    /// Whether a whole window should show a pending class and does not.
    gone: Vec<bool>,
    /// How many members of both ends each edge joins.
    joined: Vec<usize>,
    /// Whether what is not clear is held.
    holds: bool,
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
        let unclear = self.unclear((&known_left, &rows_left), (&by_known, &by_row));
        let mut next_known = vec![0; self.known.len()];
        let mut next_row = vec![0; self.rows.len()];
        let mut doubted = HashSet::new();
        for at in 0..self.edges.len() {
            let edge = &self.edges[at];
            if self.joined[at] == 0 {
                continue;
            }
            let unclear = unclear[at];
            // The second of equal rows may be the first shown twice, where another one is left that
            // comes into question.
            let other_row = by_known[&edge.known]
                .iter()
                .any(|other| *other != at && rows_left[self.edges[*other].row] > 0);
            let named = name(self.rows[edge.row].reading.row).is_some();
            for _ in 0..self.joined[at] {
                let unclear = unclear || (next_row[edge.row] > 0 && named && other_row);
                let place = self.known[edge.known].members[next_known[edge.known]];
                let row = self.rows[edge.row].members[next_row[edge.row]];
                next_known[edge.known] += 1;
                next_row[edge.row] += 1;
                if unclear && !self.holds {
                    continue;
                }
                if unclear {
                    let likely = self.likely(work, &by_row[&edge.row]);
                    doubt(work, row, likely);
                    doubted.insert(edge.known);
                } else {
                    join(work, place, row, self.decided(at, reason));
                }
            }
        }
        if !self.holds {
            return;
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

    /// Which joined edges are not certain: those that are no more than likely, those that another
    /// one comes near which is left over, and those that could as well be joined crosswise with
    /// another joined one.
    fn unclear(
        &self,
        (known_left, rows_left): (&[usize], &[usize]),
        (by_known, by_row): EdgesOf<'_>,
    ) -> Vec<bool> {
        let joined = |at: &usize| self.joined[*at] > 0;
        let mut unclear: Vec<_> = (0..self.edges.len())
            .map(|at| {
                let edge = &self.edges[at];
                let of_row = by_row[&edge.row].iter();
                let of_row = of_row.filter(|other| known_left[self.edges[**other].known] > 0);
                let of_known = by_known[&edge.known].iter();
                let of_known = of_known.filter(|other| rows_left[self.edges[**other].row] > 0);
                let mut rivals = of_row.chain(of_known).filter(|other| **other != at);
                matches!(self.claims[at].0, Claim::Doubt(_))
                    || rivals.any(|other| self.rivals(at, *other))
            })
            .collect();
        // Pairs of joined edges that could be joined crosswise, and whether that matters.
        let mut crossed = Vec::new();
        for at in (0..self.edges.len()).filter(joined) {
            let edge = &self.edges[at];
            for across in by_known[&edge.known].iter().copied().filter(|across| *across != at) {
                let partners = by_row[&self.edges[across].row].iter().copied();
                for other in partners.filter(|other| *other != across && joined(other)) {
                    let back = by_known[&self.edges[other].known]
                        .iter()
                        .find(|back| self.edges[**back].row == edge.row);
                    if let Some(back) = back.copied().filter(|back| *back != other) {
                        let score = |at: usize| score_of(self.claims[at].0);
                        let near = score(across) + score(back) + MARGIN > score(at) + score(other);
                        let four = [at, other, across, back];
                        let even = four.iter().all(|one| {
                            let weighed = &self.edges[*one].weighed;
                            weighed.exact
                                && weighed.alike == self.edges[at].weighed.alike
                                && !self.edited[self.edges[*one].known]
                        });
                        if near {
                            crossed.push((at, other, even));
                        }
                    }
                }
            }
        }
        for (at, other, _) in crossed.iter().filter(|(_, _, even)| !even) {
            unclear[*at] = true;
            unclear[*other] = true;
        }
        // Of two that are even, one is certain only as far as the other is.
        let mut spreads = true;
        while spreads {
            spreads = false;
            for (at, other, _) in &crossed {
                spreads |= unclear[*at] != unclear[*other];
                let either = unclear[*at] || unclear[*other];
                (unclear[*at], unclear[*other]) = (either, either);
            }
        }
        unclear
    }

    /// Whether another edge comes too near. Where amounts are the same and the words are, too,
    /// either way makes the same sums, and the better one is taken.
    fn rivals(&self, at: usize, other: usize) -> bool {
        let (ours, theirs) = (&self.edges[at].weighed, &self.edges[other].weighed);
        let near = score_of(self.claims[other].0) + MARGIN > score_of(self.claims[at].0);
        // What a person wrote on one of them is not put at risk.
        let edited = self.edited[self.edges[at].known] || self.edited[self.edges[other].known];
        let alike = ours.exact && theirs.exact && ours.alike == theirs.alike && !edited;
        near && (!alike || self.one_is_short(at, other))
    }

    /// Whether two announcements of two days wait for one row and both are gone: which of them was booked
    /// is not told by the day.
    fn one_is_short(&self, at: usize, other: usize) -> bool {
        let (one, other) = (&self.edges[at], &self.edges[other]);
        one.row == other.row
            && one.known != other.known
            && self.gone[one.known]
            && self.gone[other.known]
    }

    fn decided(&self, at: usize, reason: Option<&Reason>) -> (u32, Vec<Reason>) {
        let mut reasons = self.edges[at].weighed.reasons();
        reasons.extend(reason.cloned());
        let (claim, only) = self.claims[at];
        if only {
            reasons.push(Reason::OnlyCandidate);
        }
        (score_of(claim).min(CERTAIN), reasons)
    }

    fn likely(&self, work: &Work<'_>, edges: &[usize]) -> Vec<Likely> {
        let mut likely: Vec<_> = edges
            .iter()
            .flat_map(|at| {
                let members = self.known[self.edges[*at].known].members.iter();
                members.take(super::MOST_CANDIDATES).map(|place| Likely {
                    of: Of::Known(work.question.known[*place].transaction_id),
                    score: score_of(self.claims[*at].0).min(CERTAIN),
                    reasons: self.edges[*at].weighed.reasons(),
                })
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
pub(super) fn doubt(work: &mut Work<'_>, row: usize, likely: Vec<Likely>) {
    match work.doubted_of(row) {
        Some(doubted) => work.still_doubted(doubted),
        // What it is was decided already.
        None if work.found[row].is_some() => {}
        None => work.found[row] = Some(Found::Doubtful(likely)),
    }
}
