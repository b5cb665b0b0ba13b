//! One opened event as a line of JSON.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// Most bytes one line may have: the largest payload with room for escapes.
pub(super) const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// An opened event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Place in the log, from 1.
    pub(super) position: u64,
    /// Name of the stream.
    pub(super) stream: String,
    /// Place in the stream, from 1.
    pub(super) version: u64,
    /// Identifier of the event.
    pub(super) event_id: Uuid,
    /// Kind of event.
    pub(super) event_type: String,
    /// Version of the payload's form.
    pub(super) schema_version: u16,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub(super) recorded_at: i64,
    /// Actor and chain.
    pub(super) metadata: Box<RawValue>,
    /// The person under whose key it is sealed; none if it is not sealed.
    pub(super) owner: Option<Uuid>,
    /// The event's fields; none if the key was destroyed.
    pub(super) payload: Option<Box<RawValue>>,
}
