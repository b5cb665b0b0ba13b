//! Who calls a business API: API key, bearer token, client certificate.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::calls::TokenKind;
use crate::exchange::PeerCertificate;
use crate::options::SandboxStandard;
use crate::state::{Authorization, Scope, Status, Token};

/// A caller whose token and certificate are in order.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) token: Token,
}

impl Caller {
    /// Checks API key, token, scope and certificate, in that order.
    pub(crate) fn authenticate(
        bank: &Bank,
        headers: &HeaderMap,
        peer: &PeerCertificate,
        scope: Scope,
    ) -> Result<Self, ApiError> {
        require_api_key(bank, headers)?;
        let bearer = bearer(headers).ok_or(ApiError::INVALID_TOKEN)?;
        let token =
            bank.read(|state| state.tokens.get(bearer).cloned()).ok_or(ApiError::INVALID_TOKEN)?;
        if token.expires <= bank.now() {
            return Err(ApiError::EXPIRED_TOKEN);
        }
        if token.scope != scope {
            return Err(ApiError::Forbidden(format!(
                "The access token is for {}, not for {}",
                token.scope.word(),
                scope.word()
            )));
        }
        if token.certificate != peer.fingerprint {
            return Err(ApiError::Forbidden(
                "The access token was issued to another certificate".to_owned(),
            ));
        }
        Ok(Self { token })
    }

    /// Refuses user tokens: intents are created by the provider itself.
    pub(crate) fn require_client_token(&self) -> Result<(), ApiError> {
        match self.token.kind {
            TokenKind::Client => Ok(()),
            TokenKind::User => Err(ApiError::Forbidden(
                "A client access token is needed here, not a user access token".to_owned(),
            )),
        }
    }

    /// The living authorization of a user token.
    pub(crate) fn living_authorization(&self, bank: &Bank) -> Result<Authorization, ApiError> {
        let id =
            self.token.authorization_id.as_deref().ok_or_else(|| {
                ApiError::Forbidden("A user access token is needed here".to_owned())
            })?;
        let authorization = bank
            .read(|state| state.authorizations.get(id).cloned())
            .ok_or_else(|| ApiError::Forbidden("Authorization is no longer known".to_owned()))?;
        match authorization.status_at(bank.now()) {
            Status::Authorized => Ok(authorization),
            status => Err(ApiError::Forbidden(format!("Authorization is {status:?}"))),
        }
    }

    /// An authorization of this client by id; a user token opens only its own.
    pub(crate) fn authorization(&self, bank: &Bank, id: &str) -> Result<Authorization, ApiError> {
        let authorization = bank
            .read(|state| state.authorizations.get(id).cloned())
            .filter(|found| {
                found.client_id == self.token.client_id && found.scope == self.token.scope
            })
            .ok_or(ApiError::Unknown("Authorization"))?;
        let own = self.token.authorization_id.as_deref();
        match own {
            Some(own) if own != id => {
                Err(ApiError::Forbidden("Authorization belongs to another access token".to_owned()))
            }
            _ => Ok(authorization),
        }
    }
}

/// Refuses a missing or unknown `x-api-key`, where the bank has such keys.
pub(crate) fn require_api_key(bank: &Bank, headers: &HeaderMap) -> Result<(), ApiError> {
    if bank.house.standard != SandboxStandard::Op {
        return Ok(());
    }
    let key = headers.get("x-api-key").map(HeaderValue::as_bytes);
    if key.is_some_and(|key| same_secret(key, bank.options.api_key.as_bytes())) {
        Ok(())
    } else {
        Err(ApiError::INVALID_API_KEY)
    }
}

/// The bearer token of the `Authorization` header, when there is one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Compares secrets in a time that does not depend on where they differ.
pub(crate) fn same_secret(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}
