//! Registers this platform with a bank: certificates, software statement, signed request, client,
//! validation. Each step is kept in the vault and then told to the log, so a run that dies is taken
//! up where it stopped, and a second run says what already stands.

pub mod certificates;
mod kept;
mod validating;

use chrono::TimeDelta;
use domain::id::{BankId, RegistrationId};
use domain::stream::{Category, StreamId};
use domain::tpp_registration::{
    CertificatesIssued, ClientRegistered, DocumentSigned, Started, Step, StepFailed,
    TppRegistration, TppRegistrationCommand,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::AccessError;
use crate::app::App;
use crate::connectors::jose::unverified_part;
use crate::connectors::registrar::{
    IssuedCertificates, REGISTRATION_REQUEST_LIFE_SECONDS, RegistrationError as StepError,
    SoftwareStatement,
};
use crate::connectors::transport::Transport;
use crate::connectors::{Bank, BankError};
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::settings::RegistrationFile;
use crate::vault::VaultError;
use crate::vault::crypto::sha256_hex;
use crate::vault::secrets::SecretOwner;
use crate::world::NoChance;

use kept::{
    KeptAnswer, KeptRequest, KeptStatement, check_certificates, facts, keep, read_certificates,
    read_client, secret_name,
};
pub use kept::{Registered, registered};

/// Most steps one run makes: each step once, and signing again what ended meanwhile.
const MOST_STEPS: usize = 12;
/// Name space of registration identifiers: one registration a bank.
const REGISTRATIONS: Uuid = Uuid::from_u128(0x8f1f_6a0e_6f0b_4e0c_9f55_0c2d_4d0a_7b11);

/// Why a registration did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// A step failed. What came before it stands.
    #[error("the step `{}` failed: {}", step.name(), explain(*step, cause))]
    Step {
        /// Which.
        step: Step,
        /// Why.
        cause: Box<StepError>,
    },
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(String),
    /// The transport could not be set up.
    #[error("a secure connection cannot be set up: {0}")]
    Transport(String),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The steps did not come to an end.
    #[error("the registration does not come to an end; look at `opl register --status`")]
    Endless,
}

/// Says what to do about a failed step.
fn explain(step: Step, cause: &StepError) -> String {
    let advice = match (step, cause) {
        (Step::Certificates, StepError::Bank(BankError::Refused { status: 401 | 403, .. })) => {
            "the bank refused the API key; put the key of your developer-portal app in `api_key`"
        }
        (Step::Registration, StepError::Bank(BankError::Refused { .. })) => {
            "the bank refused the software statement or the request; compare roles and redirect \
             addresses with what the bank knows of this platform"
        }
        (
            _,
            StepError::Bank(BankError::Unreachable | BankError::AnswerLost | BankError::TimedOut),
        ) => {
            "check the address in the settings and that the bank is up, then run the same command again"
        }
        (_, StepError::Bank(BankError::TlsRefused { .. })) => {
            "the bank's certificate is not trusted; verification is never switched off: name its \
             issuer in `ca_certificate`"
        }
        (_, StepError::Certificate(_)) => {
            "the certificate cannot be used; have a new one issued and run the same command again"
        }
        _ => "run the same command again once the cause is gone",
    };
    format!("{cause} – {advice}")
}

/// What happened to a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Which step.
    pub step: &'static str,
    /// Whether it stood before this run.
    pub already: bool,
    /// What can be shown of it.
    pub evidence: String,
}

/// The stream of a bank's registration.
#[must_use]
pub fn stream(bank_id: &BankId) -> StreamId {
    StreamId::new(Category::Registration, Uuid::new_v5(&REGISTRATIONS, bank_id.0.as_bytes()))
}

/// Runs the steps that do not stand yet, telling of each.
///
/// # Errors
/// [`RegistrationError`]; what was done until then stands.
pub async fn register(
    app: &App,
    file: &RegistrationFile,
    mut tell: impl FnMut(&StepReport),
) -> Result<(), RegistrationError> {
    let bank = file.bank();
    let run = Run { app, file, bank, correlation: app.chance.uuid()? };
    let mut state = run.start().await?;
    let before = state.clone();
    for step in file.registrar().steps().iter().copied() {
        let stands = before.next_step(app.clock.now()).is_none_or(|next| step < next);
        if stands {
            tell(&StepReport {
                step: step.name(),
                already: true,
                evidence: evidence(&state, step),
            });
        }
    }
    for _ in 0..MOST_STEPS {
        let Some(step) = run.next_step(&state) else {
            app.forget_access(&bank.id);
            return Ok(());
        };
        match run.step(step, &state).await {
            Ok(command) => state = run.record(command).await?,
            Err(StepFailure::Step(cause)) => {
                let status = match &*cause {
                    StepError::Bank(BankError::Refused { status, .. }) => Some(*status),
                    _ => None,
                };
                let failed = StepFailed { step, code: cause.code().to_owned(), status };
                run.record(TppRegistrationCommand::RecordFailure(failed)).await?;
                return Err(RegistrationError::Step { step, cause });
            }
            Err(StepFailure::Other(error)) => return Err(*error),
        }
        tell(&StepReport { step: step.name(), already: false, evidence: evidence(&state, step) });
    }
    Err(RegistrationError::Endless)
}

fn evidence(state: &TppRegistration, step: Step) -> String {
    let document = |document: &Option<DocumentSigned>| {
        document.as_ref().map(|signed| format!("sha256 {} by {}", signed.digest, signed.key_id))
    };
    match step {
        Step::Certificates => state.certificates.as_ref().map(|issued| {
            format!("{} until {}", issued.tpp_id, issued.qwac.not_after.format("%Y-%m-%d"))
        }),
        Step::Statement => document(&state.statement),
        Step::Request => document(&state.request),
        Step::Registration => state
            .client
            .as_ref()
            .map(|client| format!("client sha256 {}", &client.client_fingerprint)),
        Step::Validation => state.validation.as_ref().map(|token| match token.scope.as_str() {
            "" => "the bank takes our certificate".to_owned(),
            scope => format!("scope {scope}, {} s", token.expires_in_seconds),
        }),
    }
    .unwrap_or_default()
}

enum StepFailure {
    Step(Box<StepError>),
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

struct Run<'a> {
    app: &'a App,
    file: &'a RegistrationFile,
    bank: &'a Bank,
    correlation: Uuid,
}

impl Run<'_> {
    async fn record(
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

    async fn start(&self) -> Result<TppRegistration, RegistrationError> {
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
    fn next_step(&self, state: &TppRegistration) -> Option<Step> {
        let brought = self.file.registrar().brings_certificates();
        if let (true, Some(known)) = (brought, &state.certificates)
            && let Ok(issued) = read_certificates(self.file, &KeptAnswer::of_settings(self.file))
            && issued.qwac.certificate.fingerprint != known.qwac.fingerprint
        {
            return Some(Step::Certificates);
        }
        state.next_step(self.app.clock.now())
    }

    async fn step(
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
