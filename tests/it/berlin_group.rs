//! A bank of NextGenPSD2 over real sockets, beside OP's: registration, consent, reading, ending; and what was
//! said on the way, judged by the standard's own file and by a signature library in another language.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, TimeDelta, Timelike as _, Utc};
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::BankId;
use opl::access::BankAccess;
use opl::app::Options;
use opl::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use opl::connectors::{Attended, ConsentTerms, ConsentWish, PageWish, Permit, Secret};
use opl::registration::register;
use opl::settings::RegistrationFile;
use opl::sync::Purpose;
use opl::tokens::Holder;
use opl::world::Clock;
use sandbox::{Sandbox, SandboxClock, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

pub(crate) const NORDVIK: &str = "nordvik";

/// The bank, and the service registered with it.
pub(crate) struct Nordvik {
    pub(crate) world: World,
    pub(crate) bank: Sandbox,
}

impl Nordvik {
    async fn registered(change: impl FnOnce(&mut Value)) -> Self {
        Self::registered_at(SandboxClock::real(), Options::in_directory, change).await
    }

    pub(crate) async fn registered_at(
        clock: SandboxClock,
        options: impl FnOnce(&Path) -> Options,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let world = World::unregistered(Store::Sqlite, options).await;
        let bank = Sandbox::start(SandboxOptions {
            standard: SandboxStandard::BerlinGroup,
            data_dir: world.scratch.path().join(NORDVIK),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            auto_approve: true,
            authorize_plain_http: true,
            clock,
            ..SandboxOptions::default()
        })
        .await
        .expect("a bank");
        let sandbox::Addresses { public, mtls, authorize, .. } = bank.addresses();
        let mut settings = json!({
            "country": "FI", "tpp_name": "Test", "roles": ["AIS"],
            "sandbox_url": format!("{public}/certificates/sandbox-tpp"),
            "api_url": format!("{mtls}/psd2/v1"),
            "browser_origin": authorize,
            "redirect_uris": [format!("{}/callback/{NORDVIK}", world.page)],
        });
        change(&mut settings);
        let ca = bank.ca_certificate_pem().to_owned();
        let file = RegistrationFile::parse(&bank_id(), settings.to_string(), Some(ca));
        let mut steps = Vec::new();
        register(&world.app, &file.expect("settings"), |report| steps.push(report.step))
            .await
            .expect("registered");
        assert_eq!(steps, ["certificates", "validation"]);
        Self { world, bank }
    }

    pub(crate) async fn stop(self) {
        self.world.stop().await;
        self.bank.stop().await;
    }
}

fn bank_id() -> BankId {
    BankId(NORDVIK.to_owned())
}

/// Asks for a connection; answers with its identifier and where to go.
async fn ask(browser: &mut Browser) -> (String, String) {
    let text = "mutation { connectBank(bankId: \"nordvik\", consentDays: 180) { \
        status connectionId authorizeUrl } }";
    let data = browser.graphql(text, json!({})).await;
    let connect = &data["connectBank"];
    assert_eq!(connect["status"], "REDIRECT", "{data}");
    let text = |name: &str| connect[name].as_str().expect("text").to_owned();
    (text("connectionId"), text("authorizeUrl"))
}

/// Goes to the bank, which approves and sends back; answers with the query it came back with.
async fn visit(browser: &Browser, url: &str) -> String {
    let answer = browser.http.get(url).send().await.expect("an answer");
    let location = answer.headers()["location"].to_str().expect("an address").to_owned();
    let (address, query) = location.split_once('?').expect("a query");
    assert!(address.ends_with("/callback/nordvik"), "{address}");
    query.to_owned()
}

async fn come_back(browser: &mut Browser, path: &str, query: &str) -> (u16, Value) {
    browser.post(path, &json!({ "query": query, "fragment": "" })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_whole_way_through_a_bank_of_another_standard() {
    let here = Nordvik::registered(|_| {}).await;
    let mut browser = here.world.person().await;
    let (id, url) = ask(&mut browser).await;
    let query = visit(&browser, &url).await;
    let (status, body) = come_back(&mut browser, "/callback/nordvik", &query).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
    let read = browser.read_to_the_end(&id).await;
    assert_eq!(read["sync"]["state"], "DONE", "{read}");

    let text = "query { accounts { kind identifier currency transactionCount \
        booked { minor currency } } connections { expiresAt } }";
    let data = browser.graphql(text, json!({})).await;
    let ours = data["accounts"].as_array().expect("a list").clone();
    let truth = here.bank.truth();
    let person = &truth.users[0];
    assert_eq!(ours.len(), person.accounts.len(), "{ours:?}");
    for known in &person.accounts {
        // The key of an account is its number and its currency.
        let same = |one: &&Value| {
            one["identifier"] == known.iban.as_str() && one["currency"] == known.currency.as_str()
        };
        let one = ours.iter().find(same).unwrap_or_else(|| panic!("{known:?} in {ours:?}"));
        assert_eq!(one["booked"]["minor"], known.booked_minor.to_string(), "{known:?}");
        assert_eq!(
            one["transactionCount"].as_u64(),
            Some(known.transactions as u64 + pending(known))
        );
    }
    let kinds: Vec<_> = ours.iter().map(|one| one["kind"].as_str().expect("text")).collect();
    assert!(kinds.contains(&"CARD") && kinds.contains(&"SAVINGS"), "{kinds:?}");
    assert_eq!(here.world.count("fetch.rows_quarantined").await, 0);
    // No token came, and none was kept: the certificate and the consent open the accounts.
    assert_eq!(here.world.tokens(&id).await, None);

    let again = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = browser.graphql(again, json!({ "id": id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    here.world.until_runs_ended(2).await;
    let second = browser.read_to_the_end(&id).await;
    assert_eq!(second["sync"]["transactionsNew"], 0, "{second}");

    let end = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    let data = browser.graphql(end, json!({ "id": id })).await;
    assert_eq!(data["revokeConnection"]["status"], "REVOKED");
    let deleted = here.bank.calls().into_iter().filter(|call| call.method == "DELETE");
    assert_eq!(deleted.map(|call| call.status).collect::<Vec<_>>(), [204]);
    here.stop().await;
}

/// Purchases that are made and not booked yet; the truth counts booked ones only.
fn pending(account: &sandbox::TrueAccount) -> u64 {
    account.pending as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_believed_from_the_right_browser_at_the_right_address_once() {
    // N17, and the attack on a redirect without a code: whoever sends somebody else to the bank with a
    // consent of their own gets nothing, though that person approves.
    let here = Nordvik::registered(|_| {}).await;
    let opfile = here.world.settings();
    register(&here.world.app, &opfile, |_| {}).await.expect("registered");
    let (mut mallory, mut victim) = (here.world.person().await, here.world.person().await);
    let (id, url) = ask(&mut mallory).await;
    let query = visit(&victim, &url).await;
    // What binds the return is in nothing that Mallory saw; only the bank tells it, to who approved.
    let state = query.split("state=").nth(1).expect("a state");
    assert!(state.len() >= 43 && !url.contains(state), "{url}");
    let (status, body) = come_back(&mut victim, "/callback/nordvik", &query).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("other_browser")), "{body}");
    assert_eq!(mallory.status(&id).await, "PENDING", "the bank's yes alone is not believed");
    for query in ["", "state=", "state=x", "state=x&code=c"] {
        let (status, _) = come_back(&mut mallory, "/callback/nordvik", query).await;
        assert_eq!(status, 400, "{query}");
    }
    // Another bank's address, in its own form.
    let fragment = json!({ "query": "", "fragment": format!("{query}&code=c&id_token=a.b.c") });
    let (status, body) = mallory.post("/callback/op", &fragment).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("state_unknown")), "{body}");
    assert_eq!(mallory.status(&id).await, "PENDING");

    // The right browser comes back once.
    let (_, url) = ask(&mut victim).await;
    let query = visit(&victim, &url).await;
    let (status, _) = come_back(&mut victim, "/callback/nordvik", &query).await;
    assert_eq!(status, 200);
    let (status, body) = come_back(&mut victim, "/callback/nordvik", &query).await;
    assert_eq!((status, body["code"].as_str()), (409, Some("already_used")), "{body}");
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_turns_away_at_the_bank_has_refused() {
    let here = Nordvik::registered(|_| {}).await;
    here.bank.faults().auto_approve(false);
    let mut browser = here.world.person().await;
    let (id, url) = ask(&mut browser).await;
    let page = browser.http.get(&url).send().await.expect("an answer");
    let place = page.headers()["location"].to_str().expect("an address").to_owned();
    let host = here.bank.addresses().authorize.clone();
    let page = browser.http.get(format!("{host}{place}")).send().await.expect("a page");
    let page = page.text().await.expect("text");
    let token = page.split("name=\"form_token\" value=\"").nth(1).expect("a token");
    let token = token.split('"').next().expect("a token");
    let refuse = browser.http.post(format!("{host}{place}"));
    let refuse = refuse.body(format!("form_token={token}&step=refuse")).send().await;
    let location = refuse.expect("an answer").headers()["location"].to_str().unwrap().to_owned();
    let (_, query) = location.split_once('?').expect("a query");
    let (status, body) = come_back(&mut browser, "/callback/nordvik", query).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("refused")), "{body}");
    assert_eq!(browser.status(&id).await, "REFUSED");
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_agree_in_the_bank_s_app() {
    let here = Nordvik::registered(|settings| settings["redirect_preferred"] = json!(false)).await;
    here.bank.faults().auto_approve(false);
    let mut browser = here.world.person().await;
    let text = "mutation { connectBank(bankId: \"nordvik\") { \
        status connectionId authorizeUrl instruction } }";
    let data = browser.graphql(text, json!({})).await;
    let connect = &data["connectBank"];
    assert_eq!(connect["status"], "CONFIRM_ELSEWHERE", "{data}");
    assert_eq!(connect["authorizeUrl"], Value::Null);
    assert!(connect["instruction"].as_str().is_some_and(|text| text.contains("Nordvik app")));
    let id = connect["connectionId"].as_str().expect("text").to_owned();
    assert_eq!(browser.status(&id).await, "PENDING");
    here.bank.faults().auto_approve(true);
    for _ in 0..200 {
        if browser.status(&id).await == "ACTIVE" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let read = browser.read_to_the_end(&id).await;
    assert_eq!(read["sync"]["state"], "DONE", "{read}");
    here.stop().await;
}

/// A request and its answer, as the checker takes them.
pub fn exchange(request: &BankRequest, answer: &BankAnswer) -> Value {
    let mut spoken = said(request);
    spoken["status"] = answer.status.into();
    spoken["type"] = answer.content_type.clone().into();
    spoken["answer"] = String::from_utf8(answer.body.to_vec()).expect("text").into();
    spoken
}

pub fn said(request: &BankRequest) -> Value {
    let url = reqwest::Url::parse(&request.url).expect("an address");
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let headers: serde_json::Map<String, Value> = (request.headers.iter())
        .map(|(name, value)| ((*name).to_owned(), value.expose().into()))
        .collect();
    let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body.expose()));
    json!({
        "method": format!("{:?}", request.method).to_uppercase(),
        "path": format!("{}{query}", url.path()),
        "headers": headers,
        "body": body,
    })
}

/// Asks the checker, which is not ours; `tools/setup.sh test` installs its libraries.
pub fn check(job: &str, input: &Value) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/psd2-check");
    let mut child = Command::new("node")
        .args(["check.mjs", job])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    let mut input_end = child.stdin.take().expect("an input");
    input_end.write_all(input.to_string().as_bytes()).expect("written");
    drop(input_end);
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "run tools/setup.sh test: it installs what {folder} needs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Everything the connector asks in a consent's life, with the bank's answers.
async fn a_consent_s_life(here: &Nordvik, access: &BankAccess) -> Vec<(BankRequest, BankAnswer)> {
    let (bank, standard) = (&access.bank, access.bank.standard);
    let app = &here.world.app;
    let caller = || access.caller(app, None).expect("chance");
    let mut spoken = Vec::new();
    let mut say = async |request: BankRequest| {
        let answer = access.transport.send(&request).await.expect("an answer");
        spoken.push((request, answer.clone()));
        answer
    };
    let (terms, state) = (ConsentTerms::longest(bank, app.clock.now()), Secret::new("state"));
    let wish = ConsentWish {
        terms: &terms,
        redirect_uri: &access.redirect_uri,
        state: &state,
        accounts: &[],
    };
    say(standard.probe(bank, &caller()).expect("a request")).await;
    let here_now = Attended::from_live_request([192, 0, 2, 7].into(), app.clock.now(), None);
    let attended = access.caller(app, Some(here_now)).expect("chance");
    let made = standard.create_consent(bank, &attended, None, &wish).expect("a request");
    let made = standard.read_created(bank, &say(made).await).expect("a consent");
    let permit = Permit { token: None, authorization_id: &made.authorization_id };
    // Nothing is open before the person agreed.
    for request in standard.list_accounts(bank, &caller(), &permit).expect("requests") {
        assert_eq!(say(request).await.status, 401);
    }
    let link = made.link("scaRedirect").expect("a link");
    visit(&here.world.browser(), link).await;
    say(standard.consent_status(bank, &caller(), &permit).expect("a request")).await;
    let mut accounts = Vec::new();
    for request in standard.list_accounts(bank, &caller(), &permit).expect("requests") {
        let endpoint: Endpoint = request.endpoint;
        let answer = say(request).await;
        accounts.extend(standard.read_accounts(bank, endpoint, &answer).expect("a list").accounts);
    }
    assert_eq!(accounts.len(), 4);
    let today = app.clock.now().date_naive();
    let days = domain::plan::Days { from: today - chrono::TimeDelta::days(400), to: today };
    for account in &accounts {
        let request = standard.balances(bank, &caller(), &permit, account).expect("a request");
        let answer = say(request.expect("balances of their own")).await;
        assert_eq!(
            standard.read_balances(bank, account, &answer).expect("balances").quarantined,
            []
        );
        let mut continuation: Option<String> = None;
        for _ in 0..3 {
            let continuation_now = continuation.take();
            let wish = PageWish {
                account,
                days: Some(days),
                continuation: continuation_now.as_deref(),
                after: None,
            };
            let request = standard.page(bank, &caller(), &permit, &wish).expect("a request");
            let answer = say(request.clone()).await;
            let page = standard.read_page(bank, &request, account, &answer).expect("a page");
            continuation = page.continuation;
            if continuation.is_none() {
                break;
            }
        }
    }
    let delete = standard.delete_consent(bank, &caller(), &permit).expect("a request");
    assert_eq!(say(delete).await.status, 204);
    let lists = standard.list_accounts(bank, &caller(), &permit).expect("requests");
    let ended = say(lists[0].clone()).await;
    assert_eq!(
        standard.read_accounts(bank, Endpoint::Accounts, &ended),
        Err(opl::connectors::BankError::ConsentEnded)
    );
    spoken
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_fits_the_standard_and_every_seal_is_good() {
    let here = Nordvik::registered(|_| {}).await;
    let access = here.world.app.access(&bank_id()).await.expect("a bank");
    let spoken = a_consent_s_life(&here, &access).await;
    let exchanges: Vec<Value> = spoken.iter().map(|(ask, answer)| exchange(ask, answer)).collect();
    let judged = check("openapi", &json!({ "exchanges": exchanges }));
    assert_eq!(judged["problems"], json!([]), "{judged}");
    let seen = judged["seen"].as_array().expect("a list").len();
    assert!(seen >= 12, "{judged}");

    // Every request, by a library in another language; and with one byte of each signed part changed.
    let requests: Vec<Value> = spoken.iter().map(|(ask, _)| said(ask)).collect();
    let judged = check("verify", &json!({ "requests": requests }));
    assert!(judged.as_array().expect("a list").iter().all(|word| word == "good"), "{judged}");
    let made = &requests[1];
    let mut bent = Vec::new();
    for name in ["x-request-id", "date", "tpp-redirect-uri", "digest", "signature"] {
        let mut request = made.clone();
        let text = request["headers"][name].as_str().expect("text").to_owned();
        request["headers"][name] = bend(&text).into();
        bent.push(request);
    }
    let mut body = made.clone();
    body["body"] = bend(body["body"].as_str().expect("text")).into();
    bent.push(body);
    let judged = check("verify", &json!({ "requests": bent }));
    assert!(judged.as_array().expect("a list").iter().all(|word| word != "good"), "{judged}");
    here.stop().await;
}

/// The text with one digit or letter changed, two thirds along: the last one of base64 may stand for nothing.
fn bend(text: &str) -> String {
    let far = text.len() * 2 / 3;
    let at = far + text[far..].find(|one: char| one.is_ascii_alphanumeric()).expect("a letter");
    let other = if &text[at..=at] == "1" { "2" } else { "1" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_takes_a_seal_of_another_library_and_refuses_one_changed_byte() {
    let here = Nordvik::registered(|_| {}).await;
    let access = here.world.app.access(&bank_id()).await.expect("a bank");
    let (bank, standard) = (&access.bank, access.bank.standard);
    let caller = access.caller(&here.world.app, None).expect("chance");
    let ours = standard.probe(bank, &caller).expect("a request");
    let text = |request: &BankRequest, name: &str| {
        request.header_value(name).expect("a header").to_owned()
    };
    // The same request, with a signature that `http-signature` made over the same headers.
    let key_id = text(&ours, "signature").split('"').nth(1).expect("a name").to_owned();
    let names = ["x-request-id", "date", "digest"];
    let theirs = check(
        "sign",
        &json!({
            "key": access.seal.key.to_pkcs8_pem().expose(), "keyId": key_id, "names": names,
            "headers": { "x-request-id": text(&ours, "x-request-id"), "date": text(&ours, "date") },
        }),
    );
    let with = |name: &'static str, value: String| {
        let mut request = ours.clone();
        request.headers.retain(|(known, _)| *known != name);
        request.header(name, value)
    };
    let signature = theirs["signature"].as_str().expect("text");
    let code = async |request: BankRequest| {
        let answer = access.transport.send(&request).await.expect("an answer");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        body["tppMessages"][0]["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(theirs["digest"], text(&ours, "digest").as_str());
    assert_eq!(code(with("signature", signature.to_owned())).await, "CONSENT_UNKNOWN");
    assert_eq!(code(ours.clone()).await, "CONSENT_UNKNOWN");
    for name in ["date", "x-request-id", "digest", "signature", "tpp-signature-certificate"] {
        let refused = code(with(name, bend(&text(&ours, name)))).await;
        let about_us = ["SIGNATURE_", "CERTIFICATE_", "FORMAT_ERROR"];
        assert!(about_us.iter().any(|word| refused.starts_with(word)), "{name} {refused}");
    }
    let mut bare = ours.clone();
    bare.headers.retain(|(name, _)| *name != "signature");
    assert_eq!(code(bare).await, "SIGNATURE_MISSING");
    here.stop().await;
}

/// Reads a connection with nobody there, and tells of the windows: whole or not, first day, rows, new ones.
pub(crate) async fn read_by_itself(
    here: &Nordvik,
    connection_id: &str,
) -> Vec<(bool, Option<NaiveDate>, u32, u32)> {
    let before = here.world.runs_ended().await;
    let user_id = here.world.events().await.into_iter().find_map(|(_, event)| match event {
        Event::Fetch(FetchEvent::Started(started)) => Some(started.user_id),
        _ => None,
    });
    let holder = Holder {
        consent_id: connection_id.parse().expect("an identifier"),
        user_id: user_id.expect("a run"),
        correlation: uuid::Uuid::now_v7(),
        fence: None,
    };
    let known = here.world.count("fetch.window_read").await;
    let start = opl::sync::start(&here.world.app, holder, Purpose::Scheduled, None).await;
    start.expect("started");
    here.world.until_runs_ended(before + 1).await;
    let of = |(_, event)| match event {
        Event::Fetch(FetchEvent::WindowRead(read)) => {
            Some((read.whole, read.from, read.rows_seen, read.rows_new))
        }
        _ => None,
    };
    here.world.events().await.into_iter().filter_map(of).skip(known).collect()
}

/// The bank and the service, both at eight in an evening of their own, and how far our clock is ahead.
pub async fn in_an_evening() -> (Nordvik, Arc<Mutex<TimeDelta>>) {
    let stockholm = chrono_tz::Europe::Stockholm;
    let evening = (Utc::now() + TimeDelta::days(1)).with_timezone(&stockholm);
    let evening = evening.with_hour(20).expect("an hour").with_timezone(&Utc);
    let ahead = Arc::new(Mutex::new(evening - Utc::now()));
    let seen = Arc::clone(&ahead);
    let clock = Clock::from_fn(move || Utc::now() + *seen.lock().expect("a clock"));
    let at_bank = SandboxClock::real();
    at_bank.advance((evening - Utc::now()).to_std().expect("ahead"));
    let options = |path: &Path| Options { clock, ..Options::in_directory(path) };
    (Nordvik::registered_at(at_bank, options, |_| {}).await, ahead)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_read_alone_as_far_as_the_balance_proves_it() {
    // Six hours later it is the next day.
    let (here, ahead) = in_an_evening().await;
    let mut browser = here.world.person().await;
    let id = browser.connect_at(NORDVIK).await;
    here.world.until_runs_ended(1).await;
    let pass = |hours| {
        *ahead.lock().expect("a clock") += TimeDelta::hours(hours);
        here.bank.clock().advance(std::time::Duration::from_secs(3600 * hours as u64));
    };

    pass(6);
    let windows = read_by_itself(&here, &id).await;
    let (whole, new): (Vec<_>, Vec<_>) = windows.iter().partition(|window| window.0);
    assert!(
        !new.is_empty() && !whole.is_empty(),
        "accounts by what is new, cards whole: {windows:?}"
    );
    for (_, from, seen, _) in &new {
        assert_eq!(*from, None, "what is new covers no day");
        assert!(*seen < 60, "and no history came along: {windows:?}");
    }
    here.stop().await;
}
