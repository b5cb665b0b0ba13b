//! What can happen to a registration.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::certificates::{CertificateStanding, CertificatesPrepared, CertificatesSwitched};
use crate::event::events;
use crate::id::{BankId, RegistrationId};

events! {
    /// What can happen to a registration.
    TppRegistrationEvent {
        /// The registration began.
        Started(Started) = "registration.started" 1,
        /// The operator changed the settings: what was signed and registered with the old ones is
        /// done again.
        SettingsChanged(Started) = "registration.settings_changed" 1,
        /// The bank, or its certificate authority, issued both certificates.
        CertificatesIssued(CertificatesIssued) = "registration.certificates_issued" 1,
        /// The software statement was signed.
        StatementSigned(DocumentSigned) = "registration.statement_signed" 1,
        /// The registration request was signed.
        RequestSigned(DocumentSigned) = "registration.request_signed" 1,
        /// The bank registered this platform as a client.
        ClientRegistered(ClientRegistered) = "registration.client_registered" 1,
        /// The client's credentials were exchanged for an access token, so they work.
        CredentialsValidated(CredentialsValidated) = "registration.credentials_validated" 1,
        /// A step failed; the next run takes it up again.
        StepFailed(StepFailed) = "registration.step_failed" 1,
        /// Further certificates were issued, beside those in use: the bank knows both.
        CertificatesPrepared(CertificatesPrepared) = "registration.certificates_prepared" 1,
        /// Other certificates are used from now on.
        CertificatesSwitched(CertificatesSwitched) = "registration.certificates_switched" 1,
        /// It was found how a certificate stands with its issuer.
        CertificateStanding(CertificateStanding) = "registration.certificate_standing" 1,
    }
}

/// The steps in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask for the two certificates.
    Certificates,
    /// Sign the software statement.
    Statement,
    /// Sign the registration request.
    Request,
    /// Register over mutual TLS.
    Registration,
    /// Exchange the credentials for a token.
    Validation,
}

impl Step {
    /// All steps in their order.
    pub const ALL: [Self; 5] =
        [Self::Certificates, Self::Statement, Self::Request, Self::Registration, Self::Validation];

    /// The step's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Statement => "statement",
            Self::Request => "request",
            Self::Registration => "registration",
            Self::Validation => "validation",
        }
    }
}

/// A registration began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// This registration.
    pub registration_id: RegistrationId,
    /// The bank.
    pub bank_id: BankId,
    /// SHA-256 (hex) of the settings without the API key.
    pub settings_digest: String,
    /// Roles asked for, such as `AIS`.
    pub roles: Vec<String>,
    /// Where the bank may send browsers back to.
    pub redirect_uris: Vec<String>,
    /// The steps of the bank's standard; empty for all of them. A bank that knows its callers by their
    /// certificates registers nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// What stands in a certificate that matters here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// SHA-256 (hex) of the DER form.
    pub fingerprint: String,
    /// The key's name in the bank's key set.
    pub key_id: String,
    /// From when it holds.
    pub not_before: DateTime<Utc>,
    /// Until when it holds.
    pub not_after: DateTime<Utc>,
    /// PSD2 roles named in it (ETSI TS 119 495, section 5.1).
    pub roles: Vec<String>,
    /// The organisation identifier, OID 2.5.4.97 (ETSI EN 319 412-1, section 5.1.4).
    pub organization_identifier: Option<String>,
}

/// Both certificates were issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatesIssued {
    /// What the bank calls this platform.
    pub tpp_id: String,
    /// Where the public keys are served.
    pub public_keys_url: String,
    /// For mutual TLS.
    pub qwac: CertificateFacts,
    /// For signatures.
    pub qseal: CertificateFacts,
    /// SHA-256 (hex) of the request's address and body.
    pub request_digest: String,
    /// SHA-256 (hex) of the answer's bytes.
    pub answer_digest: String,
}

/// A statement or request was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSigned {
    /// The token's own identifier (RFC 7519, section 4.1.7).
    pub token_id: String,
    /// The key that signed.
    pub key_id: String,
    /// The algorithm (RFC 7518, section 3.1).
    pub algorithm: String,
    /// SHA-256 (hex) of the compact form.
    pub digest: String,
    /// Until when it holds.
    pub expires_at: DateTime<Utc>,
}

/// The bank answered with a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRegistered {
    /// SHA-256 (hex) of the client identifier.
    pub client_fingerprint: String,
    /// What the client may ask for.
    pub scope: String,
    /// When the client secret ends; none for never.
    pub secret_expires_at: Option<DateTime<Utc>>,
    /// SHA-256 (hex) of what was sent.
    pub request_digest: String,
    /// SHA-256 (hex) of the answer's bytes.
    pub answer_digest: String,
    /// The bank's name for the request, if it gave one.
    pub bank_request_id: Option<String>,
}

/// The credentials work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsValidated {
    /// The scope that was granted.
    pub scope: String,
    /// How long the token would last, in seconds.
    pub expires_in_seconds: u32,
}

/// A step failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailed {
    /// Which step.
    pub step: Step,
    /// Why, as a stable code.
    pub code: String,
    /// HTTP status of the answer, if there was one.
    pub status: Option<u16>,
}
