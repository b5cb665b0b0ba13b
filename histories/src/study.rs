//! What an ideal observer would find: every booked row that may be a pending transaction, with the
//! evidence that a rule may look at and whether taking it would have been right.
//!
//! The observer knows, for each kind of evidence, how often taking such a row is right, and takes the
//! kinds in falling order of that until what is taken is right no more often than it must be. It knows
//! this of the very histories it is judged by, so no rules that look at the same evidence do better.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::account::AccountEvent;
use domain::id::TransactionId;
use domain::observed::{ObservedTransaction, RowState};
use domain::reconcile::{Answer, Of, Outcome, Question};
use domain::transaction::{Decision, DoubtResolved, KnownRow, Standing, Verdict};

use crate::books::Books;
use crate::evidence::Evidence;
use crate::history::Read;
use crate::life::RealId;
use crate::replay::Replay;

/// Cases a kind of evidence must have before it is told from others that are like it.
const FEWEST_CASES: usize = 20;
/// Of what is taken, so many in a thousand may be wrong.
const WRONG_PER_MILLE: u64 = 1;
/// Days a row may lie behind an announcement that it books, without anybody having asked.
const NEAR_DAYS: std::ops::RangeInclusive<i64> = -1..=10;

/// A booked row beside the announcement it is likeliest to be.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What can be seen of it, finely and coarsely.
    fine: u64,
    coarse: u64,
    /// Of which transaction the row is.
    label: RealId,
    right: bool,
}

/// The cases of one history, in the order they came up.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    cases: Vec<Case>,
    /// Transactions that waited to be found booked.
    due: HashSet<RealId>,
}

impl Cases {
    /// A transaction waits to be found booked.
    pub(crate) fn is_due(&mut self, label: RealId) {
        self.due.insert(label);
    }
}

/// What the ledger was before a window, because trying an answer changes it.
pub(crate) struct Before(Books);

impl Before {
    /// The known rows of an account.
    pub(crate) fn known(&self, account: usize) -> &[KnownRow] {
        self.0.accounts[account].rows.rows()
    }
}

impl Replay<'_> {
    /// Remembers the ledger, if cases are gathered.
    pub(crate) fn before(&self) -> Option<Before> {
        self.cases.as_ref().map(|_| Before(self.books.clone()))
    }

    /// Gathers the cases of a window.
    pub(crate) fn study(
        &mut self,
        read: &Read,
        question: &Question<'_>,
        answer: &Answer,
        labels: &[RealId],
        before: &Before,
    ) {
        let mut cases = Vec::new();
        for (place, label) in labels.iter().copied().enumerate() {
            let Some((doubted, pending)) = likeliest(question, answer, place) else { continue };
            let id = pending.transaction_id;
            let right = match &answer.rows[place].outcome {
                Outcome::Settled { .. } => {
                    self.books.accounts[read.account].label(id) == Some(label)
                }
                _ => self.would_be_right(read, question.rows, answer, before, (place, id, doubted)),
            };
            let evidence = Evidence::of(question, answer, place, pending, doubted);
            let (fine, coarse) = (hashed(&evidence), hashed(evidence.coarse()));
            cases.push(Case { fine, coarse, label, right });
        }
        if let Some(all) = &mut self.cases {
            all.cases.extend(cases);
        }
    }

    /// Whether taking a row for a pending transaction would be right, by what is asked of everybody.
    fn would_be_right(
        &mut self,
        read: &Read,
        rows: &[ObservedTransaction],
        answer: &Answer,
        before: &Before,
        (place, id, doubted): (usize, TransactionId, Option<TransactionId>),
    ) -> bool {
        let account = &before.0.accounts[read.account];
        let own = doubted.map_or(Some(before.0.labels.of(read.rows[place].real)), |doubted| {
            account.label(doubted)
        });
        if own.is_some() && account.label(id) == own {
            return true;
        }
        let now = std::mem::replace(&mut self.books, before.0.clone());
        let crossed = self.score.crossed;
        let mut other = answer.clone();
        if doubted.is_none() {
            other.rows[place].outcome = Outcome::Settled { transaction_id: id };
        }
        let reals = self.name(read, rows, &other);
        let mut own = Some(self.books.labels.of(reals[place]));
        if let Some(doubted) = doubted {
            let decision = Decision { rules: 0, score: 0, reasons: Vec::new() };
            let verdict = Verdict::SameAs { transaction_id: id };
            let said = DoubtResolved { transaction_id: doubted, verdict, decision };
            self.exchange_doubts(read, &[AccountEvent::DoubtResolved(said)]);
            own = self.books.accounts[read.account].label(doubted);
        }
        let right = self.books.accounts[read.account].label(id) == own;
        self.books = now;
        self.score.crossed = crossed;
        right
    }
}

/// The pending transaction a booked row is likeliest to be, and the doubt it settles: what the rules
/// named, before what is only near; the nearest day first.
fn likeliest<'q>(
    question: &'q Question<'_>,
    answer: &Answer,
    place: usize,
) -> Option<(Option<TransactionId>, &'q KnownRow)> {
    let row = &question.rows[place];
    let pending = |known: &&KnownRow| {
        known.observed.state == RowState::Pending && known.standing != Standing::Absorbed
    };
    let known = |id: TransactionId| question.known.iter().find(|one| one.transaction_id == id);
    let (named, doubted): (Vec<TransactionId>, _) = match &answer.rows[place].outcome {
        _ if row.state == RowState::Pending => return None,
        Outcome::Settled { transaction_id } => (vec![*transaction_id], None),
        Outcome::Doubtful { candidates, .. } => {
            let of = |of: Of| match of {
                Of::Known(id) => Some(id),
                Of::Row(_) => None,
            };
            (candidates.iter().filter_map(|one| of(one.of)).collect(), None)
        }
        Outcome::New { .. } => (Vec::new(), None),
        Outcome::Same { transaction_id } => {
            let one = known(*transaction_id).filter(|one| one.standing == Standing::Doubted)?;
            (one.may_be.clone(), Some(*transaction_id))
        }
        Outcome::Amended { .. } | Outcome::Again { .. } => return None,
    };
    let days = |known: &&KnownRow| (row.booking_date - known.observed.booking_date).num_days();
    let near = question.known.iter().filter(pending);
    let near = near.filter(|one| {
        one.observed.amount == row.amount
            && one.standing != Standing::Withdrawn
            && NEAR_DAYS.contains(&days(one))
    });
    let named = named.into_iter().filter_map(known).filter(pending);
    let best = named.min_by_key(|one| (one.observed.amount != row.amount, days(one).abs()));
    Some((doubted, best.or_else(|| near.min_by_key(|one| days(one).abs()))?))
}

fn hashed(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The cases of many histories, by class and seed.
#[derive(Clone, Debug, Default)]
pub struct Study(BTreeMap<(String, u64), Cases>);

/// Of one class: how many were due, and how many the observer finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// Known pending transactions that were shown booked.
    pub due: u64,
    /// Of these, those found.
    pub found: u64,
    /// Rows taken.
    pub taken: u64,
    /// Of these, wrongly.
    pub wrong: u64,
}

impl Study {
    /// Adds what a history came to.
    pub fn add(&mut self, class: String, seed: u64, cases: Cases) {
        self.0.insert((class, seed), cases);
    }

    /// Adds what other histories came to.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What the ideal observer finds, by the beginning of the class.
    #[must_use]
    pub fn bounds(&self, classes: &[&'static str]) -> Vec<(&'static str, Bound)> {
        let kinds = self.kinds();
        let worth = |kind: u64| {
            let (right, all) = kinds[&kind];
            right as f64 / all as f64
        };
        let sizes = self.sizes();
        let all = self.0.values().enumerate();
        let all =
            all.flat_map(|(history, cases)| cases.cases.iter().map(move |one| (history, one)));
        let mut all: Vec<_> = all.map(|(history, one)| (history, one, kind(one, &sizes))).collect();
        // The surest kinds first; within a kind as they came up.
        all.sort_by(|one, other| worth(other.2).total_cmp(&worth(one.2)).then(one.2.cmp(&other.2)));
        let names: Vec<_> = self.0.keys().map(|(class, _)| class).collect();
        let due: Vec<_> = self.0.values().map(|cases| &cases.due).collect();
        let mut met = HashSet::new();
        let mut bounds: Vec<_> = classes.iter().map(|class| (*class, Bound::default())).collect();
        for (class, bound) in &mut bounds {
            let of = names.iter().zip(&due).filter(|(name, _)| name.starts_with(*class));
            bound.due = of.map(|(_, due)| due.len() as u64).sum();
        }
        let (mut taken, mut wrong) = (0, 0);
        for (history, one, _) in all {
            if !met.insert((history, one.label)) {
                continue;
            }
            (taken, wrong) = (taken + 1, wrong + u64::from(!one.right));
            if wrong * 1_000 > taken * WRONG_PER_MILLE {
                break;
            }
            let of = bounds.iter_mut().filter(|(class, _)| names[history].starts_with(*class));
            for (_, bound) in of {
                let found = one.right && due[history].contains(&one.label);
                bound.taken += 1;
                bound.wrong += u64::from(!one.right);
                bound.found += u64::from(found);
            }
        }
        bounds
    }

    /// How many cases look finely so.
    fn sizes(&self) -> HashMap<u64, usize> {
        let mut sizes = HashMap::new();
        for one in self.0.values().flat_map(|cases| &cases.cases) {
            *sizes.entry(one.fine).or_default() += 1;
        }
        sizes
    }

    /// Of each kind: how many would be right, and how many there are.
    fn kinds(&self) -> HashMap<u64, (u64, u64)> {
        let sizes = self.sizes();
        let mut kinds: HashMap<u64, (u64, u64)> = HashMap::new();
        for one in self.0.values().flat_map(|cases| &cases.cases) {
            let of = kinds.entry(kind(one, &sizes)).or_default();
            *of = (of.0 + u64::from(one.right), of.1 + 1);
        }
        kinds
    }
}

fn kind(one: &Case, sizes: &HashMap<u64, usize>) -> u64 {
    if sizes[&one.fine] >= FEWEST_CASES { one.fine } else { one.coarse }
}
