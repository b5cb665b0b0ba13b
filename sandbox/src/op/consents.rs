//! Account information authorizations: create, read, revoke.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use bytes::Bytes;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Europe::Helsinki;
use serde_json::{Map, Value, json};

use crate::api_error::{ApiError, Violation};
use crate::bank::{Bank, timestamp};
use crate::caller::Caller;
use crate::exchange::PeerCertificate;
use crate::members::{Members, object};
use crate::misbehaviour::{WINDOW_REFUSED_DAYS, window_is_refused};
use crate::state::{Authorization, Scope, Status};

/// Longest life of an authorization, in days.
const LIFE_DAYS_MAX: i64 = 90;
/// Tolerance on that life, in hours: clocks differ, and clients ask for exactly the limit.
const LIFE_SLACK_HOURS: i64 = 24;
/// Longest history, in days.
const HISTORY_DAYS_MAX: i64 = 730;
/// Tolerance on the history, in days: some clients count months.
const HISTORY_SLACK_DAYS: i64 = 2;

/// `POST /accounts-psd2/v1/authorizations`.
pub(super) async fn create(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Accounts)?;
    caller.require_client_token()?;
    let now = bank.now();
    let (today, on) = (bank.today(), bank.conduct.on());
    let asked = asked(&object(&body)?, today, now)?;
    if asked.from.is_some_and(|from| window_is_refused(on, from, today)) {
        let message = format!("transactionFrom must be within the last {WINDOW_REFUSED_DAYS} days");
        return Err(ApiError::violation("Date", "transactionFrom", message));
    }
    let mut authorization = new(Scope::Accounts, &caller.token.client_id, now);
    authorization.expires = asked.expires;
    authorization.transaction_from = asked.from;
    authorization.transaction_to = asked.to;
    let answer = json(&authorization, now);
    bank.change(|state| {
        state.authorizations.put(&authorization.id.clone(), authorization);
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /accounts-psd2/v1/authorizations/{id}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Accounts)?;
    caller.authorization(&bank, &id).map(|found| Json(json(&found, bank.now())))
}

/// `DELETE /accounts-psd2/v1/authorizations/{id}`: every token of the authorization stops working.
/// A repeated delete gives the same answer.
pub(super) async fn revoke(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Accounts)?;
    caller.authorization(&bank, &id)?;
    revoke_now(&bank, &id).map(|revoked| Json(json(&revoked, bank.now())))
}

/// An authorization that waits for its customer.
pub(crate) fn new(scope: Scope, client_id: &str, now: DateTime<Utc>) -> Authorization {
    Authorization {
        id: uuid::Uuid::new_v4().to_string(),
        scope,
        client_id: client_id.to_owned(),
        status: Status::Unauthorized,
        created: now,
        modified: now,
        authorized: None,
        expires: None,
        transaction_from: None,
        transaction_to: None,
        user_id: None,
        account_ids: Vec::new(),
        card_ids: Vec::new(),
        iban: None,
        exemption_user_id: None,
        permissions: Vec::new(),
        returns: Vec::new(),
        state: None,
    }
}

/// Ends an authorization of accounts or funds.
pub(crate) fn revoke_now(bank: &Bank, id: &str) -> Result<Authorization, ApiError> {
    let now = bank.now();
    bank.change(|state| {
        let authorization =
            state.authorizations.get_mut(id).ok_or(ApiError::Unknown("Authorization"))?;
        match authorization.status_at(now) {
            Status::Revoked => {}
            Status::Rejected | Status::Expired => {
                let message = "The authorization has ended already";
                return Err(ApiError::violation("IllegalState", "authorizationId", message));
            }
            _ => {
                authorization.status = Status::Revoked;
                authorization.modified = now;
            }
        }
        let revoked = authorization.clone();
        state.refresh_tokens.retain(|token| token.authorization_id != revoked.id);
        Ok(revoked)
    })
}

#[derive(Debug, Default)]
struct AskedAccess {
    expires: Option<DateTime<Utc>>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// Checks the request. `expires` and a range may come together: first the long history, then
/// ongoing access.
fn asked(
    body: &Map<String, Value>,
    bank_today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<AskedAccess, ApiError> {
    let mut members = Members::new(body, "", &["expires", "transactionFrom", "transactionTo"]);
    let asked = AskedAccess {
        expires: members.moment("expires"),
        from: members.day("transactionFrom"),
        to: members.day("transactionTo"),
    };
    let today = now.with_timezone(&Helsinki).date_naive().max(bank_today);
    if let Some(expires) = asked.expires {
        let latest = now + Duration::days(LIFE_DAYS_MAX) + Duration::hours(LIFE_SLACK_HOURS);
        if expires <= now {
            members.wrong("Date", "expires", "must be in the future");
        } else if expires > latest {
            members.wrong("Date", "expires", &format!("must be within {LIFE_DAYS_MAX} days"));
        }
    }
    if let Some(from) = asked.from {
        let earliest =
            today.min(bank_today) - Duration::days(HISTORY_DAYS_MAX + HISTORY_SLACK_DAYS);
        if from < earliest || from > today {
            members.wrong(
                "Date",
                "transactionFrom",
                &format!("must be within the last {HISTORY_DAYS_MAX} days"),
            );
        }
    }
    if let Some(to) = asked.to {
        if to > today {
            members.wrong("Date", "transactionTo", "must not be after today");
        } else if asked.from.is_some_and(|from| from > to) {
            members.wrong("Date", "transactionTo", "must not be before transactionFrom");
        }
    }
    let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    let half_range = has("transactionFrom") != has("transactionTo");
    if half_range || !(has("expires") || has("transactionFrom")) {
        let message = "Give expires, or transactionFrom with transactionTo, or all three";
        let violation = Violation::new("ExpirationOrTransactionRange", "", message);
        members.violations.push(violation);
    }
    members.finish()?;
    Ok(asked)
}

/// The authorization as the API shows it.
fn json(authorization: &Authorization, now: DateTime<Utc>) -> Value {
    let mut value = json!({
        "authorizationId": authorization.id,
        "created": timestamp(authorization.created),
        "modified": timestamp(authorization.modified),
        "status": authorization.status_at(now),
    });
    if let Some(authorized) = authorization.authorized {
        value["authorized"] = timestamp(authorized).into();
    }
    if let Some(expires) = authorization.expires {
        value["expires"] = timestamp(expires).into();
    }
    if let Some(from) = authorization.transaction_from {
        value["transactionFrom"] = from.to_string().into();
    }
    if let Some(to) = authorization.transaction_to {
        value["transactionTo"] = to.to_string().into();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: Value, kind: Option<&str>) {
        let now = DateTime::parse_from_rfc3339("2026-01-05T12:00:00Z").unwrap().to_utc();
        let today = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let outcome = asked(body.as_object().unwrap(), today, now);
        let found = match &outcome {
            Ok(_) => None,
            Err(ApiError::Invalid(violations)) => Some(violations[0].kind),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(found, kind, "{body}");
    }

    #[test]
    fn boundaries_of_an_access_request() {
        check(json!({"expires": "2026-04-05T12:00:10Z"}), None);
        check(json!({"expires": "2026-05-05T12:00:00Z"}), Some("Date"));
        check(json!({"expires": "2026-01-05T11:00:00Z"}), Some("Date"));
        check(json!({"expires": "tomorrow"}), Some("TypeMismatch"));
        check(json!({"expires": 1}), Some("TypeMismatch"));
        check(json!({}), Some("ExpirationOrTransactionRange"));
        check(json!({"transactionFrom": "2025-01-01"}), Some("ExpirationOrTransactionRange"));
        check(json!({"transactionFrom": "2024-01-05", "transactionTo": "2026-01-05"}), None);
        check(
            json!({"transactionFrom": "2023-12-01", "transactionTo": "2026-01-05"}),
            Some("Date"),
        );
        check(
            json!({"transactionFrom": "2025-01-05", "transactionTo": "2026-01-07"}),
            Some("Date"),
        );
        check(json!({"permissions": []}), Some("UnrecognizedProperty"));
    }
}
