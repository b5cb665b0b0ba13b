//! A running sandbox bank.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use chrono::NaiveDate;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bank::Bank;
use crate::berlin_group;
use crate::calls::Call;
use crate::certificates::Authority;
use crate::clock::SandboxClock;
use crate::control;
use crate::enable_banking::{self, Application};
use crate::exchange::Exchange;
use crate::faults::Faults;
use crate::listener::{self, Tls};
use crate::misbehaviour::Misbehaviours;
use crate::op;
use crate::open_banking_uk;
use crate::options::{Addresses, SandboxError, SandboxOptions, SandboxStandard};
use crate::storage::Storage;
use crate::true_ledger::TrueLedger;
use crate::truth::Truth;

/// A running sandbox bank: three listeners on 127.0.0.1, and a fourth to control it where one is asked for.
/// Dropping it closes them.
pub struct Sandbox {
    bank: Arc<Bank>,
    control: Option<String>,
    stopping: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("addresses", &self.bank.addresses)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens the data directory and the ports, writes `ca.pem` into the directory, and returns once
    /// the bank answers. A second start with the same directory keeps the authority, the clients,
    /// the consents and the refresh tokens of the first.
    ///
    /// # Errors
    ///
    /// [`SandboxError::PortInUse`] and [`SandboxError::Bind`] name the port, [`SandboxError::Storage`]
    /// and [`SandboxError::Damaged`] the file.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let (public, public_port) = listener::bind(options.public_port, "public").await?;
        let (mtls, mtls_port) = listener::bind(options.mtls_port, "mtls").await?;
        let (authorize, authorize_port) =
            listener::bind(options.authorize_port, "authorize").await?;
        let control = match options.control_port {
            Some(port) => Some(listener::bind(port, "control").await?),
            None => None,
        };
        let authorize_scheme = if options.authorize_plain_http { "http" } else { "https" };
        let addresses = Addresses {
            public: format!("https://localhost:{public_port}"),
            mtls: format!("https://localhost:{mtls_port}"),
            authorize: format!("{authorize_scheme}://localhost:{authorize_port}"),
        };
        let standard = options.standard;
        let plain_http = options.authorize_plain_http;
        let only_newest_tls = options.only_newest_tls;
        let bank = Arc::new(open_bank(options, addresses).await?);
        let authority = &bank.authority;
        let public_tls = Tls::plain(authority)?;
        let mtls_tls = Tls::mutual(authority, only_newest_tls)?;
        let authorize_tls = match plain_http {
            true => None,
            false => Some(Tls::plain(authority)?),
        };
        let (stopping, _) = watch::channel(false);
        let mut sandbox =
            Self { bank: bank.clone(), control: None, stopping, listeners: JoinSet::new() };
        if let Some((socket, port)) = control {
            sandbox.control = Some(format!("http://127.0.0.1:{port}"));
            sandbox.listen(socket, "control", None, control::router(bank.clone()));
        }
        let (one, two, three) = (bank.clone(), bank.clone(), bank.clone());
        let [public_router, mtls_router, authorize_router] = match standard {
            SandboxStandard::Op => {
                [op::public_router(one), op::mtls_router(two), op::authorize_router(three)]
            }
            SandboxStandard::OpenBankingUk => open_banking_uk::routers(&bank),
            SandboxStandard::BerlinGroup => berlin_group::routers(&bank),
            SandboxStandard::EnableBanking => enable_banking::routers(&bank),
        };
        sandbox.listen(public, "public", Some(public_tls), public_router);
        sandbox.listen(mtls, "mtls", Some(mtls_tls), mtls_router);
        sandbox.listen(authorize, "authorize", authorize_tls, authorize_router);
        Ok(sandbox)
    }

    /// Base URLs of the three listeners.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.bank.addresses
    }

    /// The certificate authority a caller must trust, as PEM text; also in `<data_dir>/ca.pem`.
    #[must_use]
    pub fn ca_certificate_pem(&self) -> &str {
        self.bank.authority.certificate_pem()
    }

    /// The application that may call the aggregator; none at a bank.
    #[must_use]
    pub fn application(&self) -> Option<&Application> {
        self.bank.application.as_ref()
    }

    /// What is really in the bank.
    #[must_use]
    pub fn truth(&self) -> Truth {
        Truth::of(self.bank.house, &self.bank.household())
    }

    /// Moves the last day of the history forward, as if days had passed: rows are added, none
    /// changes. An earlier day changes nothing. Clocks and expiry times are not touched: for those move
    /// [`Sandbox::clock`].
    pub fn advance_to(&self, today: NaiveDate) {
        self.bank.advance_to(today);
    }

    /// The last [`crate::CALLS_MAX`] requests on all listeners, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.bank.calls.all()
    }

    /// Base URL of the control listener; `None` when none was asked for.
    #[must_use]
    pub fn control_address(&self) -> Option<&str> {
        self.control.as_deref()
    }

    /// Replaces what the bank does wrong, at once.
    pub fn misbehave(&self, on: impl Into<Misbehaviours>) {
        self.bank.conduct.switch(on.into(), self.bank.options.clock.now());
    }

    /// What the bank does wrong now.
    #[must_use]
    pub fn misbehaviours(&self) -> Misbehaviours {
        self.bank.conduct.on()
    }

    /// The bank's clock: moving it brings new days, ends tokens and consents, and gives quotas back.
    #[must_use]
    pub fn clock(&self) -> &SandboxClock {
        &self.bank.options.clock
    }

    /// Every real transaction, and what every row shown so far stands for.
    #[must_use]
    pub fn true_ledger(&self) -> TrueLedger {
        TrueLedger::of(&self.bank)
    }

    /// Switches that make the bank misbehave.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.bank.faults
    }

    /// Closes the ports and all connections; everything saved stays in the data directory.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
    }

    fn listen(
        &mut self,
        socket: TcpListener,
        name: &'static str,
        tls: Option<Tls>,
        router: Router,
    ) {
        let exchange = Exchange { bank: self.bank.clone(), listener: name, router, peer: None };
        let stopping = self.stopping.subscribe();
        self.listeners.spawn(listener::serve(socket, tls, exchange, stopping));
    }
}

/// Keys and history take a while to make, so this runs beside the async tasks.
async fn open_bank(options: SandboxOptions, addresses: Addresses) -> Result<Bank, SandboxError> {
    let work = move || {
        let storage = Storage::open(&options.data_dir)?;
        let authority = Authority::open(&storage, options.standard.house())?;
        Bank::open(options, addresses, authority, storage)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(opened) => opened,
        Err(error) => Err(SandboxError::Certificate(error.to_string())),
    }
}
