//! Files of statements that a person brings: read, compared with what is known, shown before
//! anything is stored, and recorded by the reconciliation that serves a bank's own answers. The
//! exact bytes are kept first, sealed under the person's key.

mod decide;
mod keep;
mod target;

pub(crate) use decide::newest_first;
pub use target::FILE;

use domain::account::AccountRefusal;
use domain::id::{AccountId, ImportId, UserId};
use domain::import::{ImportCompleted, ImportRefusal};
use domain::money::Currency;
use domain::observed::{AccountKind, ObservedTransaction};
use formats::{AccountStatement, BalanceCheck, Broken, Format, Hints, Mapping, Reading};
use projections::database::DatabaseError;
use uuid::Uuid;

use crate::app::App;
use crate::ledger::LedgerError;
use crate::sync::SyncError;
use crate::vault::VaultError;

/// Rows of each account that a preview shows.
pub const ROWS_SHOWN: usize = 200;
/// Most accounts that one file may tell of.
pub const MOST_ACCOUNTS: usize = 50;

/// A file, and what the person says of it.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// What the person calls it.
    pub file_name: Option<String>,
    /// How to read it, where it does not say.
    pub mapping: Option<Mapping>,
    /// The currency, where neither file nor mapping nor account names one.
    pub currency: Option<Currency>,
    /// Which account it is of, where it does not say.
    pub target: Target,
    /// Import it although its balances do not agree with its rows.
    pub despite_balance: bool,
}

/// Which account a file is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The one the file names.
    #[default]
    AsNamed,
    /// An account that is known.
    Known(AccountId),
    /// One fed by files alone, under a name of the person's.
    Named(String),
}

/// Why a file is not imported. Nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The file does not say which account it is of.
    #[error("the file does not say which account it is of; choose one, or name a new one")]
    NoAccount,
    /// The person has no such account.
    #[error("there is no such account here")]
    UnknownAccount,
    /// The file is of another account or currency than the one that was chosen.
    #[error("the file is of another account, or in another currency, than the one that was chosen")]
    OtherAccount,
    /// The file tells of more than [`MOST_ACCOUNTS`] accounts, or of several where one was chosen.
    #[error("the file tells of several accounts; import it without choosing one")]
    SeveralAccounts,
    /// Balances and rows of the file do not agree.
    #[error("the balances of the file and its rows do not agree: rows are missing or changed")]
    BalancesDiffer,
    /// A name is empty or too long.
    #[error("a name of an account has 1 to {} characters", target::LONGEST_NAME)]
    Name,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The read models failed.
    #[error(transparent)]
    Read(#[from] DatabaseError),
    /// The account or the import refused.
    #[error("{0}")]
    Refused(String),
    /// The read models lag, or the service stops.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<AccountRefusal> for ImportError {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<ImportRefusal> for ImportError {
    fn from(refusal: ImportRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl ImportError {
    /// A stable word for it; the page words it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Broken(broken) => broken.problem.code(),
            Self::NoAccount => "no_account",
            Self::UnknownAccount => "unknown_account",
            Self::OtherAccount => "other_account",
            Self::SeveralAccounts => "several_accounts",
            Self::BalancesDiffer => "balances_differ",
            Self::Name => "account_name",
            _ => "internal",
        }
    }

    /// The line it shows at, if it is about a line.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Broken(broken) => Some(broken.line).filter(|line| *line > 0),
            _ => None,
        }
    }
}

/// What a row of a file would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A transaction that is not known.
    New,
    /// One that is known.
    Same,
    /// A pending one that is booked by it.
    Settles,
    /// It may be a known one: the person is asked.
    Doubtful,
}

/// A row of a file and what it would be.
#[derive(Clone, Debug)]
pub struct ShownRow {
    /// Its line in the file.
    pub line: u32,
    /// What it says.
    pub observed: ObservedTransaction,
    /// What it would be.
    pub verdict: Verdict,
}

/// What a file would add to one account.
#[derive(Clone, Debug)]
pub struct AccountPreview {
    /// The account; none if the file would open it.
    pub account_id: Option<AccountId>,
    /// Its number, or its name.
    pub identifier: String,
    /// What it is called.
    pub name: String,
    /// What kind it is.
    pub kind: AccountKind,
    /// Whether a bank's interface shows it, or showed it.
    pub fed_by_bank: bool,
    /// What the file says of it.
    pub statement: AccountStatement,
    /// How many rows would be new, the same, settle a pending one, be doubtful.
    pub counts: Counts,
    /// The first rows, newest first, those that change something before the others.
    pub rows: Vec<ShownRow>,
}

/// Rows by what they would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions that are not known yet.
    pub new: u32,
    /// Known transactions of which the file says nothing new.
    pub same: u32,
    /// Booking a pending one.
    pub settles: u32,
    /// Put to the person.
    pub doubtful: u32,
}

/// What a file would add.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its format.
    pub format: Format,
    /// How it was read, where that is not plain.
    pub mapping: Option<Mapping>,
    /// What each of its statements would add to its account.
    pub accounts: Vec<AccountPreview>,
}

/// What a file added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The import.
    pub import_id: ImportId,
    /// The accounts it told of.
    pub accounts: Vec<AccountId>,
    /// What it came to.
    pub completed: ImportCompleted,
    /// Whether this very file had been imported before: then nothing was done now.
    pub before: bool,
    /// The position of the last event.
    pub position: u64,
}

/// Reads a file, with the currency of the account that was chosen, if nothing else names one.
async fn read(app: &App, user_id: UserId, brought: &Brought) -> Result<Reading, ImportError> {
    let mut currency = brought.currency;
    if let (None, Target::Known(account_id)) = (currency, &brought.target) {
        let row = app.read.accounts().one(user_id, *account_id).await?;
        currency = Some(row.ok_or(ImportError::UnknownAccount)?.currency);
    }
    let hints = Hints { mapping: brought.mapping.clone(), currency };
    Ok(formats::read(&brought.bytes, &hints)?)
}

/// The accounts of a file, each with the account of the ledger it stands for.
async fn accounts(
    app: &App,
    user_id: UserId,
    brought: &Brought,
    reading: &Reading,
) -> Result<Vec<(target::Account, AccountStatement)>, ImportError> {
    let statements = reading.file.accounts();
    let chosen = brought.target != Target::AsNamed;
    if statements.len() > MOST_ACCOUNTS || (chosen && statements.len() > 1) {
        return Err(ImportError::SeveralAccounts);
    }
    let mut found: Vec<(target::Account, AccountStatement)> = Vec::new();
    for statement in statements {
        let account = target::find(app, user_id, &brought.target, &statement).await?;
        if found.iter().any(|(other, _)| other.opened.account_id == account.opened.account_id) {
            return Err(ImportError::SeveralAccounts);
        }
        found.push((account, statement));
    }
    Ok(found)
}

/// Tells what a file would add. Nothing is stored.
///
/// # Errors
/// [`ImportError`].
pub async fn preview(
    app: &App,
    user_id: UserId,
    brought: &Brought,
) -> Result<Preview, ImportError> {
    let reading = read(app, user_id, brought).await?;
    let mut previews = Vec::new();
    for (account, statement) in accounts(app, user_id, brought, &reading).await? {
        previews.push(decide::preview(app, account, statement).await?);
    }
    let Reading { file, mapping } = reading;
    Ok(Preview { format: file.format, mapping, accounts: previews })
}

/// Imports a file. The same file read in the same way is imported once; one that broke off is taken
/// up where it stopped.
///
/// # Errors
/// [`ImportError`]; what it says is wrong with the file is found before anything is stored.
pub async fn import(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    brought: &Brought,
) -> Result<Imported, ImportError> {
    let reading = read(app, user_id, brought).await?;
    let accounts = accounts(app, user_id, brought, &reading).await?;
    let breaks = |statement: &AccountStatement| {
        matches!(statement.check, BalanceCheck::Breaks { .. }) && !brought.despite_balance
    };
    if accounts.iter().any(|(_, statement)| breaks(statement)) {
        return Err(ImportError::BalancesDiffer);
    }
    let kept = keep::keep(app, user_id, correlation, brought, &reading).await?;
    let mut position = kept.position;
    let ids = accounts.iter().map(|(account, _)| account.opened.account_id).collect();
    if let Some(completed) = kept.completed {
        let import_id = kept.import_id;
        return Ok(Imported { import_id, accounts: ids, completed, before: true, position });
    }
    let mut completed = ImportCompleted { accounts: 0, rows: 0, new: 0, doubtful: 0 };
    for (account, statement) in accounts {
        let read = decide::record(app, correlation, kept.import_id, account, statement).await?;
        completed.accounts += 1;
        completed.rows += read.rows;
        completed.new += read.new;
        completed.doubtful += read.doubtful;
        keep::finish_statement(app, user_id, correlation, kept.import_id, read).await?;
    }
    let done = keep::complete(app, user_id, correlation, kept.import_id, completed.clone()).await?;
    position = position.max(done);
    let import_id = kept.import_id;
    Ok(Imported { import_id, accounts: ids, completed, before: false, position })
}
