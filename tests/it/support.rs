//! What the tests stand on: scratch directories, a private PostgreSQL server, and a whole world of
//! sandbox bank and service on free ports.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::id::BankId;
use domain::incident::IncidentEvent;
use opl::app::{App, Options};
use opl::settings::RegistrationFile;
use sandbox::{Call, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};

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

/// The address of the tests' PostgreSQL: `OPL_TEST_POSTGRES`, or a private server on a socket of its
/// own, with `fsync` on, started once for all tests of this binary.
fn postgres_server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("OPL_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => start_postgres(),
    })
}

fn start_postgres() -> String {
    start_postgres_in(&std::env::temp_dir().join(format!("opl-postgres-{}", std::process::id())))
}

/// Where Debian keeps PostgreSQL's programs; the newest of them.
pub fn postgres_programs() -> PathBuf {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()
        .and_then(|versions| {
            let mut found: Vec<PathBuf> =
                versions.flatten().map(|entry| entry.path().join("bin")).collect();
            found.sort();
            found.pop()
        })
        .expect("PostgreSQL server programs; install Debian's `postgresql`")
}

/// Starts a server that keeps everything in a directory and ends with this process.
pub fn start_postgres_in(home: &Path) -> String {
    let bin = postgres_programs();
    std::fs::create_dir_all(home).expect("a directory for PostgreSQL");
    let as_root = Command::new("id").arg("-u").output().expect("id").stdout == b"0\n";
    let run = |program: &str, arguments: &[&str]| {
        let program = bin.join(program);
        let mut command = if as_root {
            // PostgreSQL refuses to run as root.
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let done = command
            .args(arguments)
            .current_dir("/")
            .stdout(Stdio::null())
            .status()
            .expect("a PostgreSQL program");
        assert!(done.success(), "PostgreSQL did not start");
    };
    if as_root {
        let done = Command::new("chown").arg("postgres").arg(home).status().expect("chown");
        assert!(done.success());
    }
    let data = home.join("data");
    let (data, socket) = (data.to_string_lossy(), home.to_string_lossy());
    run("initdb", &["-D", &data, "-U", "opl", "-A", "trust", "--no-instructions"]);
    let options = format!("-c listen_addresses='' -c unix_socket_directories='{socket}'");
    let log = format!("{socket}/server.log");
    run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    stop_with_us(&bin, home, as_root);
    format!("postgres://opl@localhost/postgres?host={socket}")
}

/// A shell that outlives this process on purpose: it waits for this process to end, then stops the server and clears up.
#[allow(clippy::zombie_processes)]
fn stop_with_us(bin: &Path, home: &Path, as_root: bool) {
    let (pid, bin, home) = (std::process::id(), bin.display(), home.display());
    let stop = format!("{bin}/pg_ctl -D {home}/data -m immediate stop");
    let stop = if as_root { format!("cd / && runuser -u postgres -- {stop}") } else { stop };
    let script = format!(
        "while kill -0 {pid} 2>/dev/null; do sleep 0.5; done; {stop} >/dev/null 2>&1; rm -rf {home}"
    );
    Command::new("setsid")
        .args(["sh", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
}

/// The address of a database of its own.
pub async fn postgres_url() -> String {
    let server = tokio::task::spawn_blocking(postgres_server).await.expect("a server");
    let admin =
        PgPoolOptions::new().max_connections(1).connect(server).await.expect("a connection");
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&admin).await.expect("a database");
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

/// Connections to a database of its own.
pub async fn postgres_pool() -> PgPool {
    let url = postgres_url().await;
    PgPoolOptions::new().max_connections(12).connect(&url).await.expect("connections")
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
        let (log, mut after, mut events) = (self.app.ledger.log(), 0, Vec::new());
        loop {
            let page = log.read_all(after, 500).await.expect("a page");
            let Some(last) = page.last() else { return events };
            after = last.position;
            for stored in &page {
                let event = opl::ledger::sealing::open(&self.app.keys, stored).await;
                events.push((stored.event_type.clone(), event.expect("opens").expect("a key")));
            }
        }
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

/// What comes back from a bank in the address.
#[derive(Clone, Debug)]
pub struct Returned {
    pub connection_id: String,
    pub query: String,
    pub fragment: String,
}

/// As much of a browser as the flow needs: one cookie, and redirects followed by hand.
#[derive(Clone)]
pub struct Browser {
    pub page: String,
    pub http: reqwest::Client,
    pub cookie: Option<String>,
}

impl Browser {
    pub async fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.page);
        let mut request = self.http.post(url).header("x-opl-request", "1").json(body);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = request.send().await.expect("an answer");
        let cookie = answer.headers().get("set-cookie").map(|value| value.to_str().expect("text"));
        if let Some(cookie) = cookie {
            self.cookie = Some(cookie.split(';').next().expect("a pair").to_owned());
        }
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    pub async fn graphql(&mut self, query: &str, variables: Value) -> Value {
        let (status, mut body) =
            self.post("/graphql", &json!({ "query": query, "variables": variables })).await;
        assert!(status == 200 && body.get("errors").is_none(), "{status} {body}");
        body["data"].take()
    }

    /// Asks for a connection and goes to the bank, which sends back at once.
    #[allow(clippy::wrong_self_convention)]
    pub async fn to_the_bank(&mut self) -> Returned {
        self.to_bank("op").await
    }

    /// The same at any bank.
    #[allow(clippy::wrong_self_convention)]
    pub async fn to_bank(&mut self, bank_id: &str) -> Returned {
        let text = "mutation ($bank: ID!) { connectBank(bankId: $bank) { \
            status connectionId authorizeUrl } }";
        let data = self.graphql(text, json!({ "bank": bank_id })).await;
        let connect = &data["connectBank"];
        assert_eq!(connect["status"], "REDIRECT", "{data}");
        let url = connect["authorizeUrl"].as_str().expect("an address");
        let answer = self.http.get(url).send().await.expect("an answer");
        let location = answer.headers()["location"].to_str().expect("an address").to_owned();
        let (address, fragment) = location.split_once('#').unwrap_or((&location, ""));
        let (_, query) = address.split_once('?').unwrap_or((address, ""));
        Returned {
            connection_id: connect["connectionId"].as_str().expect("an identifier").to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
        }
    }

    /// A connection as it is after everything that is in the log.
    pub async fn connection(&mut self, id: &str) -> Value {
        let text = "query ($id: ID!, $at: Position) { connection(id: $id, atLeast: $at) { \
            status endedReason bankTold sync { state problem transactionsNew } } }";
        let at = u32::MAX.to_string();
        self.graphql(text, json!({ "id": id, "at": at })).await["connection"].take()
    }

    /// Where a connection stands.
    pub async fn status(&mut self, id: &str) -> String {
        self.connection(id).await["status"].as_str().expect("a status").to_owned()
    }

    pub async fn come_back(&mut self, returned: &Returned) -> (u16, Value) {
        self.come_back_from("op", returned).await
    }

    /// The same from any bank.
    pub async fn come_back_from(&mut self, bank_id: &str, returned: &Returned) -> (u16, Value) {
        let Returned { query, fragment, .. } = returned;
        let path = format!("/callback/{bank_id}");
        self.post(&path, &json!({ "query": query, "fragment": fragment })).await
    }

    /// Connects, and waits until everything is read.
    pub async fn connect(&mut self) -> String {
        self.connect_at("op").await
    }

    /// The same at any bank.
    pub async fn connect_at(&mut self, bank_id: &str) -> String {
        let returned = self.to_bank(bank_id).await;
        let (status, body) = self.come_back_from(bank_id, &returned).await;
        assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
        self.read_to_the_end(&returned.connection_id).await;
        returned.connection_id
    }

    /// Waits for the end of a run of reading and tells how it went.
    pub async fn read_to_the_end(&mut self, connection_id: &str) -> Value {
        let text = "query ($id: ID!) { connection(id: $id) { status sync { state problem \
            accountsDone transactionsRead transactionsNew } } }";
        for _ in 0..600 {
            let data = self.graphql(text, json!({ "id": connection_id })).await;
            let connection = &data["connection"];
            if matches!(connection["sync"]["state"].as_str(), Some("DONE" | "FAILED")) {
                return connection.clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("reading did not end");
    }
}
