//! Every call to a bank as its allowance counts it, and how the reading of each permission stands:
//! what has to be known to decide when a bank may be asked again. Pages are told of runs by `fetches`.

use std::collections::{BTreeSet, HashMap};

use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::fetch::{FetchEvent, Subject};
use domain::id::{ConsentId, UserId};

use crate::database::{Database, Row, RowReader, Value};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::rows::{look_up, read_rows};

pub use health::BankHealth;
pub use queries::{AccountReading, CallRow, Calls, Reading};

mod health;
mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "calls",
    version: 3,
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

const CALLS: Shape = Shape::new(
    "calls",
    &[
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
    ],
    1,
);

const RUNS: Shape = Shape::new("reading_runs", &["fetch_id", "consent_id", "user_id"], 1);

const READINGS: Shape = Shape::new(
    "readings",
    &[
        "consent_id",
        "user_id",
        "bank_id",
        "standing",
        "running",
        "expires_at",
        "history_from",
        "authenticated_at",
        "started_at",
        "read_at",
        "failures",
        "failed_at",
        "position",
    ],
    1,
);

const ACCOUNTS: Shape = Shape {
    table: "account_readings",
    columns: &["account_id", "user_id", "consent_id", "whole_from", "whole_to", "read_at"],
    key: 1,
    kept: &["whole_from", "whole_to"],
};

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let ids: BTreeSet<_> = events
        .iter()
        .filter(|recorded| matches!(recorded.event.as_deref(), Some(Event::Fetch(_))))
        .map(|recorded| recorded.stream.id)
        .collect();
    let select = "SELECT fetch_id, consent_id, user_id FROM reading_runs WHERE fetch_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.parsed()?)));
    let mut known: HashMap<_, (ConsentId, UserId)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            for table in DEFINITION.tables {
                folded.push(forget(table.name, user_id));
            }
        }
        match recorded.event.as_deref() {
            Some(Event::Consent(event)) => standing(&mut folded, recorded, event),
            Some(Event::Fetch(event)) => {
                if let FetchEvent::Started(started) = event {
                    known.insert(recorded.stream.id, (started.consent_id, started.user_id));
                }
                let run = *known.get(&recorded.stream.id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the run has not begun",
                })?;
                if let Some(row) = call(recorded, event, run) {
                    folded.insert(&CALLS, row);
                }
                progress(&mut folded, recorded, event, run);
            }
            _ => {}
        }
    }
    Ok(folded)
}

/// Whether a permission may be read on.
fn standing(folded: &mut Folded, recorded: &Recorded, event: &ConsentEvent) {
    let id = Value::from(recorded.stream.id);
    let stands = |stands: bool| ("standing", To::Value(stands.into()));
    let changes = match event {
        ConsentEvent::Requested(requested) => {
            let row = vec![
                id,
                requested.user_id.into(),
                requested.bank_id.0.as_str().into(),
                false.into(),
                false.into(),
                requested.expires_at.into(),
                requested.history_from.into(),
                Value::NullInteger,
                Value::NullInteger,
                Value::NullInteger,
                0_u32.into(),
                Value::NullInteger,
                recorded.position.into(),
            ];
            return folded.insert(&READINGS, row);
        }
        ConsentEvent::AuthorizationCreated(created) => match created.expires_at {
            Some(expires_at) => vec![("expires_at", To::Value(expires_at.into()))],
            None => return,
        },
        ConsentEvent::Granted(granted) => {
            let authenticated_at = To::Value(granted.authenticated_at.into());
            vec![stands(true), ("authenticated_at", authenticated_at)]
        }
        ConsentEvent::Reconfirmed(_) => vec![stands(true)],
        ConsentEvent::Refused(_)
        | ConsentEvent::Failed(_)
        | ConsentEvent::Revoked(_)
        | ConsentEvent::Expired(_)
        | ConsentEvent::Superseded(_)
        | ConsentEvent::ConfirmationNeeded(_) => vec![stands(false)],
        ConsentEvent::SentToBank(_)
        | ConsentEvent::AnswerRejected(_)
        | ConsentEvent::BankTold(_)
        | ConsentEvent::BankNotTold(_)
        | ConsentEvent::RenewalOf(_)
        | ConsentEvent::Reminded(_) => return,
    };
    folded.change(&READINGS, &[id], &changes);
}

/// How a run changes what is known of its permission.
fn progress(
    folded: &mut Folded,
    recorded: &Recorded,
    event: &FetchEvent,
    (consent_id, user_id): (ConsentId, UserId),
) {
    let key = [Value::from(consent_id)];
    let at = Value::from(recorded.recorded_at);
    let runs = |running: bool| ("running", To::Value(running.into()));
    match event {
        FetchEvent::Started(_) => {
            let run = vec![recorded.stream.id.into(), consent_id.into(), user_id.into()];
            folded.insert(&RUNS, run);
            folded.change(&READINGS, &key, &[runs(true), ("started_at", To::Value(at))]);
        }
        FetchEvent::Completed(_) => {
            let changes = [
                runs(false),
                ("failures", To::Value(0_u32.into())),
                ("failed_at", To::Value(Value::NullInteger)),
                ("read_at", To::Column("started_at")),
            ];
            folded.change(&READINGS, &key, &changes);
        }
        FetchEvent::Failed(_) => {
            let changes = [runs(false), ("failures", To::Added(1)), ("failed_at", To::Value(at))];
            folded.change(&READINGS, &key, &changes);
        }
        FetchEvent::WindowRead(window) => {
            let row = vec![
                window.account_id.into(),
                user_id.into(),
                consent_id.into(),
                window.from.filter(|_| window.whole).into(),
                window.to.filter(|_| window.whole).into(),
                at,
            ];
            folded.put(&ACCOUNTS, row);
        }
        FetchEvent::Answered(_)
        | FetchEvent::CallFailed(_)
        | FetchEvent::RowsQuarantined(_)
        | FetchEvent::AccountsLeftOut(_) => {}
    }
}

/// The values of [`CALLS`] of a call to the bank, if the event is one.
fn call(recorded: &Recorded, event: &FetchEvent, run: (ConsentId, UserId)) -> Option<Row> {
    let (subject, endpoint, attended) = match event {
        FetchEvent::Answered(call) => (&call.subject, &call.endpoint, call.attended),
        FetchEvent::CallFailed(call) => (&call.subject, &call.endpoint, call.attended),
        _ => return None,
    };
    let (account, page) = match subject {
        Subject::Transactions { account_id, page, .. } => (Value::from(*account_id), *page),
        Subject::Balances { account_id } => (Value::from(*account_id), 0),
        Subject::Accounts | Subject::Cards => ("".into(), 0),
        // It belongs to the access of the list that names the account, as a further page does.
        Subject::Details { .. } => ("".into(), 1),
    };
    let mut values: Row = vec![
        recorded.position.into(),
        run.0.into(),
        account,
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
