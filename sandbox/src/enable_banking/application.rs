//! The application that may call: made once, as in the aggregator's control panel, and known by the tokens it
//! signs (RS256, for a day at most).

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use rcgen::{KeyPair, RsaKeySize};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::bank::Bank;
use crate::caller::bearer;
use crate::certificates::self_signed;
use crate::jose::{Compact, rsa_private_jwk};
use crate::options::SandboxError;
use crate::storage::Storage;

/// Longest life of a token, in seconds.
const TOKEN_LIFE_SECONDS_MAX: i64 = 86_400;
/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// The `iss` of every token.
const ISSUER: &str = "enablebanking.com";
/// The `aud` of every token.
const AUDIENCE: &str = "api.enablebanking.com";
/// The private key, in the data directory.
const KEY_FILE: &str = "application.pem";
/// The certificate.
const CERTIFICATE_FILE: &str = "application.crt";
/// The identifier.
const IDENTIFIER_FILE: &str = "application-id";

/// An application of the aggregator's.
pub struct Application {
    /// Its identifier, also the `kid` of its tokens.
    pub id: String,
    /// Its private key, PKCS #8 in PEM; also `<data_dir>/application.pem`.
    pub private_key_pem: String,
    /// The certificate it was made with, in PEM; also `<data_dir>/application.crt`.
    pub certificate_pem: String,
    public: Value,
}

/// Shows the name, never the key.
impl fmt::Debug for Application {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Application").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Application {
    /// The application of a data directory, made at the first start.
    pub(crate) fn open(storage: &Storage) -> Result<Self, SandboxError> {
        let failed = |error: rcgen::Error| SandboxError::Certificate(error.to_string());
        let kept = (storage.read(KEY_FILE)?, storage.read(CERTIFICATE_FILE)?);
        let identifier = storage.read(IDENTIFIER_FILE)?;
        let (private_key_pem, certificate_pem, id) = match (kept, identifier) {
            ((Some(key), Some(certificate)), Some(id)) => (key, certificate, id.trim().to_owned()),
            _ => {
                let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)
                    .map_err(failed)?;
                let id = uuid::Uuid::new_v4().to_string();
                let certificate = self_signed(&key, "One Point Ledger")?;
                storage.write(KEY_FILE, &key.serialize_pem())?;
                storage.write(CERTIFICATE_FILE, &certificate)?;
                storage.write(IDENTIFIER_FILE, &format!("{id}\n"))?;
                (key.serialize_pem(), certificate, id)
            }
        };
        let key = KeyPair::from_pem_and_sign_algo(&private_key_pem, &rcgen::PKCS_RSA_SHA256)
            .map_err(failed)?;
        let algorithm = jsonwebtoken::Algorithm::RS256;
        let private = rsa_private_jwk(&id, algorithm, key.serialized_der(), None);
        let private = private.ok_or_else(|| SandboxError::Damaged {
            path: storage.path(KEY_FILE),
            reason: "not an RSA key in PKCS #8".to_owned(),
        })?;
        let public = crate::jose::public_part(&private);
        Ok(Self { id, private_key_pem, certificate_pem, public })
    }

    /// Why a token is not this application's, or not good now; none if it is.
    fn objection(&self, token: &str, now: i64) -> Option<&'static str> {
        let Ok(compact) = Compact::parse(token) else { return Some("the token is no JWT") };
        if compact.kid != self.id {
            return Some("kid is no application");
        }
        if compact.algorithm() != "RS256" {
            return Some("alg must be RS256");
        }
        if compact.verify([&self.public]).is_err() {
            return Some("the signature is not the application's");
        }
        let Ok(claims) = compact.claims() else { return Some("the claims are no object") };
        let second = |name: &str| claims.get(name).and_then(Value::as_i64);
        let (Some(issued), Some(expires)) = (second("iat"), second("exp")) else {
            return Some("iat or exp is missing");
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        match () {
            () if text("iss") != Some(ISSUER) => Some("iss is wrong"),
            () if text("aud") != Some(AUDIENCE) => Some("aud is wrong"),
            () if issued > now + LEEWAY_SECONDS => Some("iat is in the future"),
            () if expires <= now => Some("the token has expired"),
            () if expires - issued > TOKEN_LIFE_SECONDS_MAX => Some("the token lasts too long"),
            () => None,
        }
    }
}

/// Lets a call pass that bears a good token.
pub(super) async fn required(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let Some(token) = bearer(&headers) else {
        let text = "Authorization header is not provided";
        return Err(Failure::new(401, "AUTHORIZATION_NOT_PROVIDED", text));
    };
    let application = bank.application.as_ref();
    // By the real time, as certificates are: the caller's clock is not the bank's.
    let now = chrono::Utc::now().timestamp();
    let objection = application
        .map_or(Some("there is no application"), |application| application.objection(token, now));
    match objection {
        Some(text) => Err(Failure::new(401, "UNAUTHORIZED_ACCESS", text)),
        None => Ok(next.run(request).await),
    }
}

/// `GET /application`.
pub(super) async fn show(State(bank): State<Arc<Bank>>) -> Json<Value> {
    let id = bank.application.as_ref().map(|application| application.id.as_str());
    Json(json!({
        "name": "One Point Ledger",
        "description": "A ledger of one's own accounts",
        "kid": id,
        "environment": "SANDBOX",
        "redirect_urls": [],
        "active": true,
        "countries": [super::ASPSP.1],
        "services": ["AIS"],
    }))
}
