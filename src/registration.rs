//! Registers this platform with a bank: certificates, software statement, signed request, client,
//! validation. Each step is kept in the vault and then told to the log, so a run that dies is taken
//! up where it stopped, and a second run says what already stands.

pub mod certificates;
mod kept;
mod steps;
mod validating;

use domain::id::BankId;
use domain::stream::{Category, StreamId};
use domain::tpp_registration::{
    DocumentSigned, Step, StepFailed, TppRegistration, TppRegistrationCommand,
};
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::connectors::BankError;
use crate::connectors::registrar::RegistrationError as StepError;
use crate::ledger::LedgerError;
use crate::settings::RegistrationFile;
use crate::vault::VaultError;
use crate::world::NoChance;

pub use kept::{Registered, registered};
use steps::{Run, StepFailure};

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
