//! What the auditor's fields answer with.

use async_graphql::{ID, Object, SimpleObject};
use projections::exceptions::ExceptionRow;

use crate::api::scalars::{Instant, Position};
use crate::audit::lawful::{Access, Call, Leave, Why};
use crate::audit::story::{Changed, Fact, Step, Story};
use crate::audit::timeline::{Difference, Line, Page};

/// A number for the wire.
fn small(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn id(id: impl std::fmt::Display) -> ID {
    ID(id.to_string())
}

/// A page of events.
pub struct AuditPage(pub(super) Page);

#[Object]
impl AuditPage {
    /// Events, oldest first.
    async fn events(&self) -> Vec<AuditEvent<'_>> {
        self.0.lines.iter().map(AuditEvent).collect()
    }
    /// Everything to this position was looked through: the next page goes on after it.
    async fn reached(&self) -> Position {
        Position(self.0.reached)
    }
    /// Whether there may be more.
    async fn more(&self) -> bool {
        self.0.more
    }
}

/// An event's header.
pub struct AuditEvent<'a>(&'a Line);

#[Object]
impl AuditEvent<'_> {
    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// When it was recorded (RFC 3339).
    async fn recorded_at(&self) -> &str {
        &self.0.recorded_at
    }
    /// Its kind.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }
    /// The stream it stands in.
    async fn stream(&self) -> &str {
        &self.0.stream
    }
    /// Its number there.
    async fn version(&self) -> i32 {
        small(self.0.version)
    }
    /// Who caused it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }
    /// The chain it belongs to: everything that follows from one request or run.
    async fn correlation(&self) -> &str {
        &self.0.correlation
    }
    /// Whose it is; none for the platform's own.
    async fn person(&self) -> Option<ID> {
        self.0.person.map(id)
    }
    /// Its leaf in the log's tree, in hexadecimal digits.
    async fn leaf_hash(&self) -> &str {
        &self.0.leaf_hash
    }
}

/// A story.
pub struct AuditStory(pub(super) Story);

#[Object]
impl AuditStory {
    /// Whose story, such as `consent-…`.
    async fn about(&self) -> &str {
        &self.0.about
    }
    /// Up to which position of the log.
    async fn until(&self) -> Position {
        Position(self.0.until)
    }
    /// The steps in the order of the log.
    async fn steps(&self) -> Vec<AuditStep<'_>> {
        self.0.steps.iter().map(AuditStep).collect()
    }
    /// Whether there are more than are told.
    async fn more(&self) -> bool {
        self.0.more
    }
}

/// One step of a story.
pub struct AuditStep<'a>(&'a Step);

#[Object]
impl AuditStep<'_> {
    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// When it was recorded (RFC 3339).
    async fn recorded_at(&self) -> &str {
        &self.0.recorded_at
    }
    /// Its kind.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }
    /// What happened, in plain English.
    async fn says(&self) -> &str {
        self.0.says
    }
    /// Who caused it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }
    /// The chain it belongs to.
    async fn correlation(&self) -> &str {
        &self.0.correlation
    }
    /// Who agreed to it, where it is an approval.
    async fn approved_by(&self) -> Option<&str> {
        self.0.approved_by.as_deref()
    }
    /// What it says.
    async fn facts(&self) -> Vec<AuditFact> {
        let fact =
            |Fact { name, value }: &Fact| AuditFact { name: name.clone(), value: value.clone() };
        self.0.facts.iter().map(fact).collect()
    }
    /// What is otherwise after it.
    async fn changed(&self) -> Vec<AuditChange> {
        let change = |Changed { field, before, after }: &Changed| AuditChange {
            field: field.clone(),
            before: before.clone(),
            after: after.clone(),
        };
        self.0.changed.iter().map(change).collect()
    }
    /// Its leaf in the log's tree, in hexadecimal digits.
    async fn leaf_hash(&self) -> &str {
        &self.0.leaf_hash
    }
    /// Whether it can no longer be read, because the key it was sealed under was destroyed.
    async fn erased(&self) -> bool {
        self.0.erased
    }
}

/// Something that a step says.
#[derive(SimpleObject)]
pub struct AuditFact {
    /// What, such as `request_object_digest`.
    name: String,
    /// Its value as text.
    value: String,
}

/// Something that is otherwise after a step.
#[derive(SimpleObject)]
pub struct AuditChange {
    /// What, such as `status`.
    field: String,
    /// How it was.
    before: Option<String>,
    /// How it is.
    after: Option<String>,
}

/// What happened between two places, counted.
pub struct AuditDifference(pub(super) Difference);

#[Object]
impl AuditDifference {
    /// How many events.
    async fn events(&self) -> i32 {
        small(self.0.events)
    }
    /// In how many streams.
    async fn streams(&self) -> i32 {
        small(self.0.streams)
    }
    /// How many of each kind.
    async fn types(&self) -> Vec<AuditCount> {
        let count = |(event_type, count): (&String, &u64)| AuditCount {
            event_type: event_type.clone(),
            count: small(*count),
        };
        self.0.types.iter().map(count).collect()
    }
    /// Whether there are more than were counted.
    async fn more(&self) -> bool {
        self.0.more
    }
}

/// How many events of a kind.
#[derive(SimpleObject)]
pub struct AuditCount {
    /// The kind.
    event_type: String,
    /// How many.
    count: i32,
}

/// What proves that an event is in the log. Nothing of it has to be believed: whoever has the log's
/// key from elsewhere checks it alone.
#[derive(SimpleObject)]
pub struct AuditProof {
    /// Where the event stands.
    pub(super) position: Position,
    /// The canonical record, base64: the leaf is SHA-256 over a zero byte and this.
    pub(super) record: String,
    /// The leaf's hash, in hexadecimal digits.
    pub(super) leaf_hash: String,
    /// The inclusion path, base64, from the leaf's sibling upwards (RFC 6962, section 2.1.1).
    pub(super) path: Vec<String>,
    /// The signed checkpoint (C2SP signed-note).
    pub(super) checkpoint: String,
    /// The log's key (C2SP `vkey`).
    pub(super) key: String,
    /// How its keys took each other's place, in order: each line is signed by the key before and by
    /// itself, so whoever trusts an earlier key need not trust this answer.
    pub(super) successions: Vec<String>,
    /// The same as a C2SP tlog-proof file, for `opl-verify proof`.
    pub(super) file: String,
}

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
