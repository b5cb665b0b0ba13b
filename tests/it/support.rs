//! What the tests stand on: scratch directories, a private PostgreSQL server, and a whole world of
//! sandbox bank and service on free ports.

mod browser;
mod postgres;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::id::BankId;
use domain::incident::IncidentEvent;
use opl::app::{App, Options};
use opl::ledger::reading::Reader;
use opl::ledger::store::{EventLog, StoredEvent};
use opl::settings::RegistrationFile;
use sandbox::{Call, Sandbox, SandboxOptions};
use serde_json::{Value, json};

pub use browser::{Browser, Returned};
pub use postgres::{postgres_pool, postgres_program, postgres_url, start_postgres_in};

/// A directory that goes away with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("opl-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Every event of a log as it is stored.
pub async fn whole_log(log: &dyn EventLog) -> Vec<StoredEvent> {
    let (mut read, mut events) = (Vec::new(), Reader::of_log(log, 0));
    while let Some(stored) = events.next().await.expect("an event") {
        read.push(stored);
    }
    read
}

/// Where a test's state is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
    #[cfg(feature = "kurrent")]
    Kurrent,
}

/// A sandbox bank that approves by itself, and the service registered with it, on free ports.
pub struct World {
    pub bank: Sandbox,
    pub app: Arc<App>,
    pub page: String,
    pub scratch: Scratch,
}

impl World {
    pub async fn registered(store: Store) -> Self {
        let world = Self::unregistered(store, Options::in_directory).await;
        let file = world.settings();
        opl::registration::register(&world.app, &file, |_| {}).await.expect("registered");
        world
    }

    pub async fn unregistered(store: Store, options: impl FnOnce(&Path) -> Options) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let scratch = Scratch::new();
        let bank = Sandbox::start(SandboxOptions {
            data_dir: scratch.path().join("sandbox"),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            auto_approve: true,
            authorize_plain_http: true,
            ..SandboxOptions::default()
        })
        .await
        .expect("a bank");
        let mut options = options(&scratch.path().join("state"));
        #[cfg(feature = "kurrent")]
        if store == Store::Kurrent {
            options.kurrent = Some(crate::kurrent::address().await);
        }
        if store != Store::Sqlite {
            options.postgres_url = Some(postgres_url().await.into());
        }
        let app = App::open(options).await.expect("an app");
        let address = "127.0.0.1:0".parse().expect("an address");
        let listener = opl::service::listen(address).await.expect("a listener");
        let page = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
        let serving = Arc::clone(&app);
        let limits = opl::api::Limits::any_query();
        tokio::spawn(async move { opl::service::serve_within(&serving, listener, limits).await });
        Self { bank, app, page, scratch }
    }

    pub fn settings_json(&self) -> Value {
        Self::settings_of(&self.bank, &self.page)
    }

    /// The settings to register a page with a bank.
    pub fn settings_of(bank: &Sandbox, page: &str) -> Value {
        let sandbox::Addresses { public, mtls, authorize, .. } = bank.addresses();
        let back = format!("{page}/callback/op");
        json!({
            "api_key": "demo-api-key", "country": "FI", "tpp_name": "Test", "roles": ["AIS"],
            "sandbox_url": format!("{public}/psd2-sandbox-tpp-generator/sandbox-tpp"),
            "registration_url": format!("{mtls}/tpp-registration/register"),
            "redirect_uris": [back], "software_redirect_uris": [back],
            "software_client_name": "Test", "software_client_uri": page, "org_name": "Test",
            "org_contacts": [],
            "token_url": format!("{mtls}/oauth/token"),
            "accounts_url": format!("{mtls}/accounts-psd2/v1"),
            "authorize_url": format!("{authorize}/oauth/authorize"),
            "issuer": authorize,
            "keys_url": format!("{public}/oauth/jwks/PSD2_OIDC"),
        })
    }

    pub fn settings(&self) -> RegistrationFile {
        let ca = self.bank.ca_certificate_pem().to_owned();
        let op = BankId("op".to_owned());
        RegistrationFile::parse(&op, self.settings_json().to_string(), Some(ca)).expect("settings")
    }

    /// A browser nobody has signed in from.
    pub fn browser(&self) -> Browser {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        Browser { page: self.page.clone(), http, cookie: None }
    }

    /// A browser of a new person.
    pub async fn person(&self) -> Browser {
        let mut browser = self.browser();
        let text = "mutation ($email: String!) { signUp(email: $email, \
            password: \"long enough for tests\") { status } }";
        let email = format!("{}@example.fi", uuid::Uuid::new_v4());
        let data = browser.graphql(text, json!({ "email": email })).await;
        assert_eq!(data["signUp"]["status"], "SIGNED_UP");
        browser
    }

    /// Every event of the log with its type, opened.
    pub async fn events(&self) -> Vec<(String, Event)> {
        let mut opened = Vec::new();
        let mut events = Reader::of_log(&**self.app.ledger.log(), 0);
        while let Some((stored, event)) = events.next_opened(&self.app.keys).await.expect("opens") {
            opened.push((stored.event_type, event.expect("a key")));
        }
        opened
    }

    /// How many events of a type are in the log.
    pub async fn count(&self, event_type: &str) -> usize {
        self.events().await.iter().filter(|(known, _)| known == event_type).count()
    }

    /// The codes with which answers of banks were refused, oldest first.
    pub async fn refusals(&self) -> Vec<String> {
        let code = |(_, event): (String, Event)| match event {
            Event::Incident(IncidentEvent::CallbackRefused(refused)) => Some(refused.code),
            Event::Consent(ConsentEvent::AnswerRejected(rejected)) => Some(rejected.code),
            _ => None,
        };
        self.events().await.into_iter().filter_map(code).collect()
    }

    /// The tokens the vault holds of a connection.
    pub async fn tokens(&self, connection_id: &str) -> Option<Value> {
        let name = format!("consent/{connection_id}/tokens");
        self.app.secrets.get(&name).await.expect("the vault")
    }

    /// How many runs of reading have come to an end.
    pub async fn runs_ended(&self) -> usize {
        self.count("fetch.completed").await + self.count("fetch.failed").await
    }

    /// Waits for that many, and until the last gave its connection free.
    pub async fn until_runs_ended(&self, wanted: usize) {
        for _ in 0..600 {
            if self.runs_ended().await >= wanted {
                return tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("reading did not end");
    }

    /// Requests for tokens the bank saw, by their grant.
    pub fn token_requests(&self, grant: &str) -> usize {
        self.calls("POST", "/oauth/token", |call| call.grant_type.as_deref() == Some(grant))
    }

    /// Requests the bank saw.
    pub fn calls(&self, method: &str, path: &str, fits: impl Fn(&Call) -> bool) -> usize {
        let calls = self.bank.calls();
        let ours = |call: &&Call| call.method == method && call.path.starts_with(path);
        calls.iter().filter(ours).filter(|call| fits(call)).count()
    }

    pub async fn stop(self) {
        self.app.stop().await;
        self.bank.stop().await;
    }
}
