//! Becoming a registered client of OP: certificates from the sandbox's generator, a software
//! statement, and dynamic registration (RFC 7591; OP's registration interface).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::refusal;
use super::settings::RegistrationSettings;
use crate::connectors::bank::Bank;
use crate::connectors::certificate::{Certificate, CertificateProblem};
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, ClientCredentials, Endpoint, Method};
use crate::connectors::jose::{Algorithm, JoseError, SigningKey};
use crate::connectors::secret::{Secret, SecretBytes};

/// How long a software statement can be used.
pub const SOFTWARE_STATEMENT_LIFE_SECONDS: i64 = 3600;
/// How long a registration request can be used.
pub const REGISTRATION_REQUEST_LIFE_SECONDS: i64 = 300;
/// Most keys read of a generator's answer.
const MOST_ISSUED_KEYS: usize = 8;

/// Why a registration does not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The bank refused, or its answer is not readable.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// A key is not usable.
    #[error(transparent)]
    Key(#[from] JoseError),
    /// A certificate is not usable.
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
    /// The profile has no certificate generator.
    #[error("this bank has no certificate generator")]
    NoGenerator,
    /// Something the answer must have.
    #[error("the answer lacks `{0}`")]
    Missing(&'static str),
    /// Other redirect addresses than asked for.
    #[error("the bank registered other redirect addresses than asked for")]
    RedirectUrisDiffer,
    /// More roles than asked for.
    #[error("the bank registered more roles than asked for")]
    MoreRoles,
    /// The client secret is of no use any more.
    #[error("the client secret has already expired")]
    SecretExpired,
    /// The software statement is of no use any more, or not yet.
    #[error("the software statement is not valid now")]
    StatementNotValid,
}

impl RegistrationError {
    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bank(error) => error.code(),
            Self::Key(_) => "registration_key_unusable",
            Self::Certificate(problem) => problem.code(),
            Self::NoGenerator => "registration_no_generator",
            Self::Missing(_) => "registration_answer_incomplete",
            Self::RedirectUrisDiffer => "registration_redirect_uris_differ",
            Self::MoreRoles => "registration_more_roles",
            Self::SecretExpired => "registration_secret_expired",
            Self::StatementNotValid => "registration_statement_not_valid",
        }
    }
}

/// A certificate with its private key.
#[derive(Debug)]
pub struct IssuedCertificate {
    /// The private key.
    pub key: SigningKey,
    /// The certificate, which has been checked to belong to the key.
    pub certificate: Certificate,
}

/// What the generator issued.
#[derive(Debug)]
pub struct IssuedCertificates {
    /// The bank's name for us.
    pub tpp_id: String,
    /// Where the bank publishes our public keys.
    pub public_jwks_url: String,
    /// For TLS.
    pub qwac: IssuedCertificate,
    /// For signing.
    pub qseal: IssuedCertificate,
}

/// A signed software statement.
#[derive(Clone, Debug)]
pub struct SoftwareStatement {
    /// The compact form.
    pub compact: String,
    /// Our own name of the software.
    pub software_client_id: Uuid,
    /// First moment.
    pub issued_at: DateTime<Utc>,
    /// Last moment.
    pub expires_at: DateTime<Utc>,
}

/// What the bank registered.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Our name at the bank.
    pub client_id: Secret,
    /// Our secret.
    pub client_secret: Secret,
    /// The key to use from now on: the one in the answer, or else the one of the portal.
    pub api_key: Secret,
    /// What may be asked for.
    pub scope: String,
    /// When the secret ends; `None` means never.
    pub secret_expires_at: Option<DateTime<Utc>>,
    /// When we were registered, by the bank's clock.
    pub issued_at: Option<DateTime<Utc>>,
    /// The bank's name of our software.
    pub software_id: Option<String>,
    /// The roles registered.
    pub roles: Vec<String>,
    /// The redirect addresses registered.
    pub redirect_uris: Vec<String>,
}

impl RegisteredClient {
    /// What every later call identifies us with.
    #[must_use]
    pub fn credentials(&self) -> ClientCredentials {
        ClientCredentials {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            api_key: Some(self.api_key.clone()),
        }
    }
}

/// Asks the generator for two certificates.
///
/// # Errors
/// [`RegistrationError::NoGenerator`], or an address that cannot be built.
pub fn certificate_request(
    bank: &Bank,
    settings: &RegistrationSettings,
) -> Result<BankRequest, RegistrationError> {
    let generator = bank.generator_url.as_deref().ok_or(RegistrationError::NoGenerator)?;
    let mut url = Url::parse(generator).map_err(|_| RegistrationError::NoGenerator)?;
    url.query_pairs_mut()
        .append_pair("c", &settings.country.to_ascii_uppercase())
        .append_pair("cn", &settings.tpp_name);
    // The roles are plain words, joined by commas that OP's own clients leave as they are.
    let query = format!("{}&roles={}", url.query().unwrap_or_default(), settings.roles.join(","));
    url.set_query(Some(&query));
    Ok(BankRequest::new(Method::Post, url, Endpoint::CertificateGenerator)
        .header("x-api-key", settings.api_key.0.clone())
        .header("accept", "application/json"))
}

/// Reads what the generator issued. Each key must belong to its certificate.
///
/// # Errors
/// [`RegistrationError`] says what is missing or does not fit.
pub fn read_certificates(
    bank: &Bank,
    answer: &BankAnswer,
) -> Result<IssuedCertificates, RegistrationError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        tpp_id: Option<String>,
        public_jwks_url: Option<String>,
        private_jwks: Option<Keys>,
    }
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<Box<RawValue>>,
    }
    refusal::check(Endpoint::CertificateGenerator, answer)?;
    let read: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "certificates" })?;
    let keys = read.private_jwks.ok_or(RegistrationError::Missing("privateJwks"))?.keys;
    let (mut qwac, mut qseal) = (None, None);
    for raw in keys.iter().take(MOST_ISSUED_KEYS) {
        if qwac.is_some() && qseal.is_some() {
            break;
        }
        let jwk = Secret::new(raw.get());
        let issued = read_issued(bank, &jwk)?;
        // The key for TLS has `qwac` in its name; the first other one is for signing.
        let place = if issued.key.kid().to_ascii_lowercase().contains("qwac") {
            &mut qwac
        } else {
            &mut qseal
        };
        if place.is_none() {
            *place = Some(issued);
        }
    }
    let public_jwks_url = read
        .public_jwks_url
        .filter(|url| Url::parse(url).is_ok_and(|url| url.scheme() == "https"))
        .ok_or(RegistrationError::Missing("publicJwksUrl"))?;
    Ok(IssuedCertificates {
        tpp_id: read
            .tpp_id
            .filter(|id| !id.is_empty())
            .ok_or(RegistrationError::Missing("tppId"))?,
        public_jwks_url,
        qwac: qwac.ok_or(RegistrationError::Missing("key for TLS"))?,
        qseal: qseal.ok_or(RegistrationError::Missing("key for signing"))?,
    })
}

fn read_issued(bank: &Bank, jwk: &Secret) -> Result<IssuedCertificate, RegistrationError> {
    #[derive(Deserialize)]
    struct Chain {
        #[serde(default)]
        x5c: Vec<String>,
    }
    let key = match SigningKey::from_jwk(jwk, bank.signing_algorithm) {
        Err(JoseError::Algorithm) => SigningKey::from_jwk(jwk, Algorithm::Es256)?,
        other => other?,
    };
    let chain: Chain = serde_json::from_str(jwk.expose()).map_err(|_| JoseError::NotJson)?;
    let first = chain.x5c.first().ok_or(RegistrationError::Missing("x5c"))?;
    let certificate = Certificate::parse(&from_x5c(first)?)?;
    certificate.check_key(&key)?;
    Ok(IssuedCertificate { key, certificate })
}

/// Decodes an `x5c` entry (RFC 7517, section 4.7). A PEM frame and line ends are tolerated.
fn from_x5c(text: &str) -> Result<Vec<u8>, CertificateProblem> {
    let bare: String = text
        .replace("-----BEGIN CERTIFICATE-----", "")
        .replace("-----END CERTIFICATE-----", "")
        .split_ascii_whitespace()
        .collect();
    STANDARD.decode(bare).map_err(|_| CertificateProblem::Malformed)
}

/// Writes and signs the software statement.
///
/// # Errors
/// [`RegistrationError::Key`] when the key does not sign.
pub fn software_statement(
    settings: &RegistrationSettings,
    issued: &IssuedCertificates,
    software_client_id: Uuid,
    statement_id: Uuid,
    now: DateTime<Utc>,
) -> Result<SoftwareStatement, RegistrationError> {
    // The bank's own sandbox puts `PSD` before its name for us in the certificate.
    let organization = issued.qseal.certificate.organization_identifier.as_deref();
    let org_id = organization.and_then(|id| id.strip_prefix("PSD")).unwrap_or(&issued.tpp_id);
    let expires_at = now + chrono::TimeDelta::seconds(SOFTWARE_STATEMENT_LIFE_SECONDS);
    let claims = json!({
        "iss": issued.tpp_id,
        "iat": now.timestamp(),
        "exp": expires_at.timestamp(),
        "jti": statement_id,
        "software_client_id": software_client_id,
        "software_roles": settings.roles,
        "software_jwks_endpoint": issued.public_jwks_url,
        "software_jwks_revoked_endpoint": issued.public_jwks_url,
        "software_client_name": settings.software_client_name,
        "software_client_uri": settings.software_client_uri,
        "software_redirect_uris": settings.software_redirect_uris,
        "org_name": settings.org_name,
        "org_id": org_id,
        "org_contacts": settings.org_contacts,
    });
    let compact = issued.qseal.key.sign_compact(&claims)?;
    Ok(SoftwareStatement { compact, software_client_id, issued_at: now, expires_at })
}

/// Asks to be registered with a software statement.
///
/// # Errors
/// [`RegistrationError::StatementNotValid`] before anything is sent, or a key that does not sign.
pub fn registration_request(
    bank: &Bank,
    settings: &RegistrationSettings,
    issued: &IssuedCertificates,
    statement: &SoftwareStatement,
    request_id: Uuid,
    now: DateTime<Utc>,
) -> Result<BankRequest, RegistrationError> {
    if now < statement.issued_at || now >= statement.expires_at {
        return Err(RegistrationError::StatementNotValid);
    }
    let claims = json!({
        "iat": now.timestamp(),
        "exp": now.timestamp() + REGISTRATION_REQUEST_LIFE_SECONDS,
        "aud": bank.registration_audience,
        "jti": request_id,
        "redirect_uris": settings.redirect_uris,
        "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
        "software_statement": statement.compact,
    });
    let compact = issued.qseal.key.sign_compact(&claims)?;
    Ok(BankRequest::new(Method::Post, &bank.registration_url, Endpoint::Registration)
        .body("application/jwt", SecretBytes::new(compact))
        .header("x-api-key", settings.api_key.0.clone())
        .header("accept", "application/json"))
}

/// The members of the answer that matter. A repeated member is an error.
#[derive(Deserialize)]
struct RegistrationAnswer {
    client_id: Option<Secret>,
    client_id_issued_at: Option<i64>,
    client_secret: Option<Secret>,
    client_secret_expires_at: Option<i64>,
    api_key: Option<Secret>,
    redirect_uris: Option<Vec<String>>,
    software_id: Option<String>,
    scope: Option<Scope>,
    software_roles: Option<Vec<String>>,
}

/// Text by the standard (RFC 7591, section 2); some banks write a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scope {
    Text(String),
    List(Vec<String>),
}

/// Reads what was registered, and refuses it unless it is what was asked for.
///
/// # Errors
/// [`RegistrationError`] names the difference; an earlier registration is to be kept then.
pub fn read_registration(
    settings: &RegistrationSettings,
    answer: &BankAnswer,
    now: DateTime<Utc>,
) -> Result<RegisteredClient, RegistrationError> {
    refusal::check(Endpoint::Registration, answer)?;
    let read: RegistrationAnswer = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "registration" })?;
    let visible = |secret: &Secret| {
        !secret.is_empty() && secret.expose().bytes().all(|byte| byte.is_ascii_graphic())
    };
    let client_id =
        read.client_id.filter(visible).ok_or(RegistrationError::Missing("client_id"))?;
    let client_secret =
        read.client_secret.filter(visible).ok_or(RegistrationError::Missing("client_secret"))?;
    let mut registered = read.redirect_uris.ok_or(RegistrationError::Missing("redirect_uris"))?;
    let mut asked = settings.redirect_uris.clone();
    for uris in [&mut registered, &mut asked] {
        uris.sort_unstable();
        uris.dedup();
    }
    if registered != asked {
        return Err(RegistrationError::RedirectUrisDiffer);
    }
    let roles = read.software_roles.unwrap_or_else(|| settings.roles.clone());
    if roles.iter().any(|role| !settings.roles.contains(role)) {
        return Err(RegistrationError::MoreRoles);
    }
    // Zero means that the secret does not expire (RFC 7591, section 3.2.1).
    let secret_expires_at = match read.client_secret_expires_at {
        None | Some(0) => None,
        Some(seconds) => {
            let moment = DateTime::from_timestamp(seconds, 0);
            Some(moment.filter(|end| *end > now).ok_or(RegistrationError::SecretExpired)?)
        }
    };
    let scope = match read.scope {
        Some(Scope::Text(text)) => text,
        Some(Scope::List(list)) => list.join(" "),
        None => String::new(),
    };
    Ok(RegisteredClient {
        client_id,
        client_secret,
        api_key: read.api_key.filter(visible).unwrap_or_else(|| settings.api_key.0.clone()),
        scope,
        secret_expires_at,
        issued_at: read.client_id_issued_at.and_then(|at| DateTime::from_timestamp(at, 0)),
        software_id: read.software_id,
        roles,
        redirect_uris: settings.redirect_uris.clone(),
    })
}
