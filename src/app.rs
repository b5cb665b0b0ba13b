//! Everything the service is made of, put together in one place. Time, chance and keys come in here.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use domain::id::BankId;
use domain::tpp_registration::CertificateOwner;
use projections::ReadModels;
use projections::database::Database;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::access::{AccessError, BankAccess};
use crate::connectors::transport::{Finding, Report};
use crate::erasure::Erasing;
use crate::ledger::Ledger;
use crate::ledger::feed::LedgerFeed;
use crate::metrics::Metrics;
use crate::notary::Notary;
use crate::notary::witnesses::Witnesses;
use crate::pace::Pace;
use crate::picture::make_ahead;
use crate::registration::{self, Registered, certificates};
use crate::tokens::Turns;
use crate::vault::VaultError;
use crate::vault::calendars::Calendars;
use crate::vault::credentials::Credentials;
use crate::vault::erasures::Erasures;
use crate::vault::factors::Factors;
use crate::vault::keys::Keys;
use crate::vault::leases::Leases;
use crate::vault::passkeys::Passkeys;
use crate::vault::pending::PendingAuthorizations;
use crate::vault::programs::Programs;
use crate::vault::secrets::Secrets;
use crate::vault::sessions::Sessions;
use crate::vault::tallies::Tallies;
use crate::vault::tickets::Tickets;
use crate::wave::Wave;
use crate::world::{Chance, Clock};

pub use storage::{KurrentAddress, OpenError, Options, RootKey};
pub(crate) use storage::{Storage, must_exist, root_key, take_directory, without_address};

mod storage;

/// Most findings about certificates that wait to be recorded; what comes beyond is found again.
const MOST_FINDINGS: usize = 64;
/// How long running work may take to end at a stop.
const STOP_WAIT: Duration = Duration::from_secs(10);

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
    /// The one clock everything here reads.
    pub clock: Clock,
    /// Where identifiers, keys and nonces are drawn from.
    pub chance: Chance,
    /// The write side.
    pub ledger: Ledger,
    /// The read side.
    pub read: Arc<ReadModels>,
    /// The keys that payloads and secrets are sealed under.
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

/// What the parts of the vault are made of.
struct Shelves<'a> {
    vault: Database,
    keys: &'a Arc<Keys>,
    chance: &'a Chance,
    clock: &'a Clock,
}

impl Shelves<'_> {
    /// A part that seals what it keeps.
    fn sealed<T>(&self, new: impl FnOnce(Database, Arc<Keys>, Chance, Clock) -> T) -> T {
        new(self.vault.clone(), Arc::clone(self.keys), self.chance.clone(), self.clock.clone())
    }

    /// A part that keeps nothing to be sealed.
    fn plain<T>(&self, new: impl FnOnce(Database, Chance, Clock) -> T) -> T {
        new(self.vault.clone(), self.chance.clone(), self.clock.clone())
    }
}

impl App {
    /// Opens everything and starts the read models.
    ///
    /// # Errors
    /// [`OpenError`] says what cannot be opened and why.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        let lock = take_directory(&options.data_directory)?;
        // PostgreSQL can have several processes; files have one.
        let lock = options.postgres_url.is_none().then_some(lock);
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
        let shelves = Shelves { vault, keys: &keys, chance: &chance, clock: &clock };
        let leases = shelves.plain(Leases::new);
        if lock.is_some() {
            // Nobody else has the directory: whoever held a lease is gone.
            leases.end_all().await?;
        }
        let (findings, found) = mpsc::channel(MOST_FINDINGS);
        let app = Arc::new(Self {
            secrets: shelves.sealed(Secrets::new),
            tallies: Tallies::new(shelves.vault.clone(), clock.clone()),
            sessions: shelves.plain(Sessions::new),
            credentials: shelves.sealed(Credentials::new),
            pending: shelves.sealed(PendingAuthorizations::new),
            factors: shelves.sealed(Factors::new),
            passkeys: shelves.sealed(Passkeys::new),
            programs: shelves.sealed(Programs::new),
            pace: Pace::default(),
            wave: Wave::default(),
            tickets: shelves.plain(Tickets::new),
            page: OnceLock::new(),
            erasures: Erasures::new(shelves.vault.clone(), Arc::clone(&keys), clock.clone()),
            erasing: Erasing::default(),
            turns: Turns::default(),
            leases,
            calendars: shelves.plain(Calendars::new),
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
