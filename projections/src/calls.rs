//! Every call to a bank as its allowance counts it, and how the reading of each permission stands:
//! what has to be known to decide when a bank may be asked again. Pages are told of runs by `fetches`.

use std::collections::{BTreeSet, HashMap};

use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::fetch::{FetchEvent, Subject};
use domain::id::{ConsentId, UserId};

use crate::database::{Database, Row, RowReader, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::rows::{Existing, bulk, look_up, read_rows};

pub use health::BankHealth;
pub use queries::{AccountReading, CallRow, Calls, Reading};

mod health;
mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "calls",
    version: 2,
    tables: &[
        Table {
            name: "calls",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS calls (
                position BIGINT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                page BIGINT NOT NULL,
                attended BIGINT NOT NULL,
                sent_at BIGINT NOT NULL,
                status BIGINT,
                code TEXT,
                retry_after_seconds BIGINT,
                arrived BIGINT NOT NULL,
                took_ms BIGINT)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS calls_consent ON calls (consent_id, sent_at)",
                "CREATE INDEX IF NOT EXISTS calls_person ON calls (user_id)",
            ],
        },
        Table {
            name: "reading_runs",
            key: &["fetch_id"],
            create: "CREATE TABLE IF NOT EXISTS reading_runs (
                fetch_id TEXT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL,
                user_id TEXT NOT NULL)",
            indexes: &["CREATE INDEX IF NOT EXISTS reading_runs_person ON reading_runs (user_id)"],
        },
        Table {
            name: "readings",
            key: &["consent_id"],
            create: "CREATE TABLE IF NOT EXISTS readings (
                consent_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                bank_id TEXT NOT NULL,
                standing BIGINT NOT NULL,
                running BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                history_from TEXT NOT NULL,
                authenticated_at BIGINT,
                started_at BIGINT,
                read_at BIGINT,
                failures BIGINT NOT NULL,
                failed_at BIGINT,
                position BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS readings_standing ON readings
                 (standing, running, consent_id)",
                "CREATE INDEX IF NOT EXISTS readings_person ON readings (user_id)",
                "CREATE INDEX IF NOT EXISTS readings_bank ON readings (bank_id)",
            ],
        },
        Table {
            name: "account_readings",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS account_readings (
                account_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                consent_id TEXT NOT NULL,
                whole_from TEXT,
                whole_to TEXT,
                read_at BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS account_readings_person ON account_readings (user_id)",
            ],
        },
    ],
};

const CALL_COLUMNS: [&str; 13] = [
    "position",
    "consent_id",
    "account_id",
    "user_id",
    "endpoint",
    "page",
    "attended",
    "sent_at",
    "status",
    "code",
    "retry_after_seconds",
    "arrived",
    "took_ms",
];

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let ids: BTreeSet<_> = events
        .iter()
        .filter(|recorded| matches!(recorded.event, Some(Event::Fetch(_))))
        .map(|recorded| recorded.stream.id)
        .collect();
    let select = "SELECT fetch_id, consent_id, user_id FROM reading_runs WHERE fetch_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.parsed()?)));
    let mut known: HashMap<_, (ConsentId, UserId)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut folded = Folded::default();
    let mut calls: Vec<Row> = Vec::new();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            for table in DEFINITION.tables {
                folded.push(forget(table.name, user_id));
            }
        }
        match &recorded.event {
            Some(Event::Consent(event)) => folded.statements.extend(standing(recorded, event)),
            Some(Event::Fetch(event)) => {
                if let FetchEvent::Started(started) = event {
                    known.insert(recorded.stream.id, (started.consent_id, started.user_id));
                }
                let run = *known.get(&recorded.stream.id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the run has not begun",
                })?;
                calls.extend(call(recorded, event, run));
                folded.statements.extend(progress(recorded, event, run));
            }
            _ => {}
        }
    }
    // Before everything else: what is deleted in these events was called before that.
    let calls = bulk("calls", &CALL_COLUMNS, 1, &Existing::Never, calls);
    folded.statements.splice(0..0, calls);
    Ok(folded)
}

/// Whether a permission may be read on.
fn standing(recorded: &Recorded, event: &ConsentEvent) -> Option<Statement> {
    let id = Value::from(recorded.stream.id);
    Some(match event {
        ConsentEvent::Requested(requested) => sql(
            "INSERT INTO readings (consent_id, user_id, bank_id, standing, running, expires_at,
             history_from, failures, position) VALUES ($1, $2, $3, 0, 0, $4, $5, 0, $6)",
            vec![
                id,
                requested.user_id.into(),
                requested.bank_id.0.as_str().into(),
                requested.expires_at.into(),
                requested.history_from.into(),
                recorded.position.into(),
            ],
        ),
        ConsentEvent::AuthorizationCreated(created) => sql(
            "UPDATE readings SET expires_at = COALESCE($1, expires_at) WHERE consent_id = $2",
            vec![created.expires_at.into(), id],
        ),
        ConsentEvent::Granted(granted) => sql(
            "UPDATE readings SET standing = 1, authenticated_at = $1 WHERE consent_id = $2",
            vec![granted.authenticated_at.into(), id],
        ),
        ConsentEvent::Reconfirmed(_) => {
            sql("UPDATE readings SET standing = 1 WHERE consent_id = $1", vec![id])
        }
        ConsentEvent::Refused(_)
        | ConsentEvent::Failed(_)
        | ConsentEvent::Revoked(_)
        | ConsentEvent::Expired(_)
        | ConsentEvent::Superseded(_)
        | ConsentEvent::ConfirmationNeeded(_) => {
            sql("UPDATE readings SET standing = 0 WHERE consent_id = $1", vec![id])
        }
        ConsentEvent::SentToBank(_)
        | ConsentEvent::AnswerRejected(_)
        | ConsentEvent::BankTold(_)
        | ConsentEvent::BankNotTold(_)
        | ConsentEvent::RenewalOf(_)
        | ConsentEvent::Reminded(_) => return None,
    })
}

/// How a run changes what is known of its permission.
fn progress(
    recorded: &Recorded,
    event: &FetchEvent,
    (consent_id, user_id): (ConsentId, UserId),
) -> Vec<Statement> {
    let at = Value::from(recorded.recorded_at);
    match event {
        FetchEvent::Started(_) => vec![
            sql(
                "INSERT INTO reading_runs (fetch_id, consent_id, user_id) VALUES ($1, $2, $3)",
                vec![recorded.stream.id.into(), consent_id.into(), user_id.into()],
            ),
            sql(
                "UPDATE readings SET running = 1, started_at = $1 WHERE consent_id = $2",
                vec![at, consent_id.into()],
            ),
        ],
        FetchEvent::Completed(_) => vec![sql(
            "UPDATE readings SET running = 0, failures = 0, failed_at = NULL,
             read_at = started_at WHERE consent_id = $1",
            vec![consent_id.into()],
        )],
        FetchEvent::Failed(_) => vec![sql(
            "UPDATE readings SET running = 0, failures = failures + 1, failed_at = $1
             WHERE consent_id = $2",
            vec![at, consent_id.into()],
        )],
        FetchEvent::WindowRead(window) => vec![sql(
            "INSERT INTO account_readings (account_id, user_id, consent_id, whole_from, whole_to,
             read_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id) DO UPDATE SET consent_id = excluded.consent_id,
             whole_from = COALESCE(excluded.whole_from, account_readings.whole_from),
             whole_to = COALESCE(excluded.whole_to, account_readings.whole_to),
             read_at = excluded.read_at",
            vec![
                window.account_id.into(),
                user_id.into(),
                consent_id.into(),
                window.from.filter(|_| window.whole).into(),
                window.to.filter(|_| window.whole).into(),
                at,
            ],
        )],
        FetchEvent::Answered(_) | FetchEvent::CallFailed(_) | FetchEvent::RowsQuarantined(_) => {
            Vec::new()
        }
    }
}

/// The values of [`CALL_COLUMNS`] of a call to the bank, if the event is one.
fn call(recorded: &Recorded, event: &FetchEvent, run: (ConsentId, UserId)) -> Option<Row> {
    let (subject, endpoint, attended) = match event {
        FetchEvent::Answered(call) => (&call.subject, &call.endpoint, call.attended),
        FetchEvent::CallFailed(call) => (&call.subject, &call.endpoint, call.attended),
        _ => return None,
    };
    let (account, page) = match subject {
        Subject::Transactions { account_id, page, .. } => (account_id.to_string(), *page),
        Subject::Balances { account_id } => (account_id.to_string(), 0),
        Subject::Accounts | Subject::Cards => (String::new(), 0),
        // It belongs to the access of the list that names the account, as a further page does.
        Subject::Details { .. } => (String::new(), 1),
    };
    let mut values: Row = vec![
        recorded.position.into(),
        run.0.into(),
        account.as_str().into(),
        run.1.into(),
        endpoint.as_str().into(),
        page.into(),
        attended.into(),
    ];
    values.extend(match event {
        FetchEvent::CallFailed(failed) => [
            failed.sent_at.unwrap_or(recorded.recorded_at).into(),
            failed.status.map(i64::from).into(),
            failed.code.as_str().into(),
            failed.retry_after_seconds.map(i64::from).into(),
            failed.may_have_arrived().into(),
            Value::NullInteger,
        ],
        FetchEvent::Answered(answered) => [
            answered.sent_at.into(),
            i64::from(answered.status).into(),
            Value::NullText,
            Value::NullInteger,
            true.into(),
            (answered.received_at - answered.sent_at).num_milliseconds().max(0).into(),
        ],
        _ => return None,
    });
    Some(values)
}
