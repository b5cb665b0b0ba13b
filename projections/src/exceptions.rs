//! Calls to banks that should not have been made: without a consent that stood, for an account that
//! the consent does not show, or more often than the law lets anybody read without the person. The
//! rows are expected to be none; the calls are judged by the log alone, not by the plans that made them.

use std::collections::{BTreeSet, HashMap};

use domain::account::AccountEvent;
use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::{AccountId, ConsentId, UserId};
use domain::plan::{ROLLING_DAY, UNATTENDED_A_DAY};
use uuid::Uuid;

use crate::database::{Database, DatabaseError, RowReader, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::rows::{look_up, read_rows};

use facts::{Access, Call, Permission, Run, call};

pub use kind::{ExceptionKind, NoSuchKind};
pub use queries::{ExceptionRow, Exceptions, MOST_ROWS};

mod facts;
mod kind;
mod queries;
#[cfg(test)]
mod tests;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "exceptions",
    version: 3,
    tables: &[
        Table {
            name: "consent_terms",
            key: &["consent_id"],
            create: "CREATE TABLE IF NOT EXISTS consent_terms (
                consent_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                granted_at BIGINT,
                ended_at BIGINT,
                expires_at BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS consent_terms_person ON consent_terms (user_id)",
            ],
        },
        Table {
            name: "permitted_runs",
            key: &["fetch_id"],
            create: "CREATE TABLE IF NOT EXISTS permitted_runs (
                fetch_id TEXT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                a_day BIGINT)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS permitted_runs_person ON permitted_runs (user_id)",
            ],
        },
        Table {
            name: "designated",
            key: &["consent_id", "account_id"],
            create: "CREATE TABLE IF NOT EXISTS designated (
                consent_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                PRIMARY KEY (consent_id, account_id))",
            indexes: &["CREATE INDEX IF NOT EXISTS designated_person ON designated (user_id)"],
        },
        Table {
            name: "unattended",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS unattended (
                position BIGINT NOT NULL PRIMARY KEY,
                consent_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                resource TEXT NOT NULL,
                sent_at BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS unattended_consent ON unattended (consent_id, sent_at)",
                "CREATE INDEX IF NOT EXISTS unattended_person ON unattended (user_id)",
            ],
        },
        Table {
            name: "exceptions",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS exceptions (
                position BIGINT NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL,
                consent_id TEXT NOT NULL,
                account_id TEXT,
                user_id TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                request_id TEXT NOT NULL,
                sent_at BIGINT NOT NULL,
                cleared_at BIGINT)",
            indexes: &["CREATE INDEX IF NOT EXISTS exceptions_person ON exceptions (user_id)"],
        },
    ],
};

const TERMS: Shape = Shape::new(
    "consent_terms",
    &["consent_id", "user_id", "granted_at", "ended_at", "expires_at"],
    1,
);

const RUNS: Shape =
    Shape::new("permitted_runs", &["fetch_id", "consent_id", "user_id", "a_day"], 1);

const UNATTENDED: Shape =
    Shape::new("unattended", &["position", "consent_id", "user_id", "resource", "sent_at"], 1);

const EXCEPTIONS: Shape = Shape::new(
    "exceptions",
    &[
        "position",
        "kind",
        "consent_id",
        "account_id",
        "user_id",
        "endpoint",
        "request_id",
        "sent_at",
        "cleared_at",
    ],
    1,
);

/// What is known while some events are folded.
#[derive(Default)]
struct Known {
    permissions: HashMap<Uuid, Permission>,
    runs: HashMap<Uuid, Run>,
    designated: BTreeSet<(ConsentId, AccountId)>,
    /// Accesses without the person, by consent and resource: where each stands in the log, and when
    /// it was sent.
    unattended: HashMap<(ConsentId, String), Vec<Access>>,
    opened: HashMap<Uuid, UserId>,
}

async fn known(reader: &Database, events: &[Recorded]) -> Result<Known, DatabaseError> {
    let mut known = Known::default();
    let of_fetches =
        |recorded: &&Recorded| matches!(recorded.event.as_deref(), Some(Event::Fetch(_)));
    let fetches: BTreeSet<Uuid> =
        events.iter().filter(of_fetches).map(|recorded| recorded.stream.id).collect();
    let select =
        "SELECT fetch_id, consent_id, user_id, a_day FROM permitted_runs WHERE fetch_id IN";
    let read = |row: &mut RowReader| {
        let fetch_id = row.parsed()?;
        let (consent_id, user_id) = (row.parsed()?, row.parsed()?);
        let a_day = row.optional_integer()?.and_then(|a_day| u32::try_from(a_day).ok());
        Ok((fetch_id, Run { consent_id, user_id, a_day }))
    };
    known.runs = read_rows(look_up(reader, select, &fetches).await?, read)?.into_iter().collect();
    let mut consents: BTreeSet<Uuid> = known.runs.values().map(|run| run.consent_id.0).collect();
    for recorded in events {
        match recorded.event.as_deref() {
            Some(Event::Consent(_)) => {
                consents.insert(recorded.stream.id);
            }
            Some(Event::Fetch(FetchEvent::Started(started))) => {
                consents.insert(started.consent_id.0);
            }
            Some(Event::Account(AccountEvent::Linked(linked))) => {
                consents.insert(linked.consent_id.0);
            }
            _ => {}
        }
    }
    let select = "SELECT consent_id, user_id, granted_at, ended_at, expires_at FROM consent_terms
        WHERE consent_id IN";
    let read = |row: &mut RowReader| {
        let consent_id: Uuid = row.parsed()?;
        let user_id = row.parsed()?;
        let (granted_at, ended_at) = (row.optional_instant()?, row.optional_instant()?);
        Ok((consent_id, Permission { user_id, granted_at, ended_at, expires_at: row.instant()? }))
    };
    let rows = look_up(reader, select, &consents).await?;
    known.permissions = read_rows(rows, read)?.into_iter().collect();
    if fetches.is_empty() {
        return Ok(known);
    }
    let select = "SELECT consent_id, account_id FROM designated WHERE consent_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, row.parsed()?));
    let rows = look_up(reader, select, &consents).await?;
    known.designated = read_rows(rows, read)?.into_iter().collect();
    let select =
        "SELECT consent_id, resource, position, sent_at FROM unattended WHERE consent_id IN";
    let read =
        |row: &mut RowReader| Ok(((row.parsed()?, row.text()?), (row.count()?, row.instant()?)));
    for (resource, access) in read_rows(look_up(reader, select, &consents).await?, read)? {
        known.unattended.entry(resource).or_default().push(access);
    }
    Ok(known)
}

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut known = known(reader, events).await?;
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            for table in DEFINITION.tables {
                folded.push(forget(table.name, user_id));
            }
        }
        match recorded.event.as_deref() {
            Some(Event::Consent(event)) => {
                known.permission(&mut folded, recorded, event);
            }
            Some(Event::Account(AccountEvent::Opened(opened))) => {
                known.opened.insert(recorded.stream.id, opened.user_id);
            }
            Some(Event::Account(AccountEvent::Linked(linked))) => {
                let account_id = AccountId(recorded.stream.id);
                let at = recorded.position;
                folded.extend(known.designate(linked.consent_id, account_id, at));
            }
            Some(Event::Fetch(FetchEvent::Started(started))) => {
                let run = Run {
                    consent_id: started.consent_id,
                    user_id: started.user_id,
                    a_day: started.unattended_a_day,
                };
                known.runs.insert(recorded.stream.id, run);
                // Kept when the run has ended, too: a process that slept meanwhile still folds its
                // calls, before it finds that another one did.
                let row = vec![
                    recorded.stream.id.into(),
                    run.consent_id.into(),
                    run.user_id.into(),
                    run.a_day.map(i64::from).into(),
                ];
                folded.insert(&RUNS, row);
            }
            Some(Event::Fetch(event)) => {
                let Some(call) = call(recorded, event) else { continue };
                let run = known.runs.get(&recorded.stream.id).copied();
                let run = run.ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the run has not begun",
                })?;
                known.judge(&mut folded, recorded.position, &call, run);
            }
            _ => {}
        }
    }
    Ok(folded)
}

impl Known {
    fn permission(&mut self, folded: &mut Folded, recorded: &Recorded, event: &ConsentEvent) {
        let id = Value::from(recorded.stream.id);
        let at = recorded.recorded_at;
        if let ConsentEvent::Requested(requested) = event {
            let permission = Permission {
                user_id: requested.user_id,
                granted_at: None,
                ended_at: None,
                expires_at: requested.expires_at,
            };
            self.permissions.insert(recorded.stream.id, permission);
            let row = vec![
                id,
                requested.user_id.into(),
                Value::NullInteger,
                Value::NullInteger,
                requested.expires_at.into(),
            ];
            return folded.insert(&TERMS, row);
        }
        let Some(permission) = self.permissions.get_mut(&recorded.stream.id) else { return };
        match event {
            ConsentEvent::AuthorizationCreated(created) => {
                permission.expires_at = created.expires_at.unwrap_or(permission.expires_at);
            }
            ConsentEvent::Granted(_) => {
                permission.granted_at = permission.granted_at.or(Some(at));
                permission.ended_at = None;
            }
            ConsentEvent::Revoked(_)
            | ConsentEvent::Refused(_)
            | ConsentEvent::Failed(_)
            | ConsentEvent::Superseded(_) => {
                permission.ended_at = permission.ended_at.or(Some(at));
            }
            ConsentEvent::Expired(expired) => permission.ended_at = Some(expired.at),
            ConsentEvent::Requested(_)
            | ConsentEvent::SentToBank(_)
            | ConsentEvent::AnswerRejected(_)
            | ConsentEvent::BankTold(_)
            | ConsentEvent::BankNotTold(_)
            | ConsentEvent::ConfirmationNeeded(_)
            | ConsentEvent::RenewalOf(_)
            | ConsentEvent::Reconfirmed(_)
            | ConsentEvent::Reminded(_) => return,
        }
        let Permission { granted_at, ended_at, expires_at, .. } = *permission;
        let changes = [
            ("granted_at", To::Value(granted_at.into())),
            ("ended_at", To::Value(ended_at.into())),
            ("expires_at", To::Value(expires_at.into())),
        ];
        folded.change(&TERMS, &[id], &changes);
    }

    /// The bank has named an account under a consent. Its balances may have been asked for between
    /// the bank's list and the note of it here; that was no mistake. Until then it was taken for one,
    /// so the row stays, with the position that cleared it.
    fn designate(
        &mut self,
        consent_id: ConsentId,
        account_id: AccountId,
        position: u64,
    ) -> Vec<Statement> {
        let user_id = match self.permissions.get(&consent_id.0) {
            Some(permission) => permission.user_id,
            None => match self.opened.get(&account_id.0) {
                Some(user_id) => *user_id,
                None => return Vec::new(),
            },
        };
        if !self.designated.insert((consent_id, account_id)) {
            return Vec::new();
        }
        let kind = ExceptionKind::UndesignatedAccount.word();
        vec![
            sql(
                "INSERT INTO designated (consent_id, account_id, user_id) VALUES ($1, $2, $3)
                 ON CONFLICT (consent_id, account_id) DO NOTHING",
                vec![consent_id.into(), account_id.into(), user_id.into()],
            ),
            sql(
                "UPDATE exceptions SET cleared_at = $1 WHERE consent_id = $2 AND account_id = $3
                 AND kind = $4 AND cleared_at IS NULL
                 AND endpoint IN ('account_balances', 'card_balances')",
                vec![position.into(), consent_id.into(), account_id.into(), kind.into()],
            ),
        ]
    }

    /// Notes a call, and what is wrong with it.
    fn judge(
        &mut self,
        folded: &mut Folded,
        position: u64,
        call: &Call<'_>,
        Run { consent_id, user_id, a_day }: Run,
    ) -> Option<ExceptionKind> {
        let a_day = a_day.unwrap_or(UNATTENDED_A_DAY) as usize;
        let mut kind = match self.permissions.get(&consent_id.0) {
            Some(permission) => permission.verdict(call.sent_at),
            None => Some(ExceptionKind::NoConsent),
        };
        let designated = |account_id| self.designated.contains(&(consent_id, account_id));
        if kind.is_none() && !call.account_id.is_none_or(designated) {
            kind = Some(ExceptionKind::UndesignatedAccount);
        }
        if call.counts {
            let account = call.account_id.map_or_else(String::new, |id| id.to_string());
            let resource = format!("{}/{account}", call.endpoint);
            let accesses = self.unattended.entry((consent_id, resource.clone())).or_default();
            accesses.retain(|(position, at)| {
                let recent = *at + ROLLING_DAY > call.sent_at;
                if !recent {
                    folded.remove(&UNATTENDED, &[(*position).into()]);
                }
                recent
            });
            accesses.push((position, call.sent_at));
            if kind.is_none() && accesses.len() > a_day {
                kind = Some(ExceptionKind::OverBudget);
            }
            let row = vec![
                position.into(),
                consent_id.into(),
                user_id.into(),
                resource.into(),
                call.sent_at.into(),
            ];
            folded.insert(&UNATTENDED, row);
        }
        let kind = kind?;
        let row = vec![
            position.into(),
            kind.word().into(),
            consent_id.into(),
            call.account_id.into(),
            user_id.into(),
            call.endpoint.into(),
            call.request_id.into(),
            call.sent_at.into(),
            Value::NullInteger,
        ];
        folded.insert(&EXCEPTIONS, row);
        Some(kind)
    }
}
