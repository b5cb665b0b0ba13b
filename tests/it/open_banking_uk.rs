//! A bank of Open Banking UK beside OP, over sockets: registration with a directory's statement, both ways
//! through the browser, both versions of the API, and what the bank does wrong.

mod judged;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::id::BankId;
use opl::app::Options;
use opl::settings::RegistrationFile;
use opl::world::Clock;
use sandbox::{Misbehaviour, Misbehaviours, Sandbox, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Returned, Store, World};

const ALL: &str = "{ accounts { identifier kind transactionCount booked { minor currency } \
    available { minor } } }";

/// The British bank, registered with beside OP's world.
struct Albion {
    world: World,
    bank: Sandbox,
}

/// How this platform is registered there.
struct Way {
    version: &'static str,
    flow: &'static str,
    authentication: &'static str,
}

const PUSHED: Way = Way { version: "4.0", flow: "pushed", authentication: "private_key_jwt" };
const HYBRID: Way = Way { version: "3.1", flow: "hybrid", authentication: "tls_client_auth" };

impl Albion {
    async fn registered(way: &Way) -> Self {
        Self::misbehaving(way, Misbehaviours::NONE).await
    }

    async fn misbehaving(way: &Way, misbehaviours: Misbehaviours) -> Self {
        let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
        Self::in_world(world, way, misbehaviours).await
    }

    async fn in_world(world: World, way: &Way, misbehaviours: Misbehaviours) -> Self {
        let bank = Sandbox::start(SandboxOptions {
            standard: SandboxStandard::OpenBankingUk,
            data_dir: world.scratch.path().join("albion"),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            auto_approve: true,
            authorize_plain_http: true,
            misbehaviours,
            ..SandboxOptions::default()
        })
        .await
        .expect("a bank");
        let albion = Self { world, bank };
        let file = albion.settings(way, &json!({}));
        opl::registration::register(&albion.world.app, &file, |_| {}).await.expect("registered");
        albion
    }

    fn settings(&self, way: &Way, changes: &Value) -> RegistrationFile {
        let sandbox::Addresses { public, mtls, authorize, .. } = self.bank.addresses();
        let page = &self.world.page;
        let mut settings = json!({
            "version": way.version, "flow": way.flow,
            "token_endpoint_auth_method": way.authentication,
            "country": "GB", "tpp_name": "Test", "roles": ["AIS"],
            "redirect_uris": [format!("{page}/callback/albion")],
            "software_client_name": "Test", "software_client_uri": page, "org_name": "Test",
            "org_contacts": [],
            "generator_url": format!("{public}/directory/sandbox-tpp"),
            "statement_url": format!("{mtls}/directory/software-statements"),
            "issuer": public,
            "registration_url": format!("{mtls}/register"),
            "token_url": format!("{mtls}/oauth/token"),
            "pushed_url": format!("{mtls}/oauth/par"),
            "authorize_url": format!("{authorize}/oauth/authorize"),
            "keys_url": format!("{public}/oauth/jwks"),
            "accounts_url": format!("{mtls}/open-banking/v{}/aisp", way.version),
        });
        for (name, value) in changes.as_object().expect("an object") {
            settings[name.as_str()] = value.clone();
        }
        let ca = self.bank.ca_certificate_pem().to_owned();
        let id = BankId("albion".to_owned());
        RegistrationFile::parse(&id, settings.to_string(), Some(ca)).expect("settings")
    }

    async fn stop(self) {
        self.world.stop().await;
        self.bank.stop().await;
    }

    /// Accounts, balances and numbers of rows are the bank's own.
    async fn equal_to_the_truth(&self, person: &mut Browser) {
        let data = person.graphql(ALL, json!({})).await;
        let accounts = data["accounts"].as_array().expect("accounts");
        let truth = self.bank.truth();
        let user = truth.users.first().expect("a customer");
        assert_eq!(accounts.len(), user.accounts.len());
        for known in &user.accounts {
            let ours = accounts.iter().find(|one| one["identifier"] == known.iban.as_str());
            let ours = ours.expect("the account");
            assert_eq!(ours["booked"]["minor"], known.booked_minor.to_string(), "{}", known.name);
            assert_eq!(ours["booked"]["currency"], "GBP");
            assert_eq!(ours["available"]["minor"], known.available_minor.to_string());
            let rows = known.transactions + known.pending;
            assert_eq!(ours["transactionCount"], rows, "{}", known.name);
        }
    }
}

async fn read_again(albion: &Albion, person: &mut Browser, id: &str) -> Value {
    let ended = albion.world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    albion.world.until_runs_ended(ended + 1).await;
    person.connection(id).await
}

async fn whole_job(way: &Way) {
    let albion = Albion::registered(way).await;
    let mut person = albion.world.person().await;
    let id = person.connect_at("albion").await;
    albion.equal_to_the_truth(&mut person).await;
    let again = read_again(&albion, &mut person, &id).await;
    assert_eq!(
        (&again["sync"]["state"], &again["sync"]["transactionsNew"]),
        (&json!("DONE"), &json!(0))
    );
    let calls = albion.bank.calls();
    let data: Vec<_> = calls.iter().filter(|call| call.path.contains("/accounts")).collect();
    assert!(data.iter().all(|call| call.attended && call.certificate.is_some()));
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { \
        status connection { bankTold } } }";
    let revoked = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(revoked["revokeConnection"]["status"], "REVOKED");
    assert_eq!(revoked["revokeConnection"]["connection"]["bankTold"], true);
    let gone = |call: &&sandbox::Call| call.method == "DELETE" && call.status == 204;
    assert_eq!(albion.bank.calls().iter().filter(gone).count(), 1);
    albion.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_pushed_and_signed_on_version_4() {
    whole_job(&PUSHED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_by_hybrid_flow_on_version_3() {
    whole_job(&HYBRID).await;
}

/// RFC 9207, section 2.4: a bank that says it always names itself has to.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_its_issuer_is_refused_where_the_bank_always_names_itself() {
    let albion = Albion::registered(&HYBRID).await;
    let mut person = albion.world.person().await;
    let good = person.to_bank("albion").await;
    let pairs: Vec<&str> = good.fragment.split('&').collect();
    let without: Vec<&str> =
        pairs.iter().copied().filter(|pair| !pair.starts_with("iss=")).collect();
    assert_eq!(without.len() + 1, pairs.len(), "the bank names itself: {}", pairs.len());
    let bad = Returned { fragment: without.join("&"), ..good };
    let (status, body) = person.come_back_from("albion", &bad).await;
    assert_eq!((status, &body["code"]), (400, &json!("answer_not_trusted")), "{body}");
    assert_eq!(albion.world.refusals().await, ["issuer_missing"]);
    albion.stop().await;
}

/// An answer that names another issuer, by a letter, a slash or altogether, or that comes at another bank's
/// address, opens nothing; the right one still does.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_or_at_another_banks_address_is_refused() {
    let albion = Albion::registered(&HYBRID).await;
    let at_op = albion.world.settings();
    opl::registration::register(&albion.world.app, &at_op, |_| {}).await.expect("registered");
    let mut person = albion.world.person().await;
    let good = person.to_bank("albion").await;
    let own = good.fragment.split('&').find(|pair| pair.starts_with("iss=")).expect("an issuer");
    let others = [
        format!("{own}%2F"),
        own.to_uppercase().replace("ISS=", "iss="),
        own.replace("%3A", "%253A"),
        "iss=https%3A%2F%2Fevil.example".to_owned(),
    ];
    for other in &others {
        assert_ne!(other, own);
        let bad = Returned { fragment: good.fragment.replace(own, other), ..good.clone() };
        let (status, body) = person.come_back_from("albion", &bad).await;
        assert_eq!((status, &body["code"]), (400, &json!("answer_not_trusted")), "{other}: {body}");
    }
    let (status, body) = person.come_back_from("op", &good).await;
    assert_eq!(status, 400, "{body}");
    let refusals = albion.world.refusals().await;
    assert_eq!(&refusals[..others.len()], ["issuer"; 4]);
    assert_eq!(albion.world.count("consent.granted").await, 0);
    let (status, body) = person.come_back_from("albion", &good).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("connected")), "{body}");
    albion.stop().await;
}

/// A code that the bank refuses ends the consent, with one event, and is not shown to it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_bank_refuses_is_shown_to_it_once() {
    let albion = Albion::registered(&PUSHED).await;
    let mut person = albion.world.person().await;
    let returned = person.to_bank("albion").await;
    let tokens = |fits: &dyn Fn(&sandbox::Call) -> bool| {
        let calls = albion.bank.calls();
        calls.iter().filter(|call| call.path == "/oauth/token" && fits(call)).count()
    };
    let code = |call: &sandbox::Call| call.grant_type.as_deref() == Some("authorization_code");
    albion.bank.faults().fail_next("/oauth/token", 400, 1);
    let (status, body) = person.come_back_from("albion", &returned).await;
    assert_eq!((status, &body["code"]), (502, &json!("bank_error")), "{body}");
    assert_eq!((tokens(&|call| call.status == 400), tokens(&code)), (1, 0));
    assert_eq!(albion.world.count("consent.failed").await, 1);
    let asked = tokens(&|_| true);
    let (status, _) = person.come_back_from("albion", &returned).await;
    assert_ne!(status, 200);
    assert_eq!((tokens(&|_| true), albion.world.count("consent.granted").await), (asked, 0));
    albion.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_does_wrong_loses_nothing_and_doubles_nothing() {
    use Misbehaviour as M;
    let wrong = [M::NoId, M::BrokenRow, M::OddToken, M::OddRegistration, M::RepeatingCursor];
    let albion = Albion::misbehaving(&PUSHED, wrong.into_iter().collect()).await;
    let mut person = albion.world.person().await;
    let id = person.connect_at("albion").await;
    albion.equal_to_the_truth(&mut person).await;
    // Three broken rows of each of the three accounts are kept aside.
    assert!(albion.world.count("fetch.rows_quarantined").await >= 3);
    albion.bank.misbehave(M::TransactionIdPerCall);
    let again = read_again(&albion, &mut person, &id).await;
    assert_eq!(again["sync"]["transactionsNew"], 0, "{again}");
    albion.equal_to_the_truth(&mut person).await;
    albion.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_that_are_down_keep_nobody_from_the_rows() {
    let albion = Albion::misbehaving(&PUSHED, Misbehaviour::BalanceDown.into()).await;
    let mut person = albion.world.person().await;
    let id = person.connect_at("albion").await;
    let failed = |call: &&sandbox::Call| call.path.ends_with("/balances") && call.status == 503;
    // From twenty calls on of which half failed the bank's balances are left alone.
    for round in 0..12 {
        let read = read_again(&albion, &mut person, &id).await;
        assert_eq!(read["sync"]["state"], "DONE", "round {round}: {read}");
        if albion.bank.calls().iter().filter(failed).count() >= 21 {
            break;
        }
    }
    let before = albion.bank.calls().iter().filter(failed).count();
    assert!(before >= 20, "{before}");
    let read = read_again(&albion, &mut person, &id).await;
    assert_eq!(read["sync"]["state"], "DONE", "{read}");
    albion.stop().await;
}

/// Connects for longer than a word of the person lasts.
async fn connected_for_a_year(person: &mut Browser) -> String {
    let text = "mutation { connectBank(bankId: \"albion\", consentDays: 365) { \
        connectionId authorizeUrl } }";
    let data = person.graphql(text, json!({})).await;
    let url = data["connectBank"]["authorizeUrl"].as_str().expect("an address");
    let answer = person.http.get(url).send().await.expect("an answer");
    let location = answer.headers()["location"].to_str().expect("an address").to_owned();
    let (_, query) = location.split_once('?').expect("a query");
    let back = json!({ "query": query, "fragment": "" });
    let (status, body) = person.post("/callback/albion", &back).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("connected")), "{body}");
    let id = data["connectBank"]["connectionId"].as_str().expect("an identifier").to_owned();
    person.read_to_the_end(&id).await;
    id
}

const SAID: &str = "query ($id: ID!, $at: Position) { \
    connection(id: $id, atLeast: $at) { status rests reconfirmBy grantedAt sync { state } } \
    renewalNotices(atLeast: $at) { daysLeft severity confirmHere } }";

async fn said(person: &mut Browser, id: &str) -> Value {
    person.graphql(SAID, json!({ "id": id, "at": u32::MAX.to_string() })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ninety_days_a_word_here_is_asked_for_and_is_enough() {
    let ahead = Arc::new(AtomicI64::new(0));
    let moved = Arc::clone(&ahead);
    let clock = Clock::from_fn(move || Utc::now() + TimeDelta::days(moved.load(Ordering::Relaxed)));
    let options = |data: &Path| Options { clock, ..Options::in_directory(data) };
    let world = World::unregistered(Store::Sqlite, options).await;
    let albion = Albion::in_world(world, &PUSHED, Misbehaviours::NONE).await;
    let mut person = albion.world.browser();
    let credentials = json!({ "email": "kate@example.co.uk", "password": "long enough for tests" });
    let sign = |word: &str| {
        format!(
            "mutation ($email: String!, $password: String!) {{ \
            {word}(email: $email, password: $password) {{ status }} }}"
        )
    };
    person.graphql(&sign("signUp"), credentials.clone()).await;
    let id = connected_for_a_year(&mut person).await;
    let fresh = said(&mut person, &id).await;
    assert_eq!(fresh["renewalNotices"], json!([]));
    let moment = |value: &Value| {
        value.as_str().expect("a moment").parse::<chrono::DateTime<Utc>>().expect("a moment")
    };
    let shown = &fresh["connection"];
    let days = (moment(&shown["reconfirmBy"]) - moment(&shown["grantedAt"])).num_minutes();
    assert!((90 * 24 * 60 - 5..=90 * 24 * 60).contains(&days), "{days}");

    // Both clocks go on: first to a reminder, then past the last day.
    let later = |days: i64| {
        let more = days - ahead.swap(days, Ordering::Relaxed);
        let seconds = u64::try_from(more * 86_400).expect("ahead");
        albion.bank.clock().advance(Duration::from_secs(seconds));
    };
    later(80);
    person.graphql(&sign("signIn"), credentials.clone()).await;
    let soon = said(&mut person, &id).await;
    assert_eq!(
        soon["renewalNotices"],
        json!([{ "daysLeft": 10, "severity": "SOON", "confirmHere": true }])
    );
    later(91);
    person.graphql(&sign("signIn"), credentials.clone()).await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let refused = person.graphql(text, json!({ "id": id })).await;
    assert_ne!(refused["refreshConnection"]["status"], "STARTED", "nothing is read any more");
    opl::reconfirmation::rest_all_due(&albion.world.app).await.expect("a round");
    let resting = said(&mut person, &id).await;
    let connection = &resting["connection"];
    assert_eq!(
        (&connection["status"], &connection["rests"]),
        (&json!("NEEDS_CONFIRMATION"), &json!(true))
    );
    assert_eq!(resting["renewalNotices"][0]["confirmHere"], true);
    assert_eq!(resting["renewalNotices"][0]["severity"], "URGENT");

    let ended = albion.world.runs_ended().await;
    let text = "mutation ($id: ID!) { reconfirmConnection(connectionId: $id) { status } }";
    // Somebody else's word changes nothing.
    let mut other = albion.world.person().await;
    let data = other.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["reconfirmConnection"]["status"], "NOT_FOUND");
    let data = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["reconfirmConnection"]["status"], "CONFIRMED");
    albion.world.until_runs_ended(ended + 1).await;
    let again = said(&mut person, &id).await;
    let connection = &again["connection"];
    assert_eq!((&connection["status"], &connection["rests"]), (&json!("ACTIVE"), &json!(false)));
    assert_eq!(connection["sync"]["state"], "DONE", "{again}");
    assert_eq!(again["renewalNotices"], json!([]));
    albion.stop().await;
}
