//! What was put to a person, and everything that was decided about transactions: by whom, on what
//! grounds and on what evidence.

use std::collections::HashMap;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, FetchId, TransactionId, UserId};
use domain::observed::Evidence;
use domain::reconcile::RULES_VERSION;
use domain::redecide::{Redecided, Restated};
use domain::transaction::{Candidate, Decision, Parted, Reason, Standing, Verdict};
use serde::Serialize;

use crate::database::{Database, Row, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::holders::{HOLDERS, Holder, describe, known_holders, open, turn, turns};
use crate::rows::{Existing, bulk};

pub use queries::{DecisionRow, MOST_DECISIONS, MOST_REVIEWS, ReviewPage, ReviewRow, Reviews};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "reviews",
    version: 3,
    tables: &[
        HOLDERS,
        Table {
            name: "reviews",
            key: &["transaction_id"],
            create: "CREATE TABLE IF NOT EXISTS reviews (
                transaction_id TEXT NOT NULL PRIMARY KEY,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                candidates TEXT NOT NULL,
                rules BIGINT NOT NULL,
                position BIGINT NOT NULL,
                doubted_at BIGINT NOT NULL,
                verdict TEXT,
                same_as TEXT,
                by_person BIGINT,
                resolved_position BIGINT,
                resolved_at BIGINT)",
            indexes: &["CREATE INDEX IF NOT EXISTS reviews_person ON reviews
                 (user_id, resolved_position, position)"],
        },
        Table {
            name: "decisions",
            key: &["transaction_id", "position"],
            create: "CREATE TABLE IF NOT EXISTS decisions (
                transaction_id TEXT NOT NULL,
                position BIGINT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                kind TEXT NOT NULL,
                joined BIGINT NOT NULL,
                other_id TEXT,
                by_person BIGINT NOT NULL,
                score BIGINT,
                rules BIGINT,
                reasons TEXT NOT NULL,
                fetch_id TEXT,
                answer BIGINT,
                answer_row BIGINT,
                decided_at BIGINT NOT NULL,
                undone_position BIGINT,
                PRIMARY KEY (transaction_id, position))",
            indexes: &["CREATE INDEX IF NOT EXISTS decisions_position ON decisions (position)"],
        },
    ],
};

/// The tables that say of each row of which account it is, and whose.
const OF_ACCOUNTS: [&str; 2] = ["reviews", "decisions"];

/// How likely two are one after a person undid that they were: nothing is said for either.
const AFTER_UNDOING: u32 = 500;

const DECISION_COLUMNS: [&str; 15] = [
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
struct Made<'a> {
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

    fn row(self, recorded: &Recorded, user_id: UserId) -> Result<Row, FoldError> {
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

fn json(recorded: &Recorded, value: &(impl Serialize + ?Sized)) -> Result<String, FoldError> {
    let unfit = |_| FoldError::Unfit {
        position: recorded.position,
        reason: "its grounds cannot be written",
    };
    serde_json::to_string(value).map_err(unfit)
}

/// What an event decides, for each transaction it is about.
fn made(event: &AccountEvent) -> Vec<Made<'_>> {
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

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut holders: HashMap<AccountId, Holder> =
        known_holders(reader, events, |event| !made(event).is_empty() || turns(event)).await?;
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            for table in ["reviews", "decisions", "holders"] {
                folded.push(forget(table, user_id));
            }
            folded.changed(Topic::Reviews, user_id);
        }
        let Some(Event::Account(event)) = recorded.event.as_deref() else { continue };
        match event {
            AccountEvent::Opened(opened) => open(&mut folded, &mut holders, opened),
            AccountEvent::Described(described) => {
                describe(&mut folded, recorded.stream.id, &described.name);
            }
            event if turns(event) => {
                let account_id = AccountId(recorded.stream.id);
                let turned = turn(&mut folded, &mut holders, account_id, &OF_ACCOUNTS).ok_or(
                    FoldError::Unfit {
                        position: recorded.position,
                        reason: "the account is not known",
                    },
                )?;
                folded.changed(Topic::Reviews, turned.0);
                folded.changed(Topic::Reviews, turned.1);
            }
            _ => {}
        }
        let made = made(event);
        if made.is_empty() {
            continue;
        }
        let unknown = FoldError::Unfit {
            position: recorded.position,
            reason: "the account of the transaction is not known",
        };
        let (user_id, _) = *holders.get(&AccountId(recorded.stream.id)).ok_or(unknown)?;
        let rows: Result<Vec<Row>, FoldError> =
            made.into_iter().map(|made| made.row(recorded, user_id)).collect();
        let table = "decisions";
        folded.extend(bulk(table, &DECISION_COLUMNS, 2, &Existing::Never, rows?));
        review(&mut folded, recorded, event, user_id)?;
        folded.changed(Topic::Reviews, user_id);
    }
    Ok(folded)
}

/// Opens or closes what is put to the person.
fn review(
    folded: &mut Folded,
    recorded: &Recorded,
    event: &AccountEvent,
    user_id: UserId,
) -> Result<(), FoldError> {
    match event {
        AccountEvent::TransactionDoubted(doubted) => folded.push(sql(
            "INSERT INTO reviews (transaction_id, account_id, user_id, candidates, rules, position,
             doubted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            vec![
                doubted.transaction_id.into(),
                recorded.stream.id.into(),
                user_id.into(),
                json(recorded, &doubted.candidates)?.into(),
                doubted.rules.into(),
                recorded.position.into(),
                recorded.recorded_at.into(),
            ],
        )),
        AccountEvent::DoubtResolved(resolved) => {
            let (verdict, same_as) = match resolved.verdict {
                Verdict::Separate => ("separate", None),
                Verdict::SameAs { transaction_id } => ("same_as", Some(transaction_id)),
            };
            let by_person = resolved.decision.reasons.contains(&Reason::PersonSaid);
            folded.push(sql(
                "UPDATE reviews SET verdict = $1, same_as = $2, by_person = $3,
                 resolved_position = $4, resolved_at = $5 WHERE transaction_id = $6",
                vec![
                    verdict.into(),
                    same_as.into(),
                    by_person.into(),
                    recorded.position.into(),
                    recorded.recorded_at.into(),
                    resolved.transaction_id.into(),
                ],
            ));
        }
        AccountEvent::TransactionsRedecided(done) => {
            for row in &done.rows {
                review_again(folded, recorded, (done, row), user_id)?;
            }
            if let Some(undoes) = done.undoes {
                folded.push(sql(
                    "UPDATE decisions SET undone_position = $1 WHERE position = $2",
                    vec![recorded.position.into(), undoes.into()],
                ));
            }
        }
        AccountEvent::TransactionsParted(parted) => {
            folded.push(sql(
                "UPDATE decisions SET undone_position = $1 WHERE position = $2",
                vec![recorded.position.into(), parted.undoes.into()],
            ));
            if !parted.may_be.is_empty() {
                // It is in doubt again, as before the verdict.
                folded.push(sql(
                    "UPDATE reviews SET verdict = NULL, same_as = NULL, by_person = NULL,
                     resolved_position = NULL, resolved_at = NULL WHERE resolved_position = $1",
                    vec![parted.undoes.into()],
                ));
                folded.push(doubt_after_undoing(recorded, parted, user_id)?);
                return Ok(());
            }
            // Of old: a verdict that is undone is the other verdict, and a person's.
            folded.push(sql(
                "UPDATE reviews SET verdict = 'separate', same_as = NULL, by_person = 1,
                 resolved_position = $1, resolved_at = $2 WHERE resolved_position = $3",
                vec![recorded.position.into(), recorded.recorded_at.into(), parted.undoes.into()],
            ));
        }
        _ => {}
    }
    Ok(())
}

/// A reading that the rules had joined by themselves was never put to the person: now it is.
fn doubt_after_undoing(
    recorded: &Recorded,
    parted: &Parted,
    user_id: UserId,
) -> Result<Statement, FoldError> {
    let candidate = |id: &TransactionId| Candidate {
        transaction_id: *id,
        score: AFTER_UNDOING,
        reasons: Vec::new(),
    };
    let candidates: Vec<_> = parted.may_be.iter().map(candidate).collect();
    Ok(sql(
        "INSERT INTO reviews (transaction_id, account_id, user_id, candidates, rules, position,
         doubted_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (transaction_id) DO NOTHING",
        vec![
            parted.other.into(),
            recorded.stream.id.into(),
            user_id.into(),
            json(recorded, &candidates)?.into(),
            RULES_VERSION.into(),
            recorded.position.into(),
            recorded.recorded_at.into(),
        ],
    ))
}

/// What newer rules say of a doubt: it is there, or it is settled.
fn review_again(
    folded: &mut Folded,
    recorded: &Recorded,
    (done, row): (&Redecided, &Restated),
    user_id: UserId,
) -> Result<(), FoldError> {
    if row.now.standing == Standing::Doubted {
        let Decision { score, reasons, rules } = &done.decision;
        let candidates: Vec<_> = (row.now.may_be.iter())
            .map(|id| Candidate { transaction_id: *id, score: *score, reasons: reasons.clone() })
            .collect();
        // A doubt of before keeps its own grounds.
        folded.push(sql(
            "INSERT INTO reviews (transaction_id, account_id, user_id, candidates, rules, position,
             doubted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (transaction_id) DO UPDATE SET verdict = NULL, same_as = NULL,
             by_person = NULL, resolved_position = NULL, resolved_at = NULL",
            vec![
                row.transaction_id.into(),
                recorded.stream.id.into(),
                user_id.into(),
                json(recorded, &candidates)?.into(),
                (*rules).into(),
                recorded.position.into(),
                recorded.recorded_at.into(),
            ],
        ));
    } else if row.before.standing == Standing::Doubted {
        let same_as = row.now.same_as.filter(|_| row.now.standing == Standing::Absorbed);
        let person = done.decision.reasons.contains(&Reason::PersonSaid);
        folded.push(sql(
            "UPDATE reviews SET verdict = $1, same_as = $2, by_person = $3,
             resolved_position = $4, resolved_at = $5 WHERE transaction_id = $6",
            vec![
                if same_as.is_some() { "same_as" } else { "separate" }.into(),
                same_as.into(),
                person.into(),
                recorded.position.into(),
                recorded.recorded_at.into(),
                row.transaction_id.into(),
            ],
        ));
    }
    Ok(())
}
