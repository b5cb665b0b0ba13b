//! Four accesses a day without the customer (Delegated Regulation (EU) 2018/389, Art. 36(5)).

use axum::http::HeaderMap;
use chrono::Duration;

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::is_attended;
use crate::misbehaviour::{Misbehaviour, odd_retry_after};
use crate::state::Authorization;

/// Unattended accesses per authorization and resource within the window.
const ACCESSES_MAX: usize = 4;
/// The rolling window, in hours.
const WINDOW_HOURS: i64 = 24;

/// Counts one access of a resource; the fifth unattended one within 24 hours is refused. A request
/// that shows a present customer is free. With `rolling-quota` a new consent brings no new accesses.
pub(crate) fn spend(
    bank: &Bank,
    headers: &HeaderMap,
    authorization: &Authorization,
    resource: &str,
) -> Result<(), ApiError> {
    if is_attended(headers) {
        return Ok(());
    }
    let now = bank.now();
    let window = Duration::hours(WINDOW_HOURS);
    let on = bank.conduct.on();
    let holder = match (on.has(Misbehaviour::RollingQuota), &authorization.user_id) {
        (true, Some(user)) => user,
        _ => &authorization.id,
    };
    let key = format!("{holder} {resource}");
    bank.change(|state| {
        let mut times = state.accesses.remove(&key).unwrap_or_default();
        times.retain(|time| *time + window > now);
        let refused = times.len() >= ACCESSES_MAX;
        let wait = times.first().map_or(1, |first| (*first + window - now).num_seconds() + 1);
        if !refused {
            times.push(now);
        }
        state.accesses.put(&key, times);
        refused.then_some(wait)
    })
    .map_or(Ok(()), |wait| {
        Err(match on.has(Misbehaviour::OddRetryAfter) {
            true => ApiError::TooManyOdd(odd_retry_after(bank.conduct.count_refusal())),
            false => ApiError::TooMany(wait),
        })
    })
}
