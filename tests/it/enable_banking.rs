//! The aggregator's route beside OP's own, over sockets: an application instead of a registration, a session
//! instead of a consent, and the same accounts and rows by whichever route they come.

use std::collections::BTreeMap;

use domain::id::BankId;
use opl::app::Options;
use opl::registration::register;
use opl::settings::RegistrationFile;
use sandbox::{Misbehaviour, Misbehaviours, Sandbox, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Returned, Store, World};

pub(crate) const BANK: &str = "enable-banking-op";
const ROWS: &str = "query ($after: String) { transactions(first: 200, after: $after) { totalCount \
    pageInfo { hasNextPage endCursor } \
    edges { node { id accountId amount { minor } archiveId note } } } }";

/// OP's world with the aggregator beside it, and the service that is its application.
pub(crate) struct Route {
    pub(crate) world: World,
    pub(crate) aggregator: Sandbox,
}

impl Route {
    /// The world is unregistered at OP itself.
    async fn open(misbehaviours: Misbehaviours) -> Self {
        let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
        let aggregator = Sandbox::start(SandboxOptions {
            standard: SandboxStandard::EnableBanking,
            data_dir: world.scratch.path().join(BANK),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            auto_approve: true,
            authorize_plain_http: true,
            misbehaviours,
            ..SandboxOptions::default()
        })
        .await
        .expect("an aggregator");
        Self { world, aggregator }
    }

    pub(crate) async fn registered(misbehaviours: Misbehaviours) -> Self {
        let route = Self::open(misbehaviours).await;
        let mut steps = Vec::new();
        register(&route.world.app, &route.settings(&json!({})), |report| steps.push(report.step))
            .await
            .expect("registered");
        assert_eq!(steps, ["certificates", "validation"]);
        route
    }

    fn settings(&self, changes: &Value) -> RegistrationFile {
        let application = self.aggregator.application().expect("an application");
        let addresses = self.aggregator.addresses();
        let mut settings = json!({
            "application_id": application.id,
            "private_key": application.private_key_pem,
            "certificate": application.certificate_pem,
            "redirect_uris": [format!("{}/callback/{BANK}", self.world.page)],
            "api_url": addresses.public,
            "browser_origin": addresses.authorize,
        });
        for (name, value) in changes.as_object().expect("an object") {
            settings[name.as_str()] = value.clone();
        }
        let ca = self.aggregator.ca_certificate_pem().to_owned();
        let id = BankId(BANK.to_owned());
        RegistrationFile::parse(&id, settings.to_string(), Some(ca)).expect("settings")
    }

    pub(crate) async fn read_again(&self, person: &mut Browser, id: &str) -> Value {
        let ended = self.world.runs_ended().await;
        let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
        let data = person.graphql(text, json!({ "id": id })).await;
        assert_eq!(data["refreshConnection"]["status"], "STARTED");
        self.world.until_runs_ended(ended + 1).await;
        person.connection(id).await
    }

    pub(crate) async fn stop(self) {
        self.world.stop().await;
        self.aggregator.stop().await;
    }
}

/// Accounts with an IBAN, by their identifier here: number, rows and booked balance.
async fn accounts(person: &mut Browser) -> BTreeMap<String, (Value, Value, Value)> {
    let text = "{ accounts { id kind identifier transactionCount booked { minor } } }";
    let data = person.graphql(text, json!({})).await;
    let all = data["accounts"].as_array().expect("accounts").clone();
    let own = all.into_iter().filter(|account| account["kind"] != "CARD");
    own.map(|mut account| {
        let id = account["id"].as_str().expect("an identifier").to_owned();
        let mut take = |name: &str| account[name].take();
        (id, (take("identifier"), take("transactionCount"), take("booked")))
    })
    .collect()
}

/// Cards, by their identifier here: number and rows.
async fn cards(person: &mut Browser) -> BTreeMap<String, (Value, Value)> {
    let data =
        person.graphql("{ accounts { id kind identifier transactionCount } }", json!({})).await;
    let all = data["accounts"].as_array().expect("accounts").clone();
    let own = all.into_iter().filter(|account| account["kind"] == "CARD");
    own.map(|mut account| {
        let id = account["id"].as_str().expect("an identifier").to_owned();
        (id, (account["identifier"].take(), account["transactionCount"].take()))
    })
    .collect()
}

/// All rows of accounts with an IBAN, by their identifier here.
async fn rows(
    person: &mut Browser,
    own: &BTreeMap<String, (Value, Value, Value)>,
) -> BTreeMap<String, Value> {
    let (mut all, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let data = person.graphql(ROWS, json!({ "after": after })).await;
        let page = &data["transactions"];
        for edge in page["edges"].as_array().expect("rows") {
            let node = &edge["node"];
            if own.contains_key(node["accountId"].as_str().expect("an account")) {
                all.insert(node["id"].as_str().expect("an identifier").to_owned(), node.clone());
            }
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_with_an_application_and_no_certificate() {
    let route = Route::registered(Misbehaviours::NONE).await;
    let mut person = route.world.person().await;
    let id = person.connect_at(BANK).await;
    let shown = accounts(&mut person).await;
    let truth = route.aggregator.truth();
    let user = truth.users.first().expect("a customer");
    assert_eq!(shown.len(), user.accounts.len());
    for known in &user.accounts {
        let ours = shown.values().find(|(number, ..)| number == known.iban.as_str());
        let (_, count, booked) = ours.expect("the account");
        assert_eq!(*count, known.transactions, "{}", known.name);
        assert_eq!(booked["minor"], known.booked_minor.to_string());
    }
    let again = route.read_again(&mut person, &id).await;
    assert_eq!(
        (&again["sync"]["state"], &again["sync"]["transactionsNew"]),
        (&json!("DONE"), &json!(0))
    );
    let calls = route.aggregator.calls();
    let data: Vec<_> = calls.iter().filter(|call| call.path.starts_with("/accounts/")).collect();
    assert!(data.iter().all(|call| call.attended && call.certificate.is_none()));
    let details = data.iter().filter(|call| call.path.ends_with("/details")).count();
    // A debit card has no rows of its own, and is no account here.
    let cards = user.cards.iter().filter(|card| card.transactions > 0).count();
    assert!(cards > 0);
    let each = 2 * (user.accounts.len() + cards);
    assert_eq!(details, each, "each account is asked for by itself");
    // It is a sandbox, though the same route leads to real banks elsewhere.
    let text = "{ accounts { bank { id demo } } banks { id demo } }";
    let data = person.graphql(text, json!({})).await;
    let all = data["accounts"].as_array().expect("accounts");
    assert!(all.iter().all(|one| one["bank"] == json!({ "id": BANK, "demo": true })), "{data}");
    let banks = data["banks"].as_array().expect("banks");
    let other = banks.iter().find(|bank| bank["id"] == "enable-banking-nordea");
    assert_eq!(other.expect("a bank")["demo"], false, "nobody is registered there");
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { \
        status connection { bankTold } } }";
    let revoked = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(revoked["revokeConnection"]["status"], "REVOKED");
    assert_eq!(revoked["revokeConnection"]["connection"]["bankTold"], true);
    let closed = |call: &&sandbox::Call| call.method == "DELETE" && call.status == 200;
    assert_eq!(route.aggregator.calls().iter().filter(closed).count(), 1);
    route.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_survives_a_change_of_route() {
    let route = Route::registered(Misbehaviours::NONE).await;
    register(&route.world.app, &route.world.settings(), |_| {}).await.expect("registered at OP");
    let mut person = route.world.person().await;
    let direct = person.connect().await;
    let before = accounts(&mut person).await;
    let cards_before = cards(&mut person).await;
    let known = rows(&mut person, &before).await;
    assert!(known.len() > 1_000, "{}", known.len());
    let edited = known.keys().nth(500).expect("a row").clone();
    let text =
        "mutation ($id: ID!) { noteTransaction(transactionId: $id, note: \"ours\") { status } }";
    person.graphql(text, json!({ "id": edited })).await;
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": direct })).await;

    let returned = person.to_bank(BANK).await;
    let (status, body) = person.come_back_from(BANK, &returned).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("connected")), "{body}");
    let connection = person.read_to_the_end(&returned.connection_id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    assert_eq!(connection["sync"]["transactionsNew"], 0, "{connection}");
    assert!(connection["sync"]["transactionsRead"].as_u64() >= Some(known.len() as u64));
    let after = accounts(&mut person).await;
    assert_eq!(before, after, "the same accounts with the same numbers of rows and balances");
    // Cards too: by what is shown of their numbers, at the bank both routes lead to.
    let cards_after = cards(&mut person).await;
    assert!(cards_before.values().any(|(_, count)| count.as_u64() > Some(0)), "{cards_before:?}");
    assert_eq!(cards_before, cards_after);
    let now = rows(&mut person, &after).await;
    assert_eq!(known.keys().collect::<Vec<_>>(), now.keys().collect::<Vec<_>>());
    assert_eq!(now[&edited]["note"], "ours");
    route.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_behind_it_does_wrong_loses_nothing_and_doubles_nothing() {
    use Misbehaviour as M;
    let wrong = [M::NoId, M::BrokenRow, M::RepeatingCursor, M::AccountIdPerConsent];
    let route = Route::registered(wrong.into_iter().collect()).await;
    let mut person = route.world.person().await;
    let id = person.connect_at(BANK).await;
    let shown = accounts(&mut person).await;
    let truth = route.aggregator.truth();
    for known in &truth.users.first().expect("a customer").accounts {
        let ours = shown.values().find(|(number, ..)| number == known.iban.as_str());
        assert_eq!(ours.expect("the account").1, known.transactions, "{}", known.name);
    }
    assert!(route.world.count("fetch.rows_quarantined").await >= 2);
    let again = route.read_again(&mut person, &id).await;
    assert_eq!(again["sync"]["transactionsNew"], 0, "{again}");
    route.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_there_ends_here_by_its_own_name() {
    let route = Route::registered(Misbehaviours::NONE).await;
    let mut person = route.world.person().await;
    let first = person.connect_at(BANK).await;
    // Withdrawn: another session of the same customer takes its place.
    route.aggregator.misbehave(Misbehaviour::SupersedingConsent);
    let mut other = route.world.person().await;
    let second = other.connect_at(BANK).await;
    let ended = route.read_again(&mut person, &first).await;
    assert_eq!((&ended["status"], &ended["sync"]["state"]), (&json!("REVOKED"), &json!("FAILED")));
    // Over by the aggregator's clock, while it still stands by ours: the person is asked to come back.
    route.aggregator.clock().advance(std::time::Duration::from_secs(181 * 86_400));
    let over = route.read_again(&mut other, &second).await;
    assert_eq!(over["status"], "NEEDS_CONFIRMATION", "{over}");
    route.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_another_bank_or_an_altered_one_connects_nothing() {
    let route = Route::registered(Misbehaviours::NONE).await;
    register(&route.world.app, &route.world.settings(), |_| {}).await.expect("registered at OP");
    let mut person = route.world.person().await;
    // The aggregator's answer at OP's own address (RFC 9700, section 4.4).
    let returned = person.to_bank(BANK).await;
    let (status, body) = person.come_back_from("op", &returned).await;
    assert_eq!(status, 400, "{body}");
    // An altered state, and then the right one, but with another code.
    let returned = person.to_bank(BANK).await;
    let altered =
        Returned { query: returned.query.replace("state=", "state=x"), ..returned.clone() };
    assert_eq!(person.come_back_from(BANK, &altered).await.0, 400);
    let altered = Returned { query: returned.query.replace("code=", "code=x"), ..returned.clone() };
    let (status, body) = person.come_back_from(BANK, &altered).await;
    assert_eq!((status, &body["code"]), (502, &json!("bank_error")), "{body}");
    assert_eq!(route.world.count("consent.granted").await, 0);
    // A good one is good once.
    let returned = person.to_bank(BANK).await;
    assert_eq!(person.come_back_from(BANK, &returned).await.0, 200);
    assert_eq!(person.come_back_from(BANK, &returned).await.0, 409);
    route.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_with_another_key_is_refused_at_registration() {
    let route = Route::open(Misbehaviours::NONE).await;
    let other = Route::open(Misbehaviours::NONE).await;
    let theirs = other.aggregator.application().expect("an application");
    let settings = route.settings(&json!({
        "private_key": theirs.private_key_pem, "certificate": theirs.certificate_pem,
    }));
    let refused = register(&route.world.app, &settings, |_| {}).await.expect_err("a refusal");
    assert!(refused.to_string().contains("UNAUTHORIZED_ACCESS"), "{refused}");
    // A key that is not the certificate's is found here, and nothing is sent.
    let before = route.aggregator.calls().len();
    let settings = route.settings(&json!({ "private_key": theirs.private_key_pem }));
    let refused = register(&route.world.app, &settings, |_| {}).await.expect_err("a refusal");
    assert!(refused.to_string().contains("does not belong to the certificate"), "{refused}");
    assert_eq!(route.aggregator.calls().len(), before);
    // The right ones take the place of the first, and the log says so.
    register(&route.world.app, &route.settings(&json!({})), |_| {}).await.expect("registered");
    assert_eq!(route.world.count("registration.certificates_issued").await, 2);
    other.stop().await;
    route.stop().await;
}
