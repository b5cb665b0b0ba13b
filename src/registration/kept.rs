//! What the vault keeps of a registration: the bank's answers as they came, and what was signed.

use chrono::{DateTime, Utc};
use domain::id::BankId;
use domain::tpp_registration::{CertificateFacts, TppRegistration};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::AccessError;
use crate::app::App;
use crate::connectors::certificate::{CertificateKind, CertificatePurpose, Psd2Role, Strictness};
use crate::connectors::registrar::{
    IssuedCertificate, IssuedCertificates, RegisteredClient, RegistrationError as StepError,
};
use crate::connectors::{BankAnswer, BankError};
use crate::settings::RegistrationFile;
use crate::vault::crypto::sha256_hex;

#[derive(Serialize, Deserialize)]
pub(super) struct KeptAnswer {
    pub body: String,
    pub request_digest: String,
    pub bank_request_id: Option<String>,
}

impl KeptAnswer {
    /// In place of an answer, where the operator's settings hold what else a bank gives out.
    pub fn of_settings(file: &RegistrationFile) -> Self {
        Self { body: String::new(), request_digest: file.digest(), bank_request_id: None }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptStatement {
    pub compact: String,
    pub software_client_id: Uuid,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptRequest {
    pub request_id: Uuid,
    pub signed_at: DateTime<Utc>,
}

pub(super) fn secret_name(bank_id: &BankId, what: &str) -> String {
    format!("registration/{bank_id}/{what}")
}

pub(super) fn keep(answer: &BankAnswer, url: &str) -> Result<KeptAnswer, StepError> {
    let body = String::from_utf8(answer.body.to_vec())
        .map_err(|_| BankError::Unreadable { what: "utf8" })?;
    Ok(KeptAnswer {
        body,
        request_digest: sha256_hex(url.as_bytes()),
        bank_request_id: answer.bank_request_id.clone(),
    })
}

pub(super) fn read_certificates(
    file: &RegistrationFile,
    kept: &KeptAnswer,
) -> Result<IssuedCertificates, StepError> {
    let answer = BankAnswer::replayed(201, kept.body.clone(), DateTime::<Utc>::UNIX_EPOCH);
    file.registrar().read_certificates(file.bank(), &answer)
}

pub(super) fn read_client(
    file: &RegistrationFile,
    kept: &KeptAnswer,
    now: DateTime<Utc>,
) -> Result<RegisteredClient, StepError> {
    let answer = BankAnswer::replayed(201, kept.body.clone(), now);
    file.registrar().read_registration(&answer, now)
}

pub(super) fn check_certificates(
    issued: &IssuedCertificates,
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    for (certificate, kind) in [
        (&issued.qwac.certificate, CertificateKind::Website),
        (&issued.qseal.certificate, CertificateKind::Seal),
    ] {
        let purpose = CertificatePurpose {
            kind,
            role: Psd2Role::AccountInformation,
            strictness: Strictness::Test,
        };
        certificate.check(purpose, now)?;
    }
    Ok(())
}

pub(super) fn facts(issued: &IssuedCertificate) -> CertificateFacts {
    let certificate = &issued.certificate;
    let roles = certificate.psd2.iter().flat_map(|statement| &statement.roles);
    CertificateFacts {
        fingerprint: certificate.fingerprint.clone(),
        key_id: issued.key.kid().to_owned(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        roles: roles.map(|role| role.name().to_owned()).collect(),
        organization_identifier: certificate.organization_identifier.clone(),
    }
}

/// What the name of the secret ends with that keeps certificates beside the first ones.
pub(super) fn beside(fingerprint: &str) -> String {
    format!("certificates/{fingerprint}")
}

/// The certificates whose fingerprint is named, wherever they are kept; none where they are not.
pub(super) async fn certificates_of(
    app: &App,
    file: &RegistrationFile,
    fingerprint: &str,
) -> Result<Option<IssuedCertificates>, AccessError> {
    let bank_id = &file.bank().id;
    for what in [beside(fingerprint), "certificates".to_owned()] {
        let kept: Option<KeptAnswer> = app.secrets.get(&secret_name(bank_id, &what)).await?;
        let Some(kept) = kept else { continue };
        let issued = read_certificates(file, &kept).map_err(|error| AccessError::Unusable {
            bank_id: bank_id.clone(),
            cause: error.to_string(),
        })?;
        if issued.qwac.certificate.fingerprint == fingerprint {
            return Ok(Some(issued));
        }
    }
    Ok(None)
}

/// Everything that stands of a finished registration, out of the vault.
pub struct Registered {
    /// The settings it was made with.
    pub file: RegistrationFile,
    /// Both certificates with their keys.
    pub issued: IssuedCertificates,
    /// The client.
    pub client: RegisteredClient,
}

/// The finished registration with a bank; none if there is none.
///
/// # Errors
/// [`AccessError`].
pub async fn registered(app: &App, bank_id: &BankId) -> Result<Option<Registered>, AccessError> {
    let unusable = |cause: String| AccessError::Unusable { bank_id: bank_id.clone(), cause };
    let file: Option<RegistrationFile> = app.secrets.get(&secret_name(bank_id, "settings")).await?;
    let client: Option<KeptAnswer> = app.secrets.get(&secret_name(bank_id, "client")).await?;
    let Some(file) = file else { return Ok(None) };
    // The log says which certificates are in use; the vault keeps all that may be used again.
    let state = app.ledger.load::<TppRegistration>(super::stream(bank_id)).await?.aggregate;
    let Some(used) = state.certificates else { return Ok(None) };
    let Some(issued) = certificates_of(app, &file, &used.qwac.fingerprint).await? else {
        return Ok(None);
    };
    let client = match (file.registrar().client_by_certificate(&issued), client) {
        (Some(client), _) => client,
        (None, Some(client)) => read_client(&file, &client, app.clock.now())
            .map_err(|error| unusable(error.to_string()))?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Registered { file, issued, client }))
}
