//! What was put to a person, and everything that was decided about transactions: by whom, on what
//! grounds and on what evidence.

use std::collections::HashMap;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, TransactionId, UserId};
use domain::reconcile::RULES_VERSION;
use domain::redecide::{Redecided, Restated};
use domain::transaction::{Candidate, Decision, Parted, Reason, Standing, Verdict};

use crate::database::{Database, Row, Statement, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::holders::{HOLDERS, Holder, describe, known_holders, open, turn, turns};
use crate::rows::{Existing, bulk};
use made::{DECISION_COLUMNS, json, made};

pub use queries::{DecisionRow, MOST_DECISIONS, MOST_REVIEWS, ReviewPage, ReviewRow, Reviews};

mod made;
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
