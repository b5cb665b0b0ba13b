//! By whose leave data was read: what the auditor's fields answer with.

use async_graphql::{ID, Object};
use projections::exceptions::ExceptionRow;

use super::answers::id;
use crate::api::scalars::{Instant, Position};
use crate::audit::lawful::{Access, Call, Leave, Why};

/// By whose leave a stored fact was fetched.
pub struct AuditWhy(pub(super) Why);

#[Object]
impl AuditWhy {
    /// The fact's place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// Its kind.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }
    /// The call that fetched it.
    async fn call(&self) -> AuditCall<'_> {
        AuditCall(&self.0.call)
    }
    /// The consent as it stood when the call was sent.
    async fn leave(&self) -> AuditLeave<'_> {
        AuditLeave(&self.0.leave)
    }
    /// Whether the consent stood then.
    async fn stood(&self) -> bool {
        self.0.stood
    }
}

/// A call to a bank.
pub struct AuditCall<'a>(&'a Call);

#[Object]
impl AuditCall<'_> {
    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// On which consent.
    async fn consent_id(&self) -> ID {
        id(self.0.consent_id)
    }
    /// Why the run was made: `first_read`, `asked_by_person` or `scheduled`.
    async fn purpose(&self) -> &str {
        &self.0.purpose
    }
    /// The class of endpoint.
    async fn endpoint(&self) -> &str {
        &self.0.endpoint
    }
    /// The account it asked about; none for a list.
    async fn account_id(&self) -> Option<ID> {
        self.0.account_id.map(id)
    }
    /// Whether the person was present.
    async fn attended(&self) -> bool {
        self.0.attended
    }
    /// Our name for the request.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }
    /// The bank's name for it.
    async fn bank_request_id(&self) -> Option<&str> {
        self.0.bank_request_id.as_deref()
    }
    /// HTTP status; none if there was no answer.
    async fn status(&self) -> Option<i32> {
        self.0.status.map(i32::from)
    }
    /// Why it failed, as a stable code.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
    /// SHA-256 (hex) of the certificate shown to the bank.
    async fn certificate_fingerprint(&self) -> Option<&str> {
        self.0.certificate_fingerprint.as_deref()
    }
    /// SHA-256 (hex) of the answer's body.
    async fn body_digest(&self) -> Option<&str> {
        self.0.body_digest.as_deref()
    }
    /// When the request was sent (RFC 3339).
    async fn sent_at(&self) -> &str {
        &self.0.sent_at
    }
}

/// A consent as it stood at an instant.
pub struct AuditLeave<'a>(&'a Leave);

#[Object]
impl AuditLeave<'_> {
    /// Which.
    async fn consent_id(&self) -> ID {
        id(self.0.consent_id)
    }
    /// At which bank.
    async fn bank_id(&self) -> &str {
        &self.0.bank_id
    }
    /// What the person agreed to it for.
    async fn purpose(&self) -> &str {
        &self.0.purpose
    }
    /// Where it stood.
    async fn status(&self) -> &str {
        &self.0.status
    }
    /// When it was granted (RFC 3339).
    async fn granted_at(&self) -> Option<&str> {
        self.0.granted_at.as_deref()
    }
    /// Until when it lasts (RFC 3339).
    async fn expires_at(&self) -> Option<&str> {
        self.0.expires_at.as_deref()
    }
    /// The accounts it shows.
    async fn accounts(&self) -> Vec<ID> {
        self.0.accounts.iter().map(id).collect()
    }
}

/// What could be read of a person, and what was.
pub struct AuditAccess(pub(super) Access);

#[Object]
impl AuditAccess {
    /// As the log stood at this position.
    async fn until(&self) -> Position {
        Position(self.0.until)
    }
    /// Consents that stood.
    async fn could(&self) -> Vec<AuditLeave<'_>> {
        self.0.could.iter().map(AuditLeave).collect()
    }
    /// Calls that were made, oldest first.
    async fn was(&self) -> Vec<AuditCall<'_>> {
        self.0.was.iter().map(AuditCall).collect()
    }
    /// Whether there are more calls than are told.
    async fn more(&self) -> bool {
        self.0.more
    }
}

/// A call that should not have been made.
pub struct AuditException(pub(super) ExceptionRow);

#[Object]
impl AuditException {
    /// Where the call stands in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// What is wrong: `no_consent`, `after_end`, `undesignated_account` or `over_budget`.
    async fn kind(&self) -> &str {
        self.0.kind.word()
    }
    /// On which consent.
    async fn consent_id(&self) -> ID {
        id(self.0.consent_id)
    }
    /// For which account.
    async fn account_id(&self) -> Option<ID> {
        self.0.account_id.map(id)
    }
    /// The class of endpoint.
    async fn endpoint(&self) -> &str {
        &self.0.endpoint
    }
    /// Our name for the request.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }
    /// When it was sent.
    async fn sent_at(&self) -> Instant {
        Instant(self.0.sent_at)
    }
}
