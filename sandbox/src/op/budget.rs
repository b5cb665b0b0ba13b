//! Four accesses a day without the customer (Delegated Regulation (EU) 2018/389, Art. 36(5)).

use axum::http::HeaderMap;
use chrono::{Duration, Utc};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::is_attended;

/// Unattended accesses per authorization and resource within the window.
const ACCESSES_MAX: usize = 4;
/// The rolling window, in hours.
const WINDOW_HOURS: i64 = 24;

/// Counts one access of a resource; the fifth unattended one within 24 hours is refused. A request
/// that shows a present customer is free.
pub(super) fn spend(
    bank: &Bank,
    headers: &HeaderMap,
    authorization_id: &str,
    resource: &str,
) -> Result<(), ApiError> {
    if is_attended(headers) {
        return Ok(());
    }
    let now = Utc::now();
    let window = Duration::hours(WINDOW_HOURS);
    let key = format!("{authorization_id} {resource}");
    bank.change(|state| {
        let mut times = state.accesses.remove(&key).unwrap_or_default();
        times.retain(|time| *time + window > now);
        let refused = times.len() >= ACCESSES_MAX;
        let wait = times.first().map_or(1, |first| (*first + window - now).num_seconds() + 1);
        if !refused {
            times.push(now);
        }
        state.accesses.put(&key, times);
        if refused { Err(ApiError::TooMany(wait)) } else { Ok(()) }
    })
}
