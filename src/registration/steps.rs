//! The steps of a registration, each with what it keeps in the vault and what it tells the log.

use chrono::TimeDelta;
use domain::id::RegistrationId;
use domain::tpp_registration::{
    CertificatesIssued, ClientRegistered, DocumentSigned, Started, Step, TppRegistration,
    TppRegistrationCommand,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kept::{
    self, KeptAnswer, KeptRequest, KeptStatement, check_certificates, facts, keep,
    read_certificates, read_client, secret_name,
};
use super::{RegistrationError, stream, validating};
use crate::access::AccessError;
use crate::app::App;
use crate::connectors::Bank;
use crate::connectors::jose::unverified_part;
use crate::connectors::registrar::{
    IssuedCertificates, REGISTRATION_REQUEST_LIFE_SECONDS, RegistrationError as StepError,
    SoftwareStatement,
};
use crate::connectors::transport::Transport;
use crate::ledger::{Actor, Cause, CommandError, Owner};
use crate::settings::RegistrationFile;
use crate::vault::VaultError;
use crate::vault::crypto::sha256_hex;
use crate::vault::secrets::SecretOwner;

/// Why a step came to nothing.
pub(super) enum StepFailure {
    /// The step itself, which the log is told.
    Step(Box<StepError>),
    /// Something here.
    Other(Box<RegistrationError>),
}

impl<E: Into<StepError>> From<E> for StepFailure {
    fn from(error: E) -> Self {
        Self::Step(Box::new(error.into()))
    }
}

fn other(error: impl Into<RegistrationError>) -> StepFailure {
    StepFailure::Other(Box::new(error.into()))
}

/// One run through the steps.
pub(super) struct Run<'a> {
    pub(super) app: &'a App,
    pub(super) file: &'a RegistrationFile,
    pub(super) bank: &'a Bank,
    pub(super) correlation: Uuid,
}

impl Run<'_> {
    /// Tells the log what happened.
    pub(super) async fn record(
        &self,
        command: TppRegistrationCommand,
    ) -> Result<TppRegistration, RegistrationError> {
        let cause = Cause::new(Actor::Operator, self.correlation);
        let stream = stream(&self.bank.id);
        let ledger = &self.app.ledger;
        match ledger.execute::<TppRegistration>(stream, Owner::Platform, cause, command).await {
            Ok(done) => Ok(done.aggregate),
            Err(CommandError::Ledger(error)) => Err(error.into()),
            Err(CommandError::Refused(refusal)) => {
                Err(RegistrationError::Settings(refusal.to_string()))
            }
        }
    }

    /// Begins a registration, or goes on with the one there is, with the settings of the file.
    pub(super) async fn start(&self) -> Result<TppRegistration, RegistrationError> {
        let name = secret_name(&self.bank.id, "settings");
        self.app.secrets.put(SecretOwner::Platform, &name, self.file).await?;
        let loaded = self.app.ledger.load::<TppRegistration>(stream(&self.bank.id)).await?;
        let registrar = self.file.registrar();
        let steps = registrar.steps();
        let started = Started {
            registration_id: RegistrationId(stream(&self.bank.id).id),
            bank_id: self.bank.id.clone(),
            settings_digest: self.file.digest(),
            roles: registrar.roles().to_vec(),
            redirect_uris: registrar.redirect_uris().to_vec(),
            steps: if steps == Step::ALL { Vec::new() } else { steps.to_vec() },
        };
        match loaded.aggregate.started.as_ref() {
            None => self.record(TppRegistrationCommand::Start(started)).await,
            Some(before) if before.settings_digest != started.settings_digest => {
                self.record(TppRegistrationCommand::ChangeSettings(started)).await
            }
            Some(_) => Ok(loaded.aggregate),
        }
    }

    /// The next step; certificates that the settings bring are taken over when they are others.
    pub(super) fn next_step(&self, state: &TppRegistration) -> Option<Step> {
        let brought = self.file.registrar().brings_certificates();
        if let (true, Some(known)) = (brought, &state.certificates)
            && let Ok(issued) = read_certificates(self.file, &KeptAnswer::of_settings(self.file))
            && issued.qwac.certificate.fingerprint != known.qwac.fingerprint
        {
            return Some(Step::Certificates);
        }
        state.next_step(self.app.clock.now())
    }

    /// Takes a step and answers with what the log is to be told of it.
    pub(super) async fn step(
        &self,
        step: Step,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        match step {
            Step::Certificates => self.certificates(state).await,
            Step::Statement => self.statement(state).await,
            Step::Request => self.request(state).await,
            Step::Registration => self.registration(state).await,
            Step::Validation => self.validation(state).await,
        }
    }

    fn transport(&self, issued: Option<&IssuedCertificates>) -> Result<Transport, StepFailure> {
        self.file
            .transport(
                self.bank,
                issued.map(|issued| &issued.qwac),
                &self.app.clock,
                Some(self.app.report(&self.bank.id)),
            )
            .map_err(|error| other(RegistrationError::Transport(error.to_string())))
    }

    async fn certificates(
        &self,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        let name = secret_name(&self.bank.id, "certificates");
        let kept: Option<KeptAnswer> = self.app.secrets.get(&name).await.map_err(other)?;
        // Kept, but not told: a run died between the two.
        let kept = kept.filter(|_| state.certificates.is_none());
        let kept = match kept {
            Some(kept) => kept,
            None if self.file.registrar().brings_certificates() => {
                let kept = KeptAnswer::of_settings(self.file);
                self.put("certificates", &kept).await?;
                kept
            }
            None => {
                let request = self.file.registrar().certificate_request(self.bank)?;
                let answer = self.transport(None)?.send(&request).await?;
                let issued = self.file.registrar().read_certificates(self.bank, &answer)?;
                check_certificates(&issued, self.app.clock.now())?;
                let kept = keep(&answer, &request.url)?;
                self.put("certificates", &kept).await?;
                kept
            }
        };
        let issued = read_certificates(self.file, &kept)?;
        check_certificates(&issued, self.app.clock.now())?;
        Ok(TppRegistrationCommand::RecordCertificates(CertificatesIssued {
            tpp_id: issued.tpp_id.clone(),
            public_keys_url: issued.public_jwks_url.clone(),
            qwac: facts(&issued.qwac),
            qseal: facts(&issued.qseal),
            request_digest: kept.request_digest,
            answer_digest: sha256_hex(kept.body.as_bytes()),
        }))
    }

    async fn put<T: Serialize>(&self, what: &str, secret: &T) -> Result<(), StepFailure> {
        let name = secret_name(&self.bank.id, what);
        self.app.secrets.put(SecretOwner::Platform, &name, secret).await.map_err(other)
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, what: &str) -> Result<T, StepFailure> {
        let name = secret_name(&self.bank.id, what);
        let kept = self.app.secrets.get(&name).await.map_err(other)?;
        kept.ok_or_else(|| other(RegistrationError::Vault(VaultError::Sealed)))
    }

    /// The certificates in use.
    async fn issued(&self, state: &TppRegistration) -> Result<IssuedCertificates, StepFailure> {
        let used = state.certificates.as_ref().map(|used| used.qwac.fingerprint.as_str());
        let issued = kept::certificates_of(self.app, self.file, used.unwrap_or_default()).await;
        let unusable = |error: AccessError| RegistrationError::Settings(error.to_string());
        let issued = issued.map_err(|error| other(unusable(error)))?;
        issued.ok_or_else(|| other(RegistrationError::Vault(VaultError::Sealed)))
    }

    async fn statement(
        &self,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        let issued = self.issued(state).await?;
        let chance = &self.app.chance;
        let statement_id = chance.uuid().map_err(other)?;
        let (registrar, now) = (self.file.registrar(), self.app.clock.now());
        let statement = match registrar.statement_request(self.bank, &issued)? {
            Some(request) => {
                let answer = self.transport(Some(&issued))?.send(&request).await?;
                registrar.read_statement(&answer, now)?
            }
            None => {
                let software_id = chance.uuid().map_err(other)?;
                registrar.software_statement(&issued, software_id, statement_id, now)?
            }
        };
        let kept = KeptStatement {
            compact: statement.compact,
            software_client_id: statement.software_client_id,
            issued_at: statement.issued_at,
            expires_at: statement.expires_at,
        };
        self.put("statement", &kept).await?;
        // Who signed it, and its name, as it says itself: a directory has a key and names of its own.
        let said = |part, name: &str| {
            let part: Option<serde_json::Value> = unverified_part(&kept.compact, part);
            part.and_then(|part| part.get(name)?.as_str().map(str::to_owned)).unwrap_or_default()
        };
        Ok(TppRegistrationCommand::RecordStatement(DocumentSigned {
            token_id: said(1, "jti"),
            key_id: said(0, "kid"),
            algorithm: said(0, "alg"),
            digest: sha256_hex(kept.compact.as_bytes()),
            expires_at: kept.expires_at,
        }))
    }

    async fn kept_statement(&self) -> Result<SoftwareStatement, StepFailure> {
        let kept: KeptStatement = self.get("statement").await?;
        let KeptStatement { compact, software_client_id, issued_at, expires_at } = kept;
        Ok(SoftwareStatement { compact, software_client_id, issued_at, expires_at })
    }

    async fn request(
        &self,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        let (issued, statement) = (self.issued(state).await?, self.kept_statement().await?);
        let signed_at = self.app.clock.now();
        let request_id = self.app.chance.uuid().map_err(other)?;
        let request = self
            .file
            .registrar()
            .registration_request(self.bank, &issued, &statement, request_id, signed_at)?;
        self.put("request", &KeptRequest { request_id, signed_at }).await?;
        let body = request.body.as_ref().map_or(&[][..], |body| body.expose());
        Ok(TppRegistrationCommand::RecordRequest(DocumentSigned {
            token_id: request_id.to_string(),
            key_id: issued.qseal.key.kid().to_owned(),
            algorithm: issued.qseal.key.algorithm().name().to_owned(),
            digest: sha256_hex(body),
            expires_at: signed_at + TimeDelta::seconds(REGISTRATION_REQUEST_LIFE_SECONDS),
        }))
    }

    async fn registration(
        &self,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        let (issued, statement) = (self.issued(state).await?, self.kept_statement().await?);
        let kept: KeptRequest = self.get("request").await?;
        let registrar = self.file.registrar();
        // The same identifier and time make the same request that was announced.
        let request = registrar.registration_request(
            self.bank,
            &issued,
            &statement,
            kept.request_id,
            kept.signed_at,
        )?;
        let request_digest =
            sha256_hex(request.body.as_ref().map_or(&[][..], |body| body.expose()));
        let answer = self.transport(Some(&issued))?.send(&request).await?;
        let client = registrar.read_registration(&answer, self.app.clock.now())?;
        let mut kept = keep(&answer, &request.url)?;
        kept.request_digest = request_digest;
        self.put("client", &kept).await?;
        Ok(TppRegistrationCommand::RecordClient(ClientRegistered {
            client_fingerprint: sha256_hex(client.client_id.expose().as_bytes()),
            scope: client.scope,
            secret_expires_at: client.secret_expires_at,
            request_digest: kept.request_digest,
            answer_digest: sha256_hex(kept.body.as_bytes()),
            bank_request_id: kept.bank_request_id,
        }))
    }

    async fn validation(
        &self,
        state: &TppRegistration,
    ) -> Result<TppRegistrationCommand, StepFailure> {
        let issued = self.issued(state).await?;
        let client = match self.file.registrar().client_by_certificate(&issued) {
            Some(client) => client,
            None => read_client(self.file, &self.get("client").await?, self.app.clock.now())?,
        };
        let transport = self.transport(Some(&issued))?;
        let interaction_id = self.app.chance.uuid().map_err(other)?;
        let now = self.app.clock.now();
        let shown = validating::Shown { issued: &issued, client: &client, interaction_id, now };
        let validated = validating::show(self.file, &transport, &shown).await?;
        Ok(TppRegistrationCommand::RecordValidation(validated))
    }
}
