//! The auditor's view. Every field asks the log first whether the role may be used so, and the log
//! keeps that it was.

use async_graphql::{Context, Error, ID, Object, Result, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::UserId;
use domain::role::{Role, RoleGranted};
use domain::stream::{Category, StreamId};
use transparency::tlog_proof::TlogProof;

use super::roles::{not_allowed, use_role};
use super::scalars::{Instant, Position};
use super::visit::{app, internal, person, refuse};
use crate::app::App;
use crate::audit::filter::Filter;
use crate::audit::lawful::{self as leave, LawfulError};
use crate::audit::story::{self, StoryError};
use crate::audit::timeline::{self, Scope};
use crate::ledger::reading;
use crate::ledger::store::{StoredEvent, position_at};
use crate::notary::NotaryError;
use crate::vault::crypto::hex;

mod answers;
mod lawful;

use answers::{AuditDifference, AuditPage, AuditProof, AuditStory};
use lawful::{AuditAccess, AuditException, AuditWhy};

/// Longest window of calls that can be asked for at once, in hours.
const LONGEST_WINDOW_HOURS: i32 = 8_784;

/// Where the log stands for an auditor.
#[derive(SimpleObject)]
pub struct AuditScope {
    /// The role that was used.
    role_id: ID,
    /// Only after this position.
    after: Position,
    /// Only to this position.
    to: Position,
    /// When the event at `to` was recorded.
    recorded_at: Option<Instant>,
    /// Whose data it covers; none for everybody's.
    people: Option<Vec<ID>>,
}

async fn scope(context: &Context<'_>, granted: &RoleGranted) -> Result<Scope> {
    let scope = Scope::of(app(context)?.ledger.log().as_ref(), granted).await;
    scope.map_err(|error| internal(context, error))
}

/// The scope to a place that is asked for.
fn to(scope: Scope, as_of: Option<Position>) -> Scope {
    let to = as_of.map_or(scope.to, |Position(position)| position.min(scope.to));
    Scope { to, ..scope }
}

/// Whose the first event of a stream is, and its position; the platform's own have nobody.
async fn owner(context: &Context<'_>, stream: StreamId) -> Result<(Option<UserId>, u64)> {
    let app = app(context)?;
    let first = reading::first_of(&**app.ledger.log(), stream).await;
    let first = first.map_err(|error| internal(context, error))?;
    let first = first.ok_or_else(|| not_allowed(context))?;
    let owner = app.keys.person_of(first.key_id).await;
    Ok((owner.map_err(|error| internal(context, error))?, first.position))
}

async fn event_at(context: &Context<'_>, position: u64) -> Result<(StoredEvent, Option<UserId>)> {
    let app = app(context)?;
    let found = reading::event_at(&**app.ledger.log(), position).await;
    let found = found.map_err(|error| internal(context, error))?;
    let found = found.ok_or_else(|| not_allowed(context))?;
    let owner = app.keys.person_of(found.key_id).await;
    Ok((found, owner.map_err(|error| internal(context, error))?))
}

/// Whether a role that covers only some people may see an event of nobody.
fn platforms(granted: &RoleGranted, stream: StreamId, owner: Option<UserId>) -> bool {
    owner.is_some()
        || granted.people.is_none()
        || matches!(
            stream.category,
            Category::Registration | Category::Incident | Category::Signing
        )
}

async fn using(
    context: &Context<'_>,
    role_id: &ID,
    what: &'static str,
    subject: Option<UserId>,
    object: Option<String>,
) -> Result<(RoleGranted, Scope)> {
    let granted = use_role(context, role_id, Role::Auditor, what, subject, object).await?;
    let scope = scope(context, &granted).await?;
    Ok((granted, scope))
}

fn not_proved(context: &Context<'_>, error: NotaryError) -> Error {
    if error.is_alarm() {
        return refuse(
            context,
            "LOG_CONTRADICTED",
            "The log contradicts what was signed of it; nothing is proved until that is clear.",
        );
    }
    internal(context, error)
}

fn told(app: &App, stored: &StoredEvent, proof: &TlogProof) -> AuditProof {
    let mut record = Vec::new();
    stored.record(&stored.stream.to_string()).write(&mut record);
    AuditProof {
        position: Position(stored.position),
        record: STANDARD.encode(&record),
        leaf_hash: hex(&stored.hash),
        path: proof.path.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: proof.checkpoint.clone(),
        key: app.notary.verifier_key().to_string(),
        successions: app.notary.successions().iter().map(ToString::to_string).collect(),
        file: proof.to_string(),
    }
}

/// What an auditor reads. Every field with a role is kept in the log as a use of it.
#[derive(Default)]
pub struct AuditQueries;

#[Object]
impl AuditQueries {
    /// What the role covers, of the log as far as it went.
    async fn audit_scope(
        &self,
        context: &Context<'_>,
        role_id: ID,
        as_of: Option<Position>,
    ) -> Result<AuditScope> {
        let (granted, scope) = using(context, &role_id, "scope", None, None).await?;
        let scope = to(scope, as_of);
        let at = app(context)?.ledger.log().time_at(scope.to).await;
        let at = at.map_err(|error| internal(context, error))?;
        Ok(AuditScope {
            role_id,
            after: Position(scope.after),
            to: Position(scope.to),
            recorded_at: at.and_then(chrono::DateTime::from_timestamp_micros).map(Instant),
            people: granted
                .people
                .map(|people| people.iter().map(|person| ID(person.to_string())).collect()),
        })
    }

    /// The place of the log at an instant, within the role.
    async fn audit_place(
        &self,
        context: &Context<'_>,
        role_id: ID,
        at: Instant,
    ) -> Result<Position> {
        let (_, scope) = using(context, &role_id, "place", None, None).await?;
        let log = app(context)?.ledger.log();
        let position = position_at(log.as_ref(), at.0.timestamp_micros()).await;
        let position = position.map_err(|error| internal(context, error))?;
        Ok(Position(position.clamp(scope.after, scope.to)))
    }

    /// Events by `actor: type: subject: stream: correlation:`, oldest first, headers only.
    async fn audit_timeline(
        &self,
        context: &Context<'_>,
        role_id: ID,
        #[graphql(default)] filter: String,
        as_of: Option<Position>,
        after: Option<Position>,
        #[graphql(default = 50, validator(minimum = 1, maximum = 200))] first: i32,
    ) -> Result<AuditPage> {
        let parsed: Filter =
            filter.parse().map_err(|error: crate::audit::filter::FilterError| {
                refuse(context, "FILTER_INVALID", &error.to_string())
            })?;
        // One person that is asked for is checked, and kept, by name.
        let subject = match parsed.subjects.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let object = (!filter.is_empty()).then_some(filter);
        let (granted, scope) = using(context, &role_id, "timeline", subject, object).await?;
        let covered =
            |person: &UserId| granted.people.as_ref().is_none_or(|people| people.contains(person));
        if !parsed.subjects.iter().all(covered) {
            return Err(not_allowed(context));
        }
        let app: &App = app(context)?;
        let (scope, most) = (to(scope, as_of), usize::try_from(first).unwrap_or(1));
        let after = after.map_or(0, |Position(position)| position);
        let page =
            timeline::page(app.ledger.log().as_ref(), &app.keys, &scope, &parsed, after, most);
        Ok(AuditPage(page.await.map_err(|error| internal(context, error))?))
    }

    /// The story of a registration, a consent or a role, step by step.
    async fn audit_story(
        &self,
        context: &Context<'_>,
        role_id: ID,
        stream: String,
        as_of: Option<Position>,
    ) -> Result<AuditStory> {
        let invalid = || refuse(context, "STREAM_INVALID", "A stream is named like consent-UUID.");
        let about: StreamId = stream.parse().map_err(|_| invalid())?;
        let (owner, position) = owner(context, about).await?;
        let (granted, scope) = using(context, &role_id, "story", owner, Some(stream)).await?;
        let scope = to(scope, as_of);
        let seen = platforms(&granted, about, owner) && scope.holds(position);
        if !seen {
            return Err(not_allowed(context));
        }
        let app = app(context)?;
        let told = story::tell(app.ledger.log().as_ref(), &app.keys, about, scope.to).await;
        told.map(AuditStory).map_err(|error| match error {
            StoryError::Nothing(_) => not_allowed(context),
            StoryError::NoStory(_) => refuse(context, "STREAM_INVALID", &error.to_string()),
            error => internal(context, error),
        })
    }

    /// What happened between two places of the log, counted.
    async fn audit_difference(
        &self,
        context: &Context<'_>,
        role_id: ID,
        from: Position,
        to: Position,
    ) -> Result<AuditDifference> {
        let object = Some(format!("{}..{}", from.0, to.0));
        let (_, scope) = using(context, &role_id, "difference", None, object).await?;
        let app = app(context)?;
        let log = app.ledger.log().as_ref();
        let counted = timeline::difference(log, &app.keys, &scope, from.0, to.0).await;
        Ok(AuditDifference(counted.map_err(|error| internal(context, error))?))
    }

    /// What a stranger needs to check that an event is in the log: its record, the path from it, and
    /// the signed checkpoint the path leads to.
    async fn audit_proof(
        &self,
        context: &Context<'_>,
        role_id: ID,
        position: Position,
    ) -> Result<AuditProof> {
        let (stored, owner) = event_at(context, position.0).await?;
        let object = Some(position.0.to_string());
        let (granted, scope) = using(context, &role_id, "proof", owner, object).await?;
        if !platforms(&granted, stored.stream, owner) || !scope.holds(position.0) {
            return Err(not_allowed(context));
        }
        let app = app(context)?;
        let failed = |error| not_proved(context, error);
        app.notary.sign().await.map_err(failed)?;
        let proof = app.notary.inclusion(position.0).await.map_err(failed)?;
        Ok(told(app, &stored, &proof))
    }

    /// What proves that an event about the person who asks is in the log; none while no signed state of
    /// the log holds it yet, which is a matter of seconds.
    #[graphql(complexity = "20 + child_complexity")]
    async fn inclusion_proof(
        &self,
        context: &Context<'_>,
        position: Position,
    ) -> Result<Option<AuditProof>> {
        let user_id = person(context)?;
        let nothing = || refuse(context, "NOT_FOUND", "The log has no such event about you.");
        let (stored, owner) = event_at(context, position.0).await.map_err(|_| nothing())?;
        if owner != Some(user_id) {
            return Err(nothing());
        }
        let app = app(context)?;
        match app.notary.inclusion(position.0).await {
            Ok(proof) => Ok(Some(told(app, &stored, &proof))),
            Err(NotaryError::NothingSigned | NotaryError::NotSigned { .. }) => Ok(None),
            Err(error) => Err(not_proved(context, error)),
        }
    }

    /// By whose leave a stored fact was fetched.
    async fn audit_why(
        &self,
        context: &Context<'_>,
        role_id: ID,
        position: Position,
    ) -> Result<AuditWhy> {
        let (stored, owner) = event_at(context, position.0).await?;
        let object = Some(position.0.to_string());
        let (granted, scope) = using(context, &role_id, "why", owner, object).await?;
        if !platforms(&granted, stored.stream, owner) || !scope.holds(position.0) {
            return Err(not_allowed(context));
        }
        let app = app(context)?;
        let why = leave::why(app.ledger.log().as_ref(), &app.keys, position.0).await;
        why.map(AuditWhy).map_err(|error| match error {
            LawfulError::NotFetched(_) => {
                refuse(context, "NOT_FETCHED", "This was not fetched from a bank.")
            }
            LawfulError::Erased(_) => {
                refuse(context, "ERASED", "This was erased with the person's key.")
            }
            error => internal(context, error),
        })
    }

    /// What could be read of a person at an instant, and every call in the hours before it.
    async fn audit_access(
        &self,
        context: &Context<'_>,
        role_id: ID,
        person: ID,
        at: Instant,
        #[graphql(default = 24)] hours: i32,
    ) -> Result<AuditAccess> {
        let person: UserId = person.parse().map_err(|_| not_allowed(context))?;
        let (_, scope) = using(context, &role_id, "access", Some(person), None).await?;
        let app = app(context)?;
        let key_id = app.keys.identifier_of_person(person).await;
        let key_id = key_id.map_err(|error| internal(context, error))?;
        let key_id = key_id.ok_or_else(|| not_allowed(context))?;
        let log = app.ledger.log().as_ref();
        let end = at.0.timestamp_micros();
        let until = position_at(log, end).await.map_err(|error| internal(context, error))?;
        let hours = i64::from(hours.clamp(1, LONGEST_WINDOW_HOURS));
        let since = match log.time_at(scope.after + 1).await {
            Ok(first) if scope.after > 0 => first.unwrap_or_default(),
            _ => 0,
        };
        let since = since.max(end - hours * 3_600_000_000);
        let until = until.clamp(scope.after, scope.to);
        let access = leave::access(log, &app.keys, person, key_id, until, since).await;
        Ok(AuditAccess(access.map_err(|error| internal(context, error))?))
    }

    /// Calls that should not have been made, as the log told it at a place; none are expected.
    async fn audit_exceptions(
        &self,
        context: &Context<'_>,
        role_id: ID,
        as_of: Option<Position>,
    ) -> Result<Vec<AuditException>> {
        let (granted, scope) = using(context, &role_id, "exceptions", None, None).await?;
        let scope = to(scope, as_of);
        let exceptions = app(context)?.read.exceptions();
        let rows = match as_of {
            None => exceptions.newest().await,
            Some(_) => exceptions.known_at(scope.to).await,
        };
        let rows = rows.map_err(|error| internal(context, error))?;
        let covered = |row: &projections::exceptions::ExceptionRow| {
            let people = granted.people.as_ref();
            scope.holds(row.position) && people.is_none_or(|people| people.contains(&row.user_id))
        };
        Ok(rows.into_iter().filter(covered).map(AuditException).collect())
    }
}
