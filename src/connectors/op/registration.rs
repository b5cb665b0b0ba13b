//! Becoming a registered client of OP: certificates from the sandbox's generator, a software
//! statement, and dynamic registration (RFC 7591; OP's registration interface).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::refusal;
use super::settings::RegistrationSettings;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint, Method};
use crate::connectors::generator;
use crate::connectors::registrar::answer::{RegisteredScope, check_redirect_uris, is_visible};
pub use crate::connectors::registrar::{
    IssuedCertificate, IssuedCertificates, REGISTRATION_REQUEST_LIFE_SECONDS, RegisteredClient,
    Registrar, RegistrationError, SoftwareStatement,
};
use crate::connectors::secret::{Secret, SecretBytes};

/// How long a software statement can be used.
pub const SOFTWARE_STATEMENT_LIFE_SECONDS: i64 = 3600;
/// Asks the generator for two certificates.
///
/// # Errors
/// [`RegistrationError::NoGenerator`], or an address that cannot be built.
pub fn certificate_request(
    bank: &Bank,
    settings: &RegistrationSettings,
) -> Result<BankRequest, RegistrationError> {
    let RegistrationSettings { country, tpp_name, roles, api_key, .. } = settings;
    generator::certificate_request(bank, country, tpp_name, roles)
        .map(|request| request.header("x-api-key", api_key.0.clone()))
}

/// Reads what the generator issued. Each key must belong to its certificate.
///
/// # Errors
/// [`RegistrationError`] says what is missing or does not fit.
pub fn read_certificates(
    bank: &Bank,
    answer: &BankAnswer,
) -> Result<IssuedCertificates, RegistrationError> {
    refusal::check(Endpoint::CertificateGenerator, answer)?;
    generator::read_certificates(bank, answer)
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
    let registration_url = bank
        .registration_url
        .as_deref()
        .ok_or(RegistrationError::Missing("registration address"))?;
    Ok(BankRequest::new(Method::Post, registration_url, Endpoint::Registration)
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
    scope: Option<RegisteredScope>,
    software_roles: Option<Vec<String>>,
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
    let client_id =
        read.client_id.filter(is_visible).ok_or(RegistrationError::Missing("client_id"))?;
    let client_secret =
        read.client_secret.filter(is_visible).ok_or(RegistrationError::Missing("client_secret"))?;
    check_redirect_uris(read.redirect_uris, &settings.redirect_uris)?;
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
    Ok(RegisteredClient {
        client_id,
        client_secret: Some(client_secret),
        // The key in the answer, or else the one of the portal.
        api_key: read.api_key.filter(is_visible).or_else(|| Some(settings.api_key.0.clone())),
        scope: read.scope.map(RegisteredScope::text).unwrap_or_default(),
        secret_expires_at,
        issued_at: read.client_id_issued_at.and_then(|at| DateTime::from_timestamp(at, 0)),
        software_id: read.software_id,
        roles,
        redirect_uris: settings.redirect_uris.clone(),
    })
}

impl Registrar for RegistrationSettings {
    fn roles(&self) -> &[String] {
        &self.roles
    }

    fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    fn ca_certificate(&self) -> Option<&str> {
        self.ca_certificate.as_deref()
    }

    fn certificate_request(&self, bank: &Bank) -> Result<BankRequest, RegistrationError> {
        certificate_request(bank, self)
    }

    fn read_certificates(
        &self,
        bank: &Bank,
        answer: &BankAnswer,
    ) -> Result<IssuedCertificates, RegistrationError> {
        read_certificates(bank, answer)
    }

    fn software_statement(
        &self,
        issued: &IssuedCertificates,
        software_client_id: Uuid,
        statement_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<SoftwareStatement, RegistrationError> {
        software_statement(self, issued, software_client_id, statement_id, now)
    }

    fn registration_request(
        &self,
        bank: &Bank,
        issued: &IssuedCertificates,
        statement: &SoftwareStatement,
        request_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<BankRequest, RegistrationError> {
        registration_request(bank, self, issued, statement, request_id, now)
    }

    fn read_registration(
        &self,
        answer: &BankAnswer,
        now: DateTime<Utc>,
    ) -> Result<RegisteredClient, RegistrationError> {
        read_registration(self, answer, now)
    }
}
