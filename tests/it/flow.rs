//! The whole job over real sockets, and what holds while it runs.

use std::time::Duration;

use domain::id::{BankId, ConsentId};
use opl::tokens::Holder;
use sandbox::TokenKind;
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

const ALL: &str = "{ accounts { identifier kind transactionCount booked { minor } \
    available { minor } } transactions(first: 1) { totalCount edges { node { id } } } }";

async fn refresh(person: &mut Browser, id: &str) -> String {
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    data["refreshConnection"]["status"].as_str().expect("a status").to_owned()
}

async fn revoke(person: &mut Browser, id: &str) -> Value {
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": id })).await["revokeConnection"]["status"].take()
}

/// Reads once more and waits until that run, not the one before, has ended.
async fn read_again(world: &World, person: &mut Browser, id: &str) -> Value {
    let ended = world.runs_ended().await;
    assert_eq!(refresh(person, id).await, "STARTED");
    world.until_runs_ended(ended + 1).await;
    person.connection(id).await
}

/// Balances and rows are the bank's own.
fn equal_to_the_truth(world: &World, data: &Value) {
    let accounts = data["accounts"].as_array().expect("accounts");
    let truth = world.bank.truth();
    let user = truth.users.first().expect("a customer");
    assert_eq!(accounts.len(), user.accounts.len() + user.cards.len());
    for known in &user.accounts {
        let ours = accounts.iter().find(|one| one["identifier"] == known.iban.as_str());
        let ours = ours.expect("the account");
        assert_eq!(ours["booked"]["minor"], known.booked_minor.to_string());
        assert_eq!(ours["available"]["minor"], known.available_minor.to_string());
        assert_eq!(ours["transactionCount"], known.transactions);
    }
    let rows: usize = user.accounts.iter().map(|account| account.transactions).sum();
    let posted: usize = user.cards.iter().map(|card| card.transactions).sum();
    assert_eq!(data["transactions"]["totalCount"], rows + posted);
}

async fn digests(world: &World) -> Vec<[u8; 32]> {
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, Duration::from_secs(30)).await.expect("caught up");
    let mut digests = Vec::new();
    for projection in projections::Projection::ALL {
        digests.push(world.app.read.digest(projection.name()).await.expect("a digest"));
    }
    digests
}

pub async fn whole_job(store: Store) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let first = person.graphql(ALL, json!({})).await;
    equal_to_the_truth(&world, &first);
    let recorded = world.count("account.transaction_recorded").await;
    let again = read_again(&world, &mut person, &id).await;
    assert_eq!(
        (&again["sync"]["state"], &again["sync"]["transactionsNew"]),
        (&json!("DONE"), &json!(0))
    );
    assert_eq!(world.count("account.transaction_recorded").await, recorded);
    assert_eq!(person.graphql(ALL, json!({})).await, first);
    let live = digests(&world).await;
    world.app.read.rebuild(None, |_| {}).await.expect("rebuilt");
    assert_eq!(digests(&world).await, live, "rebuilt rows are the live ones");
    nobody_else_sees(&world, &mut person, &id).await;
    assert_eq!(revoke(&mut person, &id).await, "REVOKED");
    assert!(world.tokens(&id).await.is_none());
    assert_eq!(revoke(&mut person, &id).await, "ALREADY_ENDED");
    assert_eq!(refresh(&mut person, &id).await, "NOT_ACTIVE");
    world.stop().await;
}

/// By no identifier of theirs does another person see or change anything.
async fn nobody_else_sees(world: &World, person: &mut Browser, id: &str) {
    let text = "{ accounts { id } transactions(first: 1) { edges { cursor node { id } } } }";
    let data = person.graphql(text, json!({})).await;
    let edge = &data["transactions"]["edges"][0];
    let ids = json!({
        "c": id, "a": data["accounts"][0]["id"], "t": edge["node"]["id"], "after": edge["cursor"],
    });
    let mut other = world.person().await;
    let text = "query ($c: ID!, $a: ID!, $t: ID!, $after: String!) { connections { id } \
        accounts { id } connection(id: $c) { id } account(id: $a) { id } \
        transaction(id: $t) { id } transactions(filter: { accountId: $a }) { totalCount } \
        rest: transactions(after: $after) { totalCount edges { cursor } } \
        transactionBuckets(filter: { accountId: $a }) { count } \
        spending(from: \"2000-01\", to: \"2099-12\", accountId: $a) { count } }";
    let seen = other.graphql(text, ids).await;
    let nothing = json!({
        "connections": [], "accounts": [], "connection": null, "account": null,
        "transaction": null, "transactions": { "totalCount": 0 },
        "rest": { "totalCount": 0, "edges": [] }, "transactionBuckets": [], "spending": [],
    });
    assert_eq!(seen, nothing);
    assert_eq!(refresh(&mut other, id).await, "NOT_FOUND");
    assert_eq!(revoke(&mut other, id).await, "NOT_FOUND");
    assert_eq!(person.status(id).await, "ACTIVE");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job() {
    whole_job(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_on_postgres() {
    whole_job(Store::Postgres).await;
}

/// Connected with tokens that have to be refreshed before every use.
async fn short_lived(store: Store) -> (World, Browser, String) {
    let world = World::registered(store).await;
    world.bank.faults().token_lifetime(Some(20));
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    world.bank.faults().fail_next("/accounts-psd2/v1/accounts", 500, 1);
    world.bank.faults().token_lifetime(Some(20));
    assert_eq!(person.come_back(&returned).await.0, 200);
    world.until_runs_ended(1).await;
    world.bank.faults().token_lifetime(None);
    (world, person, returned.connection_id)
}

async fn one_refresh(store: Store) {
    let (world, mut person, id) = short_lived(store).await;
    let before = world.token_requests("refresh_token");
    assert!(before >= 1, "the first run refreshed already");
    // The tokens of that refresh were short-lived too.
    let bank = world.app.access(&BankId("op".to_owned())).await.expect("a bank");
    let consent_id: ConsentId = id.parse().expect("an identifier");
    let requested = world.events().await.into_iter().find_map(|(_, event)| match event {
        domain::event::Event::Consent(domain::consent::ConsentEvent::Requested(asked)) => {
            Some(asked.user_id)
        }
        _ => None,
    });
    let user_id = requested.expect("a request");
    let correlation = uuid::Uuid::new_v4();
    let holder = Holder { consent_id, user_id, correlation, fence: None };
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, bank) = (world.app.clone(), bank.clone());
        callers.spawn(async move { opl::tokens::access_token(&app, &bank, holder).await });
    }
    let tokens: Vec<_> =
        callers.join_all().await.into_iter().map(|token| token.expect("a token")).collect();
    assert!(tokens.iter().all(|token| token.matches(tokens[0].expose())));
    assert_eq!(world.token_requests("refresh_token"), before + 1);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut person, id) = (person.clone(), id.clone());
        callers.spawn(async move { refresh(&mut person, &id).await });
    }
    let started = callers.join_all().await.iter().filter(|status| *status == "STARTED").count();
    assert!(started >= 1);
    world.until_runs_ended(1 + started).await;
    assert_eq!(world.token_requests("refresh_token"), before + 1);
    assert_eq!(person.connection(&id).await["sync"]["state"], "DONE");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_need_a_token_refresh_it_once() {
    one_refresh(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_need_a_token_refresh_it_once_on_postgres() {
    one_refresh(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_refresh_is_asked_for_again() {
    let (world, mut person, id) = short_lived(Store::Sqlite).await;
    let failed = world.count("grant.refresh_failed").await;
    world.bank.faults().drop_answer_next("/oauth/token", 1);
    let connection = read_again(&world, &mut person, &id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    assert_eq!(connection["status"], "ACTIVE");
    assert_eq!(world.count("grant.refresh_failed").await, failed);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_ended_at_the_bank_ends_here() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    world.bank.faults().fail_next("/accounts-psd2/v1/accounts", 403, 1);
    let connection = read_again(&world, &mut person, &id).await;
    assert_eq!(connection["status"], "REVOKED", "{connection}");
    assert_eq!(connection["endedReason"], "REVOKED_BY_BANK");
    assert_eq!(connection["sync"]["problem"], "CONSENT_ENDED");
    assert!(world.tokens(&id).await.is_none());
    let data = person.graphql(ALL, json!({})).await;
    equal_to_the_truth(&world, &data);
    let asked = world.calls("GET", "/accounts-psd2", |_| true);
    assert_eq!(refresh(&mut person, &id).await, "NOT_ACTIVE");
    assert_eq!(world.calls("GET", "/accounts-psd2", |_| true), asked, "no loop");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_down_is_told_of_a_withdrawal_later() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    world.bank.faults().fail_next("/accounts-psd2/v1/authorizations", 503, 1);
    assert_eq!(revoke(&mut person, &id).await, "REVOKED_BANK_NOT_TOLD");
    assert!(world.tokens(&id).await.is_none());
    let connection = person.connection(&id).await;
    assert_eq!(
        (&connection["status"], &connection["bankTold"]),
        (&json!("REVOKED"), &json!(false))
    );
    for _ in 0..350 {
        if person.connection(&id).await["bankTold"] == true {
            let told =
                |call: &sandbox::Call| call.status == 200 && call.token == Some(TokenKind::Client);
            assert_eq!(world.calls("DELETE", "/accounts-psd2/v1/authorizations", told), 1);
            return world.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the bank was not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_and_no_secret_is_in_log_and_vault() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let text = "{ me { email } accounts { identifier owner } transactions(first: 50) { \
        edges { node { counterparty } } } }";
    let data = person.graphql(text, json!({})).await;
    let tokens = world.tokens(&id).await.expect("tokens");
    let edges = data["transactions"]["edges"].as_array().expect("rows");
    let counterparty = edges.iter().find_map(|edge| edge["node"]["counterparty"].as_str());
    let cookie = person.cookie.clone().expect("a cookie");
    let session = cookie.split_once('=').expect("a pair").1;
    let mut secrets = vec![counterparty.expect("a counterparty"), session];
    for value in [&data["me"]["email"], &tokens["access"], &tokens["refresh"]] {
        secrets.push(value.as_str().expect("text"));
    }
    for account in data["accounts"].as_array().expect("accounts") {
        secrets
            .extend([&account["identifier"], &account["owner"]].iter().filter_map(|v| v.as_str()));
    }
    assert!(secrets.len() > 6);
    for file in ["log.db", "log.db-wal", "vault.db", "vault.db-wal"] {
        let bytes =
            std::fs::read(world.scratch.path().join("state").join(file)).unwrap_or_default();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {file}");
        }
    }
    world.stop().await;
}
