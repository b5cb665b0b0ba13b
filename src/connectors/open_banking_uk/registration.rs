//! Becoming a client of a bank of Open Banking UK: test certificates and a software statement from the
//! directory, then dynamic registration (RFC 7591; Open Banking UK Dynamic Client Registration 3.3).

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::settings::{Flow, Settings};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint, Method};
use crate::connectors::generator;
use crate::connectors::jose::unverified_part;
use crate::connectors::oauth::metadata;
use crate::connectors::oauth::tokens::refused;
use crate::connectors::registrar::answer::{RegisteredScope, check_redirect_uris, is_visible};
use crate::connectors::registrar::{
    IssuedCertificates, REGISTRATION_REQUEST_LIFE_SECONDS, RegisteredClient, Registrar,
    RegistrationError, SoftwareStatement,
};
use crate::connectors::secret::{Secret, SecretBytes};

/// How long a statement without an end of its own is used.
const UNSTATED_LIFE: TimeDelta = TimeDelta::minutes(30);
/// Longest life of a statement that is believed.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(1);
/// The grants asked for.
const GRANT_TYPES: [&str; 3] = ["client_credentials", "authorization_code", "refresh_token"];

/// What a statement says. It is the bank that verifies it; here it is looked at so that nothing else
/// than what was asked for is shown to the bank.
#[derive(Deserialize)]
struct Statement {
    software_id: Option<String>,
    iat: Option<i64>,
    exp: Option<i64>,
    software_redirect_uris: Option<Vec<String>>,
    software_roles: Option<Vec<String>>,
}

impl Statement {
    fn parse(compact: &str) -> Result<Self, RegistrationError> {
        let unreadable = BankError::Unreadable { what: "software statement" };
        unverified_part(compact, 1).ok_or_else(|| unreadable.into())
    }
}

/// The directory's words for our roles.
fn role(word: &str) -> &str {
    match word {
        "AISP" => "AIS",
        "PISP" => "PIS",
        other => other,
    }
}

impl Settings {
    fn response_type(&self) -> &'static str {
        match self.flow {
            Flow::Pushed => "code",
            Flow::Hybrid => "code id_token",
        }
    }
}

impl Registrar for Settings {
    fn roles(&self) -> &[String] {
        &self.roles
    }

    fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    fn ca_certificate(&self) -> Option<&str> {
        self.ca_certificate.as_deref()
    }

    fn further_addresses(&self) -> Vec<String> {
        vec![self.statement_url.clone(), self.issuer.clone()]
    }

    fn certificate_request(&self, bank: &Bank) -> Result<BankRequest, RegistrationError> {
        generator::certificate_request(bank, &self.country, &self.tpp_name, &self.roles)
    }

    fn read_certificates(
        &self,
        bank: &Bank,
        answer: &BankAnswer,
    ) -> Result<IssuedCertificates, RegistrationError> {
        generator::read_certificates(bank, answer)
    }

    fn statement_request(
        &self,
        _bank: &Bank,
        _issued: &IssuedCertificates,
    ) -> Result<Option<BankRequest>, RegistrationError> {
        let body = json!({
            "client_name": self.software_client_name,
            "client_uri": self.software_client_uri,
            "redirect_uris": self.redirect_uris,
            "org_name": self.org_name,
            "org_contacts": self.org_contacts,
        });
        let request = BankRequest::new(Method::Post, &self.statement_url, Endpoint::Registration)
            .body("application/json", SecretBytes::new(body.to_string()))
            .header("accept", "application/jwt");
        Ok(Some(request))
    }

    fn read_statement(
        &self,
        answer: &BankAnswer,
        now: DateTime<Utc>,
    ) -> Result<SoftwareStatement, RegistrationError> {
        if !answer.is_success() {
            return Err(refused(answer).into());
        }
        let compact = std::str::from_utf8(&answer.body).unwrap_or_default().trim().to_owned();
        let statement = Statement::parse(&compact)?;
        let software_id = statement.software_id.filter(|id| !id.is_empty());
        let software_id = software_id.ok_or(RegistrationError::Missing("software_id"))?;
        let redirects = statement.software_redirect_uris.unwrap_or_default();
        if !self.redirect_uris.iter().all(|uri| redirects.contains(uri)) {
            return Err(RegistrationError::RedirectUrisDiffer);
        }
        let roles = statement.software_roles.unwrap_or_default();
        if roles.iter().any(|word| !self.roles.iter().any(|ours| ours == role(word))) {
            return Err(RegistrationError::MoreRoles);
        }
        let moment = |seconds: Option<i64>| DateTime::from_timestamp(seconds?, 0);
        let issued_at = moment(statement.iat).ok_or(RegistrationError::Missing("iat"))?;
        let expires_at = moment(statement.exp).unwrap_or(issued_at + UNSTATED_LIFE);
        if expires_at <= now || expires_at > now + LONGEST_LIFE {
            return Err(RegistrationError::StatementNotValid);
        }
        let software_client_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, software_id.as_bytes());
        Ok(SoftwareStatement { compact, software_client_id, issued_at, expires_at })
    }

    fn registration_request(
        &self,
        bank: &Bank,
        issued: &IssuedCertificates,
        statement: &SoftwareStatement,
        request_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<BankRequest, RegistrationError> {
        if now >= statement.expires_at {
            return Err(RegistrationError::StatementNotValid);
        }
        let software_id = Statement::parse(&statement.compact)?.software_id;
        let algorithm = issued.qseal.key.algorithm().name();
        let method = self.token_endpoint_auth_method.name();
        let mut claims = json!({
            "iss": software_id,
            "iat": now.timestamp(),
            "exp": now.timestamp() + REGISTRATION_REQUEST_LIFE_SECONDS,
            "aud": bank.registration_audience,
            "jti": request_id,
            "redirect_uris": self.redirect_uris,
            "grant_types": GRANT_TYPES,
            "response_types": [self.response_type()],
            "application_type": "web",
            "scope": super::CONSENT_SCOPE,
            "token_endpoint_auth_method": method,
            "id_token_signed_response_alg": "PS256",
            "request_object_signing_alg": algorithm,
            "tls_client_certificate_bound_access_tokens": true,
            "software_id": software_id,
            "software_statement": statement.compact,
        });
        if method == "private_key_jwt" {
            claims["token_endpoint_auth_signing_alg"] = algorithm.into();
        }
        if self.flow == Flow::Pushed {
            claims["authorization_signed_response_alg"] = "PS256".into();
            claims["require_pushed_authorization_requests"] = true.into();
        }
        let compact = issued.qseal.key.sign_compact(&claims)?;
        let url = bank.registration_url.as_deref();
        let url = url.ok_or(RegistrationError::Missing("registration address"))?;
        Ok(BankRequest::new(Method::Post, url, Endpoint::Registration)
            .body("application/jwt", SecretBytes::new(compact))
            .header("accept", "application/json"))
    }

    fn read_registration(
        &self,
        answer: &BankAnswer,
        now: DateTime<Utc>,
    ) -> Result<RegisteredClient, RegistrationError> {
        read_registration(self, answer, now)
    }

    fn metadata_request(&self, bank: &Bank) -> Result<Option<BankRequest>, RegistrationError> {
        Ok(Some(metadata::request(bank)?))
    }

    fn check_metadata(&self, bank: &Bank, answer: &BankAnswer) -> Result<(), RegistrationError> {
        metadata::check(bank, answer)
    }
}

/// The members of the answer that matter. A repeated member is an error.
#[derive(Deserialize)]
struct RegistrationAnswer {
    client_id: Option<Secret>,
    client_id_issued_at: Option<i64>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    software_id: Option<String>,
    scope: Option<RegisteredScope>,
}

/// Reads what was registered, and refuses it unless it is what was asked for. There is no secret: the
/// client shows by its key or its certificate who it is.
fn read_registration(
    settings: &Settings,
    answer: &BankAnswer,
    now: DateTime<Utc>,
) -> Result<RegisteredClient, RegistrationError> {
    if !answer.is_success() {
        return Err(refused(answer).into());
    }
    let read: RegistrationAnswer = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "registration" })?;
    let client_id =
        read.client_id.filter(is_visible).ok_or(RegistrationError::Missing("client_id"))?;
    check_redirect_uris(read.redirect_uris, &settings.redirect_uris)?;
    // Left out means as asked for; a secret in place of a key would weaken every later call.
    let method = settings.token_endpoint_auth_method.name();
    if read.token_endpoint_auth_method.is_some_and(|granted| granted != method) {
        return Err(RegistrationError::Differs("token_endpoint_auth_method"));
    }
    let issued_at = read.client_id_issued_at.and_then(|at| DateTime::from_timestamp(at, 0));
    Ok(RegisteredClient {
        client_id,
        client_secret: None,
        api_key: None,
        scope: read.scope.map(RegisteredScope::text).unwrap_or_default(),
        secret_expires_at: None,
        issued_at: issued_at.or(Some(now)),
        software_id: read.software_id,
        roles: settings.roles.clone(),
        redirect_uris: settings.redirect_uris.clone(),
    })
}
