//! The whole job without a browser: what `opl demo --headless` does, over real sockets, as a person's
//! browser would. Each step says what it rests on, and compares with the bank's own truth.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::Truth;
use serde_json::{Value, json};

use super::Failure;
use super::demo::{DemoArguments, World, open};
use super::worlds::RunningBank;
use crate::rates;
use crate::registration::register;
use crate::service;

/// How long a run of reading may take.
const READ_WITHIN: Duration = Duration::from_secs(120);
/// How often its end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The password of the person of the walk, who exists in this data directory only.
const PASSWORD: &str = "a long walk over real sockets";

type Step = Result<Value, String>;

pub(super) async fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let world = open(arguments, true).await?;
    let World { banks, app, listener, page } = world;
    let server = std::sync::Arc::clone(&app);
    // The walk asks in its own words; nobody else reaches this service.
    let limits = crate::api::Limits::any_query();
    let serving =
        tokio::spawn(async move { service::serve_within(&server, listener, limits).await });
    let mut walk = Walk {
        page,
        http: browser()?,
        cookie: None,
        authorize_url: None,
        json: arguments.json(),
        failed: 0,
    };
    for RunningBank { kind, file, .. } in &banks {
        let mut steps = Vec::new();
        let registered = register(&app, file, |report| steps.push(json!(report))).await;
        let evidence = json!({ "bank": kind.bank_id, "steps": steps });
        let result = registered.map(|()| evidence).map_err(|error| error.to_string());
        walk.tell("register", result);
    }
    if walk.failed == 0 {
        let routes: Vec<Route> = banks.iter().map(Route::of).collect();
        walk.person(&routes).await;
    }
    let head = app.ledger.log().head().await?;
    let root = crate::vault::crypto::hex(&head.root);
    walk.tell("log", Ok(json!({ "events": head.position, "root": root })));
    app.stop().await;
    let _ = serving.await;
    for running in banks {
        running.bank.stop().await;
    }
    match walk.failed {
        0 => Ok(()),
        failed => Err(Failure::new(format!("{failed} steps failed"))),
    }
}

/// A client that behaves as a browser does at a redirect: it is shown, and followed by hand.
#[expect(clippy::disallowed_methods, reason = "this plays the person's browser, not the service")]
fn browser() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
}

/// A bank, and what it knows itself.
struct Route {
    bank_id: &'static str,
    truth: Truth,
    /// Whether it leads to the accounts of a bank before it, which are known then.
    known_before: bool,
}

impl Route {
    fn of(running: &RunningBank) -> Self {
        let known_before = running.kind.is_aggregator();
        Self { bank_id: running.kind.bank_id, truth: running.bank.truth(), known_before }
    }
}

struct Walk {
    page: String,
    http: reqwest::Client,
    cookie: Option<String>,
    authorize_url: Option<String>,
    json: bool,
    failed: u32,
}

impl Walk {
    fn tell(&mut self, step: &str, result: Step) -> Option<Value> {
        let (ok, evidence) = match result {
            Ok(evidence) => (true, evidence),
            Err(error) => (false, json!({ "error": error })),
        };
        self.failed += u32::from(!ok);
        if self.json {
            println!("{}", json!({ "step": step, "ok": ok, "evidence": evidence }));
        } else {
            println!("{}  {step:<12} {evidence}", if ok { "ok    " } else { "FAILED" });
        }
        ok.then_some(evidence)
    }

    /// Everything a person does, step by step; the first failure ends it.
    async fn person(&mut self, routes: &[Route]) {
        let signed_up = self.sign_up().await;
        if self.tell("sign_up", signed_up).is_none() {
            return;
        }
        let mut connections = Vec::new();
        for Route { bank_id, known_before, .. } in routes {
            let connected = self.connect(bank_id).await;
            if self.tell("connect", connected).is_none() {
                return;
            }
            let back = self.consent(bank_id).await;
            let Some(back) = self.tell("consent", back) else { return };
            let id = back["connectionId"].as_str().unwrap_or_default().to_owned();
            let mut fetched = self.fetched(&id, "first").await;
            if *known_before {
                fetched = fetched.and_then(nothing_new);
            }
            self.tell("fetch", fetched);
            connections.push(id);
        }
        let own = routes.iter().filter(|route| !route.known_before);
        let truths: Vec<&Truth> = own.map(|route| &route.truth).collect();
        let queried = self.query(&truths).await;
        self.tell("query", queried);
        for id in &connections {
            let again = self.fetch_again(id).await;
            self.tell("fetch_again", again);
        }
        for id in &connections {
            let revoked = self.revoke(id).await;
            self.tell("revoke", revoked);
        }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value, String> {
        let mut request =
            self.http.post(format!("{}{path}", self.page)).header("x-opl-request", "1").json(body);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        if let Some(cookie) = cookie.and_then(|cookie| cookie.split(';').next()) {
            self.cookie = Some(cookie.to_owned());
        }
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        if status.is_success() && body.get("errors").is_none() {
            return Ok(body);
        }
        Err(format!("{path} answered {status}: {body}"))
    }

    async fn graphql(&mut self, query: &str, variables: Value) -> Result<Value, String> {
        let body = json!({ "query": query, "variables": variables });
        Ok(self.post("/graphql", &body).await?["data"].take())
    }

    async fn sign_up(&mut self) -> Step {
        // A data directory can be walked more than once: each walk is another person.
        let unique = uuid::Uuid::new_v4();
        let text = "mutation ($email: String!, $password: String!) { \
            signUp(email: $email, password: $password) { status me { id } position } }";
        let email = format!("walk-{unique}@example.fi");
        let data = self.graphql(text, json!({ "email": email, "password": PASSWORD })).await?;
        expect(&data["signUp"]["status"], "SIGNED_UP")?;
        Ok(data["signUp"].clone())
    }

    async fn connect(&mut self, bank_id: &str) -> Step {
        let text = "mutation ($bank: ID!) { connectBank(bankId: $bank, consentDays: 90, \
            historyDays: 730) { status connectionId authorizeUrl position } }";
        let mut data = self.graphql(text, json!({ "bank": bank_id })).await?;
        expect(&data["connectBank"]["status"], "REDIRECT")?;
        // The address holds a signed request and the state: it is used, and not shown.
        self.authorize_url = data["connectBank"]["authorizeUrl"].as_str().map(str::to_owned);
        data["connectBank"].as_object_mut().map(|fields| fields.remove("authorizeUrl"));
        Ok(data["connectBank"].take())
    }

    /// Goes to the bank, which approves by itself, and comes back with its answer.
    async fn consent(&mut self, bank_id: &str) -> Step {
        let url = self.authorize_url.take().unwrap_or_default();
        let answer = self.http.get(url).send().await.map_err(|error| error.to_string())?;
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| format!("the bank answered {}", answer.status()))?;
        let (address, fragment) = location.split_once('#').unwrap_or((location, ""));
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let path = format!("/callback/{bank_id}");
        if address != format!("{}{path}", self.page) {
            return Err(format!("the bank sent the browser to {address}"));
        }
        let back = self.post(&path, &json!({ "query": query, "fragment": fragment })).await?;
        expect(&back["outcome"], "connected")?;
        Ok(back)
    }

    /// Waits for the end of a run of reading.
    async fn fetched(&mut self, id: &str, which: &str) -> Step {
        let text = "query ($id: ID!) { connection(id: $id) { status sync { state problem \
            accountsDone accountsTotal transactionsRead transactionsNew } } }";
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < READ_WITHIN {
            let mut data = self.graphql(text, json!({ "id": id })).await?;
            match data["connection"]["sync"]["state"].as_str() {
                Some("DONE") => {
                    let mut evidence = data["connection"]["sync"].take();
                    evidence["run"] = json!(which);
                    return Ok(evidence);
                }
                Some("FAILED") => return Err(format!("reading failed: {data}")),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
        Err("reading did not end in time".to_owned())
    }

    /// Compares what the read models say with what the banks know: every account, and what all of them
    /// come to in each currency.
    async fn query(&mut self, truths: &[&Truth]) -> Step {
        let text = "query ($from: String!, $to: String!) { \
            accounts { kind identifier currency transactionCount booked { minor currency } } \
            transactions(first: 1) { totalCount edges { node { bookingDate position } } } \
            spending(from: $from, to: $to) { month category { id } amount { minor } } \
            convertedTotal(currency: \"EUR\") { amount { minor } unconverted { minor currency } \
                rates { currency rate day source } } }";
        let range = json!({ "from": "2000-01", "to": "2099-12" });
        let data = self.graphql(text, range).await?;
        let accounts = data["accounts"].as_array().cloned().unwrap_or_default();
        let mut compared = 0;
        let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
        let users = truths.iter().filter_map(|truth| truth.users.first());
        for known in users.flat_map(|user| &user.accounts) {
            // One number may stand for two accounts, in two currencies.
            let same = |account: &&Value| {
                account["identifier"] == known.iban.as_str()
                    && account["currency"] == known.currency.as_str()
            };
            let ours = accounts.iter().find(same);
            let ours = ours.ok_or_else(|| format!("an account of the bank is missing: {data}"))?;
            let count = ours["transactionCount"].as_u64().unwrap_or_default();
            let rows = known.transactions + known.pending;
            if count != rows as u64 {
                return Err(format!("{count} rows here, {rows} at the bank"));
            }
            expect(&ours["booked"]["minor"], &known.booked_minor.to_string())?;
            *totals.entry(&known.currency).or_default() += known.booked_minor;
            compared += 1;
        }
        if data["spending"].as_array().is_none_or(Vec::is_empty) {
            return Err("there is no spending".to_owned());
        }
        // The rates of this world are invented, and say so; what has none would be told.
        let about = &data["convertedTotal"];
        expect(&about["rates"][0]["source"], rates::SANDBOX)?;
        if about["unconverted"].as_array().is_none_or(|left| !left.is_empty()) {
            return Err(format!("some accounts were not converted: {about}"));
        }
        Ok(json!({
            "about_eur_minor": about["amount"]["minor"],
            "rates": about["rates"],
            "accounts": accounts.len(),
            "balances_equal_to_the_banks": compared,
            "booked_minor_by_currency": totals,
            "transactions": data["transactions"]["totalCount"],
        }))
    }

    /// Reads everything once more: nothing may be added.
    async fn fetch_again(&mut self, id: &str) -> Step {
        let text =
            "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status position } }";
        let data = self.graphql(text, json!({ "id": id })).await?;
        expect(&data["refreshConnection"]["status"], "STARTED")?;
        let wait = "query ($at: Position) { connections(atLeast: $at) { id } }";
        self.graphql(wait, json!({ "at": data["refreshConnection"]["position"] })).await?;
        nothing_new(self.fetched(id, "again").await?)
    }

    async fn revoke(&mut self, id: &str) -> Step {
        let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { \
            status position connection { status bankTold } } }";
        let mut data = self.graphql(text, json!({ "id": id })).await?;
        expect(&data["revokeConnection"]["status"], "REVOKED")?;
        expect(&data["revokeConnection"]["connection"]["status"], "REVOKED")?;
        Ok(data["revokeConnection"].take())
    }
}

/// Rows that are known, by whichever route, are not added.
fn nothing_new(evidence: Value) -> Step {
    match evidence["transactionsNew"].as_u64() {
        Some(0) => Ok(evidence),
        _ => Err(format!("reading added rows that were known: {evidence}")),
    }
}

fn expect(found: &Value, wanted: &str) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("expected {wanted}, found {found}")) }
}
