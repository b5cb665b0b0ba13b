//! Access tokens of consents: kept in the vault, refreshed before they end, one refresh at a time
//! over all tasks and processes, announced in the log before the bank is asked.

mod refresh;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::grant::{self, Destroyed, Grant, GrantCommand, Issued};
use domain::id::{ConsentId, UserId};
use domain::stream::{Category, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::Tokens as BankTokens;
use crate::connectors::{BankError, Secret};
use crate::leasing::{self, LeasingError};
use crate::ledger::store::{AppendError, Fence};
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::vault::VaultError;
use crate::vault::crypto::hex;
use crate::vault::leases::Lease;
use crate::vault::secrets::SecretOwner;

/// A token that ends within this many seconds is refreshed before it is used, whatever its life: a
/// call takes up to that long.
const REFRESH_BEFORE_SECONDS: i64 = 30;
/// How long a refresh whose process died holds the others up, in seconds.
const LEASE_SECONDS: i64 = 12;
/// How often a refresh that lives holds its lease anew.
const HOLD_EVERY: Duration = Duration::from_secs(4);
/// Turns of this process; consents share them by hash.
const TURNS: usize = 256;
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
    #[error("the bank asks for a new confirmation ({code})")]
    ConfirmationNeeded {
        /// Why, as a stable code.
        code: String,
    },
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

impl From<LeasingError> for TokenError {
    fn from(error: LeasingError) -> Self {
        match error {
            LeasingError::Vault(error) => error.into(),
            LeasingError::Ledger(error) => error.into(),
        }
    }
}

/// The tokens as the vault keeps them.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Kept {
    access: String,
    refresh: Option<String>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    expires_at: i64,
    /// From when on the next tokens are asked for; 0 where an earlier program kept them.
    #[serde(default)]
    refresh_at: i64,
    generation: u32,
    /// SHA-256 (hex) of the certificate the access token was given to, and is bound to (RFC 8705,
    /// section 3); empty where an earlier program kept it.
    #[serde(default)]
    certificate: String,
    /// Whose they are at the bank, if it said so in a checked id token.
    #[serde(default)]
    subject: Option<String>,
}

/// What is kept beside the tokens of one answer.
struct Held {
    refresh_before: Option<String>,
    expires_at: DateTime<Utc>,
    generation: u32,
    subject: Option<String>,
}

impl Kept {
    /// Whether the access token can be used with the certificate that is shown.
    fn fits(&self, bank: &BankAccess) -> bool {
        self.certificate.is_empty() || self.certificate == bank.certificate.fingerprint
    }

    /// Whether a call may be begun with the access token.
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let ends = (now + TimeDelta::seconds(REFRESH_BEFORE_SECONDS)).timestamp_micros();
        let due = self.refresh_at > 0 && self.refresh_at <= now.timestamp_micros();
        self.expires_at > ends && !due
    }
}

/// One refresh of a consent at a time in this process; those that wait then read what it brought.
pub struct Turns(Vec<tokio::sync::Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| tokio::sync::Mutex::default()).collect())
    }
}

impl Turns {
    fn of(&self, consent_id: ConsentId) -> &tokio::sync::Mutex<()> {
        &self.0[(consent_id.0.as_u128() % TURNS as u128) as usize]
    }
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
    /// The consent the tokens belong to.
    pub consent_id: ConsentId,
    /// The person who gave it.
    pub user_id: UserId,
    /// The chain of causes that what is done to them belongs to.
    pub correlation: Uuid,
    /// The lease a run of reading goes under; everything it stores carries it.
    pub fence: Option<Fence>,
}

impl Holder {
    fn cause(self) -> Cause {
        Cause::new(Actor::Service, self.correlation).under(self.fence)
    }

    fn owner(self) -> Owner {
        Owner::Person(self.user_id)
    }
}

/// Keeps the first tokens of a consent. `subject` is whose they are, where a checked id token says so.
///
/// # Errors
/// [`TokenError`].
pub async fn keep_first(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    tokens: &BankTokens,
    subject: Option<String>,
) -> Result<(), TokenError> {
    let expires_at = ends(app, tokens);
    let held = Held { refresh_before: None, expires_at, generation: 1, subject };
    let fingerprint = put(app, bank, (holder, None), tokens, held).await?;
    let issued = Issued {
        consent_id: holder.consent_id,
        access_expires_at: expires_at,
        refreshable: tokens.refresh.is_some(),
        scope: tokens.scope.clone(),
        access_fingerprint: fingerprint,
    };
    let holder = Holder { fence: None, ..holder };
    execute(app, holder, GrantCommand::Issue(issued)).await.map(|_| ())
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
    usable(app, bank, holder, |kept| kept.is_fresh(app.clock.now()) && kept.fits(bank)).await
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
    usable(app, bank, holder, |kept| !refused.matches(&kept.access) && kept.fits(bank)).await
}

async fn usable(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    good: impl Fn(&Kept) -> bool,
) -> Result<Secret, TokenError> {
    let name = secret_name(holder.consent_id);
    let lease_name = format!("refresh/{}", holder.consent_id);
    let turn = app.turns.of(holder.consent_id);
    let mut first = None;
    // What came while this one waited is taken, however short it lives.
    let came = |kept: &Kept, first: u32| {
        kept.generation > first && kept.expires_at > app.clock.micros() && kept.fits(bank)
    };
    for _ in 0..MOST_LOOKS {
        let kept: Kept = app.secrets.get(&name).await?.ok_or(TokenError::None)?;
        let first = *first.get_or_insert(kept.generation);
        if good(&kept) || came(&kept, first) {
            return Ok(Secret::new(kept.access.as_str()));
        }
        let Ok(_mine) = turn.try_lock() else {
            // Somebody in this process is at it: what they bring is read right after.
            drop(turn.lock().await);
            continue;
        };
        let scope = stream(holder.consent_id);
        if let Some((lease, fence)) = leasing::take(app, &lease_name, scope, LEASE_SECONDS).await? {
            let holder = Holder { fence: Some(fence), ..holder };
            // Whoever held the lease before may have refreshed since the look above.
            let kept: Kept = app.secrets.get(&name).await?.ok_or(TokenError::None)?;
            let result = if good(&kept) || came(&kept, first) {
                Ok(Secret::new(kept.access.as_str()))
            } else {
                tokio::select! {
                    result = refresh::refresh(app, bank, (holder, &lease), &kept) => result,
                    () = leasing::hold(app, &lease, LEASE_SECONDS, HOLD_EVERY) => Err(TokenError::Busy),
                }
            };
            app.leases.give_back(&lease).await?;
            return result;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(TokenError::Busy)
}

/// Destroys the tokens of a consent here.
///
/// # Errors
/// [`TokenError`].
pub async fn destroy(app: &App, holder: Holder, reason: &str) -> Result<(), TokenError> {
    app.secrets.forget(&secret_name(holder.consent_id)).await?;
    let destroyed = Destroyed { reason: reason.to_owned() };
    // Whoever destroys them asks for no lease: nothing may be left, whoever refreshes now.
    let holder = Holder { fence: None, ..holder };
    execute(app, holder, GrantCommand::Destroy(destroyed)).await.map(|_| ())
}

fn ends(app: &App, tokens: &BankTokens) -> DateTime<Utc> {
    app.clock.now() + TimeDelta::seconds(i64::try_from(tokens.expires_in_seconds).unwrap_or(0))
}

/// Puts tokens in the vault, under a lease only while that is held; answers with the access token's
/// keyed fingerprint.
async fn put(
    app: &App,
    bank: &BankAccess,
    (holder, lease): (Holder, Option<&Lease>),
    tokens: &BankTokens,
    held: Held,
) -> Result<String, TokenError> {
    let Held { refresh_before, expires_at, generation, subject } = held;
    let refresh = tokens.refresh.as_ref().map(|token| token.expose().to_owned());
    let chance = u16::from_be_bytes(app.chance.bytes().map_err(VaultError::from)?);
    let refresh_at = grant::refresh_at(app.clock.now(), expires_at, chance);
    // A bank that names no new refresh token means the old one to stay (RFC 6749, section 6).
    let refresh = refresh.or(refresh_before);
    let kept = Kept {
        access: tokens.access.expose().to_owned(),
        expires_at: expires_at.timestamp_micros(),
        // What cannot be replaced is used to its end.
        refresh_at: if refresh.is_some() { refresh_at.timestamp_micros() } else { 0 },
        refresh,
        generation,
        // An aggregator's are bound to the application, whatever certificate it has.
        certificate: match bank.bank.through {
            Some(_) => String::new(),
            None => bank.certificate.fingerprint.clone(),
        },
        subject,
    };
    let owner = SecretOwner::Person(holder.user_id);
    if !app.secrets.put_under(owner, &secret_name(holder.consent_id), &kept, lease).await? {
        return Err(TokenError::Busy);
    }
    fingerprint(app, holder, &kept.access).await
}

async fn fingerprint(app: &App, holder: Holder, access: &str) -> Result<String, TokenError> {
    let key = app.keys.key_of_person(holder.user_id).await.map_err(VaultError::from)?;
    let (_, key) = key.ok_or(TokenError::None)?;
    Ok(hex(&key.fingerprint("access_token", access.as_bytes())[..16]))
}

async fn execute(app: &App, holder: Holder, command: GrantCommand) -> Result<Grant, TokenError> {
    let stream = stream(holder.consent_id);
    match app.ledger.execute::<Grant>(stream, holder.owner(), holder.cause(), command).await {
        Ok(done) => Ok(done.aggregate),
        Err(CommandError::Refused(_)) => Err(TokenError::None),
        Err(CommandError::Ledger(LedgerError::Append(AppendError::Fenced { .. }))) => {
            Err(TokenError::Busy)
        }
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}
