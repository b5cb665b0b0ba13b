//! This platform's registration with a bank, one step after the other.
//!
//! No secret is in an event: a step keeps the digest of what was sent and answered, fingerprints of
//! certificates, and when things end.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

mod certificates;
mod events;

pub use certificates::{
    CertificateOwner, CertificateStanding, CertificatesPrepared, CertificatesSwitched, IssuerWord,
    MOST_STANDINGS, SwitchReason,
};
pub use events::{
    CertificateFacts, CertificatesIssued, ClientRegistered, CredentialsValidated, DocumentSigned,
    Started, Step, StepFailed, TppRegistrationEvent,
};

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
