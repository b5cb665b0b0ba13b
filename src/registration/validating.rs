//! Showing that a bank takes what we have: by a token of our own, or where it gives none, by a question that
//! only a known caller gets an answer to.

use chrono::{DateTime, Utc};
use domain::tpp_registration::CredentialsValidated;
use uuid::Uuid;

use crate::connectors::Caller;
use crate::connectors::registrar::{IssuedCertificates, RegisteredClient, RegistrationError};
use crate::connectors::transport::Transport;
use crate::settings::RegistrationFile;

/// What is shown to the bank.
pub(super) struct Shown<'a> {
    /// The certificates in use.
    pub issued: &'a IssuedCertificates,
    /// The client the bank registered, or the one it knows by its certificate.
    pub client: &'a RegisteredClient,
    /// A fresh name for the call.
    pub interaction_id: Uuid,
    /// Now.
    pub now: DateTime<Utc>,
}

pub(super) async fn show(
    file: &RegistrationFile,
    transport: &Transport,
    shown: &Shown<'_>,
) -> Result<CredentialsValidated, RegistrationError> {
    let credentials = shown.client.credentials();
    let caller = Caller {
        client: &credentials,
        seal: &shown.issued.qseal,
        interaction_id: shown.interaction_id,
        attended: None,
        now: shown.now,
    };
    let bank = file.bank();
    let standard = bank.standard;
    if let Some(request) = file.registrar().metadata_request(bank)? {
        let answer = transport.send(&request).await?;
        file.registrar().check_metadata(bank, &answer)?;
    }
    let (scope, seconds) = match standard.client_token(bank, &caller)? {
        Some(request) => {
            let answer = transport.send(&request).await?;
            let tokens = standard.read_tokens(&answer, standard.client_scope())?;
            (tokens.scope, tokens.expires_in_seconds)
        }
        None => {
            let answer = transport.send(&standard.probe(bank, &caller)?).await?;
            standard.read_probe(&answer)?;
            (String::new(), 0)
        }
    };
    let expires_in_seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    Ok(CredentialsValidated { scope, expires_in_seconds })
}
