//! Where the service's state is, and how it is opened: directories, databases, the root key.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use projections::database::{Database, DatabaseError, Durability};
use projections::{ReadLocation, ReadModelError};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

#[cfg(feature = "kurrent")]
use crate::ledger::store::KurrentLog;
use crate::ledger::store::{self, EventLog, PostgresLog, SqliteLog};
use crate::notary::NotaryError;
use crate::vault::keys::{ChangingRootKey, HeldRootKey, KeyProvider, RootKeyError};
use crate::vault::{self, VaultError};
use crate::world::{Chance, Clock};

/// Connections to PostgreSQL.
const MOST_CONNECTIONS: u32 = 12;
/// How long a connection to PostgreSQL may take to be had.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);
/// How long PostgreSQL waits inside a transaction for its process to go on. A process that was stopped
/// or cut off would hold the head's lock, and every other process, for as long as its socket lives.
const IDLE_IN_TRANSACTION: &str = "5s";

/// Where the root key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKey {
    /// In a file of the data directory, made at the first start.
    DataDirectory,
    /// In a file.
    File(PathBuf),
    /// In an environment variable, in hexadecimal digits.
    Environment(String),
}

/// Where events are kept in KurrentDB.
#[derive(Clone)]
pub struct KurrentAddress {
    /// Its connection string.
    pub url: crate::connectors::Secret,
    /// What the names of all streams begin with: small letters and digits.
    pub prefix: String,
}

/// How to open the service's state.
#[derive(Clone)]
pub struct Options {
    /// Where everything is that is not in PostgreSQL.
    pub data_directory: PathBuf,
    /// A PostgreSQL address; none for SQLite files in the data directory.
    pub postgres_url: Option<crate::connectors::Secret>,
    /// Events in KurrentDB, with everything else in PostgreSQL; none for events beside the rest.
    pub kurrent: Option<KurrentAddress>,
    /// Where the root key is.
    pub root_key: RootKey,
    /// A file with the root key before it, while it is being changed: what was wrapped under it opens.
    pub former_root_key: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub chance: Chance,
}

impl Options {
    /// SQLite in a directory, with the machine's clock and chance.
    #[must_use]
    pub fn in_directory(data_directory: &Path) -> Self {
        Self {
            data_directory: data_directory.to_owned(),
            postgres_url: None,
            kurrent: None,
            root_key: RootKey::DataDirectory,
            former_root_key: None,
            clock: Clock::real(),
            chance: Chance::real(),
        }
    }
}

/// Why the service's state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or written.
    #[error("the data directory {path} cannot be used: {cause}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Another process has it.
    #[error("the data directory {0} is in use by another `opl`; stop that one first")]
    InUse(PathBuf),
    /// PostgreSQL cannot be reached.
    #[error("PostgreSQL cannot be reached: {0}")]
    Postgres(String),
    /// KurrentDB without PostgreSQL.
    #[error(
        "KurrentDB keeps the events only: name a PostgreSQL database for the rest, by --postgres"
    )]
    KurrentAlone,
    /// This program has no client for KurrentDB.
    #[error("this program was built without KurrentDB; build it with `--features kurrent`")]
    NoKurrent,
    /// The root key cannot be had.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// The event log cannot be opened.
    #[error(transparent)]
    Log(#[from] store::OpenError),
    /// The vault cannot be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A database cannot be opened.
    #[error("a database cannot be opened: {0}")]
    Database(#[from] DatabaseError),
    /// The notary cannot be opened.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The read models cannot be opened.
    #[error(transparent)]
    Read(#[from] ReadModelError),
}
/// The parts of the state that are kept in databases.
pub(crate) struct Storage {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) vault: Database,
    pub(crate) notary: Database,
    pub(crate) location: ReadLocation,
}

impl Storage {
    /// Opens log, vault and notary's state, and nothing that needs a key. Whoever only reads may do
    /// so beside a running service.
    ///
    /// # Errors
    /// [`OpenError`].
    pub(crate) async fn open(options: &Options) -> Result<Self, OpenError> {
        let storage = match (&options.kurrent, &options.postgres_url) {
            (None, None) => sqlite(options).await?,
            (None, Some(url)) => postgres(options, url.expose()).await?,
            (Some(address), Some(url)) => kurrent(options, address, url.expose()).await?,
            (Some(_), None) => return Err(OpenError::KurrentAlone),
        };
        vault::prepare(&storage.vault).await?;
        Ok(storage)
    }
}

async fn sqlite(options: &Options) -> Result<Storage, OpenError> {
    let directory = &options.data_directory;
    let clock = options.clock.clone();
    let log = SqliteLog::open(&directory.join("log.db"), Arc::new(move || clock.micros()))?;
    let vault = Database::sqlite(&directory.join("vault.db"), Durability::Full)?;
    let notary = Database::sqlite(&directory.join("notary.db"), Durability::Full)?;
    let location = ReadLocation::Sqlite { directory: directory.join("read") };
    Ok(Storage { log: Arc::new(log), vault, notary, location })
}

async fn postgres(options: &Options, url: &str) -> Result<Storage, OpenError> {
    let pool = pool(url).await?;
    let clock = options.clock.clone();
    let log = PostgresLog::open(pool.clone(), Arc::new(move || clock.micros())).await?;
    beside_the_log(pool, Arc::new(log)).await
}

#[cfg(feature = "kurrent")]
async fn kurrent(
    options: &Options,
    kurrent: &KurrentAddress,
    url: &str,
) -> Result<Storage, OpenError> {
    let pool = pool(url).await?;
    let clock = options.clock.clone();
    let clock = Arc::new(move || clock.micros());
    let KurrentAddress { url: kurrent, prefix } = kurrent;
    let log = KurrentLog::with_postgres(kurrent.expose(), prefix, url, clock).await?;
    beside_the_log(pool, Arc::new(log)).await
}

#[cfg(not(feature = "kurrent"))]
async fn kurrent(_: &Options, _: &KurrentAddress, _: &str) -> Result<Storage, OpenError> {
    Err(OpenError::NoKurrent)
}

async fn pool(url: &str) -> Result<PgPool, OpenError> {
    let failed = |error: sqlx::Error| OpenError::Postgres(without_address(&error));
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    PgPoolOptions::new()
        .max_connections(MOST_CONNECTIONS)
        .acquire_timeout(CONNECTION_WAIT)
        .connect_with(
            options.options([("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION)]),
        )
        .await
        .map_err(failed)
}

/// Vault and read models in PostgreSQL, for a log that is there or elsewhere.
async fn beside_the_log(pool: PgPool, log: Arc<dyn EventLog>) -> Result<Storage, OpenError> {
    let vault = Database::postgres(pool.clone(), "vault");
    vault.create_schema().await?;
    let notary = Database::postgres(pool.clone(), "notary");
    Ok(Storage { log, vault, notary, location: ReadLocation::Postgres { pool } })
}

/// A connection error may hold the address with its password; only its kind is shown.
pub(crate) fn without_address(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(_) => "its address is not understood".to_owned(),
        sqlx::Error::Io(cause) => cause.kind().to_string(),
        sqlx::Error::Database(cause) => {
            cause.code().map_or_else(|| "refused".to_owned(), |code| format!("SQLSTATE {code}"))
        }
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        sqlx::Error::Tls(_) => "TLS failed".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}

/// Makes a data directory if it is not there, and takes it for this process.
pub(crate) fn take_directory(path: &Path) -> Result<std::fs::File, OpenError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let failed = |cause| OpenError::Directory { path: path.to_owned(), cause };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(failed)?;
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join("lock"))
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(std::fs::TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// Refuses a data directory that holds no log yet: whoever only reads must not make one.
pub(crate) fn must_exist(options: &Options) -> Result<(), OpenError> {
    let log = options.data_directory.join("log.db");
    if options.postgres_url.is_none() && !log.exists() {
        let cause = std::io::Error::new(std::io::ErrorKind::NotFound, "it holds no event log");
        return Err(OpenError::Directory { path: options.data_directory.clone(), cause });
    }
    Ok(())
}
pub(crate) fn root_key(options: &Options) -> Result<Box<dyn KeyProvider>, RootKeyError> {
    let chance = options.chance.clone();
    let current = match &options.root_key {
        RootKey::DataDirectory => {
            HeldRootKey::from_file(&options.data_directory.join("root.key"), chance)?
        }
        RootKey::File(path) => HeldRootKey::from_file(path, chance)?,
        RootKey::Environment(variable) => HeldRootKey::from_environment(variable, chance)?,
    };
    Ok(match &options.former_root_key {
        None => Box::new(current),
        Some(path) => {
            // It is not made where it is missing: then there is nothing it could open.
            std::fs::metadata(path)
                .map_err(|cause| RootKeyError::File { path: path.clone(), cause })?;
            let former = HeldRootKey::from_file(path, options.chance.clone())?;
            Box::new(ChangingRootKey { current, former })
        }
    })
}
