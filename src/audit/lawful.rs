//! By whose leave: which consent, purpose, call and presence fetched a stored fact, and, for any
//! instant, what could be read of a person and what was.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::account::AccountEvent;
use domain::consent::{Consent, ConsentStatus};
use domain::event::Event;
use domain::fetch::{Answered, FetchEvent, FetchStarted, Subject};
use domain::id::{AccountId, ConsentId, FetchId, UserId};
use domain::stream::{Category, StreamId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::story::time_text;
use crate::ledger::LedgerError;
use crate::ledger::reading::{self, Reader, event_at};
use crate::ledger::store::{EventLog, StoredEvent};
use crate::vault::keys::Keys;

/// Most calls that are told of one window of time.
pub const MOST_CALLS: usize = 2_000;
/// Most events of one person looked through.
const MOST_LOOKED_AT: usize = 500_000;

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LawfulError {
    /// There is no such event.
    #[error("there is no event at position {0}")]
    NoSuchPosition(u64),
    /// The key it was sealed under was destroyed.
    #[error("the event at position {0} was erased with the person's key")]
    Erased(u64),
    /// It did not come from a bank.
    #[error("the event at position {0} was not fetched from a bank")]
    NotFetched(u64),
    /// An event cannot be read or opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The call that fetched something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Its place in the log.
    pub position: u64,
    /// The run it belongs to.
    pub fetch_id: FetchId,
    /// On which consent.
    pub consent_id: ConsentId,
    /// Why the run was made: `first_read`, `asked_by_person` or `scheduled`.
    pub purpose: String,
    /// The class of endpoint.
    pub endpoint: String,
    /// The account it asked about; none for a list.
    pub account_id: Option<AccountId>,
    /// Whether the person was present.
    pub attended: bool,
    /// Our name for the request.
    pub request_id: String,
    /// The bank's name for it.
    pub bank_request_id: Option<String>,
    /// HTTP status; none if there was no answer.
    pub status: Option<u16>,
    /// Why it failed, as a stable code.
    pub code: Option<String>,
    /// SHA-256 (hex) of the certificate shown to the bank.
    pub certificate_fingerprint: Option<String>,
    /// SHA-256 (hex) of the answer's body.
    pub body_digest: Option<String>,
    /// When the request was sent (RFC 3339).
    pub sent_at: String,
}

/// A consent as it stood at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leave {
    /// Which.
    pub consent_id: ConsentId,
    /// At which bank.
    pub bank_id: String,
    /// What the person agreed to it for.
    pub purpose: String,
    /// Where it stood.
    pub status: String,
    /// When it was granted (RFC 3339).
    pub granted_at: Option<String>,
    /// Until when it lasts (RFC 3339).
    pub expires_at: Option<String>,
    /// The accounts it shows.
    pub accounts: Vec<AccountId>,
}

/// By whose leave a stored fact was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The fact's place in the log.
    pub position: u64,
    /// The kind of event, such as `account.transaction_recorded`.
    pub event_type: String,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
    /// The call that fetched it.
    pub call: Call,
    /// The consent as it stood when the call was sent.
    pub leave: Leave,
    /// Whether the consent stood then.
    pub stood: bool,
}

/// What could be read of a person at an instant, and what was in the time before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The person it is about.
    pub person: UserId,
    /// As the log stood at this position.
    pub until: u64,
    /// Consents that stood.
    pub could: Vec<Leave>,
    /// Calls that were made, oldest first.
    pub was: Vec<Call>,
    /// Whether there are more calls than are told.
    pub more: bool,
}

/// By whose leave the fact at a position was fetched.
///
/// # Errors
/// [`LawfulError`].
pub async fn why(log: &dyn EventLog, keys: &Keys, position: u64) -> Result<Why, LawfulError> {
    let stored = event_at(log, position).await.map_err(LedgerError::from)?;
    let stored = stored.ok_or(LawfulError::NoSuchPosition(position))?;
    let event = reading::open(keys, &stored).await?;
    let event = event.ok_or(LawfulError::Erased(position))?;
    let not_fetched = || LawfulError::NotFetched(position);
    let (fetch_id, answer) = evidence(&event, stored.stream).ok_or_else(not_fetched)?;
    let is_evidence = |run: &StoredEvent, answered: &Answered| match answer {
        Some(answer) => answered.answer == answer,
        // A fact that names no answer came with a list, or is that answer itself.
        None if run.stream == stored.stream => run.position == position,
        None => {
            matches!(answered.subject, Subject::Accounts | Subject::Cards | Subject::Details { .. })
        }
    };
    let stream = StreamId::new(Category::Fetch, fetch_id.0);
    let (mut started, mut found) = (None, None);
    let mut run = Reader::of_stream(log, stream, 0);
    while let Some((stored, event)) = run.next_opened(keys).await? {
        match event {
            Some(FetchEvent::Started(event)) => started = Some(event),
            Some(FetchEvent::Answered(answered)) if is_evidence(&stored, &answered) => {
                found = Some((stored.position, answered));
                break;
            }
            _ => {}
        }
    }
    let (started, (call_position, answered)) = started.zip(found).ok_or_else(not_fetched)?;
    let leave = leave_at(log, keys, &started, answered.sent_at).await?;
    let call = answered_call(call_position, fetch_id, &started, &answered);
    let stood = leave.status == ConsentStatus::Active.word();
    Ok(Why {
        position,
        event_type: stored.event_type,
        recorded_at: time_text(stored.recorded_at),
        call,
        leave,
        stood,
    })
}

/// The run and, where it says so, the answer a fact came from.
fn evidence(event: &Event, stream: StreamId) -> Option<(FetchId, Option<u32>)> {
    let payload: Value = serde_json::from_slice(&event.encode().ok()?.payload).ok()?;
    let identifier = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    match event {
        Event::Fetch(FetchEvent::Answered(answered)) => {
            Some((FetchId(stream.id), Some(answered.answer)))
        }
        Event::Fetch(FetchEvent::RowsQuarantined(rows)) => {
            Some((FetchId(stream.id), Some(rows.answer)))
        }
        Event::Account(_) => {
            let evidence = &payload["evidence"];
            let answer = evidence["answer"].as_u64().and_then(|answer| u32::try_from(answer).ok());
            identifier(&evidence["fetch_id"])
                .map(|fetch_id| (fetch_id, answer))
                .or_else(|| Some((identifier(&payload["fetch_id"])?, None)))
        }
        _ => None,
    }
}

fn account_of(subject: &Subject) -> Option<AccountId> {
    match subject {
        Subject::Transactions { account_id, .. } | Subject::Balances { account_id } => {
            Some(*account_id)
        }
        Subject::Accounts | Subject::Cards | Subject::Details { .. } => None,
    }
}

fn micros_text(at: DateTime<Utc>) -> String {
    time_text(at.timestamp_micros())
}

fn answered_call(
    position: u64,
    fetch_id: FetchId,
    started: &FetchStarted,
    answered: &Answered,
) -> Call {
    Call {
        position,
        fetch_id,
        consent_id: started.consent_id,
        purpose: started.purpose.clone(),
        endpoint: answered.endpoint.clone(),
        account_id: account_of(&answered.subject),
        attended: answered.attended,
        request_id: answered.request_id.clone(),
        bank_request_id: answered.bank_request_id.clone(),
        status: Some(answered.status),
        code: None,
        certificate_fingerprint: Some(answered.certificate_fingerprint.clone()),
        body_digest: Some(answered.body_digest.clone()),
        sent_at: micros_text(answered.sent_at),
    }
}

/// The call an event of a run tells of.
fn call(
    stored: &StoredEvent,
    event: &FetchEvent,
    fetch_id: FetchId,
    started: &FetchStarted,
) -> Option<Call> {
    match event {
        FetchEvent::Answered(answered) => {
            Some(answered_call(stored.position, fetch_id, started, answered))
        }
        FetchEvent::CallFailed(failed) => Some(Call {
            position: stored.position,
            fetch_id,
            consent_id: started.consent_id,
            purpose: started.purpose.clone(),
            endpoint: failed.endpoint.clone(),
            account_id: account_of(&failed.subject),
            attended: failed.attended,
            request_id: failed.request_id.clone(),
            bank_request_id: None,
            status: failed.status,
            code: Some(failed.code.clone()),
            certificate_fingerprint: None,
            body_digest: None,
            sent_at: failed.sent_at.map_or_else(|| time_text(stored.recorded_at), micros_text),
        }),
        _ => None,
    }
}

fn leave(
    consent_id: ConsentId,
    consent: &Consent,
    granted_at: Option<i64>,
    at: DateTime<Utc>,
) -> Leave {
    let requested = consent.requested.as_ref();
    let over = consent.expires_at.is_some_and(|end| end <= at);
    let status = if over && consent.status == ConsentStatus::Active {
        ConsentStatus::Expired
    } else {
        consent.status
    };
    Leave {
        consent_id,
        bank_id: requested.map(|requested| requested.bank_id.0.clone()).unwrap_or_default(),
        purpose: requested.map(|requested| requested.purpose.clone()).unwrap_or_default(),
        status: status.word().to_owned(),
        granted_at: granted_at.map(time_text),
        expires_at: consent.expires_at.map(micros_text),
        accounts: Vec::new(),
    }
}

/// A run's consent as it stood when a call was sent.
async fn leave_at(
    log: &dyn EventLog,
    keys: &Keys,
    started: &FetchStarted,
    at: DateTime<Utc>,
) -> Result<Leave, LawfulError> {
    let stream = StreamId::new(Category::Consent, started.consent_id.0);
    let (mut consent, mut granted_at) = (Consent::default(), None);
    let mut events = Reader::of_stream(log, stream, 0);
    while let Some((stored, event)) = events.next_opened(keys).await? {
        if stored.recorded_at > at.timestamp_micros() {
            break;
        }
        if stored.event_type == "consent.granted" {
            granted_at = Some(stored.recorded_at);
        }
        if let Some(event) = event {
            consent.apply(event);
        }
    }
    Ok(leave(started.consent_id, &consent, granted_at, at))
}

/// What is known while a person's events are read.
#[derive(Default)]
struct Reading {
    consents: BTreeMap<Uuid, (Consent, Option<i64>)>,
    accounts: BTreeMap<ConsentId, BTreeSet<AccountId>>,
    runs: BTreeMap<Uuid, FetchStarted>,
    calls: Vec<Call>,
    more: bool,
}

impl Reading {
    fn add(&mut self, stored: &StoredEvent, event: Event, since: i64) {
        let id = stored.stream.id;
        match event {
            Event::Consent(event) => {
                let (consent, granted_at) = self.consents.entry(id).or_default();
                if stored.event_type == "consent.granted" {
                    *granted_at = Some(stored.recorded_at);
                }
                consent.apply(event);
            }
            Event::Account(AccountEvent::Linked(linked)) => {
                self.accounts.entry(linked.consent_id).or_default().insert(AccountId(id));
            }
            Event::Fetch(FetchEvent::Started(started)) => {
                self.runs.insert(id, started);
            }
            Event::Fetch(event) if stored.recorded_at >= since => {
                let run = self.runs.get(&id);
                let call = run.and_then(|started| call(stored, &event, FetchId(id), started));
                match call {
                    Some(_) if self.calls.len() >= MOST_CALLS => self.more = true,
                    call => self.calls.extend(call),
                }
            }
            _ => {}
        }
    }
}

/// What could be read of a person when the log ended at a position, and every call that was made in
/// the time from `since` (microseconds since 1970) to there.
///
/// # Errors
/// [`LawfulError`].
pub async fn access(
    log: &dyn EventLog,
    keys: &Keys,
    person: UserId,
    key_id: Uuid,
    until: u64,
    since: i64,
) -> Result<Access, LawfulError> {
    let (mut reading, mut looked_at, mut now) = (Reading::default(), 0, since);
    let mut events = Reader::of_key(log, key_id, 0).until(until);
    while let Some(stored) = events.next().await.map_err(LedgerError::from)? {
        if looked_at == MOST_LOOKED_AT {
            reading.more = true;
            break;
        }
        looked_at += 1;
        now = now.max(stored.recorded_at);
        let wanted = matches!(stored.stream.category, Category::Consent | Category::Fetch)
            || stored.event_type == "account.linked";
        if !wanted {
            continue;
        }
        let event = reading::open(keys, &stored).await?;
        if let Some(event) = event {
            reading.add(&stored, event, since);
        }
    }
    if let Some(at) = log.time_at(until).await.map_err(LedgerError::from)? {
        now = now.max(at);
    }
    let now = DateTime::from_timestamp_micros(now).unwrap_or_default();
    let Reading { consents, accounts, calls, more, .. } = reading;
    let could = consents
        .iter()
        .map(|(id, (consent, granted_at))| leave(ConsentId(*id), consent, *granted_at, now))
        .filter(|leave| leave.status == ConsentStatus::Active.word())
        .map(|leave| {
            let shown = accounts.get(&leave.consent_id).cloned().unwrap_or_default();
            Leave { accounts: shown.into_iter().collect(), ..leave }
        })
        .collect();
    Ok(Access { person, until, could, was: calls, more })
}
