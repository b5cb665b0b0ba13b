//! What can happen to a consent.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::designated::Designated;
use crate::event::events;
use crate::id::{BankId, ConsentId, UserId};

events! {
    /// What can happen to a consent.
    ConsentEvent {
        /// The person asked for it here.
        Requested(Requested) = "consent.requested" 1,
        /// The bank created the authorization that the person has to confirm.
        AuthorizationCreated(AuthorizationCreated) = "consent.authorization_created" 1,
        /// The person was sent to the bank with a signed request.
        SentToBank(SentToBank) = "consent.sent_to_bank" 1,
        /// An answer came back that is not believed; the consent stays as it was.
        AnswerRejected(AnswerRejected) = "consent.answer_rejected" 1,
        /// The person confirmed with strong customer authentication, and it was proved.
        Granted(Granted) = "consent.granted" 1,
        /// The person, or the bank, refused.
        Refused(Refused) = "consent.refused" 1,
        /// It could not be brought to an end and has to be started again.
        Failed(Failed) = "consent.failed" 1,
        /// It was withdrawn.
        Revoked(Revoked) = "consent.revoked" 1,
        /// The bank was told of the withdrawal and agreed.
        BankTold(BankTold) = "consent.bank_told" 1,
        /// The bank could not be told yet.
        BankNotTold(BankNotTold) = "consent.bank_not_told" 1,
        /// Its time ran out.
        Expired(Expired) = "consent.expired" 1,
        /// The bank wants the person to confirm again before it answers.
        ConfirmationNeeded(ConfirmationNeeded) = "consent.confirmation_needed" 1,
        /// It was asked for in place of another one.
        RenewalOf(RenewalOf) = "consent.renewal_of" 1,
        /// The one asked for in its place stands.
        Superseded(Superseded) = "consent.superseded" 1,
        /// The person was reminded of its end.
        Reminded(Reminded) = "consent.reminded" 1,
        /// The person said again that the platform may go on reading, without going to the bank.
        Reconfirmed(Reconfirmed) = "consent.reconfirmed" 1,
    }
}

/// A person asked for a consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// The new consent.
    pub consent_id: ConsentId,
    /// Who gives it.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// What it is for.
    pub purpose: String,
    /// Asked until when.
    pub expires_at: DateTime<Utc>,
    /// First day of the history asked for.
    pub history_from: NaiveDate,
    /// Last day of the history asked for.
    pub history_to: NaiveDate,
    /// The accounts that are named to the bank; none where it lets the person choose there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Designated>,
}

/// The bank created an authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCreated {
    /// What the bank calls it.
    pub authorization_id: String,
    /// Until when the bank says it lasts.
    pub expires_at: Option<DateTime<Utc>>,
    /// SHA-256 (hex) of the answer's bytes.
    pub answer_digest: String,
    /// The name we gave the request.
    pub request_id: String,
}

/// The person went to the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentToBank {
    /// Where the bank sends the browser back to; empty where the person agrees on a device of their own.
    pub redirect_uri: String,
    /// SHA-256 (hex) of the signed request object.
    pub request_object_digest: String,
    /// The key that signed it.
    pub key_id: String,
    /// Until when an answer is taken.
    pub answer_until: DateTime<Utc>,
}

/// An answer was not believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRejected {
    /// Which check failed, as a stable code.
    pub code: String,
    /// Whether any token had been received, and so was thrown away.
    pub tokens_discarded: bool,
}

/// The consent stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// How the person was authenticated, as the bank's signed token says.
    pub authentication_context: Option<String>,
    /// When the bank's token was issued.
    pub authenticated_at: DateTime<Utc>,
    /// SHA-256 (hex) of the bank's signed identity token.
    pub id_token_digest: Option<String>,
    /// The scope that was granted.
    pub scope: String,
    /// The accounts the bank says it opens; none where the bank does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Designated>,
}

/// It was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The bank's error code, such as `access_denied` (RFC 6749, section 4.1.2.1).
    pub code: String,
    /// The bank's description, cut to 256 characters and never shown as markup.
    pub description: Option<String>,
}

/// It could not be brought to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Why, as a stable code.
    pub code: String,
}

/// Who ended a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The person, here.
    Person,
    /// The bank, or the person at the bank.
    Bank,
}

/// It was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Whether it ended here or at the bank.
    pub by: EndedBy,
}

/// The bank was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankTold {
    /// SHA-256 (hex) of its answer; none if it no longer knew the authorization.
    pub answer_digest: Option<String>,
}

/// The bank could not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankNotTold {
    /// Why, as a stable code.
    pub code: String,
}

/// Its time ran out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// The bank wants a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationNeeded {
    /// Why, as a stable code.
    pub code: String,
}

/// It is to take another's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalOf {
    /// The consent whose place it takes when it stands.
    pub consent_id: ConsentId,
}

/// Another took its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// The consent that stands in its place.
    pub by: ConsentId,
}

/// The person was reminded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// The reminder's place before the end, in days: one of [`crate::renewal::REMINDER_DAYS`].
    pub days_before: u16,
}

/// The person said that it may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconfirmed {
    /// When the person said so.
    pub at: DateTime<Utc>,
}
