//! What the log says of an erasure, once, and the receipt that rests on it.

use chrono::{DateTime, Utc};
use domain::erasure::{Erased, RequestedBy};
use domain::event::Event;
use domain::id::UserId;
use domain::user::UserEvent;
use serde::Serialize;

use super::{ErasureError, stream};
use crate::app::App;
use crate::ledger::reading::{Reader, open};
use crate::ledger::store::{AppendError, StoredEvent};
use crate::ledger::{Actor, Cause, LedgerError, Owner};
use crate::vault::crypto::hex;
use crate::vault::erasures::{Counted, Erasure};

/// Tries to append the event when something else came to the person's stream.
const MOST_TRIES: u32 = 16;

/// What proves an erasure: an event that anybody can read, and its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Position of the event.
    pub position: u64,
    /// Its leaf in the log's tree (RFC 6962, section 2.1), in hexadecimal digits.
    pub leaf_hash: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// What it says.
    #[serde(flatten)]
    pub erased: Erased,
}

/// The receipt of a person's erasure, from the log alone; none if it does not say that.
///
/// # Errors
/// [`ErasureError`].
pub async fn receipt(app: &App, user_id: UserId) -> Result<Option<Receipt>, ErasureError> {
    let Some((stored, erased)) = recorded(app, user_id).await?.0 else { return Ok(None) };
    Ok(Some(Receipt {
        position: stored.position,
        leaf_hash: hex(&stored.hash),
        recorded_at: DateTime::from_timestamp_micros(stored.recorded_at).unwrap_or_default(),
        erased,
    }))
}

/// The event of a person's erasure, if there is one, and the version of their stream.
pub(super) async fn recorded(
    app: &App,
    user_id: UserId,
) -> Result<(Option<(StoredEvent, Erased)>, u64), ErasureError> {
    let (mut version, mut found) = (0, None);
    let mut events = Reader::of_stream(&**app.ledger.log(), stream(user_id), 0);
    while let Some(stored) = events.next().await? {
        version = stored.version;
        // Only an event that is not sealed can be it.
        if stored.key_id.is_nil()
            && let Some(UserEvent::Erased(erased)) = open(&app.keys, &stored).await?
        {
            found = Some((stored, erased));
        }
    }
    Ok((found, version))
}

/// Appends the event, once: at the version at which it was seen not to be there.
pub(super) async fn record(
    app: &App,
    erasure: &Erasure,
    counted: Counted,
    banks_not_told: u32,
    destroyed_at: i64,
) -> Result<(), ErasureError> {
    let erased = Erased {
        user_id: erasure.user_id,
        key_id: erasure.key_id,
        requested_by: erasure.requested_by,
        reason: erasure.reason.clone(),
        key_destroyed_at: DateTime::from_timestamp_micros(destroyed_at).unwrap_or_default(),
        consents_ended: counted.consents,
        banks_not_told,
        secrets_deleted: counted.secrets,
        sessions_ended: counted.sessions,
    };
    let event = Event::from(UserEvent::Erased(erased));
    let actor = match erasure.requested_by {
        RequestedBy::Person => Actor::Person,
        RequestedBy::Operator => Actor::Operator,
    };
    let cause = Cause::new(actor, app.chance.uuid()?);
    let (ledger, stream) = (&app.ledger, stream(erasure.user_id));
    let mut conflict = LedgerError::Erased;
    for _ in 0..MOST_TRIES {
        let (None, version) = recorded(app, erasure.user_id).await? else { return Ok(()) };
        let events = vec![event.clone()];
        match ledger.append_at(stream, Owner::Platform, cause, version, events).await {
            Ok(_) => return Ok(()),
            Err(error @ LedgerError::Append(AppendError::Conflict { .. })) => conflict = error,
            Err(error) => return Err(error.into()),
        }
    }
    Err(conflict.into())
}
