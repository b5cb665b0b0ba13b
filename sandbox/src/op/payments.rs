//! Payments: create with a signed answer, read, revoke before submission.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::consents;
use super::payment_request;
use super::payment_request_foreign;
use super::payment_submissions;
use crate::api_error::{ApiError, Violation};
use crate::bank::{Bank, timestamp};
use crate::caller::Caller;
use crate::calls::TokenKind;
use crate::exchange::PeerCertificate;
use crate::form::Form;
use crate::jose::{Compact, fingerprint};
use crate::members::object;
use crate::state::{Authorization, Idempotency, Payment, Scope, Status};

/// Most payments of one bundle.
const BUNDLE_MAX: usize = 100;

/// `POST /payments-psd2/v1/sepa-payments`.
pub(super) async fn create_sepa(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    verify_signature(&bank, &caller, &headers, &body)?;
    let request = payment_request::sepa(&object(&body)?);
    create(&bank, &caller, &headers, &body, request, false)
}

/// `POST /payments-psd2/v1/foreign-payments`.
pub(super) async fn create_foreign(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    verify_signature(&bank, &caller, &headers, &body)?;
    let request = payment_request_foreign::foreign(&object(&body)?);
    create(&bank, &caller, &headers, &body, request, true)
}

/// `GET …/{id}[?include=submissions]`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    let payment = find(&bank, &caller, &id)?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    Ok(Json(json(&payment, query.get("include") == Some("submissions"))))
}

/// `DELETE …/{id}`: before submission only.
pub(super) async fn revoke(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    find(&bank, &caller, &id)?;
    bank.change(|state| {
        let payment = state.payments.get_mut(&id).ok_or(ApiError::Unknown("Payment"))?;
        let open = matches!(payment.status, Status::Unauthorized | Status::Authorized);
        if !open || !payment.submissions.is_empty() {
            let message = format!("The payment is {:?} and cannot be revoked", payment.status);
            return Err(ApiError::violation("IllegalState", "paymentId", message));
        }
        payment.status = Status::Revoked;
        payment.modified = bank.now();
        Ok(Json(json(payment, false)))
    })
}

/// A payment of this client by id; a user token opens only those of its authorization.
pub(super) fn find(bank: &Bank, caller: &Caller, id: &str) -> Result<Payment, ApiError> {
    let own = caller.token.authorization_id.as_deref();
    bank.read(|state| state.payments.get(id).cloned())
        .filter(|payment| payment.client_id == caller.token.client_id)
        .filter(|payment| own.is_none_or(|own| own == payment.authorization_id))
        .ok_or(ApiError::Unknown("Payment"))
}

/// The payment as the API shows it.
pub(super) fn json(payment: &Payment, with_submissions: bool) -> Value {
    let mut value = payment.request.clone();
    let mut set = |name: &str, member: Value| value.insert(name.to_owned(), member);
    set("authorizationId", payment.authorization_id.as_str().into());
    set("paymentId", payment.payment_id.as_str().into());
    let kind = if payment.foreign { "ForeignPayment" } else { "SepaPayment" };
    set("paymentType", kind.into());
    set("created", timestamp(payment.created).into());
    set("modified", timestamp(payment.modified).into());
    set("status", serde_json::to_value(payment.status).unwrap_or_default());
    if let Some(iban) = &payment.payer_iban {
        set("payer", serde_json::json!({ "iban": iban }));
    }
    if with_submissions {
        let all = payment.submissions.iter().map(payment_submissions::json);
        set("submissions", all.collect::<Vec<_>>().into());
    }
    Value::Object(value)
}

/// Verifies a detached signature when one is sent.
fn verify_signature(
    bank: &Bank,
    caller: &Caller,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(), ApiError> {
    let Some(signature) = headers.get("x-jws-signature") else {
        return Ok(());
    };
    let keys = bank.read(|state| {
        let client = state.clients.get(&caller.token.client_id);
        let provider = client.and_then(|client| state.providers.get(&client.tpp_id));
        provider.map(|provider| provider.keys.clone()).unwrap_or_default()
    });
    Compact::parse_detached(signature.to_str().unwrap_or_default(), body)
        .and_then(|compact| compact.verify(&keys))
        .map_err(|error| ApiError::violation("InvalidValue", "x-jws-signature", error.to_string()))
}

fn create(
    bank: &Bank,
    caller: &Caller,
    headers: &HeaderMap,
    body: &Bytes,
    request: Result<Map<String, Value>, ApiError>,
    foreign: bool,
) -> Result<Response, ApiError> {
    let key = headers.get("x-idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= 200) else {
        return Err(ApiError::Invalid(vec![Violation::required("x-idempotency-key")]));
    };
    let key = format!("{} {key}", caller.token.client_id);
    if let Some(earlier) = repeated(bank, &key, body)? {
        return signed(bank, &earlier);
    }
    let payment = new_payment(bank, caller, request?, foreign)?;
    let idempotency =
        Idempotency { payment_id: payment.payment_id.clone(), body: fingerprint(body) };
    // Checked again under the lock: another request may have used the key or closed the bundle.
    bank.change(|state| {
        let bundle = state.authorizations.get(&payment.authorization_id);
        if bundle.is_none_or(|bundle| bundle.status != Status::Unauthorized) {
            return Err(ApiError::violation(
                "IllegalState",
                "authorizationId",
                "The bundle is closed",
            ));
        }
        if state.idempotency.get(&key).is_some() {
            return Err(duplicate());
        }
        state.idempotency.put(&key, idempotency);
        state.payments.put(&payment.payment_id, payment.clone());
        Ok(())
    })?;
    signed(bank, &payment)
}

/// The earlier payment of an idempotency key; a clash is refused.
fn repeated(bank: &Bank, key: &str, body: &Bytes) -> Result<Option<Payment>, ApiError> {
    let earlier = bank.read(|state| {
        let idempotency = state.idempotency.get(key)?.clone();
        let payment = state.payments.get(&idempotency.payment_id)?.clone();
        Some((idempotency, payment))
    });
    match earlier {
        None => Ok(None),
        Some((idempotency, payment))
            if idempotency.body == fingerprint(body) && payment.status == Status::Unauthorized =>
        {
            Ok(Some(payment))
        }
        Some(_) => Err(duplicate()),
    }
}

fn duplicate() -> ApiError {
    ApiError::violation(
        "DuplicatePayment",
        "x-idempotency-key",
        "The idempotency key was used for another payment",
    )
}

fn new_payment(
    bank: &Bank,
    caller: &Caller,
    mut request: Map<String, Value>,
    foreign: bool,
) -> Result<Payment, ApiError> {
    let wanted = request.remove("authorizationId");
    let wanted = wanted.as_ref().and_then(Value::as_str);
    let authorization = match wanted {
        Some(id) => bundle(bank, caller, id)?,
        None => {
            let authorization = new_bundle(bank, caller)?;
            bank.change(|state| {
                state.authorizations.put(&authorization.id.clone(), authorization.clone());
            });
            authorization
        }
    };
    let now = bank.now();
    let payer_iban = request
        .get("payer")
        .and_then(|payer| payer["iban"].as_str())
        .filter(|iban| !iban.is_empty())
        .map(str::to_owned);
    let count = request.get("count").and_then(Value::as_u64).unwrap_or(1);
    Ok(Payment {
        payment_id: uuid::Uuid::new_v4().to_string(),
        authorization_id: authorization.id,
        client_id: caller.token.client_id.clone(),
        foreign,
        created: now,
        modified: now,
        status: Status::Unauthorized,
        request,
        payer_iban,
        count: u32::try_from(count).unwrap_or(1),
        submissions: Vec::new(),
    })
}

/// The bundle a payment joins: open, of this client, without foreign payments.
fn bundle(bank: &Bank, caller: &Caller, id: &str) -> Result<Authorization, ApiError> {
    let illegal = |message: &str| ApiError::violation("IllegalState", "authorizationId", message);
    let found = bank.read(|state| {
        let authorization = state.authorizations.get(id)?.clone();
        let own = state.payments.iter().filter(|payment| payment.authorization_id == id);
        let (mut count, mut foreign) = (0, false);
        for payment in own {
            count += 1;
            foreign |= payment.foreign;
        }
        Some((authorization, count, foreign))
    });
    let Some((authorization, count, foreign)) = found.filter(|(authorization, _, _)| {
        authorization.client_id == caller.token.client_id && authorization.scope == Scope::Payments
    }) else {
        return Err(ApiError::violation(
            "InvalidValue",
            "authorizationId",
            "The authorization is not known",
        ));
    };
    if authorization.status != Status::Unauthorized {
        return Err(illegal("The bundle is closed"));
    }
    if foreign || count >= BUNDLE_MAX {
        return Err(illegal("The bundle takes no further payment"));
    }
    Ok(authorization)
}

/// A new bundle. With a user token it may later be exempted from strong authentication.
fn new_bundle(bank: &Bank, caller: &Caller) -> Result<Authorization, ApiError> {
    let mut authorization = consents::new(Scope::Payments, &caller.token.client_id, bank.now());
    if caller.token.kind == TokenKind::User {
        let earlier = caller.token.authorization_id.as_deref().unwrap_or_default();
        let earlier = bank.read(|state| state.authorizations.get(earlier).cloned());
        let alive = earlier.filter(|earlier| {
            matches!(
                earlier.status,
                Status::Authorized | Status::Completed | Status::PartiallyRevoked
            )
        });
        let Some(earlier) = alive else {
            return Err(ApiError::Forbidden(
                "Authorization of the access token has ended".to_owned(),
            ));
        };
        authorization.exemption_user_id = earlier.user_id;
    }
    Ok(authorization)
}

/// 201 with a detached signature over the exact bytes.
fn signed(bank: &Bank, payment: &Payment) -> Result<Response, ApiError> {
    let body = json(payment, false).to_string();
    let signature = bank
        .document_key
        .sign_detached(body.as_bytes())
        .map_err(|error| ApiError::Technical(500, error.to_string()))?;
    let json_type = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (StatusCode::CREATED, json_type, body).into_response();
    if let Ok(signature) = HeaderValue::from_str(&signature) {
        response.headers_mut().insert("x-jws-signature", signature);
    }
    Ok(response)
}
