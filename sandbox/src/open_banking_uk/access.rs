//! What every call of the API needs: a living consent with the right permission, and JSON asked for.

use axum::http::{HeaderMap, header};

use super::refusal::Refusal;
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::PeerCertificate;
use crate::shared_accounts::living;
use crate::state::Authorization;

/// The living consent behind the token, if it has one of the permissions.
pub(super) fn consent_with(
    bank: &Bank,
    headers: &HeaderMap,
    peer: &PeerCertificate,
    permissions: &[&str],
) -> Result<Authorization, Refusal> {
    accepts_json(headers)?;
    let consent = living(bank, headers, peer)?;
    if permissions.iter().any(|permission| has(&consent, permission)) {
        return Ok(consent);
    }
    Err(Refusal(ApiError::Forbidden(format!("The consent lacks {}", permissions.join(" or ")))))
}

/// Whether a consent has a permission.
pub(super) fn has(consent: &Authorization, permission: &str) -> bool {
    consent.permissions.iter().any(|granted| granted == permission)
}

/// 406 for a caller that wants anything but JSON.
pub(super) fn accepts_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let json = |accept: &str| {
        accept.split(',').any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            ["application/json", "*/*"].contains(&kind)
        })
    };
    match accept {
        Some(accept) if !json(accept) => {
            Err(Refusal(ApiError::Technical(406, "Accept must be application/json".to_owned())))
        }
        _ => Ok(()),
    }
}
