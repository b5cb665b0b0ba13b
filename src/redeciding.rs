//! New rules over all history: the answers of banks and the files that are kept are decided again by the rules of
//! this program, beside what the log says, and the difference is shown before anything is stored.
//! Accepting it appends the events that make it so, and is refused if the log moved on meanwhile.

mod account;
mod answers;
mod files;
mod looks;
pub mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::account::{Account, AccountEvent};
use domain::event::Event;
use domain::id::{AccountId, BankId, UserId};
use domain::reconcile::{RULES_VERSION, reconcile};
use domain::redecide::{Difference, Rules};
use projections::database::DatabaseError;
use projections::habits::BankPast;
use serde::Serialize;

use crate::app::App;
use crate::ledger::store::AppendError;
use crate::ledger::{Cause, LedgerError, Owner};
use crate::sync::SyncError;
use crate::sync::record::{caught_up, stream};
use crate::vault::crypto::sha256_hex;
use crate::world::NoChance;

pub use looks::{Look, Looks, look};

/// Events of one append.
const EVENTS_AN_APPEND: usize = 500;

/// Of which accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of one person alone.
    pub user_id: Option<UserId>,
    /// One account alone.
    pub account_id: Option<AccountId>,
    /// Only those with windows that older rules decided.
    pub older_only: bool,
}

/// What newer rules make of one account.
#[derive(Clone, Debug)]
pub struct AccountPreview {
    /// Which.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// Up to which event of its stream was looked at.
    pub version: u64,
    /// What would change.
    pub difference: Difference,
    /// Of all this; names what is accepted.
    pub digest: String,
}

/// What newer rules make of the past.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The version of the rules.
    pub rules: u32,
    /// How long the log was.
    pub position: u64,
    /// Names what is accepted: it differs if anything does.
    pub digest: String,
    /// Every account that was looked at.
    pub accounts: Vec<AccountPreview>,
}

impl Preview {
    /// How much would change.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.accounts.iter().map(|account| account.difference.items.len()).sum()
    }
}

/// Accounts in which nothing would change, and up to which event of their streams that was looked at: they
/// are not looked at again. The past of an account is never another one, so that stays true.
pub type Clean = BTreeMap<AccountId, u64>;

/// How far a look over the past is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Accounts that are done.
    pub accounts_done: usize,
    /// Accounts in all.
    pub accounts: usize,
    /// Windows that are done, of all accounts.
    pub windows_done: u64,
}

/// What accepting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// How much was changed now.
    pub changes: usize,
    /// Up to where it is recorded; none if nothing had to be.
    pub position: Option<u64>,
}

/// Why the past could not be looked at, or its difference not be accepted.
#[derive(Debug, thiserror::Error)]
pub enum RedecideError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read models have not caught up.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] DatabaseError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The preview could not be written as bytes.
    #[error("the difference cannot be written down")]
    Encode,
    /// There is no such account in this scope.
    #[error("there is no such account")]
    UnknownAccount,
    /// What would change is no longer what was shown.
    #[error(
        "the log moved on since the preview: it ends at position {position} now, and what would \
         change has the digest {digest}; look at a new preview and accept that"
    )]
    MovedOn {
        /// Where the log ends now.
        position: u64,
        /// Of what would change now.
        digest: String,
    },
}

/// What is digested of one account.
#[derive(Serialize)]
struct Digested<'a> {
    account_id: AccountId,
    version: u64,
    rules: u32,
    events: &'a [AccountEvent],
}

fn digest_of(
    account_id: AccountId,
    version: u64,
    difference: &Difference,
) -> Result<String, RedecideError> {
    let events = difference.events();
    let digested = Digested { account_id, version, rules: RULES_VERSION, events: &events };
    let bytes = serde_json::to_vec(&digested).map_err(|_| RedecideError::Encode)?;
    Ok(sha256_hex(&bytes))
}

/// Over the digests of all accounts in which something would change.
fn digest_over(parts: &[(AccountId, String)]) -> String {
    let mut text = format!("rules {RULES_VERSION}\n");
    for (account_id, digest) in parts {
        text.push_str(&format!("{account_id} {digest}\n"));
    }
    sha256_hex(text.as_bytes())
}

/// Runs the rules of this program over the past, and stores nothing.
///
/// # Errors
/// [`RedecideError`] if the past cannot be read.
pub async fn preview(
    app: &App,
    scope: Scope,
    clean: &mut Clean,
    told: impl FnMut(Progress) + Send,
) -> Result<Preview, RedecideError> {
    preview_by(app, reconcile, scope, clean, told).await
}

/// The same with other rules.
///
/// # Errors
/// See [`preview`].
pub async fn preview_by(
    app: &App,
    rules: Rules,
    scope: Scope,
    clean: &mut Clean,
    mut told: impl FnMut(Progress) + Send,
) -> Result<Preview, RedecideError> {
    caught_up(app).await?;
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    let chosen = accounts(app, scope).await?;
    let mut progress = Progress { accounts: chosen.len(), ..Progress::default() };
    let mut pasts = HashMap::<BankId, BankPast>::new();
    let (mut accounts, mut parts) = (Vec::new(), Vec::new());
    for (account_id, user_id) in chosen {
        told(progress);
        progress.accounts_done += 1;
        if let Some(version) = clean.get(&account_id).copied()
            && app.ledger.load::<Account>(stream(account_id)).await?.version == version
        {
            let difference = Difference::default();
            let digest = digest_of(account_id, version, &difference)?;
            accounts.push(AccountPreview { account_id, user_id, version, difference, digest });
            continue;
        }
        let whose = account::Whose { account_id, user_id };
        let mut window_done = || {
            progress.windows_done += 1;
            told(progress);
        };
        let looked = account::look(app, rules, whose, &mut pasts, &mut window_done).await?;
        // Whoever is erased meanwhile has no past any more.
        let Some((version, difference)) = looked else { continue };
        let digest = digest_of(account_id, version, &difference)?;
        match difference.is_empty() {
            true => _ = clean.insert(account_id, version),
            false => parts.push((account_id, digest.clone())),
        }
        accounts.push(AccountPreview { account_id, user_id, version, difference, digest });
    }
    told(progress);
    let digest = digest_over(&parts);
    Ok(Preview { rules: RULES_VERSION, position: head.position, digest, accounts })
}

/// The accounts of a scope, with whose they are.
async fn accounts(app: &App, scope: Scope) -> Result<Vec<(AccountId, UserId)>, RedecideError> {
    let habits = app.read.habits();
    let mut accounts = match scope.older_only {
        true => {
            let older = habits.decided_before(RULES_VERSION, scope.user_id).await?;
            older.iter().map(|older| (older.account_id, older.user_id)).collect()
        }
        false => habits.accounts(scope.user_id).await?,
    };
    if let Some(account_id) = scope.account_id {
        accounts.retain(|(id, _)| *id == account_id);
        if accounts.is_empty() {
            return Err(RedecideError::UnknownAccount);
        }
    }
    Ok(accounts)
}

/// Makes the difference so that a preview of the same scope showed. What was stopped half-way goes on
/// with the same digest; an account of which anything else was recorded since is refused.
///
/// # Errors
/// [`RedecideError::MovedOn`] if what would change is another thing now; nothing is stored then.
pub async fn accept(
    app: &App,
    scope: Scope,
    cause: Cause,
    digest: &str,
    told: impl FnMut(Progress) + Send,
) -> Result<Accepted, RedecideError> {
    accept_by(app, reconcile, scope, cause, digest, told).await
}

/// The same with other rules.
///
/// # Errors
/// See [`accept`].
pub async fn accept_by(
    app: &App,
    rules: Rules,
    scope: Scope,
    cause: Cause,
    digest: &str,
    told: impl FnMut(Progress) + Send,
) -> Result<Accepted, RedecideError> {
    let now = preview_by(app, rules, scope, &mut Clean::new(), told).await?;
    let mut parts = Vec::new();
    for account in &now.accounts {
        let state = app.ledger.load::<Account>(stream(account.account_id)).await?.aggregate;
        let done = state.redecided.filter(|done| done.accepted == digest && done.changes > 0);
        match done {
            Some(done) => parts.push((account.account_id, done.digest)),
            None if account.difference.is_empty() => {}
            None => parts.push((account.account_id, account.digest.clone())),
        }
    }
    if digest_over(&parts) != digest {
        return Err(RedecideError::MovedOn { position: now.position, digest: now.digest });
    }
    append_all(app, cause, &now, digest).await
}

/// Makes so what a preview of whole persons showed; of an account that anything was recorded of since,
/// nothing is changed.
///
/// # Errors
/// [`RedecideError::MovedOn`] if an account has moved on.
pub async fn record_all(
    app: &App,
    cause: Cause,
    preview: &Preview,
) -> Result<Accepted, RedecideError> {
    append_all(app, cause, preview, &preview.digest).await
}

async fn append_all(
    app: &App,
    cause: Cause,
    preview: &Preview,
    accepted: &str,
) -> Result<Accepted, RedecideError> {
    let older = app.read.habits().decided_before(RULES_VERSION, None).await?;
    let older: BTreeSet<_> = older.iter().map(|older| older.account_id).collect();
    let mut done = Accepted { changes: 0, position: None };
    for account in &preview.accounts {
        // What older rules decided, and these decide so too, need not be looked at again.
        if account.difference.is_empty() && !older.contains(&account.account_id) {
            continue;
        }
        let position = append(app, cause, account, accepted, preview.position).await?;
        done.changes += account.difference.items.len();
        done.position = done.position.max(Some(position));
    }
    Ok(done)
}

/// Appends what makes one account's past so; at the version that was looked at.
async fn append(
    app: &App,
    cause: Cause,
    account: &AccountPreview,
    accepted: &str,
    looked_at: u64,
) -> Result<u64, RedecideError> {
    let mut events = account.difference.events();
    let digest = account.digest.clone();
    events.push(account.difference.end(account.version, digest, accepted.to_owned()));
    let (mut version, mut position) = (account.version, 0);
    let owner = Owner::Person(account.user_id);
    let mut events = events.into_iter().map(Event::Account).peekable();
    while events.peek().is_some() {
        let chunk: Vec<_> = events.by_ref().take(EVENTS_AN_APPEND).collect();
        let stream = stream(account.account_id);
        let appended = app.ledger.append_at(stream, owner, cause, version, chunk).await;
        let appended = appended.map_err(|error| match error {
            LedgerError::Append(AppendError::Conflict { .. }) => {
                RedecideError::MovedOn { position: looked_at, digest: account.digest.clone() }
            }
            error => error.into(),
        })?;
        (version, position) = (appended.version, appended.last);
    }
    Ok(position)
}
