//! What each event decides.

use domain::account::AccountEvent;
use domain::id::{FetchId, TransactionId, UserId};
use domain::observed::Evidence;
use domain::redecide::{Redecided, Restated};
use domain::transaction::{Decision, Reason, Verdict};
use serde::Serialize;

use crate::database::{Row, Value};
use crate::definition::FoldError;
use crate::feed::Recorded;

/// Its columns.
pub(super) const DECISION_COLUMNS: [&str; 15] = [
    "transaction_id",
    "position",
    "account_id",
    "user_id",
    "kind",
    "joined",
    "other_id",
    "by_person",
    "score",
    "rules",
    "reasons",
    "fetch_id",
    "answer",
    "answer_row",
    "decided_at",
];

/// What was decided about one transaction.
pub(super) struct Made<'a> {
    transaction_id: TransactionId,
    kind: &'static str,
    /// Whether it took another reading for this transaction, which can be undone.
    joined: bool,
    other_id: Option<TransactionId>,
    by_person: bool,
    decision: Option<&'a Decision>,
    reasons: &'a [Reason],
    fetch_id: Option<FetchId>,
    evidence: Option<&'a Evidence>,
}

impl<'a> Made<'a> {
    fn new(transaction_id: TransactionId, kind: &'static str) -> Self {
        Self {
            transaction_id,
            kind,
            joined: false,
            other_id: None,
            by_person: true,
            decision: None,
            reasons: &[],
            fetch_id: None,
            evidence: None,
        }
    }

    fn on(mut self, decision: &'a Decision) -> Self {
        self.by_person = decision.reasons.contains(&Reason::PersonSaid);
        self.reasons = &decision.reasons;
        self.decision = Some(decision);
        self
    }

    fn joined(mut self) -> Self {
        self.joined = true;
        self
    }

    fn with(mut self, other: TransactionId) -> Self {
        self.other_id = Some(other);
        self
    }

    fn read(mut self, evidence: &'a Evidence) -> Self {
        self.fetch_id = Some(evidence.fetch_id);
        self.evidence = Some(evidence);
        self
    }

    /// What is kept of it.
    pub(super) fn row(self, recorded: &Recorded, user_id: UserId) -> Result<Row, FoldError> {
        let number = |number: Option<u32>| Value::from(number.map(i64::from));
        Ok(vec![
            self.transaction_id.into(),
            recorded.position.into(),
            recorded.stream.id.into(),
            user_id.into(),
            self.kind.into(),
            self.joined.into(),
            self.other_id.into(),
            self.by_person.into(),
            number(self.decision.map(|decision| decision.score)),
            number(self.decision.map(|decision| decision.rules)),
            json(recorded, self.reasons)?.into(),
            self.fetch_id.into(),
            number(self.evidence.map(|evidence| evidence.answer)),
            number(self.evidence.map(|evidence| evidence.row)),
            recorded.recorded_at.into(),
        ])
    }
}

/// What was said of a decision, as it is kept.
pub(super) fn json(
    recorded: &Recorded,
    value: &(impl Serialize + ?Sized),
) -> Result<String, FoldError> {
    let unfit = |_| FoldError::Unfit {
        position: recorded.position,
        reason: "its grounds cannot be written",
    };
    serde_json::to_string(value).map_err(unfit)
}

/// What an event decides, for each transaction it is about.
pub(super) fn made(event: &AccountEvent) -> Vec<Made<'_>> {
    match event {
        AccountEvent::TransactionSettled(settled) => {
            let made = Made::new(settled.transaction_id, "settled").on(&settled.decision);
            vec![made.read(&settled.evidence).joined()]
        }
        AccountEvent::TransactionAmended(amended) => {
            let made = Made::new(amended.transaction_id, "amended").on(&amended.decision);
            vec![made.read(&amended.evidence).joined()]
        }
        AccountEvent::TransactionWithdrawn(withdrawn) => {
            let mut made = Made::new(withdrawn.transaction_id, "withdrawn").on(&withdrawn.decision);
            made.fetch_id = Some(withdrawn.fetch_id);
            vec![made]
        }
        AccountEvent::TransactionReturned(returned) => {
            let mut made = Made::new(returned.transaction_id, "returned").read(&returned.evidence);
            made.by_person = false;
            vec![made]
        }
        AccountEvent::TransactionDoubted(doubted) => {
            let mut made = Made::new(doubted.transaction_id, "doubted").read(&doubted.evidence);
            made.by_person = false;
            if let Some(best) = doubted.candidates.first() {
                (made.reasons, made.other_id) = (&best.reasons, Some(best.transaction_id));
            }
            vec![made]
        }
        AccountEvent::DoubtResolved(resolved) => {
            let made = Made::new(resolved.transaction_id, "resolved").on(&resolved.decision);
            match resolved.verdict {
                Verdict::Separate => vec![made],
                Verdict::SameAs { transaction_id: other } => {
                    let same = Made::new(other, "resolved").on(&resolved.decision);
                    vec![made.with(other), same.with(resolved.transaction_id).joined()]
                }
            }
        }
        AccountEvent::TransactionsMerged(merged) => {
            let stays = Made::new(merged.transaction_id, "merged").on(&merged.decision);
            let goes = Made::new(merged.absorbed, "merged").on(&merged.decision);
            vec![stays.with(merged.absorbed).joined(), goes.with(merged.transaction_id)]
        }
        AccountEvent::TransactionsParted(parted) => {
            let one = Made::new(parted.transaction_id, "parted").with(parted.other);
            let other = Made::new(parted.other, "parted").with(parted.transaction_id);
            vec![one.read(&parted.evidence), other.read(&parted.evidence)]
        }
        AccountEvent::TransactionsRedecided(done) => {
            done.rows.iter().map(redecided(done)).collect()
        }
        AccountEvent::TransactionCategorised(chosen) => {
            vec![Made::new(chosen.transaction_id, "categorised")]
        }
        AccountEvent::TransactionNoted(noted) => vec![Made::new(noted.transaction_id, "noted")],
        AccountEvent::TransactionHidden(done) => {
            vec![Made::new(done.transaction_id, if done.hidden { "hidden" } else { "shown" })]
        }
        AccountEvent::TransactionSplit(split) => vec![Made::new(split.transaction_id, "split")],
        AccountEvent::TransactionRecorded(_)
        | AccountEvent::TransactionMissed(_)
        | AccountEvent::WindowReconciled(_)
        | AccountEvent::HistoryRedecided(_)
        | AccountEvent::Opened(_)
        | AccountEvent::Linked(_)
        | AccountEvent::Described(_)
        | AccountEvent::PutAway(_)
        | AccountEvent::BroughtBack(_)
        | AccountEvent::BalanceObserved(_) => Vec::new(),
    }
}

/// What newer rules, or who undid them, made of each transaction.
fn redecided<'a>(done: &'a Redecided) -> impl Fn(&'a Restated) -> Made<'a> {
    let kind = if done.undoes.is_some() { "put_back" } else { "redecided" };
    move |row| {
        let mut made = Made::new(row.transaction_id, kind).on(&done.decision).read(&row.evidence);
        made.other_id = row.now.same_as.or(row.before.same_as);
        // All of it can be undone, from whatever it changed.
        made.joined = done.undoes.is_none();
        made
    }
}
