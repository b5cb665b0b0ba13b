//! Runs of reading, how far each is, and the calls that were made to banks.

use std::collections::{BTreeSet, HashMap};

use domain::account::AccountEvent;
use domain::event::Event;
use domain::fetch::{FetchEvent, FetchStarted};
use domain::id::{ConsentId, UserId};

use crate::database::{Database, Row, RowReader, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::rows::{Existing, bulk, look_up, read_rows};

pub use queries::{BankCallRow, FetchRow, FetchState, Fetches, UnfinishedFetch};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "fetches",
    version: 1,
    tables: &[
        Table {
            name: "fetches",
            key: &["fetch_id"],
            create: "CREATE TABLE IF NOT EXISTS fetches (
                fetch_id TEXT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                bank_id TEXT NOT NULL,
                purpose TEXT NOT NULL,
                attended BIGINT NOT NULL,
                state TEXT NOT NULL,
                started_at BIGINT NOT NULL,
                finished_at BIGINT,
                accounts_done BIGINT NOT NULL,
                accounts_total BIGINT,
                rows_seen BIGINT NOT NULL,
                rows_new BIGINT NOT NULL,
                rows_quarantined BIGINT NOT NULL,
                problem TEXT,
                position BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS fetches_consent ON fetches
                 (user_id, consent_id, position)",
                "CREATE INDEX IF NOT EXISTS fetches_state ON fetches (state, position)",
            ],
        },
        Table {
            name: "bank_calls",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS bank_calls (
                position BIGINT NOT NULL PRIMARY KEY,
                fetch_id TEXT NOT NULL,
                consent_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                status BIGINT,
                problem TEXT,
                attended BIGINT NOT NULL,
                request_id TEXT NOT NULL,
                bank_request_id TEXT,
                called_at BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS bank_calls_person ON bank_calls (user_id, position)",
                "CREATE INDEX IF NOT EXISTS bank_calls_consent ON bank_calls
                 (consent_id, attended, called_at)",
            ],
        },
        Table {
            name: "shown_accounts",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS shown_accounts (
                account_id TEXT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS shown_accounts_consent ON shown_accounts (consent_id)",
            ],
        },
    ],
};

const CALL_COLUMNS: [&str; 11] = [
    "position",
    "fetch_id",
    "consent_id",
    "user_id",
    "endpoint",
    "status",
    "problem",
    "attended",
    "request_id",
    "bank_request_id",
    "called_at",
];

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let ids: BTreeSet<_> = events
        .iter()
        .filter(|recorded| matches!(recorded.event, Some(Event::Fetch(_))))
        .map(|recorded| recorded.stream.id)
        .collect();
    let select = "SELECT fetch_id, consent_id, user_id FROM fetches WHERE fetch_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.parsed()?)));
    let mut known: HashMap<_, (ConsentId, UserId)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut folded = Folded::default();
    let mut calls: Vec<Row> = Vec::new();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            // Accounts are shown by runs: whose an account is, the runs of its consent say.
            folded.push(sql(
                "DELETE FROM shown_accounts WHERE consent_id IN
                 (SELECT consent_id FROM fetches WHERE user_id = $1)",
                vec![user_id.into()],
            ));
            folded.push(forget("bank_calls", user_id));
            folded.push(forget("fetches", user_id));
            folded.changed(Topic::Sync, user_id);
        }
        match &recorded.event {
            Some(Event::Account(AccountEvent::Linked(linked))) => folded.push(sql(
                "INSERT INTO shown_accounts (account_id, consent_id) VALUES ($1, $2)
                 ON CONFLICT (account_id) DO UPDATE SET consent_id = excluded.consent_id",
                vec![recorded.stream.id.into(), linked.consent_id.into()],
            )),
            Some(Event::Fetch(event)) => {
                if let FetchEvent::Started(started) = event {
                    known.insert(recorded.stream.id, (started.consent_id, started.user_id));
                }
                let run = *known.get(&recorded.stream.id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the run has not begun",
                })?;
                calls.extend(call(recorded, event, run));
                folded.statements.extend(statement(recorded, event));
                folded.changed(Topic::Sync, run.1);
            }
            _ => {}
        }
    }
    // Before everything else: what is deleted in these events was called before that.
    let calls = bulk("bank_calls", &CALL_COLUMNS, 1, &Existing::Never, calls);
    folded.statements.splice(0..0, calls);
    Ok(folded)
}

fn statement(recorded: &Recorded, event: &FetchEvent) -> Option<Statement> {
    let id = Value::from(recorded.stream.id);
    let at = Value::from(recorded.recorded_at);
    Some(match event {
        FetchEvent::Started(started) => beginning(recorded, started),
        FetchEvent::WindowRead(window) => sql(
            "UPDATE fetches SET accounts_done = accounts_done + 1, rows_seen = rows_seen + $1,
             rows_new = rows_new + $2, rows_quarantined = rows_quarantined + $3
             WHERE fetch_id = $4",
            vec![
                window.rows_seen.into(),
                window.rows_new.into(),
                window.rows_quarantined.into(),
                id,
            ],
        ),
        FetchEvent::Completed(completed) => sql(
            "UPDATE fetches SET state = 'done', finished_at = $1, accounts_done = $2,
             accounts_total = $2, rows_seen = $3, rows_new = $4 WHERE fetch_id = $5",
            vec![
                at,
                completed.accounts.into(),
                completed.rows_seen.into(),
                completed.rows_new.into(),
                id,
            ],
        ),
        FetchEvent::Failed(failed) => sql(
            "UPDATE fetches SET state = 'failed', finished_at = $1, problem = $2
             WHERE fetch_id = $3",
            vec![at, failed.code.as_str().into(), id],
        ),
        FetchEvent::RowsQuarantined(_) | FetchEvent::Answered(_) | FetchEvent::CallFailed(_) => {
            return None;
        }
    })
}

fn beginning(recorded: &Recorded, started: &FetchStarted) -> Statement {
    sql(
        "INSERT INTO fetches (fetch_id, consent_id, user_id, bank_id, purpose, attended, state,
         started_at, accounts_done, rows_seen, rows_new, rows_quarantined, position)
         VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, 0, 0, 0, 0, $8)",
        vec![
            recorded.stream.id.into(),
            started.consent_id.into(),
            started.user_id.into(),
            started.bank_id.0.as_str().into(),
            started.purpose.as_str().into(),
            started.attended.into(),
            recorded.recorded_at.into(),
            recorded.position.into(),
        ],
    )
}

/// The values of [`CALL_COLUMNS`] of a call to the bank, if the event is one.
fn call(recorded: &Recorded, event: &FetchEvent, run: (ConsentId, UserId)) -> Option<Row> {
    let mut values =
        vec![recorded.position.into(), recorded.stream.id.into(), run.0.into(), run.1.into()];
    values.extend(match event {
        FetchEvent::Answered(answered) => [
            answered.endpoint.as_str().into(),
            i64::from(answered.status).into(),
            Value::NullText,
            answered.attended.into(),
            answered.request_id.as_str().into(),
            answered.bank_request_id.as_deref().into(),
            answered.sent_at.into(),
        ],
        FetchEvent::CallFailed(failed) => [
            failed.endpoint.as_str().into(),
            failed.status.map(i64::from).into(),
            failed.code.as_str().into(),
            failed.attended.into(),
            failed.request_id.as_str().into(),
            Value::NullText,
            recorded.recorded_at.into(),
        ],
        _ => return None,
    });
    Some(values)
}
