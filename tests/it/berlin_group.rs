//! A bank of NextGenPSD2 over real sockets, beside OP's: registration, consent, reading, ending.

mod judged;

use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, TimeDelta, Timelike as _, Utc};
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::BankId;
use opl::app::Options;
use opl::registration::register;
use opl::settings::RegistrationFile;
use opl::sync::Purpose;
use opl::tokens::Holder;
use opl::world::Clock;
use sandbox::{Sandbox, SandboxClock, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};
pub use judged::{check, exchange};

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
