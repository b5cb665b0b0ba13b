//! Runs of reading, how far each is, and the calls that were made to banks.

use std::collections::{BTreeSet, HashMap};

use domain::account::AccountEvent;
use domain::event::Event;
use domain::fetch::{FetchEvent, FetchStarted};
use domain::id::{ConsentId, UserId};

use crate::database::{Database, Row, RowReader, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::rows::{look_up, read_rows};

pub use queries::{BankCallRow, FetchRow, FetchState, Fetches, UnfinishedFetch};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "fetches",
    version: 3,
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
                accounts_left_out BIGINT NOT NULL,
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

const FETCHES: Shape = Shape::new(
    "fetches",
    &[
        "fetch_id",
        "consent_id",
        "user_id",
        "bank_id",
        "purpose",
        "attended",
        "state",
        "started_at",
        "finished_at",
        "accounts_done",
        "accounts_total",
        "rows_seen",
        "rows_new",
        "rows_quarantined",
        "accounts_left_out",
        "problem",
        "position",
    ],
    1,
);

const CALLS: Shape = Shape::new(
    "bank_calls",
    &[
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
    ],
    1,
);

const SHOWN: Shape = Shape::new("shown_accounts", &["account_id", "consent_id"], 1);

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let ids: BTreeSet<_> = events
        .iter()
        .filter(|recorded| matches!(recorded.event.as_deref(), Some(Event::Fetch(_))))
        .map(|recorded| recorded.stream.id)
        .collect();
    let select = "SELECT fetch_id, consent_id, user_id FROM fetches WHERE fetch_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.parsed()?)));
    let mut known: HashMap<_, (ConsentId, UserId)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut folded = Folded::default();
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
        match recorded.event.as_deref() {
            Some(Event::Account(AccountEvent::Linked(linked))) => {
                folded.put(&SHOWN, vec![recorded.stream.id.into(), linked.consent_id.into()]);
            }
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
                progress(&mut folded, recorded, event);
                folded.changed(Topic::Sync, run.1);
            }
            _ => {}
        }
    }
    Ok(folded)
}

/// How far a run is.
fn progress(folded: &mut Folded, recorded: &Recorded, event: &FetchEvent) {
    let value = |value: Value| To::Value(value);
    let key = [Value::from(recorded.stream.id)];
    let at = Value::from(recorded.recorded_at);
    match event {
        FetchEvent::Started(started) => folded.insert(&FETCHES, beginning(recorded, started)),
        FetchEvent::WindowRead(window) => {
            let changes = [
                ("accounts_done", To::Added(1)),
                ("rows_seen", To::Added(window.rows_seen.into())),
                ("rows_new", To::Added(window.rows_new.into())),
                ("rows_quarantined", To::Added(window.rows_quarantined.into())),
            ];
            folded.change(&FETCHES, &key, &changes);
        }
        FetchEvent::Completed(completed) => {
            let changes = [
                ("state", value("done".into())),
                ("finished_at", value(at)),
                ("accounts_done", value(completed.accounts.into())),
                ("accounts_total", value(completed.accounts.into())),
                ("rows_seen", value(completed.rows_seen.into())),
                ("rows_new", value(completed.rows_new.into())),
            ];
            folded.change(&FETCHES, &key, &changes);
        }
        FetchEvent::Failed(failed) => {
            let changes = [
                ("state", value("failed".into())),
                ("finished_at", value(at)),
                ("problem", value(failed.code.as_str().into())),
            ];
            folded.change(&FETCHES, &key, &changes);
        }
        FetchEvent::AccountsLeftOut(left) => {
            let more = [("accounts_left_out", To::Added(left.accounts.into()))];
            folded.change(&FETCHES, &key, &more);
        }
        FetchEvent::RowsQuarantined(_) | FetchEvent::Answered(_) | FetchEvent::CallFailed(_) => {}
    }
}

/// The row of a run that has begun.
fn beginning(recorded: &Recorded, started: &FetchStarted) -> Row {
    vec![
        recorded.stream.id.into(),
        started.consent_id.into(),
        started.user_id.into(),
        started.bank_id.0.as_str().into(),
        started.purpose.as_str().into(),
        started.attended.into(),
        "running".into(),
        recorded.recorded_at.into(),
        Value::NullInteger,
        0_u32.into(),
        Value::NullInteger,
        0_u32.into(),
        0_u32.into(),
        0_u32.into(),
        0_u32.into(),
        Value::NullText,
        recorded.position.into(),
    ]
}

/// The values of [`CALLS`] of a call to the bank, if the event is one.
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
