//! Access tokens of consents: kept in the vault, refreshed before they end, one refresh at a time
//! over all tasks and processes, announced in the log before the bank is asked.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::grant::{Destroyed, Grant, GrantCommand, Issued};
use domain::id::{ConsentId, UserId};
use domain::stream::{Category, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::Tokens as BankTokens;
use crate::connectors::{BankError, Caller, Secret};
use crate::ledger::store::Fence;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::vault::VaultError;
use crate::vault::crypto::hex;
use crate::vault::secrets::SecretOwner;

/// A token that ends within this many seconds is refreshed before it is used.
const REFRESH_BEFORE_SECONDS: i64 = 120;
/// How long one refresh may hold the others up, in seconds.
const LEASE_SECONDS: i64 = 60;
/// How often one that waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// How often it looks before it gives up.
const MOST_LOOKS: u32 = 400;

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is none: the consent was ended, or the person's data erased.
    #[error("there is no token for this consent")]
    None,
    /// The bank will not refresh it; the person has to confirm again.
    #[error("the bank asks for a new confirmation")]
    ConfirmationNeeded,
    /// The bank could not be asked.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Another process holds the refresh for too long.
    #[error("another refresh of this consent does not end")]
    Busy,
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The tokens as the vault keeps them.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Kept {
    access: String,
    refresh: Option<String>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    expires_at: i64,
    generation: u32,
}

fn secret_name(consent_id: ConsentId) -> String {
    format!("consent/{consent_id}/tokens")
}

fn stream(consent_id: ConsentId) -> StreamId {
    StreamId::new(Category::Grant, consent_id.0)
}

/// Whose tokens, and in which chain of causes.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// The consent.
    pub consent_id: ConsentId,
    /// The person.
    pub user_id: UserId,
    /// The chain.
    pub correlation: Uuid,
    /// The lease a run of reading goes under; everything it stores carries it.
    pub fence: Option<Fence>,
}

impl Holder {
    fn cause(self) -> Cause {
        Cause::new(Actor::Service, self.correlation)
    }

    fn owner(self) -> Owner {
        Owner::Person(self.user_id)
    }
}

/// Keeps the first tokens of a consent.
///
/// # Errors
/// [`TokenError`].
pub async fn keep_first(app: &App, holder: Holder, tokens: &BankTokens) -> Result<(), TokenError> {
    let expires_at = ends(app, tokens);
    let fingerprint = put(app, holder, tokens, None, expires_at, 1).await?;
    let issued = Issued {
        consent_id: holder.consent_id,
        access_expires_at: expires_at,
        refreshable: tokens.refresh.is_some(),
        scope: tokens.scope.clone(),
        access_fingerprint: fingerprint,
    };
    execute(app, holder, GrantCommand::Issue(issued)).await
}

/// The access token of a consent, refreshed if it is about to end.
///
/// # Errors
/// [`TokenError`].
pub async fn access_token(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
) -> Result<Secret, TokenError> {
    let fresh_until = app.clock.now() + TimeDelta::seconds(REFRESH_BEFORE_SECONDS);
    usable(app, bank, holder, |kept| kept.expires_at > fresh_until.timestamp_micros()).await
}

/// The access token after the bank refused `refused`: another one, or an error.
///
/// # Errors
/// [`TokenError`].
pub async fn access_token_after(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    refused: &Secret,
) -> Result<Secret, TokenError> {
    usable(app, bank, holder, |kept| !refused.matches(&kept.access)).await
}

async fn usable(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    good: impl Fn(&Kept) -> bool,
) -> Result<Secret, TokenError> {
    let name = secret_name(holder.consent_id);
    let lease_name = format!("refresh/{}", holder.consent_id);
    for _ in 0..MOST_LOOKS {
        let kept: Kept = app.secrets.get(&name).await?.ok_or(TokenError::None)?;
        if good(&kept) {
            return Ok(Secret::new(kept.access.as_str()));
        }
        if let Some(lease) = app.leases.take(&lease_name, LEASE_SECONDS).await? {
            // Whoever held the lease before may have refreshed since the look above.
            let kept: Kept = app.secrets.get(&name).await?.ok_or(TokenError::None)?;
            let result = if good(&kept) {
                Ok(Secret::new(kept.access.as_str()))
            } else {
                refresh(app, bank, holder, &kept).await
            };
            app.leases.give_back(&lease).await?;
            return result;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(TokenError::Busy)
}

/// Asks the bank for the next tokens. The lease is held.
async fn refresh(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    kept: &Kept,
) -> Result<Secret, TokenError> {
    let grant = app.ledger.load::<Grant>(stream(holder.consent_id)).await?.aggregate;
    if grant.refreshing && kept.generation == grant.generation + 1 {
        // A process died between keeping the new tokens and saying so.
        let ends_at = DateTime::from_timestamp_micros(kept.expires_at).unwrap_or_default();
        let access_fingerprint = fingerprint(app, holder, &kept.access).await?;
        let access_expires_at = ends_at;
        let record =
            GrantCommand::RecordRefresh { access_expires_at, rotated: true, access_fingerprint };
        execute(app, holder, record).await?;
        if ends_at > app.clock.now() {
            return Ok(Secret::new(kept.access.as_str()));
        }
    }
    let Some(refresh_token) = kept.refresh.as_deref().map(Secret::from) else {
        return Err(TokenError::ConfirmationNeeded);
    };
    execute(app, holder, GrantCommand::IntendRefresh).await?;
    let tokens = match ask(app, bank, &refresh_token).await {
        // The answer may have been lost after the bank acted on it: once more with the same token,
        // which a bank that rotates accepts for a short while.
        Err(BankError::Unreachable | BankError::TimedOut) => ask(app, bank, &refresh_token).await,
        other => other,
    };
    match tokens {
        Ok(tokens) => {
            let expires_at = ends(app, &tokens);
            let generation = kept.generation + 1;
            let access_fingerprint =
                put(app, holder, &tokens, kept.refresh.clone(), expires_at, generation).await?;
            let record = GrantCommand::RecordRefresh {
                access_expires_at: expires_at,
                rotated: tokens.refresh.is_some(),
                access_fingerprint,
            };
            execute(app, holder, record).await?;
            Ok(tokens.access)
        }
        Err(error) => {
            let terminal = matches!(&error, BankError::Refused { status: 400 | 401, .. });
            let code = error.code().to_owned();
            execute(app, holder, GrantCommand::RecordFailure { code, terminal }).await?;
            Err(if terminal { TokenError::ConfirmationNeeded } else { error.into() })
        }
    }
}

async fn ask(app: &App, bank: &BankAccess, token: &Secret) -> Result<BankTokens, BankError> {
    let caller = Caller {
        client: &bank.client,
        interaction_id: app.chance.uuid().map_err(|_| BankError::NotSent { what: "no_chance" })?,
        attended: None,
    };
    let standard = bank.bank.standard;
    let answer = bank.transport.send(&standard.refresh(&bank.bank, &caller, token)).await?;
    standard.read_tokens(&answer, standard.consent_scope())
}

/// Destroys the tokens of a consent here.
///
/// # Errors
/// [`TokenError`].
pub async fn destroy(app: &App, holder: Holder, reason: &str) -> Result<(), TokenError> {
    app.secrets.forget(&secret_name(holder.consent_id)).await?;
    let destroyed = Destroyed { reason: reason.to_owned() };
    execute(app, holder, GrantCommand::Destroy(destroyed)).await
}

fn ends(app: &App, tokens: &BankTokens) -> DateTime<Utc> {
    app.clock.now() + TimeDelta::seconds(i64::try_from(tokens.expires_in_seconds).unwrap_or(0))
}

/// Puts tokens in the vault; answers with the access token's keyed fingerprint.
async fn put(
    app: &App,
    holder: Holder,
    tokens: &BankTokens,
    refresh_before: Option<String>,
    expires_at: DateTime<Utc>,
    generation: u32,
) -> Result<String, TokenError> {
    let refresh = tokens.refresh.as_ref().map(|token| token.expose().to_owned());
    let kept = Kept {
        access: tokens.access.expose().to_owned(),
        // A bank that names no new refresh token means the old one to stay (RFC 6749, section 6).
        refresh: refresh.or(refresh_before),
        expires_at: expires_at.timestamp_micros(),
        generation,
    };
    let owner = SecretOwner::Person(holder.user_id);
    app.secrets.put(owner, &secret_name(holder.consent_id), &kept).await?;
    fingerprint(app, holder, &kept.access).await
}

async fn fingerprint(app: &App, holder: Holder, access: &str) -> Result<String, TokenError> {
    let key = app.keys.key_of_person(holder.user_id).await.map_err(VaultError::from)?;
    let (_, key) = key.ok_or(TokenError::None)?;
    Ok(hex(&key.fingerprint("access_token", access.as_bytes())[..16]))
}

async fn execute(app: &App, holder: Holder, command: GrantCommand) -> Result<(), TokenError> {
    let stream = stream(holder.consent_id);
    match app.ledger.execute::<Grant>(stream, holder.owner(), holder.cause(), command).await {
        Ok(_) => Ok(()),
        Err(CommandError::Refused(_)) => Err(TokenError::None),
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}
