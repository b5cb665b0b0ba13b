//! A permission a person gives at a bank: asked for, confirmed or refused there, ended here or there.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::designated::Designated;
use crate::id::ConsentId;

mod events;

pub use events::{
    AnswerRejected, AuthorizationCreated, BankNotTold, BankTold, ConfirmationNeeded, ConsentEvent,
    EndedBy, Expired, Failed, Granted, Reconfirmed, Refused, Reminded, RenewalOf, Requested,
    Revoked, SentToBank, Superseded,
};

/// The code of a confirmation that this platform has to ask for itself, and no bank.
pub const RECONFIRMATION_DUE: &str = "reconfirmation_due";

/// Where a consent stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Nobody asked for it.
    #[default]
    Unknown,
    /// Asked for; the person has not confirmed.
    Pending,
    /// It stands.
    Active,
    /// The bank wants another confirmation.
    NeedsConfirmation,
    /// Refused.
    Refused,
    /// Withdrawn.
    Revoked,
    /// Over.
    Expired,
    /// Gave up before it stood.
    Failed,
}

impl ConsentStatus {
    /// The stable word kept in rows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::NeedsConfirmation => "needs_confirmation",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// What can be asked of a consent.
#[derive(Clone, Debug)]
pub enum ConsentCommand {
    /// Ask for it.
    Request(Requested),
    /// Record the bank's authorization.
    RecordAuthorization(AuthorizationCreated),
    /// Record that the person went to the bank.
    RecordSending(SentToBank),
    /// Record an answer that is not believed.
    RejectAnswer(AnswerRejected),
    /// It stands.
    Grant(Granted),
    /// It was refused.
    Refuse(Refused),
    /// It cannot go on.
    Fail(Failed),
    /// Withdraw it.
    Revoke(Revoked),
    /// Record that the bank agreed to a withdrawal.
    RecordBankTold(BankTold),
    /// Record that the bank could not be told.
    RecordBankNotTold(BankNotTold),
    /// Its time ran out.
    Expire(Expired),
    /// The bank wants a confirmation.
    NeedConfirmation(ConfirmationNeeded),
    /// Note whose place it is to take.
    NoteRenewal(RenewalOf),
    /// Another took its place.
    Supersede(Superseded),
    /// Note that the person was reminded.
    Remind(Reminded),
    /// Note that the person says it may go on.
    Reconfirm(Reconfirmed),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentRefusal {
    /// It was asked for already.
    #[error("this consent was asked for already")]
    AlreadyRequested,
    /// The bank asks for the confirmation, and only there can it be given.
    #[error("this consent has to be confirmed at the bank")]
    AtTheBank,
    /// The person was reminded of this already, or of less time.
    #[error("the person was reminded already")]
    AlreadyReminded,
    /// It is not where the command needs it to be.
    #[error("a consent that is {} cannot do this", .0.word())]
    NotNow(ConsentStatus),
}

/// A consent's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// Where it stands.
    pub status: ConsentStatus,
    /// How it was asked for.
    pub requested: Option<Requested>,
    /// What the bank calls it.
    pub authorization_id: Option<String>,
    /// Until when it lasts.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether the bank knows of the end.
    pub bank_told: bool,
    /// Whose place it is to take.
    #[serde(default)]
    pub renewal_of: Option<ConsentId>,
    /// The last reminder, in days before the end.
    #[serde(default)]
    pub reminded: Option<u16>,
    /// Whether the person agrees on a device of their own, and no browser comes back.
    #[serde(default)]
    pub agreed_elsewhere: bool,
    /// When the person last said that it may be read: at the bank, or here.
    #[serde(default)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether it rests until the person says here that it may go on.
    #[serde(default)]
    pub rests: bool,
    /// The accounts it is for; none where only the bank's list says which.
    #[serde(default)]
    pub designated: Vec<Designated>,
}

impl Consent {
    fn decide(&self, command: ConsentCommand) -> Result<ConsentEvent, ConsentRefusal> {
        use ConsentCommand as Command;
        use ConsentEvent as Event;
        use ConsentStatus as Status;
        let allowed: &[Status] = match &command {
            Command::Request(_) => &[Status::Unknown],
            Command::RecordAuthorization(_)
            | Command::RecordSending(_)
            | Command::RejectAnswer(_)
            | Command::NoteRenewal(_)
            | Command::Grant(_)
            | Command::Refuse(_)
            | Command::Fail(_) => &[Status::Pending],
            Command::Revoke(_) => &[Status::Pending, Status::Active, Status::NeedsConfirmation],
            Command::Expire(_) | Command::Supersede(_) | Command::Reconfirm(_) => {
                &[Status::Active, Status::NeedsConfirmation]
            }
            Command::NeedConfirmation(_) | Command::Remind(_) => &[Status::Active],
            Command::RecordBankTold(_) | Command::RecordBankNotTold(_) => &[Status::Revoked],
        };
        if !allowed.contains(&self.status) {
            return Err(match command {
                Command::Request(_) => ConsentRefusal::AlreadyRequested,
                _ => ConsentRefusal::NotNow(self.status),
            });
        }
        if matches!(command, Command::Reconfirm(_))
            && self.status == Status::NeedsConfirmation
            && !self.rests
        {
            return Err(ConsentRefusal::AtTheBank);
        }
        if let Command::Remind(reminded) = &command
            && self.reminded.is_some_and(|last| last <= reminded.days_before)
        {
            return Err(ConsentRefusal::AlreadyReminded);
        }
        Ok(match command {
            Command::Request(requested) => Event::Requested(requested),
            Command::RecordAuthorization(created) => Event::AuthorizationCreated(created),
            Command::RecordSending(sent) => Event::SentToBank(sent),
            Command::RejectAnswer(rejected) => Event::AnswerRejected(rejected),
            Command::Grant(granted) => Event::Granted(granted),
            Command::Refuse(refused) => Event::Refused(refused),
            Command::Fail(failed) => Event::Failed(failed),
            Command::Revoke(revoked) => Event::Revoked(revoked),
            Command::RecordBankTold(told) => Event::BankTold(told),
            Command::RecordBankNotTold(not_told) => Event::BankNotTold(not_told),
            Command::Expire(expired) => Event::Expired(expired),
            Command::NeedConfirmation(needed) => Event::ConfirmationNeeded(needed),
            Command::NoteRenewal(renewal) => Event::RenewalOf(renewal),
            Command::Supersede(superseded) => Event::Superseded(superseded),
            Command::Remind(reminded) => Event::Reminded(reminded),
            Command::Reconfirm(reconfirmed) => Event::Reconfirmed(reconfirmed),
        })
    }
}

impl Aggregate for Consent {
    const TYPE: &'static str = "consent";
    type Command = ConsentCommand;
    type Event = ConsentEvent;
    type Error = ConsentRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: ConsentCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ConsentRefusal> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: ConsentEvent) {
        match event {
            ConsentEvent::Requested(requested) => {
                self.status = ConsentStatus::Pending;
                self.expires_at = Some(requested.expires_at);
                self.designated.clone_from(&requested.accounts);
                self.requested = Some(requested);
            }
            ConsentEvent::AuthorizationCreated(created) => {
                self.authorization_id = Some(created.authorization_id);
                self.expires_at = created.expires_at.or(self.expires_at);
            }
            ConsentEvent::SentToBank(sent) => self.agreed_elsewhere = sent.redirect_uri.is_empty(),
            ConsentEvent::AnswerRejected(_) | ConsentEvent::BankNotTold(_) => {}
            ConsentEvent::Granted(granted) => {
                self.status = ConsentStatus::Active;
                self.confirmed_at = Some(granted.authenticated_at);
                // What was named to the bank is what the person agreed to here.
                if self.designated.is_empty() {
                    self.designated = granted.accounts;
                }
            }
            ConsentEvent::Refused(_) => {
                self.status = ConsentStatus::Refused;
                self.bank_told = true;
            }
            ConsentEvent::Failed(_) => self.status = ConsentStatus::Failed,
            ConsentEvent::Revoked(revoked) => {
                self.status = ConsentStatus::Revoked;
                self.bank_told = revoked.by == EndedBy::Bank || self.authorization_id.is_none();
            }
            ConsentEvent::BankTold(_) => self.bank_told = true,
            ConsentEvent::Expired(_) => {
                self.status = ConsentStatus::Expired;
                self.bank_told = true;
            }
            ConsentEvent::ConfirmationNeeded(needed) => {
                self.status = ConsentStatus::NeedsConfirmation;
                self.rests = needed.code == RECONFIRMATION_DUE;
            }
            ConsentEvent::RenewalOf(renewal) => self.renewal_of = Some(renewal.consent_id),
            ConsentEvent::Superseded(_) => {
                self.status = ConsentStatus::Revoked;
                self.bank_told = self.authorization_id.is_none();
            }
            ConsentEvent::Reminded(reminded) => self.reminded = Some(reminded.days_before),
            ConsentEvent::Reconfirmed(reconfirmed) => {
                self.status = ConsentStatus::Active;
                self.confirmed_at = Some(reconfirmed.at);
                self.rests = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
