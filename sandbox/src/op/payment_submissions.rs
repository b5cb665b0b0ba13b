//! Submission of approved payments, with the scenarios of OP's sandbox.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Helsinki;
use serde_json::{Value, json};

use super::payment_authorizations::{cents, owns};
use super::payments::find;
use crate::api_error::ApiError;
use crate::bank::{Bank, timestamp};
use crate::caller::{Caller, require_api_key};
use crate::exchange::PeerCertificate;
use crate::household::Account;
use crate::state::{Payment, Scope, Status, Submission, SubmissionStatus};

/// Most attempts of one payment.
const ATTEMPTS_MAX: usize = 1_000;

/// What `x-sandbox-scenario` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Normal,
    InsufficientFunds,
    SystemUnavailable,
    Fail,
    LaterRejected,
    LaterSubmitted,
}

impl Scenario {
    fn of(headers: &HeaderMap) -> Self {
        let text = headers.get("x-sandbox-scenario").and_then(|text| text.to_str().ok());
        match text.unwrap_or_default().split('=').next().unwrap_or_default() {
            "InsufficientFunds" => Self::InsufficientFunds,
            "PaymentSystemUnavailable" => Self::SystemUnavailable,
            "PaymentFail" => Self::Fail,
            "PaymentSubmitFailed" => Self::LaterRejected,
            "PaymentSubmitSuccess" | "FutureSimulation" => Self::LaterSubmitted,
            _ => Self::Normal,
        }
    }
}

/// `GET …/{id}/submissions`.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    let payment = find(&bank, &caller, &id)?;
    let all: Vec<Value> = payment.submissions.iter().map(json).collect();
    Ok(Json(json!({ "submissions": all })))
}

/// `GET …/{id}/submissions/{submissionId}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path((id, submission_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    check_caller(&bank, &peer, &headers, &id)?;
    let scenario = Scenario::of(&headers);
    let now = bank.now();
    bank.change(|state| {
        let payment = state.payments.get_mut(&id).ok_or(ApiError::Unknown("Payment"))?;
        let submission = known(payment, &submission_id).ok_or(ApiError::Unknown("Submission"))?;
        move_on(submission, scenario, now);
        Ok(Json(json(submission)))
    })
}

/// `PUT …/{id}/submissions/{submissionId}`: the caller chooses the id, and the same id never pays
/// twice. The body is optional and not read.
pub(super) async fn submit(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path((id, submission_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    check_caller(&bank, &peer, &headers, &id)?;
    if uuid::Uuid::parse_str(&submission_id).is_err() {
        return Err(ApiError::violation(
            "TypeMismatch",
            "submissionId",
            "submissionId is not a UUID",
        ));
    }
    let scenario = Scenario::of(&headers);
    let now = bank.now();
    let available = available_cents(&bank, &id);
    bank.change(|state| {
        let payment = state.payments.get_mut(&id).ok_or(ApiError::Unknown("Payment"))?;
        let outcome = attempt(payment, &submission_id, scenario, available, now)?;
        let authorization_id = payment.authorization_id.clone();
        let own = |found: &&Payment| found.authorization_id == authorization_id;
        let over = |found: &Payment| matches!(found.status, Status::Completed | Status::Revoked);
        if state.payments.iter().filter(own).all(over)
            && let Some(authorization) = state.authorizations.get_mut(&authorization_id)
            && authorization.status == Status::Authorized
        {
            authorization.status = Status::Completed;
            authorization.modified = now;
        }
        Ok(Json(outcome))
    })
}

/// A user token of the payment's authorization, or the scenario that needs no OAuth.
fn check_caller(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    id: &str,
) -> Result<(), ApiError> {
    let scenario = headers.get("x-sandbox-scenario").and_then(|text| text.to_str().ok());
    if let Some(authorization_id) =
        scenario.and_then(|text| text.strip_prefix("SandboxAuthorized="))
    {
        require_api_key(bank, headers)?;
        return bank.read(|state| {
            let payment = state.payments.get(id);
            payment
                .filter(|payment| payment.authorization_id == authorization_id)
                .filter(|payment| owns(state, &payment.client_id, peer))
                .map(|_| ())
                .ok_or(ApiError::Unknown("Payment"))
        });
    }
    let caller = Caller::authenticate(bank, headers, peer, Scope::Payments)?;
    find(bank, &caller, id)?;
    match caller.token.authorization_id {
        Some(_) => Ok(()),
        None => Err(ApiError::Forbidden("A user access token is needed here".to_owned())),
    }
}

/// What the paying account has, when it is one of the bank's.
fn available_cents(bank: &Bank, id: &str) -> Option<i64> {
    let iban = bank.read(|state| state.payments.get(id)?.payer_iban.clone())?;
    let household = bank.household();
    household.account(&iban).map(Account::available_cents)
}

fn attempt(
    payment: &mut Payment,
    submission_id: &str,
    scenario: Scenario,
    available: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Value, ApiError> {
    let illegal = |message: String| ApiError::violation("IllegalState", "paymentId", message);
    let retry = match known(payment, submission_id) {
        None => false,
        Some(known) => match known.status {
            SubmissionStatus::Pending | SubmissionStatus::Error => true,
            _ => {
                move_on(known, scenario, now);
                return Ok(json(known));
            }
        },
    };
    if payment.status != Status::Authorized {
        return Err(illegal(format!("The payment is {:?}", payment.status)));
    }
    if payment.submissions.len() >= ATTEMPTS_MAX {
        return Err(illegal("The payment has had too many attempts".to_owned()));
    }
    let single = cents(payment) / i64::from(payment.count.max(1));
    let instant = payment.request.get("paymentOrder").is_some_and(|order| order == "SEPA_INST");
    let status = match scenario {
        Scenario::InsufficientFunds => SubmissionStatus::Error,
        Scenario::SystemUnavailable => SubmissionStatus::Pending,
        Scenario::Fail => SubmissionStatus::Rejected,
        _ if available.is_some_and(|available| available < single) => SubmissionStatus::Error,
        Scenario::LaterSubmitted => SubmissionStatus::Submitted,
        _ if instant => SubmissionStatus::Credited,
        _ => SubmissionStatus::Accepted,
    };
    if !retry {
        let day = now.with_timezone(&Helsinki).format("%Y%m%d");
        let number = payment.submissions.len() + 1;
        let archive_id =
            format!("{day}593619{}{number:03}", payment.payment_id[..5].to_uppercase());
        payment.submissions.push(Submission {
            submission_id: submission_id.to_owned(),
            archive_id,
            created: now,
            modified: now,
            status,
        });
    } else if let Some(known) = known(payment, submission_id) {
        known.status = status;
        known.modified = now;
    }
    let done = |submission: &&Submission| {
        matches!(
            submission.status,
            SubmissionStatus::Accepted | SubmissionStatus::Submitted | SubmissionStatus::Credited
        )
    };
    if payment.submissions.iter().filter(done).count() >= payment.count as usize {
        payment.status = Status::Completed;
        payment.modified = now;
    }
    known(payment, submission_id)
        .map(|submission| json(submission))
        .ok_or(ApiError::Unknown("Submission"))
}

fn known<'a>(payment: &'a mut Payment, submission_id: &str) -> Option<&'a mut Submission> {
    payment.submissions.iter_mut().find(|found| found.submission_id == submission_id)
}

/// An accepted submission ends when the scenario says so.
fn move_on(submission: &mut Submission, scenario: Scenario, now: DateTime<Utc>) {
    let next = match (submission.status, scenario) {
        (SubmissionStatus::Accepted, Scenario::LaterRejected) => SubmissionStatus::Rejected,
        (SubmissionStatus::Accepted, Scenario::LaterSubmitted) => SubmissionStatus::Submitted,
        _ => return,
    };
    submission.status = next;
    submission.modified = now;
}

/// The submission as the API shows it.
pub(super) fn json(submission: &Submission) -> Value {
    json!({
        "submissionId": submission.submission_id,
        "archiveId": submission.archive_id,
        "created": timestamp(submission.created),
        "modified": timestamp(submission.modified),
        "status": submission.status,
    })
}
