//! An event in KurrentDB's form: our payload is its data, the rest of what is hashed rides in its
//! metadata. Nothing in either is personal: the payload is sealed, names are drawn or derived.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::stream::StreamId;
use kurrentdb::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::{NewEvent, StoredEvent};

/// What KurrentDB keeps beside the payload.
#[derive(Serialize, Deserialize)]
struct Beside {
    schema_version: u16,
    /// Microseconds since 1970-01-01T00:00:00Z, as the writer saw it.
    recorded_at: i64,
    key_id: Uuid,
    /// The event's metadata, in base64, so that its bytes come back as they were.
    metadata: String,
}

/// Why an event in KurrentDB is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOurs {
    #[error("its stream's name is none of this program's")]
    Stream,
    #[error("its metadata is not what this program writes")]
    Metadata,
}

/// An event to append, recorded at an instant.
pub(super) fn proposed(event: &NewEvent, recorded_at: i64) -> serde_json::Result<EventData> {
    let NewEvent { event_id, event_type, schema_version, metadata, key_id, payload } = event;
    let beside = Beside {
        schema_version: *schema_version,
        recorded_at,
        key_id: *key_id,
        metadata: STANDARD.encode(metadata),
    };
    let event = EventData::binary(event_type, Bytes::copy_from_slice(payload)).id(*event_id);
    event.metadata_as_json(&beside)
}

/// An event of another log to append.
pub(super) fn adopted(event: &StoredEvent) -> serde_json::Result<EventData> {
    let beside = Beside {
        schema_version: event.schema_version,
        recorded_at: event.recorded_at,
        key_id: event.key_id,
        metadata: STANDARD.encode(&event.metadata),
    };
    EventData::binary(&event.event_type, Bytes::copy_from_slice(&event.payload))
        .id(event.event_id)
        .metadata_as_json(&beside)
}

/// What KurrentDB calls a stream.
pub(super) fn stream_name(prefix: &str, stream: StreamId) -> String {
    format!("{prefix}-{stream}")
}

/// An event as KurrentDB gave it, with its place in the log still to be given: position and hash are
/// empty, and the time is what its writer saw.
pub(super) fn unplaced(prefix: &str, event: RecordedEvent) -> Result<StoredEvent, NotOurs> {
    // The client takes the name's bytes for text without looking.
    let name = std::str::from_utf8(event.stream_id().as_bytes()).map_err(|_| NotOurs::Stream)?;
    let stream = name
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|name| name.parse::<StreamId>().ok())
        .filter(|stream| stream_name(prefix, *stream) == name)
        .ok_or(NotOurs::Stream)?;
    let beside: Beside =
        serde_json::from_slice(&event.custom_metadata).map_err(|_| NotOurs::Metadata)?;
    Ok(StoredEvent {
        position: 0,
        stream,
        version: event.revision + 1,
        event_id: event.id,
        event_type: event.event_type,
        schema_version: beside.schema_version,
        recorded_at: beside.recorded_at,
        metadata: STANDARD.decode(beside.metadata).map_err(|_| NotOurs::Metadata)?,
        key_id: beside.key_id,
        payload: event.data.into(),
        hash: [0; 32],
    })
}
