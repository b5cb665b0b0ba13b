//! What the auditor's fields answer with: events, stories, differences and proofs.

use async_graphql::{ID, Object, SimpleObject};

use crate::api::scalars::Position;
use crate::audit::story::{Changed, Fact, Step, Story};
use crate::audit::timeline::{Difference, Line, Page};

/// A number for the wire.
fn small(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(super) fn id(id: impl std::fmt::Display) -> ID {
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
