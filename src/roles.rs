//! Giving roles, taking them back, and asking the log whether one may be used now.

use chrono::{DateTime, Utc};
use domain::id::{RoleId, TokenId, UserId};
use domain::role::{
    GrantedRole, Role, RoleCommand, RoleGranted, RoleRefusal, RoleUse, RoleUsed, RoleWithdrawn,
};
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use crate::app::App;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::vault::VaultError;
use crate::world::NoChance;

/// Why a role was not given, taken back or used.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The role says no.
    #[error(transparent)]
    Refused(#[from] RoleRefusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The role changed, and its holder's sessions could not be told to take a new token.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<CommandError<RoleRefusal>> for RoleError {
    fn from(error: CommandError<RoleRefusal>) -> Self {
        match error {
            CommandError::Refused(refusal) => Self::Refused(refusal),
            CommandError::Ledger(error) => Self::Ledger(error),
        }
    }
}

/// A role that is to be given to somebody.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// To whom.
    pub holder: UserId,
    /// Which role.
    pub role: Role,
    /// Whose data it covers; none for everybody's.
    pub people: Option<Vec<UserId>>,
    /// First instant of the facts it covers.
    pub facts_from: Option<DateTime<Utc>>,
    /// Last instant of the facts it covers.
    pub facts_to: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// Why, as a code.
    pub reason: String,
}

/// Who gives or takes back.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// Somebody at the command line.
    CommandLine,
    /// A person with the role of an operator.
    Operator(UserId),
}

impl By {
    fn person(self) -> Option<UserId> {
        match self {
            Self::CommandLine => None,
            Self::Operator(user_id) => Some(user_id),
        }
    }
}

/// The stream of a role.
#[must_use]
pub fn stream(role_id: RoleId) -> StreamId {
    StreamId::new(Category::Role, role_id.0)
}

/// Gives a role; answers with its identifier and the position of the event.
///
/// # Errors
/// [`RoleError`].
pub async fn grant(
    app: &App,
    by: By,
    correlation: Uuid,
    wanted: Wanted,
) -> Result<(RoleId, u64), RoleError> {
    let role_id = RoleId(app.chance.uuid()?);
    let Wanted { holder, role, people, facts_from, facts_to, ends_at, reason } = wanted;
    let granted_by = by.person();
    let granted = RoleGranted {
        role_id,
        holder,
        role,
        people,
        facts_from,
        facts_to,
        ends_at,
        reason,
        granted_by,
    };
    let command = RoleCommand::Grant { granted: Box::new(granted), now: app.clock.now() };
    let cause = Cause::new(Actor::Operator, correlation);
    let done = app.ledger.begin::<GrantedRole>(stream(role_id), Owner::Platform, cause, command);
    let position = done.await?.position;
    app.sessions.renew_all(holder).await?;
    Ok((role_id, position))
}

/// Takes a role back; answers with the position of the event.
///
/// # Errors
/// [`RoleError`].
pub async fn withdraw(
    app: &App,
    by: By,
    correlation: Uuid,
    role_id: RoleId,
    reason: &str,
) -> Result<u64, RoleError> {
    let withdrawn = RoleWithdrawn { reason: reason.to_owned(), withdrawn_by: by.person() };
    let cause = Cause::new(Actor::Operator, correlation);
    let command = RoleCommand::Withdraw(withdrawn);
    let done = app.ledger.execute::<GrantedRole>(stream(role_id), Owner::Platform, cause, command);
    let done = done.await?;
    if let Some(granted) = done.aggregate.granted() {
        app.sessions.renew_all(granted.holder).await?;
    }
    Ok(done.position)
}

/// A use that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub holder: UserId,
    /// By which giving of the role.
    pub role_id: RoleId,
    /// As what.
    pub role: Role,
    /// What for, as a stable code.
    pub what: &'static str,
    /// Whose data is to be shown.
    pub subject: Option<UserId>,
    /// The stream or position asked for.
    pub object: Option<String>,
    /// The token it is asked by; none where the holder is signed in.
    pub token_id: Option<TokenId>,
}

/// Uses a role: the log decides and keeps it before anything is read.
///
/// # Errors
/// [`RoleError::Refused`] if it may not be used so; others if the ledger fails.
pub async fn use_role(
    app: &App,
    correlation: Uuid,
    asked: Asked,
) -> Result<RoleGranted, RoleError> {
    let Asked { holder, role_id, role, what, subject, object, token_id } = asked;
    let request_id = correlation.to_string();
    let used = RoleUsed { what: what.to_owned(), subject, object, request_id, token_id };
    let command = RoleCommand::Use(RoleUse { holder, role, used, now: app.clock.now() });
    let cause = Cause::new(Actor::Person, correlation);
    let done = app.ledger.execute::<GrantedRole>(stream(role_id), Owner::Platform, cause, command);
    let granted = done.await?.aggregate.granted().cloned();
    Ok(granted.ok_or(RoleRefusal::Unknown)?)
}
