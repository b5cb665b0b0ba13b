//! Account access consents.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::access::accepts_json;
use super::refusal::Refusal;
use super::version::Version;
use super::wire::{envelope, moment};
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::caller::Caller;
use crate::exchange::PeerCertificate;
use crate::members::{Members, object};
use crate::misbehaviour::{WINDOW_REFUSED_DAYS, window_is_refused};
use crate::op::consents::new;
use crate::state::{Authorization, Scope, Status};

/// Every permission of the standard.
const PERMISSIONS: [&str; 21] = [
    "ReadAccountsBasic",
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadBeneficiariesBasic",
    "ReadBeneficiariesDetail",
    "ReadDirectDebits",
    "ReadOffers",
    "ReadPAN",
    "ReadParty",
    "ReadPartyPSU",
    "ReadProducts",
    "ReadScheduledPaymentsBasic",
    "ReadScheduledPaymentsDetail",
    "ReadStandingOrdersBasic",
    "ReadStandingOrdersDetail",
    "ReadStatementsBasic",
    "ReadStatementsDetail",
    "ReadTransactionsBasic",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadTransactionsDetail",
];

/// `POST /account-access-consents`.
pub(super) async fn create(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    accepts_json(&headers)?;
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Accounts)?;
    caller.require_client_token()?;
    let now = bank.now();
    let asked = asked(&object(&body)?, now)?;
    let (today, on) = (bank.today(), bank.conduct.on());
    // Without a first moment everything the bank has is asked for.
    let from = asked.from.map_or(NaiveDate::MIN, |from| from.date_naive());
    if window_is_refused(on, from, today) {
        let text = format!("must be within the last {WINDOW_REFUSED_DAYS} days");
        return Err(ApiError::violation("Date", "Data.TransactionFromDateTime", text).into());
    }
    let mut consent = new(Scope::Accounts, &caller.token.client_id, now);
    consent.expires = asked.expires;
    consent.transaction_from = Some(from);
    consent.transaction_to = asked.to.map(|to| to.date_naive());
    consent.permissions = asked.permissions;
    let answer = json(&bank, &consent, version);
    bank.change(|state| state.authorizations.put(&consent.id.clone(), consent));
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /account-access-consents/{ConsentId}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    accepts_json(&headers)?;
    let consent = find(&bank, &headers, &peer, &id)?;
    Ok(Json(json(&bank, &consent, version)))
}

/// `DELETE /account-access-consents/{ConsentId}`: the consent is gone, and its tokens with it.
pub(super) async fn delete(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    find(&bank, &headers, &peer, &id)?;
    bank.change(|state| {
        state.authorizations.remove(&id);
        state.refresh_tokens.retain(|token| token.authorization_id != id);
        state.tokens.retain(|token| token.authorization_id.as_deref() != Some(&id));
    });
    Ok(StatusCode::NO_CONTENT)
}

fn find(
    bank: &Bank,
    headers: &HeaderMap,
    peer: &PeerCertificate,
    id: &str,
) -> Result<Authorization, Refusal> {
    let caller = Caller::authenticate(bank, headers, peer, Scope::Accounts)?;
    caller.require_client_token()?;
    Ok(caller.authorization(bank, id)?)
}

struct Asked {
    permissions: Vec<String>,
    expires: Option<DateTime<Utc>>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

fn asked(body: &Map<String, Value>, now: DateTime<Utc>) -> Result<Asked, ApiError> {
    let mut outer = Members::new(body, "", &["Data", "Risk"]);
    let empty = Map::new();
    let risk = outer.object("Risk");
    if risk.is_none_or(|risk| !risk.is_empty()) {
        outer.wrong("InvalidValue", "Risk", "must be there and empty");
    }
    let data = outer.object("Data");
    if data.is_none() {
        outer.wrong("Required", "Data", "is required");
    }
    outer.finish()?;
    const KNOWN: [&str; 4] =
        ["Permissions", "ExpirationDateTime", "TransactionFromDateTime", "TransactionToDateTime"];
    let data = data.unwrap_or(&empty);
    let mut members = Members::new(data, "Data", &KNOWN);
    let asked = Asked {
        permissions: permissions(&mut members),
        expires: members.moment("ExpirationDateTime"),
        from: members.moment("TransactionFromDateTime"),
        to: members.moment("TransactionToDateTime"),
    };
    if asked.expires.is_some_and(|expires| expires <= now) {
        members.wrong("Date", "ExpirationDateTime", "must be in the future");
    }
    if asked.from.zip(asked.to).is_some_and(|(from, to)| from > to) {
        members.wrong("Date", "TransactionToDateTime", "must not be before the first moment");
    }
    members.finish()?;
    Ok(asked)
}

/// The permissions, which have to make sense together (Account and Transaction API, Permissions).
fn permissions(members: &mut Members<'_>) -> Vec<String> {
    let listed = members.value("Permissions").and_then(Value::as_array);
    let words: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    let whole = listed.is_some_and(|listed| listed.len() == words.len() && !listed.is_empty());
    let has = |word: &str| words.contains(&word);
    let transactions = has("ReadTransactionsBasic") || has("ReadTransactionsDetail");
    let directions = has("ReadTransactionsCredits") || has("ReadTransactionsDebits");
    if !whole || !words.iter().all(|word| PERMISSIONS.contains(word)) {
        members.wrong("InvalidValue", "Permissions", "must be a list of known permissions");
    } else if !has("ReadAccountsBasic") && !has("ReadAccountsDetail") {
        let text = "needs ReadAccountsBasic or ReadAccountsDetail";
        members.wrong("InvalidValue", "Permissions", text);
    } else if transactions != directions {
        let text = "needs ReadTransactionsBasic or Detail together with Credits or Debits";
        members.wrong("InvalidValue", "Permissions", text);
    }
    words.into_iter().map(str::to_owned).collect()
}

fn json(bank: &Bank, consent: &Authorization, version: Version) -> Value {
    let now = bank.now();
    let status = consent.status_at(now);
    let mut data = json!({
        "ConsentId": consent.id,
        "CreationDateTime": moment(bank, consent.created),
        "Status": version.consent_status(status),
        "StatusUpdateDateTime": moment(bank, consent.modified),
        "Permissions": consent.permissions,
    });
    if let Some(expires) = consent.expires {
        data["ExpirationDateTime"] = moment(bank, expires).into();
    }
    let day = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    if let Some(from) = consent.transaction_from.filter(|from| *from != NaiveDate::MIN) {
        data["TransactionFromDateTime"] = moment(bank, day(from)).into();
    }
    if let Some(to) = consent.transaction_to {
        data["TransactionToDateTime"] = moment(bank, day(to)).into();
    }
    if version == Version::V4 && matches!(status, Status::Revoked | Status::Rejected) {
        data["StatusReason"] = json!([{
            "StatusReasonCode": "U015",
            "StatusReasonDescription": "The customer decided so at the bank",
        }]);
    }
    let own =
        format!("{}{}/account-access-consents/{}", bank.addresses.mtls, version.base(), consent.id);
    let mut answer = envelope(data, &own, None);
    answer["Risk"] = json!({});
    answer
}
