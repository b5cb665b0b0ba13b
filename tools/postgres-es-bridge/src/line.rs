//! One event in both forms: a line of JSON as the ledger carries it, and a row of the stock table.
//!
//! A row's payload is the serde form of the aggregate's event enum, so that a stock repository
//! loads it. What the stock table has no column for stands in the row's metadata under names that
//! begin with `opl.`, as texts, because stock metadata is a map of texts.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::stream::{Category, StreamId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

/// Names of our texts in the stock metadata.
pub const POSITION: &str = "opl.position";
const EVENT_ID: &str = "opl.event_id";
const RECORDED_AT: &str = "opl.recorded_at";
const METADATA: &str = "opl.metadata";
const OWNER: &str = "opl.owner";

/// Under which events of other programs get an identifier (RFC 9562, section 5.5).
const FOREIGN: Uuid = Uuid::from_u128(0x0b1d_6e00_5a5a_4c0d_8e9f_706f_7374_6573);

/// An opened event as the ledger's own tools write and read it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Place in the log, from 1.
    pub position: u64,
    /// Name of the stream.
    pub stream: String,
    /// Place in the stream, from 1.
    pub version: u64,
    /// Identifier of the event.
    pub event_id: Uuid,
    /// Kind of event.
    pub event_type: String,
    /// Version of the payload's form.
    pub schema_version: u16,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    /// Actor and chain.
    pub metadata: Box<RawValue>,
    /// The person it is about; none if it is about nobody.
    pub owner: Option<Uuid>,
    /// The event's fields.
    pub payload: Box<RawValue>,
}

/// A row of the stock table `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Kind of aggregate.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: String,
    /// Place in the aggregate, from 1.
    pub sequence: i64,
    /// Kind of event.
    pub event_type: String,
    /// Version of the payload's form.
    pub event_version: String,
    /// JSON of the event enum.
    pub payload: String,
    /// JSON of a map of texts.
    pub metadata: String,
}

/// What is known of a row whose metadata is not ours.
#[derive(Clone, Copy, Debug)]
pub struct Foreign {
    /// The position to give it.
    pub position: u64,
    /// The time to give it, in microseconds since 1970; none to refuse it.
    pub recorded_at: Option<i64>,
}

/// What kind of aggregate an event belongs to, and its enum as JSON.
fn family(event: &Event) -> Result<(Category, String, String), String> {
    macro_rules! families {
        ($($family:ident => $category:ident),+) => {
            match event {
                $(Event::$family(inner) => (
                    Category::$category,
                    cqrs_es::DomainEvent::event_version(inner),
                    serde_json::to_string(inner),
                )),+
            }
        };
    }
    let (category, version, text) = families!(
        User => User, TppRegistration => Registration, Consent => Consent, Grant => Grant,
        Fetch => Fetch, Import => Import, Rates => Rates, Account => Account,
        Incident => Incident, Role => Role, Guidance => Guidance, Signing => Signing
    );
    Ok((category, version, text.map_err(|_| "it cannot be put into JSON".to_owned())?))
}

/// The path of the first member that `stored` has and `read` has not: reading it dropped that.
fn lost(stored: &Value, read: &Value, path: &str) -> Option<String> {
    match (stored, read) {
        (Value::Object(stored), Value::Object(read)) => stored.iter().find_map(|(name, value)| {
            let path = format!("{path}/{name}");
            match read.get(name) {
                Some(kept) => lost(value, kept, &path),
                None => Some(path),
            }
        }),
        (Value::Array(stored), Value::Array(read)) if stored.len() == read.len() => stored
            .iter()
            .zip(read)
            .enumerate()
            .find_map(|(index, (value, kept))| lost(value, kept, &format!("{path}/{index}"))),
        (Value::Object(_) | Value::Array(_), _) => Some(path.to_owned()),
        _ => None,
    }
}

/// Decodes fields and refuses what this program's domain would drop from them.
fn decode(event_type: &str, version: u16, fields: &str) -> Result<(Event, String), String> {
    let event = Event::decode(event_type, version, fields.as_bytes()).map_err(|e| e.to_string())?;
    let encoded = event.encode().map_err(|_| "it cannot be encoded".to_owned())?;
    let text = String::from_utf8(encoded.payload).map_err(|_| "it is not UTF-8".to_owned())?;
    if encoded.schema_version == version && text != fields {
        let unreadable = |_| "its payload is not JSON".to_owned();
        let stored = serde_json::from_str(fields).map_err(unreadable)?;
        let read = serde_json::from_str(&text).map_err(unreadable)?;
        if let Some(path) = lost(&stored, &read, "") {
            return Err(format!("its payload has `{path}`, which this program does not know"));
        }
    }
    Ok((event, text))
}

impl Line {
    /// The row a stock repository loads as this event. An older form is lifted to today's, which
    /// the row's version says.
    ///
    /// # Errors
    /// What is wrong with the line, without its content.
    pub fn to_row(&self) -> Result<Row, String> {
        let stream: StreamId = self.stream.parse().map_err(|e| format!("`stream`: {e}"))?;
        let (event, _) = decode(&self.event_type, self.schema_version, self.payload.get())?;
        let (category, event_version, payload) = family(&event)?;
        if category != stream.category {
            let (event_type, stream) = (&self.event_type, stream.category.word());
            return Err(format!("`{event_type}` does not belong in a stream of `{stream}`"));
        }
        let mut metadata = BTreeMap::from([
            (POSITION, self.position.to_string()),
            (EVENT_ID, self.event_id.to_string()),
            (RECORDED_AT, self.recorded_at.to_string()),
            (METADATA, self.metadata.get().to_owned()),
        ]);
        if let Some(owner) = self.owner {
            metadata.insert(OWNER, owner.to_string());
        }
        let sequence = i64::try_from(self.version).ok().filter(|sequence| *sequence > 0);
        Ok(Row {
            aggregate_type: category.word().to_owned(),
            aggregate_id: stream.id.to_string(),
            sequence: sequence.ok_or("`version` begins at 1")?,
            event_type: self.event_type.clone(),
            event_version,
            payload,
            metadata: serde_json::to_string(&metadata).map_err(|e| e.to_string())?,
        })
    }
}

impl Row {
    /// The texts of the metadata.
    ///
    /// # Errors
    /// If it is no map of texts.
    fn notes(&self) -> Result<BTreeMap<String, String>, String> {
        serde_json::from_str(&self.metadata).map_err(|_| "its metadata is no map of texts".into())
    }

    /// The line for this row. `foreign` is for a row that another program wrote.
    ///
    /// # Errors
    /// What is wrong with the row, without its content.
    pub fn to_line(&self, foreign: Foreign) -> Result<Line, String> {
        let category = Category::ALL
            .into_iter()
            .find(|category| category.word() == self.aggregate_type)
            .ok_or("this program knows no such aggregate type")?;
        let id = Uuid::parse_str(&self.aggregate_id).map_err(|_| "its aggregate is no UUID")?;
        if id.to_string() != self.aggregate_id {
            return Err("its aggregate is not written in lower case with hyphens".to_owned());
        }
        let (event, fields) = self.event()?;
        let (found, schema_version, _) = family(&event)?;
        if found != category {
            return Err(format!("`{}` does not belong in this aggregate", self.event_type));
        }
        let raw = |text| RawValue::from_string(text).map_err(|_| "its metadata is not JSON");
        let mut line = Line {
            position: foreign.position,
            stream: StreamId::new(category, id).to_string(),
            version: u64::try_from(self.sequence).map_err(|_| "its sequence is negative")?,
            event_id: Uuid::nil(),
            event_type: self.event_type.clone(),
            schema_version: schema_version.parse().map_err(|_| "its version is no number")?,
            recorded_at: 0,
            metadata: raw("{}".to_owned())?,
            owner: None,
            payload: raw(fields)?,
        };
        let notes = self.notes()?;
        if notes.contains_key(POSITION) {
            let note = |name| notes.get(name).ok_or_else(|| format!("its metadata lacks `{name}`"));
            let wrong = |name: &str| format!("`{name}` in its metadata cannot be read");
            line.position = note(POSITION)?.parse().map_err(|_| wrong(POSITION))?;
            line.event_id = note(EVENT_ID)?.parse().map_err(|_| wrong(EVENT_ID))?;
            line.recorded_at = note(RECORDED_AT)?.parse().map_err(|_| wrong(RECORDED_AT))?;
            line.metadata = raw(note(METADATA)?.clone())?;
            let owner = notes.get(OWNER).map(|owner| owner.parse().map_err(|_| wrong(OWNER)));
            line.owner = owner.transpose()?;
        } else {
            line.recorded_at = foreign.recorded_at.ok_or(
                "another program wrote it and the stock table keeps no time; \
                 --recorded-at MICROSECONDS gives such events one",
            )?;
            let name = format!("{}/{}/{}", self.aggregate_type, self.aggregate_id, self.sequence);
            line.event_id = Uuid::new_v5(&FOREIGN, name.as_bytes());
            line.metadata = raw(self.metadata.clone())?;
        }
        Ok(line)
    }

    /// The event of the payload, and its fields as the ledger stores them.
    fn event(&self) -> Result<(Event, String), String> {
        let version: u16 =
            self.event_version.parse().map_err(|_| "its event version is no whole number")?;
        let tagged: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(&self.payload).map_err(|_| "its payload is no tagged event")?;
        let Some((tag, fields)) = tagged.first_key_value().filter(|_| tagged.len() == 1) else {
            return Err("its payload is no tagged event".to_owned());
        };
        let (event, text) = decode(&self.event_type, version, fields.get())?;
        let (_, _, enumerated) = family(&event)?;
        if !enumerated.starts_with(&format!("{{\"{tag}\":")) {
            return Err(format!("its payload is not what `{}` says it is", self.event_type));
        }
        Ok((event, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(event_type: &str, payload: &str) -> Row {
        Row {
            aggregate_type: "user".to_owned(),
            aggregate_id: Uuid::from_u128(7).to_string(),
            sequence: 1,
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload: payload.to_owned(),
            metadata: "{}".to_owned(),
        }
    }

    const SIGNED_OUT: &str = r#"{"SignedOut":{"session_label":"a"}}"#;
    const KNOWN: Foreign = Foreign { position: 4, recorded_at: Some(5) };

    #[test]
    fn a_row_of_another_program_gets_an_identifier_that_stays() {
        let line = row("user.signed_out", SIGNED_OUT).to_line(KNOWN).expect("a line");
        let again = row("user.signed_out", SIGNED_OUT).to_line(KNOWN).expect("a line");
        assert_eq!((line.position, line.recorded_at, line.owner), (4, 5, None));
        assert_eq!(line.event_id, again.event_id);
        assert_eq!(line.payload.get(), r#"{"session_label":"a"}"#);
    }

    #[test]
    fn what_would_be_lost_or_guessed_is_refused() {
        let refused = |row: Row, foreign| row.to_line(foreign).expect_err("refused");
        let untimed = Foreign { position: 4, recorded_at: None };
        assert!(refused(row("user.signed_out", SIGNED_OUT), untimed).contains("--recorded-at"));
        let more = r#"{"SignedOut":{"session_label":"a","device":"b"}}"#;
        assert!(refused(row("user.signed_out", more), KNOWN).contains("`/device`"));
        assert!(refused(row("user.signed_in", SIGNED_OUT), KNOWN).contains("says it is"));
        assert!(refused(row("user.renamed", SIGNED_OUT), KNOWN).contains("user.renamed"));
        let mut elsewhere = row("user.signed_out", SIGNED_OUT);
        elsewhere.aggregate_type = "account".to_owned();
        assert!(refused(elsewhere, KNOWN).contains("does not belong"));
        let mut newer = row("user.signed_out", SIGNED_OUT);
        newer.event_version = "9".to_owned();
        assert!(refused(newer, KNOWN).contains("version 9"));
    }
}
