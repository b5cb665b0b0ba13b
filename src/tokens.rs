//! Access tokens of consents: kept in the vault, refreshed before they end, one refresh at a time
//! over all tasks and processes, announced in the log before the bank is asked.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::consent::Consent;
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
/// The bank will not say any more what became of a refresh.
const ANSWER_LOST: &str = "refresh_answer_lost";
/// The vault holds tokens older than the log knows of: it was restored from a copy.
const OLDER_THAN_LOG: &str = "tokens_older_than_log";
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
        Cause::new(Actor::Service, self.correlation).under(self.fence)
    }

    fn owner(self) -> Owner {
        Owner::Person(self.user_id)
    }
}

/// Keeps the first tokens of a consent.
///
/// # Errors
/// [`TokenError`].
pub async fn keep_first(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    tokens: &BankTokens,
) -> Result<(), TokenError> {
    let expires_at = ends(app, tokens);
    let fingerprint = put(app, bank, (holder, None), tokens, (None, expires_at, 1)).await?;
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
                    result = refresh(app, bank, (holder, &lease), &kept) => result,
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

fn over(code: &str) -> TokenError {
    TokenError::ConfirmationNeeded { code: code.to_owned() }
}

/// Asks the bank for the next tokens. The lease is held. Each call is announced before it is made:
/// an announcement without a result, also of a process that died, is a call that may have happened.
async fn refresh(
    app: &App,
    bank: &BankAccess,
    (holder, lease): (Holder, &Lease),
    kept: &Kept,
) -> Result<Secret, TokenError> {
    let mut grant = app.ledger.load::<Grant>(stream(holder.consent_id)).await?.aggregate;
    if let Some(code) = &grant.over {
        return Err(over(code));
    }
    if grant.refreshing && kept.generation == grant.generation + 1 {
        // A process died between keeping the new tokens and saying so.
        let ends_at = DateTime::from_timestamp_micros(kept.expires_at).unwrap_or_default();
        let access_fingerprint = fingerprint(app, holder, &kept.access).await?;
        let access_expires_at = ends_at;
        let record =
            GrantCommand::RecordRefresh { access_expires_at, rotated: true, access_fingerprint };
        grant = execute(app, holder, record).await?;
        if kept.is_fresh(app.clock.now()) && kept.fits(bank) {
            return Ok(Secret::new(kept.access.as_str()));
        }
    }
    let Some(refresh_token) = kept.refresh.as_deref().map(Secret::from) else {
        return Err(over("not_refreshable"));
    };
    if kept.generation < grant.generation {
        // The bank took this token back long ago; showing it again would look like theft.
        execute(app, holder, GrantCommand::IntendRefresh).await?;
        fail(app, holder, OLDER_THAN_LOG, true).await?;
        return Err(over(OLDER_THAN_LOG));
    }
    let scope = asked_scope(app, bank, holder).await?;
    while grant.may_ask() {
        grant = execute(app, holder, GrantCommand::IntendRefresh).await?;
        match ask(app, bank, &scope, &refresh_token).await {
            Ok(tokens) => return refreshed(app, bank, (holder, lease), kept, tokens).await,
            // The bank may have acted on it: once more with the same token, which a bank that
            // rotates accepts for a short while, and then never again.
            Err(BankError::AnswerLost | BankError::TimedOut) => {}
            Err(error) => {
                let ended = ends_the_grant(&error);
                fail(app, holder, error.code(), ended).await?;
                return Err(if ended { over(error.code()) } else { error.into() });
            }
        }
    }
    fail(app, holder, ANSWER_LOST, true).await?;
    Err(over(ANSWER_LOST))
}

/// Whether a refusal is about the tokens, and not about us or the bank's own trouble (RFC 6749,
/// section 5.2).
fn ends_the_grant(error: &BankError) -> bool {
    const ABOUT_US: [&str; 5] = [
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    match error {
        BankError::Refused { status: 400 | 401, code } => !ABOUT_US.contains(&code.as_str()),
        BankError::Refused { code, .. } => code == "invalid_grant",
        _ => false,
    }
}

/// Records that a refresh came to nothing, and whether that is final.
async fn fail(app: &App, holder: Holder, code: &str, terminal: bool) -> Result<(), TokenError> {
    let record = GrantCommand::RecordFailure { code: code.to_owned(), terminal };
    execute(app, holder, record).await.map(|_| ())
}

/// Keeps what a refresh brought, and says so.
async fn refreshed(
    app: &App,
    bank: &BankAccess,
    (holder, lease): (Holder, &Lease),
    kept: &Kept,
    tokens: BankTokens,
) -> Result<Secret, TokenError> {
    let expires_at = ends(app, &tokens);
    let (under, before) = ((holder, Some(lease)), kept.refresh.clone());
    let access_fingerprint =
        put(app, bank, under, &tokens, (before, expires_at, kept.generation + 1)).await?;
    let record = GrantCommand::RecordRefresh {
        access_expires_at: expires_at,
        rotated: tokens.refresh.is_some(),
        access_fingerprint,
    };
    execute(app, holder, record).await?;
    Ok(tokens.access)
}

async fn ask(
    app: &App,
    bank: &BankAccess,
    scope: &str,
    token: &Secret,
) -> Result<BankTokens, BankError> {
    let caller = bank.caller(app, None).map_err(|_| BankError::NotSent { what: "no_chance" })?;
    let standard = bank.bank.standard;
    let answer = bank.transport.send(&standard.refresh(&bank.bank, &caller, token)?).await?;
    standard.read_tokens(&answer, scope)
}

/// The scope a consent was asked with.
async fn asked_scope(app: &App, bank: &BankAccess, holder: Holder) -> Result<String, TokenError> {
    let stream = StreamId::new(Category::Consent, holder.consent_id.0);
    let consent = app.ledger.load::<Consent>(stream).await?.aggregate;
    let authorization_id = consent.authorization_id.unwrap_or_default();
    Ok(bank.bank.standard.consent_scope(&authorization_id))
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
    (refresh_before, expires_at, generation): (Option<String>, DateTime<Utc>, u32),
) -> Result<String, TokenError> {
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
