//! Between facts and stored bytes: a payload about a person is sealed under that person's key.

use domain::event::{DecodeError, Encoded, Event};
use domain::stream::StreamId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::store::{NewEvent, Snapshot, StoredEvent};
use crate::vault::crypto::{DataKey, DoesNotOpen, Drawn};
use crate::vault::keys::{Keys, KeysError};
use crate::world::Chance;

/// Why stored bytes did not become a fact.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The bytes do not open: changed, or moved from another place.
    #[error("the event at position {position} does not open under its key")]
    Sealed {
        /// Where.
        position: u64,
    },
    /// The key is there, but cannot be had now.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The bytes open, but are no event this program knows.
    #[error("the event at position {position} cannot be read: {cause}")]
    Decode {
        /// Where.
        position: u64,
        /// Why.
        cause: DecodeError,
    },
}

/// What every place of an event begins with.
const PLACE: &[u8] = b"event/1\0";

/// What a payload is sealed to: no sealed payload can be moved to another event.
fn place(stream: &str, event_id: Uuid, event_type: &str, schema_version: u16) -> Vec<u8> {
    // Two lengths of four bytes, an identifier of sixteen and a version of two.
    let most = PLACE.len() + stream.len() + event_type.len() + 2 * 4 + 16 + 2;
    let mut place = Vec::with_capacity(most);
    place.extend_from_slice(PLACE);
    for name in [stream, event_type] {
        place.extend_from_slice(&(name.len() as u32).to_be_bytes());
        place.extend_from_slice(name.as_bytes());
    }
    place.extend_from_slice(event_id.as_bytes());
    place.extend_from_slice(&schema_version.to_be_bytes());
    place
}

/// Puts an encoded event of the stream of this name in the form that is stored. The nonce was drawn
/// at random and is used nowhere else.
///
/// # Errors
/// [`DoesNotOpen`] if sealing is not possible.
pub fn seal(
    nonce: Drawn,
    key: Option<(Uuid, &DataKey)>,
    stream: &str,
    event_id: Uuid,
    encoded: Encoded,
    metadata: Vec<u8>,
) -> Result<NewEvent, DoesNotOpen> {
    let Encoded { event_type, schema_version, payload } = encoded;
    let (key_id, payload) = match key {
        None => (Uuid::nil(), payload),
        Some((key_id, key)) => {
            let place = place(stream, event_id, event_type, schema_version);
            (key_id, key.seal_with(nonce, &place, &payload)?)
        }
    };
    Ok(NewEvent { event_id, event_type, schema_version, metadata, key_id, payload })
}

/// The payload of a stored event as it was before sealing; none if its key has been destroyed.
///
/// # Errors
/// [`OpenError::Sealed`] and [`OpenError::Keys`].
pub async fn open_payload(
    keys: &Keys,
    stored: &StoredEvent,
) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    let StoredEvent { position, event_type, schema_version, payload, key_id, .. } = stored;
    if key_id.is_nil() {
        return Ok(Some(Zeroizing::new(payload.clone())));
    }
    let Some(key) = keys.key(*key_id).await? else { return Ok(None) };
    let place = place(stored.stream.name().as_str(), stored.event_id, event_type, *schema_version);
    let plain = key.open(&place, payload).map_err(|_| OpenError::Sealed { position: *position })?;
    Ok(Some(plain))
}

/// The fact in a stored event; none if its key has been destroyed.
///
/// # Errors
/// [`OpenError`].
pub async fn open(keys: &Keys, stored: &StoredEvent) -> Result<Option<Event>, OpenError> {
    let Some(plain) = open_payload(keys, stored).await? else { return Ok(None) };
    decode(stored, &plain).map(Some)
}

/// The fact in the opened payload of a stored event.
///
/// # Errors
/// [`OpenError::Decode`].
pub fn decode(stored: &StoredEvent, plain: &[u8]) -> Result<Event, OpenError> {
    let StoredEvent { position, event_type, schema_version, .. } = stored;
    Event::decode(event_type, *schema_version, plain)
        .map_err(|cause| OpenError::Decode { position: *position, cause })
}

/// The fact in a stored event that is sealed under this key, which the caller has looked up. `room`
/// is used for the opened payload and keeps nothing anybody needs.
///
/// # Errors
/// [`OpenError::Sealed`] and [`OpenError::Decode`].
pub fn open_under(
    key: &DataKey,
    stored: &StoredEvent,
    room: &mut Zeroizing<Vec<u8>>,
) -> Result<Event, OpenError> {
    let StoredEvent { position, event_type, schema_version, payload, .. } = stored;
    let place = place(stored.stream.name().as_str(), stored.event_id, event_type, *schema_version);
    let plain = key
        .open_into(&place, payload, room)
        .map_err(|_| OpenError::Sealed { position: *position })?;
    decode(stored, plain)
}

/// What a snapshot is sealed to: no state can be moved to another stream or version.
fn snapshot_place(stream: StreamId, version: u64) -> Vec<u8> {
    format!("snapshot/1\0{stream}\0{version}").into_bytes()
}

/// Puts a state in the form that is kept beside its stream.
///
/// # Errors
/// [`DoesNotOpen`] if sealing is not possible.
pub fn seal_snapshot(
    chance: &Chance,
    (key_id, key): (Uuid, &DataKey),
    stream: StreamId,
    version: u64,
    state: &[u8],
) -> Result<Snapshot, DoesNotOpen> {
    let state = key.seal(chance, &snapshot_place(stream, version), state)?;
    Ok(Snapshot { version, fingerprint: domain::FINGERPRINT, key_id, state })
}

/// The state in a snapshot; none if its key has been destroyed, or if it does not open, since a
/// snapshot is never the truth.
///
/// # Errors
/// [`KeysError`] if the key is there and cannot be had.
pub async fn open_snapshot(
    keys: &Keys,
    stream: StreamId,
    snapshot: &Snapshot,
) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError> {
    let Some(key) = keys.key(snapshot.key_id).await? else { return Ok(None) };
    Ok(key.open(&snapshot_place(stream, snapshot.version), &snapshot.state).ok())
}
