//! Copies of the whole state: from store to store, into a backup, and back.
//!
//! Log and keys lie in files of their own, so that backups of keys can be let go earlier than those
//! of the log: without its key, what is sealed about a person stays sealed for ever.

mod check;
mod made;
mod restored;
mod vault;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use projections::database::{Database, DatabaseError};
use projections::{ReadLocation, ReadModelError};
use sqlx::postgres::PgPool;
use transparency::tree::Frontier;

pub use check::{Checked, Problem, check_log};
pub use made::{LOG_FILE, MANIFEST_FILE, Manifest, ProjectionDigest, back_up};
pub use restored::{Backup, Restored, restore, verify};
pub use vault::TableSum;

use crate::app::{self, OpenError, Options, RootKey, Storage};
use crate::ledger::store::{
    AdoptError, AppendError, EventLog, Head, MOST_EVENTS_A_PAGE, ReadError,
};
use crate::vault::keys::{Keys, KeysError, RootKeyError};
use vault::VaultSnapshot;

/// Events copied at once.
const EVENTS_A_STEP: usize = 500;
/// Tries of one step whose outcome was lost.
const MOST_TRIES: u32 = 16;

/// Why a copy, a backup or a restore came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A part of the state cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A log cannot be opened.
    #[error(transparent)]
    Log(#[from] crate::ledger::store::OpenError),
    /// A log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A log does not take events.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// The vault's database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The root key.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// The read models.
    #[error(transparent)]
    ReadModels(#[from] ReadModelError),
    /// A database, in words without its content.
    #[error("a database cannot be used: {0}")]
    Sql(String),
    /// A table of the vault is in no form that can be copied.
    #[error("the vault's table `{0}` has a form this program does not copy")]
    VaultTable(String),
    /// There is no log where the state should be.
    #[error("there is no event log in {0}; say where it is with --data or --postgres")]
    NoState(PathBuf),
    /// The root key is not there.
    #[error("the root key {0} is not there; name it with --root-key-file")]
    NoRootKey(PathBuf),
    /// The target has something else.
    #[error("the target holds another log: {0}; choose an empty target")]
    OtherLog(String),
    /// The target's vault has keys the source has not.
    #[error("the target's vault holds keys that the source has not; choose an empty target")]
    OtherKeys,
    /// The target is not empty.
    #[error("{0} is not empty; choose a new directory")]
    NotEmpty(PathBuf),
    /// The target database is not empty.
    #[error("the target database holds a log already; choose an empty one")]
    NotEmptyDatabase,
    /// What was written is not what was read.
    #[error("the copy differs from its source: {0}")]
    Differs(String),
    /// The directory holds no whole backup.
    #[error("{0} holds no whole backup: its manifest is missing, so making it was interrupted")]
    NotWhole(PathBuf),
    /// A part of the backup is not as it was made.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A read model stopped.
    #[error("the read model `{name}` stopped: {reason}")]
    Stopped {
        /// Which.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// A file.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

impl BackupError {
    // Both take the whole error, to stand in `map_err`; SQLite's and PostgreSQL's texts can hold
    // values, so only codes are kept.
    #[allow(clippy::needless_pass_by_value)]
    fn sqlite(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|code| code.extended_code);
        Self::Sql(code.map_or_else(|| "SQLite".to_owned(), |code| format!("SQLite code {code}")))
    }

    #[allow(clippy::needless_pass_by_value)]
    fn postgres(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        Self::Sql(code.map_or_else(
            || "the connection to PostgreSQL failed".to_owned(),
            |code| format!("SQLSTATE {code}"),
        ))
    }

    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |cause| Self::File { path, cause }
    }
}

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, in a word.
    pub what: &'static str,
    /// Done so far.
    pub done: u64,
    /// How much there is to do.
    pub total: u64,
}

/// Log and vault of one place, open for copying.
pub struct State {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The vault.
    pub vault: Database,
    /// The notary's tree.
    pub notary: Database,
    location: ReadLocation,
    data_directory: PathBuf,
}

impl State {
    /// Opens what is there. A service may be running on it.
    ///
    /// # Errors
    /// [`BackupError::NoState`] if there is no log; otherwise why it cannot be opened.
    pub async fn existing(options: &Options) -> Result<Self, BackupError> {
        let directory = &options.data_directory;
        if options.postgres_url.is_none() && !directory.join(LOG_FILE).exists() {
            return Err(BackupError::NoState(directory.clone()));
        }
        Self::open(options).await
    }

    /// Opens a place to write to, making it if it is not there.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn open(options: &Options) -> Result<Self, BackupError> {
        let Storage { log, vault, notary, location } = Storage::open(options).await?;
        Ok(Self { log, vault, notary, location, data_directory: options.data_directory.clone() })
    }

    async fn vault_snapshot(&self) -> Result<VaultSnapshot, BackupError> {
        match &self.location {
            ReadLocation::Sqlite { .. } => {
                VaultSnapshot::of_file(&self.data_directory.join("vault.db"))
            }
            ReadLocation::Postgres { pool } => VaultSnapshot::of_postgres(pool).await,
        }
    }

    /// Connections to the database, if it is PostgreSQL.
    #[must_use]
    pub fn pool(&self) -> Option<&PgPool> {
        match &self.location {
            ReadLocation::Sqlite { .. } => None,
            ReadLocation::Postgres { pool } => Some(pool),
        }
    }
}

/// The keys of a vault, under the root key that is there: none is made.
///
/// # Errors
/// [`BackupError`] if the root key is missing or not the one of these keys.
pub async fn keys_of(vault: &Database, options: &Options) -> Result<Arc<Keys>, BackupError> {
    let file = match &options.root_key {
        RootKey::DataDirectory => Some(root_key_file(options)),
        RootKey::File(path) => Some(path.clone()),
        RootKey::Environment(_) => None,
    };
    if let Some(missing) = file.filter(|file| !file.exists()) {
        return Err(BackupError::NoRootKey(missing));
    }
    let provider = app::root_key(options)?;
    let Options { chance, clock, .. } = options.clone();
    let keys = Keys::new(vault.clone(), provider, chance, clock);
    let any = "SELECT key_id FROM data_key WHERE wrapped IS NOT NULL ORDER BY key_id LIMIT 1";
    let rows = vault.query(projections::database::sql(any, vec![])).await?;
    if let Some(row) = rows.into_iter().next() {
        // A wrong root key shows here, before anything waits for it.
        keys.key(projections::database::RowReader::new(row).parsed()?).await?;
    }
    Ok(Arc::new(keys))
}

/// Where a data directory has its root key.
#[must_use]
pub fn root_key_file(options: &Options) -> PathBuf {
    options.data_directory.join("root.key")
}

/// Copies a log up to a head into another, which holds a beginning of it or nothing.
///
/// # Errors
/// [`BackupError::OtherLog`] if the target holds something else; then nothing was written.
pub async fn copy_log(
    source: &dyn EventLog,
    head: Head,
    target: &dyn EventLog,
    mut progress: impl FnMut(Progress),
) -> Result<(), BackupError> {
    let begun = target.head().await?;
    is_prefix(source, head, target, begun).await?;
    let mut after = begun.position;
    let mut tries = 0;
    while after < head.position {
        let most = usize::try_from(head.position - after).unwrap_or(EVENTS_A_STEP);
        let page = source.read_all(after, most.min(EVENTS_A_STEP)).await?;
        let first = page.first().ok_or(ReadError::Damaged(after + 1))?.position;
        if let Some(stored) = page.iter().find(|stored| check::leaf_of(stored).is_none()) {
            return Err(ReadError::Damaged(stored.position).into());
        }
        match target.adopt(page).await {
            Ok(now) => (after, tries) = (now.position, 0),
            Err(AdoptError::Store(AppendError::Unknown)) if tries < MOST_TRIES => {
                // The answer was lost; the target knows how far it came.
                (after, tries) = (target.head().await?.position, tries + 1);
            }
            // The source misses a row.
            Err(AdoptError::DoesNotFollow { head, .. }) if first > head + 1 => {
                return Err(ReadError::Damaged(head + 1).into());
            }
            Err(error) => return Err(error.into()),
        }
        progress(Progress { what: "log", done: after, total: head.position });
    }
    let there = target.head().await?;
    if there == head {
        return Ok(());
    }
    Err(BackupError::Differs(format!("it ends at {}, not {}", there.position, head.position)))
}

/// Whether the target's events are the first events of the source: its root has to be the one over
/// as many of the source's leaves.
async fn is_prefix(
    source: &dyn EventLog,
    head: Head,
    target: &dyn EventLog,
    begun: Head,
) -> Result<(), BackupError> {
    let other = |cause: String| Err(BackupError::OtherLog(cause));
    if begun.position > head.position {
        return other(format!("it has {} events, the source {}", begun.position, head.position));
    }
    if source.hash_at(begun.position).await? != target.hash_at(begun.position).await? {
        return other(format!("position {} holds another event", begun.position));
    }
    let mut frontier = Frontier::default();
    while frontier.size() < begun.position {
        let left = usize::try_from(begun.position - frontier.size()).unwrap_or(MOST_EVENTS_A_PAGE);
        let leaves = source.leaf_hashes(frontier.size(), left.min(MOST_EVENTS_A_PAGE)).await?;
        if leaves.is_empty() {
            return Err(ReadError::Damaged(frontier.size() + 1).into());
        }
        leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    }
    if frontier.root() == begun.root {
        return Ok(());
    }
    other(format!("its first {} events are not those of the source", begun.position))
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where the target began.
    pub begun: u64,
    /// The end of the source.
    pub source: Head,
    /// The end of the target.
    pub target: Head,
    /// The vault's tables, the same on both sides.
    pub tables: BTreeMap<String, TableSum>,
}

/// Copies log and vault into another place, record for record. A second run goes on at the target's
/// end; the vault's tables are put in place anew.
///
/// # Errors
/// [`BackupError`]; a target with another log or other keys is left as it is.
pub async fn copy(
    source: &State,
    target: &State,
    progress: impl FnMut(Progress),
) -> Result<Copied, BackupError> {
    let head = source.log.head().await?;
    let begun = target.log.head().await?.position;
    if vault::has_other_keys(&mut target.vault_snapshot().await?, &source.vault).await? {
        return Err(BackupError::OtherKeys);
    }
    copy_log(&*source.log, head, &*target.log, progress).await?;
    // After the log: every key that seals one of its events is there by now.
    let mut snapshot = source.vault_snapshot().await?;
    snapshot.copy_to(&target.vault, |_| true).await?;
    let tables = snapshot.sums(|_| true).await?;
    let there = target.vault_snapshot().await?.sums(|_| true).await?;
    if let Some((name, _)) = tables.iter().find(|(name, sum)| there.get(*name) != Some(*sum)) {
        return Err(BackupError::Differs(format!("the vault's table `{name}`")));
    }
    Ok(Copied { begun, source: head, target: target.log.head().await?, tables })
}
