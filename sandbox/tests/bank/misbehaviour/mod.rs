//! Each of the forty misbehaviours, seen over real TLS.

mod balances;
mod certificates;
mod consents;
mod control;
mod history;
mod pages;
mod pending;
mod random;
mod rows;
mod tokens;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use opl_sandbox::{Misbehaviours, Sandbox, SandboxOptions, TrueLedger, row_key};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{API_KEY, Directory, Provider, get, options, parameters};

/// More pages than any list here has; a loop ends there.
const PAGES_MAX: usize = 60;
const ACCOUNTS: &str = "/accounts-psd2/v1/accounts";
const CARDS: &str = "/accounts-psd2/v1/cards";

/// A day on which the main account has rows booked that day and purchases that are not booked yet.
fn day() -> NaiveDate {
    "2026-01-08".parse().unwrap()
}

/// A bank, a registered provider, and the consent of the first customer.
struct World {
    sandbox: Sandbox,
    provider: Provider,
    /// The access token.
    token: String,
    refresh: String,
    _directory: Directory,
}

impl World {
    async fn new() -> Self {
        Self::with(1, Misbehaviours::NONE).await
    }

    async fn with(seed: u64, on: impl Into<Misbehaviours>) -> Self {
        let directory = Directory::new();
        let options = SandboxOptions {
            seed,
            today: Some(day()),
            misbehaviours: on.into(),
            control_port: Some(0),
            ..options(&directory)
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let provider = Provider::registered(&sandbox).await;
        let (token, refresh) = (String::new(), String::new());
        let mut world = Self { sandbox, provider, token, refresh, _directory: directory };
        world.consent(730).await;
        world
    }

    fn now(&self) -> DateTime<Utc> {
        self.sandbox.clock().now()
    }

    fn today(&self) -> NaiveDate {
        self.sandbox.truth().today
    }

    /// What an authorization asks for: 80 days, with a history of so many.
    fn asked(&self, history_days: i64) -> Value {
        let today = self.today();
        json!({
            "expires": (self.now() + chrono::Duration::days(80)).to_rfc3339(),
            "transactionFrom": (today - chrono::Duration::days(history_days)).to_string(),
            "transactionTo": today.to_string(),
        })
    }

    async fn ask(&self, body: &Value) -> Response {
        let form = [("grant_type", "client_credentials"), ("scope", "accounts")];
        let answer: Value = self.provider.token(&form).await.json().await.unwrap();
        let client = answer["access_token"].as_str().unwrap();
        let path = "/accounts-psd2/v1/authorizations";
        self.provider.call(Method::POST, path, client, Some(body)).await
    }

    /// The claims of a request object, by the bank's clock.
    fn claims(&self, response_type: &str, id: &str) -> Value {
        let mut claims = self.provider.request_claims(response_type, "accounts", id);
        let now = self.now().timestamp();
        (claims["iat"], claims["exp"]) = ((now - 600).into(), (now + 900).into());
        claims
    }

    /// A new consent with its tokens; answers its id and the token answer.
    async fn consent(&mut self, history_days: i64) -> (String, Value) {
        let response = self.ask(&self.asked(history_days)).await;
        assert_eq!(response.status(), 201);
        let asked: Value = response.json().await.unwrap();
        let id = asked["authorizationId"].as_str().unwrap().to_owned();
        let response = self.provider.visit(&self.claims("code", &id)).await;
        assert_eq!(response.status(), 302);
        let tokens = self.provider.exchange(get(&parameters(&response, '?'), "code")).await;
        self.token = tokens["access_token"].as_str().unwrap().to_owned();
        self.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        (id, tokens)
    }

    /// Moves the clock; the access token is renewed.
    async fn advance(&mut self, time: Duration) {
        self.sandbox.clock().advance(time);
        let form = [("grant_type", "refresh_token"), ("refresh_token", &self.refresh)];
        let tokens: Value = self.provider.token(&form).await.json().await.unwrap();
        self.token = tokens["access_token"].as_str().unwrap().to_owned();
        self.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    }

    async fn advance_days(&mut self, days: u64) {
        self.advance(Duration::from_secs(days * 86_400)).await;
    }

    async fn call(&self, path: &str) -> Response {
        self.provider.call(Method::GET, path, &self.token, None).await
    }

    /// A read without the customer.
    async fn unattended(&self, path: &str) -> Response {
        let request = self.provider.http.get(format!("{}{path}", self.provider.mtls));
        let request = request.header("x-api-key", API_KEY).bearer_auth(&self.token);
        request.send().await.unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        self.provider.get(path, &self.token).await
    }

    /// The path of the rows of the account or card at a place of its list.
    async fn path(&self, list: &str, place: usize) -> String {
        let id = if list == CARDS { "cardId" } else { "accountId" };
        let id = self.read(list).await[place][id].as_str().unwrap().to_owned();
        format!("{list}/{id}/transactions")
    }

    /// All rows of an account or card, page after page, until no new continuation token comes.
    async fn all(&self, path: &str, query: &str) -> Vec<Value> {
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        let mut address = format!("{path}?{query}");
        for _ in 0..PAGES_MAX {
            let page = self.read(&address).await;
            rows.extend(page["transactions"].as_array().unwrap().iter().cloned());
            let next =
                page["continuationToken"].as_str().filter(|next| seen.insert((*next).to_owned()));
            let Some(next) = next else { return rows };
            address = format!("{path}?{query}&continuationToken={next}");
        }
        panic!("{path} has no end");
    }

    /// All rows of the main account.
    async fn rows(&self) -> Vec<Value> {
        self.all(&self.path(ACCOUNTS, 0).await, "").await
    }

    /// All rows of the credit card.
    async fn card_rows(&self) -> Vec<Value> {
        self.all(&self.path(CARDS, 1).await, "").await
    }
}

/// What a row stands for, on the main account.
fn identity(truth: &TrueLedger, row: &Value) -> String {
    let number = &truth.accounts[0].number;
    let identities = truth.identities(number, &row_key(row)).expect("a row the bank has shown");
    assert_eq!(identities.len(), 1, "{row}");
    identities.first().cloned().unwrap_or_default()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn texts<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| text(row, name)).collect()
}

/// A row without one member.
fn without(row: &Value, name: &str) -> Value {
    let mut row = row.clone();
    row.as_object_mut().unwrap().remove(name);
    row
}

fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}
