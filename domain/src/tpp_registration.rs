//! This platform's registration with a bank, one step after the other.
//!
//! No secret is in an event: a step keeps the digest of what was sent and answered, fingerprints of
//! certificates, and when things end.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{BankId, RegistrationId};

mod certificates;

pub use certificates::{
    CertificateOwner, CertificateStanding, CertificatesPrepared, CertificatesSwitched, IssuerWord,
    MOST_STANDINGS, SwitchReason,
};

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

/// What can be asked of a registration.
#[derive(Clone, Debug)]
pub enum TppRegistrationCommand {
    /// Begin.
    Start(Started),
    /// Go on with other settings.
    ChangeSettings(Started),
    /// Record the certificates.
    RecordCertificates(CertificatesIssued),
    /// Record the signed software statement.
    RecordStatement(DocumentSigned),
    /// Record the signed request.
    RecordRequest(DocumentSigned),
    /// Record the bank's client.
    RecordClient(ClientRegistered),
    /// Record that the credentials work.
    RecordValidation(CredentialsValidated),
    /// Record a failure.
    RecordFailure(StepFailed),
    /// Record further certificates.
    PrepareCertificates(CertificatesPrepared),
    /// Use the further certificates from now on.
    SwitchCertificates {
        /// Why.
        reason: SwitchReason,
    },
    /// Use the certificates of before again.
    RollCertificatesBack,
    /// Record how a certificate stands.
    RecordStanding(CertificateStanding),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TppRegistrationRefusal {
    /// It has begun already.
    #[error("the registration has begun already")]
    AlreadyStarted,
    /// It has not begun.
    #[error("the registration has not begun")]
    NotStarted,
    /// A step before this one is missing.
    #[error("the step `{}` has to come first", .0.name())]
    StepMissing(Step),
    /// There are no further certificates.
    #[error("no further certificates are prepared; `opl certificates prepare` has them issued")]
    NothingPrepared,
    /// There are no certificates of before.
    #[error("there are no certificates of before that could be used again")]
    NothingBefore,
    /// They are those in use.
    #[error("these certificates are in use already")]
    InUse,
    /// That is known.
    #[error("that is known already")]
    NothingNew,
}

/// A registration's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TppRegistration {
    /// Whether it has begun, and with what.
    pub started: Option<Started>,
    /// The certificates in use.
    pub certificates: Option<CertificatesIssued>,
    /// The newest software statement.
    pub statement: Option<DocumentSigned>,
    /// The newest request.
    pub request: Option<DocumentSigned>,
    /// The client in use.
    pub client: Option<ClientRegistered>,
    /// The newest validation.
    pub validation: Option<CredentialsValidated>,
    /// Further certificates, beside those in use.
    pub prepared: Option<CertificatesPrepared>,
    /// The certificates that were used before the last switch.
    pub former: Option<CertificatesIssued>,
    /// How certificates stand with their issuers, where that was found not to be good at some time.
    pub standings: Vec<CertificateStanding>,
}

impl TppRegistration {
    /// Whether the bank's standard has a step.
    fn has(&self, step: Step) -> bool {
        let steps = self.started.as_ref().map_or(&[][..], |started| &started.steps);
        steps.is_empty() || steps.contains(&step)
    }

    /// The step to do next; none once the credentials have been validated. A signed document that
    /// ends before it was used has to be signed again.
    #[must_use]
    pub fn next_step(&self, now: DateTime<Utc>) -> Option<Step> {
        let fresh = |document: &Option<DocumentSigned>| {
            document.as_ref().is_some_and(|document| document.expires_at > now)
        };
        let certificates_hold = self
            .certificates
            .as_ref()
            .is_some_and(|issued| issued.qwac.not_after > now && issued.qseal.not_after > now);
        let secret_holds = self
            .client
            .as_ref()
            .is_some_and(|client| client.secret_expires_at.is_none_or(|end| end > now));
        if !certificates_hold {
            Some(Step::Certificates)
        } else if secret_holds || !self.has(Step::Registration) {
            self.validation.is_none().then_some(Step::Validation)
        } else if !fresh(&self.statement) {
            Some(Step::Statement)
        } else if !fresh(&self.request) {
            Some(Step::Request)
        } else {
            Some(Step::Registration)
        }
    }

    fn decide(
        &self,
        command: TppRegistrationCommand,
    ) -> Result<TppRegistrationEvent, TppRegistrationRefusal> {
        use TppRegistrationCommand as Command;
        use TppRegistrationEvent as Event;
        let after = |present: bool, step: Step, event: Event| {
            if present { Ok(event) } else { Err(TppRegistrationRefusal::StepMissing(step)) }
        };
        if let Command::Start(started) = command {
            return match self.started {
                Some(_) => Err(TppRegistrationRefusal::AlreadyStarted),
                None => Ok(Event::Started(started)),
            };
        }
        if self.started.is_none() {
            return Err(TppRegistrationRefusal::NotStarted);
        }
        match command {
            Command::Start(_) => Err(TppRegistrationRefusal::AlreadyStarted),
            Command::ChangeSettings(settings) => Ok(Event::SettingsChanged(settings)),
            Command::RecordCertificates(issued) => Ok(Event::CertificatesIssued(issued)),
            Command::RecordStatement(signed) => after(
                self.certificates.is_some(),
                Step::Certificates,
                Event::StatementSigned(signed),
            ),
            Command::RecordRequest(signed) => {
                after(self.statement.is_some(), Step::Statement, Event::RequestSigned(signed))
            }
            Command::RecordClient(client) => {
                after(self.request.is_some(), Step::Request, Event::ClientRegistered(client))
            }
            Command::RecordValidation(validated) => after(
                self.client.is_some() || !self.has(Step::Registration),
                Step::Registration,
                Event::CredentialsValidated(validated),
            ),
            Command::RecordFailure(failed) => Ok(Event::StepFailed(failed)),
            Command::RecordStanding(found) => self.decide_standing(found),
            command @ (Command::PrepareCertificates(_)
            | Command::SwitchCertificates { .. }
            | Command::RollCertificatesBack) => self.decide_certificates(command),
        }
    }
}

impl Aggregate for TppRegistration {
    const TYPE: &'static str = "registration";
    type Command = TppRegistrationCommand;
    type Event = TppRegistrationEvent;
    type Error = TppRegistrationRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: TppRegistrationCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), TppRegistrationRefusal> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: TppRegistrationEvent) {
        match event {
            TppRegistrationEvent::Started(started) => self.started = Some(started),
            TppRegistrationEvent::SettingsChanged(settings) => {
                *self = Self {
                    started: Some(settings),
                    certificates: self.certificates.take(),
                    prepared: self.prepared.take(),
                    former: self.former.take(),
                    standings: std::mem::take(&mut self.standings),
                    ..Self::default()
                };
            }
            TppRegistrationEvent::CertificatesIssued(issued) => {
                // New keys make everything signed and registered with the old ones useless.
                *self = Self {
                    started: self.started.take(),
                    certificates: Some(issued),
                    standings: std::mem::take(&mut self.standings),
                    ..Self::default()
                };
            }
            TppRegistrationEvent::StatementSigned(signed) => {
                self.statement = Some(signed);
                self.request = None;
            }
            TppRegistrationEvent::RequestSigned(signed) => self.request = Some(signed),
            TppRegistrationEvent::ClientRegistered(client) => {
                self.client = Some(client);
                self.validation = None;
            }
            TppRegistrationEvent::CredentialsValidated(validated) => {
                self.validation = Some(validated)
            }
            TppRegistrationEvent::StepFailed(_) => {}
            TppRegistrationEvent::CertificatesPrepared(prepared) => {
                // Those before the ones in use are let go: only one step back is kept.
                self.prepared = Some(prepared);
                self.former = None;
            }
            TppRegistrationEvent::CertificatesSwitched(switched) => self.apply_switch(&switched),
            TppRegistrationEvent::CertificateStanding(found) => self.apply_standing(found),
        }
    }
}

#[cfg(test)]
mod tests;
