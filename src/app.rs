//! Everything the service is made of, put together in one place. Time, chance and keys come in here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use domain::id::BankId;
use domain::tpp_registration::CertificateOwner;
use projections::database::{Database, DatabaseError, Durability};
use projections::{ReadLocation, ReadModelError, ReadModels};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::access::{AccessError, BankAccess};
use crate::connectors::transport::{Finding, Report};
use crate::erasure::Erasing;
use crate::ledger::Ledger;
use crate::ledger::feed::LedgerFeed;
#[cfg(feature = "kurrent")]
use crate::ledger::store::KurrentLog;
use crate::ledger::store::{self, EventLog, PostgresLog, SqliteLog};
use crate::metrics::Metrics;
use crate::notary::witnesses::Witnesses;
use crate::notary::{Notary, NotaryError};
use crate::pace::Pace;
use crate::picture::make_ahead;
use crate::registration::{self, Registered, certificates};
use crate::tokens::Turns;
use crate::vault::calendars::Calendars;
use crate::vault::credentials::Credentials;
use crate::vault::erasures::Erasures;
use crate::vault::factors::Factors;
use crate::vault::keys::{ChangingRootKey, HeldRootKey, KeyProvider, Keys, RootKeyError};
use crate::vault::leases::Leases;
use crate::vault::passkeys::Passkeys;
use crate::vault::pending::PendingAuthorizations;
use crate::vault::programs::Programs;
use crate::vault::secrets::Secrets;
use crate::vault::sessions::Sessions;
use crate::vault::tallies::Tallies;
use crate::vault::tickets::Tickets;
use crate::vault::{self, VaultError};
use crate::wave::Wave;
use crate::world::{Chance, Clock};

/// Connections to PostgreSQL.
const MOST_CONNECTIONS: u32 = 12;
/// How long a connection to PostgreSQL may take to be had.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);
/// How long PostgreSQL waits inside a transaction for its process to go on. A process that was stopped
/// or cut off would hold the head's lock, and every other process, for as long as its socket lives.
const IDLE_IN_TRANSACTION: &str = "5s";
/// Most findings about certificates that wait to be recorded; what comes beyond is found again.
const MOST_FINDINGS: usize = 64;
/// How long running work may take to end at a stop.
const STOP_WAIT: Duration = Duration::from_secs(10);

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

/// Work in the background, waited for at a stop.
#[derive(Default)]
pub struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    /// Runs something in the background.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(mut running) = self.0.lock() {
            while running.try_join_next().is_some() {}
            // What a request began belongs to its trace.
            running.spawn(work.in_current_span());
        }
    }

    async fn finish(&self) {
        let mut running = match self.0.lock() {
            Ok(mut running) => std::mem::take(&mut *running),
            Err(_) => return,
        };
        let ended = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WAIT, ended).await.is_err() {
            tracing::warn!("running work did not end in time; it is taken up at the next start");
        }
    }
}

/// The service.
pub struct App {
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub chance: Chance,
    /// The write side.
    pub ledger: Ledger,
    /// The read side.
    pub read: Arc<ReadModels>,
    /// Data keys.
    pub keys: Arc<Keys>,
    /// Secrets at rest.
    pub secrets: Secrets,
    /// Sessions of browsers.
    pub sessions: Sessions,
    /// What all processes count together.
    pub tallies: Tallies,
    /// Passwords.
    pub credentials: Credentials,
    /// One-time and recovery codes.
    pub factors: Factors,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Tokens of programs.
    pub programs: Programs,
    /// How fast each may ask.
    pub pace: Pace,
    /// Wrong passwords over many accounts.
    pub wave: Wave,
    /// What lasts while somebody signs in.
    pub tickets: Tickets,
    /// The page's own origin, once it is served: passkeys are bound to it.
    pub page: OnceLock<String>,
    /// Authorizations under way.
    pub pending: PendingAuthorizations,
    /// Erasures of people.
    pub erasures: Erasures,
    /// People who are being erased in this process.
    pub erasing: Erasing,
    /// Whose turn it is to refresh, in this process.
    pub turns: Turns,
    /// Leases over processes.
    pub leases: Leases,
    /// Addresses of people's calendars.
    pub calendars: Calendars,
    /// What insights are made from, of people who looked lately.
    pub pictures: crate::picture::Pictures,
    /// What newer rules make of people's pasts.
    pub looks: crate::redeciding::Looks,
    /// Signs what the log holds.
    pub notary: Notary,
    /// Who cosigns it, where a policy says.
    pub witnesses: OnceLock<Witnesses>,
    /// What is counted while it runs.
    pub metrics: Metrics,
    /// Becomes true before the service stops: it takes no new visitors then, and still answers.
    pub leaving: AtomicBool,
    /// Work in the background.
    pub tasks: Arc<Tasks>,
    /// Told to take no connection more and to end those that are open; what works behind them goes on, as
    /// an answer under way may wait for it.
    pub closing: watch::Sender<bool>,
    /// Becomes true when the service stops.
    pub stopping: watch::Sender<bool>,
    access: RwLock<HashMap<BankId, Arc<BankAccess>>>,
    findings: mpsc::Sender<(BankId, Finding)>,
    _directory_lock: Option<std::fs::File>,
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

impl App {
    /// Opens everything and starts the read models.
    ///
    /// # Errors
    /// [`OpenError`] says what cannot be opened and why.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        // PostgreSQL can have several processes; files have one.
        let lock = match &options.postgres_url {
            None => Some(take_directory(&options.data_directory)?),
            Some(_) => {
                take_directory(&options.data_directory)?;
                None
            }
        };
        let Storage { log, vault, notary, location } = Storage::open(&options).await?;
        let Options { clock, chance, .. } = options.clone();
        let provider = root_key(&options)?;
        let keys = Arc::new(Keys::new(vault.clone(), provider, chance.clone(), clock.clone()));
        // A wrong root key shows here, before anything is written under it.
        keys.platform().await.map_err(VaultError::from)?;
        let directory = &options.data_directory;
        let notary =
            Notary::open(notary, vault.clone(), Arc::clone(&log), &keys, directory, clock.clone())
                .await?;
        let feed = Arc::new(LedgerFeed::new(Arc::clone(&log), Arc::clone(&keys)));
        let read = ReadModels::open(location, feed).await?;
        let (stopping, stopped) = watch::channel(false);
        let tasks = Arc::new(Tasks::default());
        let runner = Arc::clone(&read);
        tasks.spawn(async move { runner.run(stopped).await });
        let ledger = Ledger::new(log, Arc::clone(&keys), chance.clone(), clock.clone());
        let of = || (vault.clone(), chance.clone(), clock.clone());
        let with_keys = || (vault.clone(), Arc::clone(&keys), chance.clone(), clock.clone());
        let secrets = with_keys();
        let credentials = with_keys();
        let pending = with_keys();
        let (factors, passkeys, tickets) = (with_keys(), with_keys(), of());
        let programs = with_keys();
        let (sessions, leases, calendars) = (of(), of(), of());
        let erasures = Erasures::new(vault.clone(), Arc::clone(&keys), clock.clone());
        let leases = Leases::new(leases.0, leases.1, leases.2);
        if lock.is_some() {
            // Nobody else has the directory: whoever held a lease is gone.
            leases.end_all().await?;
        }
        let (findings, found) = mpsc::channel(MOST_FINDINGS);
        let app = Arc::new(Self {
            secrets: Secrets::new(secrets.0, secrets.1, secrets.2, secrets.3),
            tallies: Tallies::new(vault.clone(), clock.clone()),
            sessions: Sessions::new(sessions.0, sessions.1, sessions.2),
            credentials: Credentials::new(
                credentials.0,
                credentials.1,
                credentials.2,
                credentials.3,
            ),
            pending: PendingAuthorizations::new(pending.0, pending.1, pending.2, pending.3),
            factors: Factors::new(factors.0, factors.1, factors.2, factors.3),
            passkeys: Passkeys::new(passkeys.0, passkeys.1, passkeys.2, passkeys.3),
            programs: Programs::new(programs.0, programs.1, programs.2, programs.3),
            pace: Pace::default(),
            wave: Wave::default(),
            tickets: Tickets::new(tickets.0, tickets.1, tickets.2),
            page: OnceLock::new(),
            erasures,
            erasing: Erasing::default(),
            turns: Turns::default(),
            leases,
            calendars: Calendars::new(calendars.0, calendars.1, calendars.2),
            clock,
            chance,
            ledger,
            read,
            keys,
            notary,
            looks: crate::redeciding::Looks::default(),
            pictures: crate::picture::Pictures::default(),
            witnesses: OnceLock::new(),
            metrics: Metrics::default(),
            leaving: AtomicBool::new(false),
            tasks,
            closing: watch::channel(false).0,
            stopping,
            access: RwLock::default(),
            findings,
            _directory_lock: lock,
        });
        app.tasks.spawn(record_findings(Arc::downgrade(&app), found, app.stopping.subscribe()));
        let (changes, stopping) = (app.read.subscribe(), app.stopping.subscribe());
        app.tasks.spawn(make_ahead(Arc::downgrade(&app), changes, stopping));
        Ok(app)
    }

    /// Takes what is found about the certificates of a bank's servers, to be recorded.
    #[must_use]
    pub fn report(&self, bank_id: &BankId) -> Report {
        let (findings, bank_id) = (self.findings.clone(), bank_id.clone());
        Arc::new(move |found| {
            // Where too many wait, this one is found again at a later call.
            let _ = findings.try_send((bank_id.clone(), found));
        })
    }

    /// What it takes to call a bank, from memory or the vault.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn access(&self, bank_id: &BankId) -> Result<Arc<BankAccess>, AccessError> {
        let known = self.access.read().ok().and_then(|access| access.get(bank_id).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let not_registered = || AccessError::NotRegistered(bank_id.clone());
        let registered = registration::registered(self, bank_id).await?;
        let Registered { file, issued, client } = registered.ok_or_else(not_registered)?;
        let unusable = |cause: String| AccessError::Unusable { bank_id: bank_id.clone(), cause };
        let bank = file.bank().clone();
        let transport = file
            .transport(&bank, Some(&issued.qwac), &self.clock, Some(self.report(bank_id)))
            .map_err(|error| unusable(error.to_string()))?;
        let redirect_uri = file.redirect_uri().map(str::to_owned);
        let access = Arc::new(BankAccess {
            redirect_uri: redirect_uri.ok_or_else(not_registered)?,
            client: client.credentials(),
            seal: issued.qseal,
            certificate: issued.qwac.certificate,
            bank,
            transport,
            keys: Mutex::default(),
        });
        if let Ok(mut known) = self.access.write() {
            known.insert(bank_id.clone(), Arc::clone(&access));
        }
        Ok(access)
    }

    /// Why the log is contradicted, by what this service signed before or by a witness, if it is.
    pub fn contradicted(&self) -> Option<String> {
        self.notary.alarm().or_else(|| self.witnesses.get()?.alarm())
    }

    /// The classes of endpoint at which a bank is left alone now, as far as this process knows.
    pub fn held_back(&self, bank_id: &BankId) -> Vec<String> {
        let known = self.access.read().ok().and_then(|access| access.get(bank_id).cloned());
        let held = known.map(|access| access.transport.held_back()).unwrap_or_default();
        held.into_iter().map(str::to_owned).collect()
    }

    /// Forgets what is kept of a bank in memory, after a registration.
    pub fn forget_access(&self, bank_id: &BankId) {
        if let Ok(mut known) = self.access.write() {
            known.remove(bank_id);
        }
    }

    /// Forgets what is kept of a bank in memory if it shows another certificate than the one in use.
    pub fn keep_access_only_with(&self, bank_id: &BankId, fingerprint: &str) {
        let known = self.access.read().ok().and_then(|access| access.get(bank_id).cloned());
        if known.is_some_and(|access| access.certificate.fingerprint != fingerprint) {
            self.forget_access(bank_id);
        }
    }

    /// Stops: no new work, and the running work is waited for.
    pub async fn stop(&self) {
        self.closing.send_replace(true);
        self.stopping.send_replace(true);
        self.tasks.finish().await;
    }
}

/// Records what is found about certificates of banks.
async fn record_findings(
    app: std::sync::Weak<App>,
    mut found: mpsc::Receiver<(BankId, Finding)>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            next = found.recv() => next,
        };
        let (Some((bank_id, finding)), Some(app)) = (next, app.upgrade()) else { return };
        let owner = CertificateOwner::Bank;
        let recorded = certificates::record_finding(&app, &bank_id, owner, &finding).await;
        if let Err(error) = recorded {
            tracing::warn!(bank = %bank_id, cause = %error, "a certificate's standing was not recorded");
        }
    }
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
