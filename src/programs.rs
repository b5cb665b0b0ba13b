//! Tokens for programs: issuing one by a role, taking it back, and the exchange in between.

use chrono::{DateTime, Utc};
use domain::id::{RoleId, TokenId, UserId};
use domain::role::{GrantedRole, RoleCommand, RoleRefusal, Scope, TokenIssued, TokenRevoked};
use uuid::Uuid;

use crate::app::App;
use crate::connectors::Secret;
use crate::ledger::{Actor, Cause, LedgerError, Owner};
use crate::roles::{RoleError, stream};
use crate::vault::VaultError;
use crate::vault::programs::{Exchange, Exchanged, Program};
use crate::world::NoChance;

/// Why of a family one of whose used-up tokens came back.
const REUSED: &str = "reused";

/// Why a token was not issued, taken back or exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The role says no, or the ledger failed.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

impl From<RoleRefusal> for ProgramError {
    fn from(refusal: RoleRefusal) -> Self {
        Self::Role(refusal.into())
    }
}

impl From<LedgerError> for ProgramError {
    fn from(error: LedgerError) -> Self {
        Self::Role(error.into())
    }
}

/// What is to be issued.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// By which giving of a role.
    pub role_id: RoleId,
    /// What it opens, in any order.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// What it is for, as a code.
    pub reason: String,
}

/// A token that was issued.
#[derive(Debug)]
pub struct Issued {
    /// The name it has in the log, and is revoked by.
    pub token_id: TokenId,
    /// Its first refresh token: shown once and kept nowhere.
    pub refresh: Secret,
    /// The position of the event.
    pub position: u64,
}

/// Who acts: the role's holder signed in, or an operator at the command line.
fn actor(by: Option<UserId>) -> Actor {
    if by.is_some() { Actor::Person } else { Actor::Operator }
}

/// Issues a token by a role. Only a role's holder, or the command line, may.
///
/// # Errors
/// [`ProgramError`].
pub async fn issue(
    app: &App,
    by: Option<UserId>,
    correlation: Uuid,
    wanted: Wanted,
) -> Result<Issued, ProgramError> {
    let token_id = TokenId(app.chance.uuid()?);
    let Wanted { role_id, mut scopes, ends_at, reason } = wanted;
    scopes.sort_unstable();
    let known = app.ledger.load::<GrantedRole>(stream(role_id)).await?;
    let holder = known.aggregate.granted().ok_or(RoleRefusal::Unknown)?.holder;
    if by.is_some_and(|by| by != holder) {
        return Err(RoleRefusal::NotTheirs.into());
    }
    let issued = TokenIssued { token_id, scopes: scopes.clone(), ends_at, reason, issued_by: by };
    let command = RoleCommand::IssueToken { issued: Box::new(issued), now: app.clock.now() };
    let cause = Cause::new(actor(by), correlation);
    let done = app.ledger.execute::<GrantedRole>(stream(role_id), Owner::Platform, cause, command);
    let position = done.await.map_err(RoleError::from)?.position;
    // The event first: a token nobody knows of would open something unseen. One that is in the log and
    // not here opens nothing.
    let program = Program { token_id, role_id, holder, scopes };
    let refresh = app.programs.begin(&program, ends_at.timestamp_micros()).await?;
    Ok(Issued { token_id, refresh, position })
}

/// Takes a token back. Once the log says so, it opens nothing, whatever the table still holds.
///
/// # Errors
/// [`ProgramError`].
pub async fn revoke(
    app: &App,
    by: Option<UserId>,
    correlation: Uuid,
    role_id: RoleId,
    token_id: TokenId,
    reason: &str,
) -> Result<u64, ProgramError> {
    let revoked = TokenRevoked { token_id, reason: reason.to_owned(), revoked_by: by };
    end(app, actor(by), correlation, role_id, revoked).await
}

async fn end(
    app: &App,
    actor: Actor,
    correlation: Uuid,
    role_id: RoleId,
    revoked: TokenRevoked,
) -> Result<u64, ProgramError> {
    let token_id = revoked.token_id;
    let (cause, command) = (Cause::new(actor, correlation), RoleCommand::RevokeToken(revoked));
    let done = app.ledger.execute::<GrantedRole>(stream(role_id), Owner::Platform, cause, command);
    let position = done.await.map_err(RoleError::from)?.position;
    app.programs.end(token_id).await?;
    Ok(position)
}

/// Exchanges a refresh token. One that was used up long ago ends its family.
///
/// # Errors
/// [`ProgramError`].
pub async fn exchange(
    app: &App,
    correlation: Uuid,
    refresh: &Secret,
) -> Result<Option<Exchanged>, ProgramError> {
    match app.programs.exchange(refresh).await? {
        Exchange::Done(exchanged) => Ok(Some(*exchanged)),
        Exchange::Refused => Ok(None),
        Exchange::Reused(Program { token_id, role_id, .. }) => {
            tracing::warn!(%token_id, "a used-up token of a program came back; its family ends");
            let revoked = TokenRevoked { token_id, reason: REUSED.to_owned(), revoked_by: None };
            end(app, Actor::Service, correlation, role_id, revoked).await?;
            Ok(None)
        }
    }
}
