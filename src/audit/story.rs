//! The story of a registration or a consent, step by step: what was asked, signed and sent, what the
//! bank answered, who approved, and what changed by it. It is told from the log alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use cqrs_es::Aggregate;
use domain::account::AccountEvent;
use domain::consent::{Consent, ConsentEvent};
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::grant::Grant;
use domain::role::GrantedRole;
use domain::stream::{Category, StreamId};
use domain::tpp_registration::TppRegistration;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::words;
use crate::ledger::LedgerError;
use crate::ledger::reading::{self, Reader, first_of};
use crate::ledger::store::{EventLog, StoredEvent};
use crate::vault::crypto::hex;
use crate::vault::keys::Keys;

/// Most events of one person looked through for one story.
const MOST_LOOKED_AT: u64 = 500_000;
/// Most steps of one story.
pub const MOST_STEPS: usize = 2_000;
/// Longest value of a fact, in characters.
const LONGEST_VALUE: usize = 400;
/// Fields that are left out of stories: a bank's own words about a person, which no story needs.
const LEFT_OUT: [&str; 7] = [
    "body",
    "bank_reference",
    "continuation",
    "authorization_id",
    "description",
    "row_text",
    "settings",
];

/// Why a story cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// Nothing happened under this name.
    #[error("nothing is recorded under {0}")]
    Nothing(StreamId),
    /// It is not something that has a story.
    #[error("stories are told of registrations, consents, roles and signing keys, not of {0}")]
    NoStory(StreamId),
    /// An event cannot be read or opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Something that a step says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What, such as `request_object_digest`.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// Something that is otherwise after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// What, such as `status`.
    pub field: String,
    /// How it was; none if it was not there.
    pub before: Option<String>,
    /// How it is; none if it is gone.
    pub after: Option<String>,
}

/// One step of a story: an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its place in the log.
    pub position: u64,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
    /// The stream it stands in.
    pub stream: String,
    /// The kind of event, such as `consent.granted`.
    pub event_type: String,
    /// What happened, in plain words.
    pub says: &'static str,
    /// Who caused it.
    pub actor: String,
    /// The chain it belongs to.
    pub correlation: String,
    /// Who agreed to it, where it is an approval.
    pub approved_by: Option<String>,
    /// What it says.
    pub facts: Vec<Fact>,
    /// What is otherwise after it.
    pub changed: Vec<Changed>,
    /// Its leaf in the log's tree (RFC 6962, section 2.1), in hexadecimal digits.
    pub leaf_hash: String,
    /// Whether it can no longer be read, because the key it was sealed under was destroyed.
    pub erased: bool,
}

/// What happened to one registration, consent, role or key, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Whose story, such as `consent-…`.
    pub about: String,
    /// Up to which position of the log.
    pub until: u64,
    /// The steps in the order of the log.
    pub steps: Vec<Step>,
    /// Whether there are more than are told.
    pub more: bool,
}

/// Who caused an event, and the chain it belongs to, from its metadata.
#[must_use]
pub fn cause(stored: &StoredEvent) -> (String, String) {
    let metadata: Value = serde_json::from_slice(&stored.metadata).unwrap_or(Value::Null);
    let text = |name: &str| metadata[name].as_str().unwrap_or("-").to_owned();
    (text("actor"), text("correlation"))
}

/// An instant of the log as text, to the microsecond.
#[must_use]
pub fn time_text(micros: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Tells a story up to a position.
///
/// # Errors
/// [`StoryError`].
pub async fn tell(
    log: &dyn EventLog,
    keys: &Keys,
    about: StreamId,
    until: u64,
) -> Result<Story, StoryError> {
    let mut teller = Teller::default();
    match about.category {
        Category::Consent => consent_events(log, keys, about, until, &mut teller).await?,
        Category::Registration | Category::Role | Category::Signing => {
            stream_events(log, keys, about, until, &mut teller).await?;
        }
        _ => return Err(StoryError::NoStory(about)),
    }
    if teller.steps.is_empty() {
        return Err(StoryError::Nothing(about));
    }
    let Teller { steps, more, .. } = teller;
    Ok(Story { about: about.to_string(), until, steps, more })
}

async fn stream_events(
    log: &dyn EventLog,
    keys: &Keys,
    stream: StreamId,
    until: u64,
    teller: &mut Teller,
) -> Result<(), StoryError> {
    let mut events = Reader::of_stream(log, stream, 0).until(until);
    while let Some((stored, event)) = events.next_opened(keys).await? {
        if !teller.has_room() {
            break;
        }
        teller.add(&stored, event);
    }
    Ok(())
}

/// A consent's own events, those of its tokens, the runs that read on it, and the accounts it shows.
async fn consent_events(
    log: &dyn EventLog,
    keys: &Keys,
    about: StreamId,
    until: u64,
    teller: &mut Teller,
) -> Result<(), StoryError> {
    let first = first_of(log, about).await.map_err(LedgerError::from)?;
    let first = first.filter(|first| first.position <= until);
    let first = first.ok_or(StoryError::Nothing(about))?;
    let (mut runs, mut looked_at) = (BTreeSet::<Uuid>::new(), 0);
    let mut events = Reader::of_key(log, first.key_id, first.position - 1).until(until);
    while let Some(stored) = events.next().await.map_err(LedgerError::from)? {
        if !teller.has_room() {
            break;
        }
        if looked_at == MOST_LOOKED_AT {
            teller.more = true;
            break;
        }
        looked_at += 1;
        let StreamId { category, id } = stored.stream;
        let may_belong = match category {
            Category::Consent | Category::Grant => id == about.id,
            Category::Fetch => runs.contains(&id) || stored.event_type == "fetch.started",
            Category::Account => stored.event_type == "account.linked",
            _ => false,
        };
        if !may_belong {
            continue;
        }
        let event = reading::open(keys, &stored).await?;
        match &event {
            Some(Event::Fetch(FetchEvent::Started(started))) => {
                if started.consent_id.0 != about.id {
                    continue;
                }
                runs.insert(id);
            }
            Some(Event::Account(AccountEvent::Linked(linked)))
                if linked.consent_id.0 != about.id =>
            {
                continue;
            }
            // Whose run it was cannot be told any more.
            None if !matches!(category, Category::Consent | Category::Grant) => continue,
            _ => {}
        }
        teller.add(&stored, event);
    }
    Ok(())
}

/// Turns events into steps, and keeps the states they change.
#[derive(Default)]
struct Teller {
    steps: Vec<Step>,
    more: bool,
    consent: Consent,
    grant: Grant,
    registration: TppRegistration,
    role: GrantedRole,
}

impl Teller {
    fn has_room(&mut self) -> bool {
        self.more = self.steps.len() >= MOST_STEPS;
        !self.more
    }

    fn add(&mut self, stored: &StoredEvent, event: Option<Event>) {
        let (actor, correlation) = cause(stored);
        let erased = event.is_none();
        let approved_by = event.as_ref().and_then(|event| approver(event, &actor));
        let facts = event.as_ref().map(facts).unwrap_or_default();
        let changed = event.map(|event| self.change(event)).unwrap_or_default();
        self.steps.push(Step {
            position: stored.position,
            recorded_at: time_text(stored.recorded_at),
            stream: stored.stream.to_string(),
            event_type: stored.event_type.clone(),
            says: words::of(&stored.event_type),
            actor,
            correlation,
            approved_by,
            facts,
            changed,
            leaf_hash: hex(&stored.hash),
            erased,
        });
    }

    fn change(&mut self, event: Event) -> Vec<Changed> {
        match event {
            Event::Consent(event) => applied(&mut self.consent, event),
            Event::Grant(event) => applied(&mut self.grant, event),
            Event::TppRegistration(event) => applied(&mut self.registration, event),
            Event::Role(event) => applied(&mut self.role, event),
            _ => Vec::new(),
        }
    }
}

fn applied<A: Aggregate>(aggregate: &mut A, event: A::Event) -> Vec<Changed> {
    let before = state(aggregate);
    aggregate.apply(event);
    differences(&before, &state(aggregate))
}

fn state<A: Aggregate>(aggregate: &A) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    flatten("", &serde_json::to_value(aggregate).unwrap_or(Value::Null), &mut flat);
    flat
}

fn differences(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<Changed> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Changed {
            field: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

fn facts(event: &Event) -> Vec<Fact> {
    let payload = event.encode().ok().map(|encoded| encoded.payload);
    let value: Value =
        payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null);
    let mut flat = BTreeMap::new();
    flatten("", &value, &mut flat);
    flat.into_iter().map(|(name, value)| Fact { name, value }).collect()
}

/// Members of an object with their places as names; nothing for what is absent or left out.
fn flatten(place: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                if LEFT_OUT.contains(&name.as_str()) {
                    continue;
                }
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                flatten(&place, value, flat);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            flat.insert(place.to_owned(), cut(&texts.join(", ")));
        }
        Value::String(text) => {
            flat.insert(place.to_owned(), cut(text));
        }
        other => {
            flat.insert(place.to_owned(), other.to_string());
        }
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST_VALUE {
        return text.to_owned();
    }
    text.chars().take(LONGEST_VALUE).chain(std::iter::once('…')).collect()
}

/// Who agreed to what an event tells of, where it is an approval.
fn approver(event: &Event, actor: &str) -> Option<String> {
    match event {
        Event::Consent(ConsentEvent::Granted(granted)) => {
            let how = granted.authentication_context.as_deref().unwrap_or("not said how");
            Some(format!("the person, authenticated at the bank ({how})"))
        }
        Event::Consent(ConsentEvent::Requested(_)) => Some("the person, here".to_owned()),
        Event::TppRegistration(
            domain::tpp_registration::TppRegistrationEvent::Started(_)
            | domain::tpp_registration::TppRegistrationEvent::SettingsChanged(_),
        ) => Some(format!("the {actor}")),
        Event::TppRegistration(
            domain::tpp_registration::TppRegistrationEvent::ClientRegistered(_),
        ) => Some("the bank".to_owned()),
        Event::Role(domain::role::RoleEvent::Granted(granted)) => Some(match granted.granted_by {
            Some(by) => format!("the operator {by}"),
            None => "an operator at the command line".to_owned(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::consent::Granted;

    use super::*;

    #[test]
    fn a_state_says_what_changed_and_a_bank_s_words_are_left_out() {
        let mut consent = Consent::default();
        let granted = ConsentEvent::Granted(Granted {
            authentication_context: Some("urn:sca".to_owned()),
            authenticated_at: DateTime::UNIX_EPOCH,
            id_token_digest: None,
            scope: "accounts".to_owned(),
            accounts: Vec::new(),
        });
        let changed = applied(&mut consent, granted.clone());
        let status = changed.iter().find(|changed| changed.field == "status").expect("a status");
        assert_eq!(
            (status.before.as_deref(), status.after.as_deref()),
            (Some("unknown"), Some("active"))
        );
        let facts = facts(&Event::from(granted.clone()));
        assert!(facts.iter().any(|fact| fact.name == "scope" && fact.value == "accounts"));
        assert!(approver(&Event::from(granted), "bank").expect("one").contains("urn:sca"));

        let mut flat = BTreeMap::new();
        let value = serde_json::json!({ "a": { "body": "secret", "b": 1 }, "c": ["x", "y"] });
        flatten("", &value, &mut flat);
        assert_eq!(
            flat.into_iter().collect::<Vec<_>>(),
            [("a.b".to_owned(), "1".to_owned()), ("c".to_owned(), "x, y".to_owned())]
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "ä".repeat(LONGEST_VALUE + 1);
        assert_eq!(cut(&long).chars().count(), LONGEST_VALUE + 1);
        assert_eq!(cut("short"), "short");
    }
}
