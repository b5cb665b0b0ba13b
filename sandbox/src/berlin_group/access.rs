//! What every call on accounts needs: a consent of the caller's that stands.

use axum::http::HeaderMap;

use super::problem::Problem;
use super::seal::Caller;
use crate::bank::Bank;
use crate::state::{Authorization, Scope, Status};

/// The caller's consent by its name, however it stands.
pub(super) fn consent(bank: &Bank, caller: &Caller, id: &str) -> Result<Authorization, Problem> {
    let found = bank.read(|state| state.authorizations.get(id).cloned());
    found
        .filter(|found| found.client_id == caller.tpp_id && found.scope == Scope::Accounts)
        .ok_or_else(|| Problem::new(403, "CONSENT_UNKNOWN", "There is no such consent"))
}

/// The consent that `Consent-ID` names, if it opens anything.
pub(super) fn standing(
    bank: &Bank,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<Authorization, Problem> {
    let id = headers.get("consent-id").and_then(|value| value.to_str().ok());
    let id = id.ok_or_else(|| Problem::format("Consent-ID is missing"))?;
    let consent = consent(bank, caller, id)?;
    match consent.status_at(bank.now()) {
        Status::Authorized => Ok(consent),
        Status::Expired => Err(Problem::new(401, "CONSENT_EXPIRED", "The consent is over")),
        _ => Err(Problem::new(401, "CONSENT_INVALID", "The consent does not stand")),
    }
}
