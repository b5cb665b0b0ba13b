//! Lifts payloads of older forms to the form this program knows.
//!
//! A new form of an event raises its number, adds one arm to [`lift`] and one sample under
//! `tests/history/`. A changed meaning is a new event instead.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::DecodeError;

/// Reads a payload, lifting it first if it is older than `current`.
pub(crate) fn read<T: DeserializeOwned>(
    event_type: &'static str,
    version: u16,
    current: u16,
    payload: &[u8],
) -> Result<T, DecodeError> {
    if version > current || version == 0 {
        return Err(DecodeError::UnknownVersion { event_type: event_type.to_owned(), version });
    }
    let unreadable = |error: serde_json::Error| DecodeError::Payload {
        event_type,
        line: error.line(),
        column: error.column(),
    };
    if version == current {
        return serde_json::from_slice(payload).map_err(unreadable);
    }
    let mut value: Value = serde_json::from_slice(payload).map_err(unreadable)?;
    for step in version..current {
        value = lift(event_type, step, value);
    }
    serde_json::from_value(value).map_err(unreadable)
}

/// One step from version `from` to `from + 1` of one kind. Kinds without an arm have only had
/// forms that the newer type reads as they are.
fn lift(event_type: &str, from: u16, value: Value) -> Value {
    let _ = (event_type, from);
    value
}
