//! Roles: what somebody was given, who read what by one, and operators giving and taking back.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::id::{RoleId, UserId};
use domain::role::{Role, RoleGranted, RoleRefusal};
use projections::roles::{RoleRow, RoleUseRow};

use super::as_of::{AsOf, At, KnownAt, moment};
use super::scalars::{Instant, Position};
use super::visit::{app, internal, ledger_failed, person, refuse, visit};
use crate::roles::{self, Asked, By, RoleError, Wanted};

/// Most people one request may name.
const MOST_PEOPLE: usize = 200;

/// What a role lets somebody do.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Role", name = "RoleKind")]
pub enum RoleKind {
    /// Reads histories, proofs and every call to a bank, and changes nothing.
    Auditor,
    /// Reads amounts, days and categories under pseudonyms, and no identity.
    Analyst,
    /// Runs the service, and reads nobody's data.
    Operator,
}

/// A role somebody was given.
pub struct GivenRole(RoleRow, At);

#[Object]
impl GivenRole {
    /// This giving of it.
    async fn id(&self) -> ID {
        ID(self.0.role_id.to_string())
    }
    /// Who holds it.
    async fn holder(&self) -> ID {
        ID(self.0.holder.to_string())
    }
    /// Which role.
    async fn role(&self) -> RoleKind {
        self.0.role.into()
    }
    /// Whose data it covers; none for everybody's.
    async fn people(&self) -> Option<Vec<ID>> {
        let people = self.0.people.as_ref()?;
        Some(people.iter().map(|person| ID(person.to_string())).collect())
    }
    /// First instant of the facts it covers.
    async fn facts_from(&self) -> Option<Instant> {
        self.0.facts_from.map(Instant)
    }
    /// Last instant of the facts it covers.
    async fn facts_to(&self) -> Option<Instant> {
        self.0.facts_to.map(Instant)
    }
    /// When it was given.
    async fn granted_at(&self) -> Instant {
        Instant(self.0.granted_at)
    }
    /// When it ends by itself.
    async fn ends_at(&self) -> Instant {
        Instant(self.0.ends_at)
    }
    /// When it was taken back.
    async fn withdrawn_at(&self) -> Option<Instant> {
        self.0.withdrawn_at.map(Instant)
    }
    /// Why it was given, as a code.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
    /// How often it was used.
    async fn uses(&self) -> i32 {
        i32::try_from(self.0.uses).unwrap_or(i32::MAX)
    }
    /// Whether it can be used now, or with `asOf` could be then.
    async fn stands(&self) -> bool {
        self.0.stands(self.1.now())
    }
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
}

/// One use of a role.
pub struct RoleReading(RoleUseRow, At);

#[Object]
impl RoleReading {
    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
    /// Of which role.
    async fn role_id(&self) -> ID {
        ID(self.0.role_id.to_string())
    }
    /// What for, as a stable code.
    async fn what(&self) -> &str {
        &self.0.what
    }
    /// The stream or position that was asked for.
    async fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }
    /// Whether a program did, by a token.
    async fn by_program(&self) -> bool {
        self.0.token_id.is_some()
    }
    /// When.
    async fn at(&self) -> Instant {
        Instant(self.0.used_at)
    }
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
}

/// A role that is to be given.
#[derive(InputObject)]
pub struct RoleToGive {
    /// To whom, by identifier.
    holder: ID,
    /// Which role.
    role: RoleKind,
    /// Whose data it covers; everybody's without this.
    people: Option<Vec<ID>>,
    /// Only what was recorded from this instant on.
    facts_from: Option<Instant>,
    /// Only what was recorded until this instant.
    facts_to: Option<Instant>,
    /// When it ends by itself.
    ends_at: Instant,
    /// Why, as a code.
    reason: String,
}

/// What giving a role or taking it back came to.
#[derive(SimpleObject)]
pub struct RolePayload {
    /// Which giving of a role.
    id: ID,
    /// Where it stands in the log.
    position: Position,
}

/// How a role's refusal is told: with its reason, since it says nothing about anybody's data.
pub(super) fn told(context: &Context<'_>, error: RoleError) -> async_graphql::Error {
    match error {
        RoleError::Refused(
            refusal @ (RoleRefusal::End
            | RoleRefusal::Period
            | RoleRefusal::People
            | RoleRefusal::Reason
            | RoleRefusal::UsedUp
            | RoleRefusal::TokenEnd
            | RoleRefusal::Scopes
            | RoleRefusal::TooManyTokens),
        ) => refuse(context, "ROLE_INVALID", &refusal.to_string()),
        // Whether it exists, belongs to somebody else or is over, is not said.
        RoleError::Refused(_) => not_allowed(context),
        RoleError::Ledger(error) => ledger_failed(context, &error),
        error => internal(context, error),
    }
}

/// The one answer to whoever asks for what their roles do not cover.
pub(super) fn not_allowed(context: &Context<'_>) -> async_graphql::Error {
    refuse(context, "NOT_ALLOWED", "You have no role that covers this.")
}

/// Uses a role of who asks: the log decides and remembers before anything is read.
///
/// # Errors
/// `UNAUTHENTICATED`, `NOT_ALLOWED`, `INTERNAL`.
pub(super) async fn use_role(
    context: &Context<'_>,
    role_id: &ID,
    role: Role,
    what: &'static str,
    subject: Option<UserId>,
    object: Option<String>,
) -> Result<RoleGranted> {
    let app = app(context)?;
    let role_id: RoleId = role_id.parse().map_err(|_| not_allowed(context))?;
    let program = visit(context)?.program.as_ref();
    let (holder, token_id) = match program {
        // A token opens the one role it hangs on.
        Some(program) if program.role_id == role_id => (program.holder, Some(program.token_id)),
        Some(_) => return Err(not_allowed(context)),
        None => (person(context)?, None),
    };
    // An identifier nobody was given costs the log nothing.
    let known = app.read.roles().one(role_id).await.map_err(|error| internal(context, error))?;
    if known.is_none_or(|row| row.holder != holder) {
        return Err(not_allowed(context));
    }
    let request_id = visit(context)?.request_id;
    let asked = Asked { holder, role_id, role, what, subject, object, token_id };
    roles::use_role(app, request_id, asked).await.map_err(|error| told(context, error))
}

/// A role of this kind that who asks holds now.
pub(super) async fn standing(context: &Context<'_>, role: Role) -> Result<ID> {
    let (app, holder) = (app(context)?, person(context)?);
    let rows = app.read.roles().of(holder).await.map_err(|error| internal(context, error))?;
    let now = app.clock.now();
    let found = rows.into_iter().find(|row| row.role == role && row.stands(now));
    found.map(|row| ID(row.role_id.to_string())).ok_or_else(|| not_allowed(context))
}

fn given(rows: Vec<RoleRow>, at: &At) -> Vec<GivenRole> {
    rows.into_iter().map(|row| GivenRole(row, At::clone(at))).collect()
}

/// Reading roles.
#[derive(Default)]
pub struct RoleQueries;

#[Object]
impl RoleQueries {
    /// The roles who asks was given, newest first.
    async fn my_roles(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<GivenRole>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().roles().of(user_id).await;
        Ok(given(rows.map_err(|error| internal(context, error))?, &at))
    }

    /// Who read the data of who asks by a role, and what, newest first.
    async fn readings_of_me(
        &self,
        context: &Context<'_>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<RoleReading>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, None).await?;
        let rows = at.view().roles().uses_about(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| RoleReading(row, At::clone(&at))).collect())
    }

    /// Every role that was given, newest first; for operators. Who may ask is decided by the roles of
    /// now, whatever `asOf` says.
    async fn roles(&self, context: &Context<'_>, as_of: Option<AsOf>) -> Result<Vec<GivenRole>> {
        let role_id = standing(context, Role::Operator).await?;
        use_role(context, &role_id, Role::Operator, "roles", None, None).await?;
        let at = moment(context, as_of, None).await?;
        let rows = at.view().roles().all().await;
        Ok(given(rows.map_err(|error| internal(context, error))?, &at))
    }
}

/// Giving roles and taking them back; for operators.
#[derive(Default)]
pub struct RoleMutations;

#[Object]
impl RoleMutations {
    /// Gives somebody a role.
    async fn grant_role(&self, context: &Context<'_>, role: RoleToGive) -> Result<RolePayload> {
        let (app, operator) = (app(context)?, person(context)?);
        let own = standing(context, Role::Operator).await?;
        let invalid = || refuse(context, "ROLE_INVALID", "A person is named by their identifier.");
        let identifier = |id: &ID| id.parse::<UserId>().map_err(|_| invalid());
        let holder = identifier(&role.holder)?;
        let people = role.people.as_ref().filter(|people| people.len() <= MOST_PEOPLE + 1);
        let people = people.map(|people| people.iter().map(identifier).collect::<Result<Vec<_>>>());
        let known = app.keys.identifier_of_person(holder).await;
        if known.map_err(|error| internal(context, error))?.is_none() {
            return Err(invalid());
        }
        let object = Some(holder.to_string());
        use_role(context, &own, Role::Operator, "grant_role", None, object).await?;
        let wanted = Wanted {
            holder,
            role: role.role.into(),
            people: people.transpose()?,
            facts_from: role.facts_from.map(|Instant(at)| at),
            facts_to: role.facts_to.map(|Instant(at)| at),
            ends_at: role.ends_at.0,
            reason: role.reason,
        };
        let request_id = visit(context)?.request_id;
        let given = roles::grant(app, By::Operator(operator), request_id, wanted).await;
        let (role_id, position) = given.map_err(|error| told(context, error))?;
        Ok(RolePayload { id: ID(role_id.to_string()), position: Position(position) })
    }

    /// Takes a role back.
    async fn withdraw_role(
        &self,
        context: &Context<'_>,
        id: ID,
        reason: String,
    ) -> Result<RolePayload> {
        let (app, operator) = (app(context)?, person(context)?);
        let own = standing(context, Role::Operator).await?;
        let role_id: RoleId = id.parse().map_err(|_| not_allowed(context))?;
        let object = Some(role_id.to_string());
        use_role(context, &own, Role::Operator, "withdraw_role", None, object).await?;
        let request_id = visit(context)?.request_id;
        let by = By::Operator(operator);
        let done = roles::withdraw(app, by, request_id, role_id, &reason).await;
        let position = done.map_err(|error| told(context, error))?;
        Ok(RolePayload { id: ID(role_id.to_string()), position: Position(position) })
    }
}
