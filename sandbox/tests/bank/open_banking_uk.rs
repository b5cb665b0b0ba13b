//! The British bank: registration with a software statement, both ways through the browser, both
//! versions of the API, and what it refuses.

use std::collections::BTreeSet;

use chrono::Utc;
use opl_sandbox::{Misbehaviour, Sandbox, SandboxOptions, SandboxStandard, row_key};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::keys::Key;
use crate::support::{Directory, claims, http, options};

const REDIRECT: &str = "https://localhost:8181/callback/albion";
const V3: &str = "/open-banking/v3.1/aisp";
const V4: &str = "/open-banking/v4.0/aisp";
const ALL: [&str; 5] = [
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadTransactionsDetail",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
];
/// A verifier and its S256 challenge (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Provider {
    http: Client,
    browser: Client,
    seal: Key,
    client_id: String,
    issuer: String,
    mtls: String,
    authorize: String,
}

async fn bank(directory: &Directory) -> Sandbox {
    let standard = SandboxStandard::OpenBankingUk;
    Sandbox::start(SandboxOptions { standard, ..options(directory) }).await.unwrap()
}

impl Provider {
    async fn registered(bank: &Sandbox) -> Self {
        let addresses = bank.addresses().clone();
        let browser = http(bank.ca_certificate_pem(), None);
        let generator =
            format!("{}/directory/sandbox-tpp?c=gb&cn=TEST&roles=AIS", addresses.public);
        let made = browser.post(generator).header("content-length", "0").send().await.unwrap();
        assert_eq!(made.status(), 201);
        let made: Value = made.json().await.unwrap();
        let keys = made["privateJwks"]["keys"].as_array().unwrap();
        assert_eq!(keys[1]["alg"], "PS256");
        let metadata = format!("{}/.well-known/openid-configuration", addresses.public);
        let metadata: Value = browser.get(metadata).send().await.unwrap().json().await.unwrap();
        assert_eq!(metadata["issuer"], addresses.public.as_str());
        let mut provider = Self {
            http: http(bank.ca_certificate_pem(), Some(&Key::from_jwk(&keys[0]))),
            browser,
            seal: Key::from_jwk(&keys[1]),
            client_id: String::new(),
            issuer: addresses.public,
            mtls: addresses.mtls,
            authorize: addresses.authorize,
        };
        let answer = provider.register(&json!({})).await;
        assert_eq!(answer.status(), 201);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["token_endpoint_auth_method"], "private_key_jwt");
        provider.client_id = answer["client_id"].as_str().unwrap().to_owned();
        provider
    }

    async fn register(&self, changes: &Value) -> Response {
        let body = json!({
            "client_name": "One Point Ledger", "client_uri": "https://localhost",
            "redirect_uris": [REDIRECT], "org_name": "TEST",
        });
        let url = format!("{}/directory/software-statements", self.mtls);
        let statement = self.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(statement.status(), 200);
        let statement = statement.text().await.unwrap();
        let now = Utc::now().timestamp();
        let mut request = json!({
            "iss": claims(&statement)["software_id"], "aud": self.issuer, "iat": now, "exp": now + 300,
            "jti": uuid::Uuid::new_v4(), "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
            "response_types": ["code id_token", "code"], "scope": "openid accounts",
            "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
            "software_statement": statement,
        });
        merge(&mut request, changes);
        let post = self.http.post(format!("{}/register", self.mtls));
        let post = post.header("content-type", "application/jwt");
        post.body(self.sign(&request)).send().await.unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "PS256", "kid": self.seal.kid });
        self.seal.sign(header, claims.to_string().as_bytes())
    }

    /// A form with a fresh client assertion.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let now = Utc::now().timestamp();
        let assertion = self.sign(&json!({
            "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "exp": now + 60,
            "jti": uuid::Uuid::new_v4(),
        }));
        let mut form = form.to_vec();
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        form.push(("client_id", &self.client_id));
        form.push(("client_assertion_type", kind));
        form.push(("client_assertion", &assertion));
        self.http.post(format!("{}{path}", self.mtls)).form(&form).send().await.unwrap()
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Value {
        let answer = self.post("/oauth/token", form).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn client_token(&self) -> String {
        let form = [("grant_type", "client_credentials"), ("scope", "accounts")];
        self.tokens(&form).await["access_token"].as_str().unwrap().to_owned()
    }

    async fn call(&self, method: Method, url: &str, token: &str, body: Option<&Value>) -> Response {
        let url = if url.starts_with('/') { format!("{}{url}", self.mtls) } else { url.to_owned() };
        let request = self.http.request(method, url).bearer_auth(token);
        let request = request.header("x-fapi-customer-ip-address", "192.0.2.7");
        match body {
            Some(body) => request.json(body).send().await.unwrap(),
            None => request.send().await.unwrap(),
        }
    }

    async fn get(&self, url: &str, token: &str) -> Value {
        let answer = self.call(Method::GET, url, token, None).await;
        assert_eq!(answer.status(), 200, "{url}");
        assert!(answer.headers().contains_key("x-fapi-interaction-id"));
        answer.json().await.unwrap()
    }

    async fn consent(&self, base: &str, permissions: &[&str]) -> Response {
        let body = json!({ "Data": { "Permissions": permissions }, "Risk": {} });
        let token = self.client_token().await;
        let url = format!("{base}/account-access-consents");
        self.call(Method::POST, &url, &token, Some(&body)).await
    }

    fn request(&self, consent: &str, changes: &Value) -> Value {
        let now = Utc::now().timestamp();
        let intent = json!({ "value": consent, "essential": true });
        let mut claims = json!({
            "aud": self.issuer, "iss": self.client_id, "client_id": self.client_id,
            "response_type": "code id_token", "redirect_uri": REDIRECT, "scope": "openid accounts",
            "state": "state-3f9a", "nonce": "n-51c2", "nbf": now, "exp": now + 300,
            "claims": { "id_token": { "openbanking_intent_id": intent } },
        });
        merge(&mut claims, changes);
        claims
    }

    async fn visit(&self, query: &str) -> Response {
        let url =
            format!("{}/oauth/authorize?client_id={}&{query}", self.authorize, self.client_id);
        self.browser.get(url).send().await.unwrap()
    }

    /// Through the hybrid flow.
    async fn hybrid(&self, consent: &str) -> Value {
        let signed = self.sign(&self.request(consent, &json!({})));
        let back = answer(&self.visit(&format!("request={signed}")).await, '#');
        assert_eq!(get(&back, "iss"), self.issuer);
        let front = claims(get(&back, "id_token"));
        assert_eq!(front["openbanking_intent_id"], consent);
        self.exchange(get(&back, "code"), &[]).await
    }

    async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> Value {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        form.extend(more);
        self.tokens(&form).await
    }

    async fn push(&self, changes: &Value, consent: &str) -> Response {
        let mut claims = self.request(
            consent,
            &json!({
                "response_type": "code", "response_mode": "jwt",
                "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            }),
        );
        merge(&mut claims, changes);
        self.post("/oauth/par", &[("request", &self.sign(&claims))]).await
    }
}

fn merge(claims: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
}

fn answer(response: &Response, mark: char) -> Vec<(String, String)> {
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap();
    let (address, text) = location.split_once(mark).unwrap();
    assert_eq!(address, REDIRECT);
    let address = reqwest::Url::parse(&format!("https://localhost/?{text}")).unwrap();
    address.query_pairs().into_owned().collect()
}

fn get<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    parameters.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn signed_cents(value: &Value) -> i64 {
    let cents: i64 = text(&value["Amount"]["Amount"]).replace('.', "").parse().unwrap();
    assert!(cents >= 0, "amounts have no sign");
    match text(&value["CreditDebitIndicator"]) {
        "Credit" => cents,
        "Debit" => -cents,
        other => panic!("{other}"),
    }
}

async fn rows(provider: &Provider, token: &str, url: &str) -> Vec<Value> {
    let (mut rows, mut url, mut seen) = (Vec::new(), url.to_owned(), BTreeSet::new());
    loop {
        let page = provider.get(&url, token).await;
        rows.extend(page["Data"]["Transaction"].as_array().unwrap().iter().cloned());
        let Some(next) = page["Links"]["Next"].as_str() else { return rows };
        assert!(next.starts_with(&provider.mtls), "links are absolute: {next}");
        assert!(seen.insert(next.to_owned()));
        url = next.to_owned();
    }
}

#[tokio::test]
async fn everything_is_read_in_both_versions() {
    let directory = Directory::new();
    let bank = bank(&directory).await;
    let provider = Provider::registered(&bank).await;
    for (base, words) in [
        (
            V3,
            ["AwaitingAuthorisation", "Authorised", "Booked", "InterimBooked", "InterimAvailable"],
        ),
        (V4, ["AWAU", "AUTH", "BOOK", "ITBD", "ITAV"]),
    ] {
        let made: Value = provider.consent(base, &ALL).await.json().await.unwrap();
        assert_eq!(made["Data"]["Status"], words[0]);
        let id = text(&made["Data"]["ConsentId"]);
        let tokens = provider.hybrid(id).await;
        let client = provider.client_token().await;
        let stands = provider.get(text(&made["Links"]["Self"]), &client).await;
        assert_eq!(stands["Data"]["Status"], words[1]);
        let token = text(&tokens["access_token"]);
        let truth = &bank.truth().users[0];
        let accounts = provider.get(&format!("{base}/accounts"), token).await;
        let accounts = accounts["Data"]["Account"].as_array().unwrap().clone();
        assert_eq!(accounts.len(), truth.accounts.len());
        for (account, known) in accounts.iter().zip(&truth.accounts) {
            let numbers = account["Account"].as_array().unwrap();
            assert!(numbers.iter().any(|number| number["Identification"] == known.iban.as_str()));
            let under = format!("{base}/accounts/{}", text(&account["AccountId"]));
            let balances = provider.get(&format!("{under}/balances"), token).await;
            let balances = balances["Data"]["Balance"].as_array().unwrap();
            let of = |kind: &str| balances.iter().find(|balance| balance["Type"] == kind).unwrap();
            assert_eq!(signed_cents(of(words[3])), known.booked_minor);
            assert_eq!(signed_cents(of(words[4])), known.available_minor);
            let rows = rows(&provider, token, &format!("{under}/transactions")).await;
            let booked: Vec<&Value> = rows.iter().filter(|row| row["Status"] == words[2]).collect();
            assert_eq!(booked.len(), known.transactions);
            let sum: i64 = booked.iter().map(|row| signed_cents(row)).sum();
            assert_eq!(known.opening_minor + sum, known.booked_minor);
            let key = row_key(booked[0]);
            let number = &known.iban;
            assert_eq!(bank.true_ledger().identities(number, &key).unwrap().len(), 1);
        }
        // Refreshing gives no new refresh token, and the old one goes on.
        let refresh = text(&tokens["refresh_token"]);
        for _ in 0..2 {
            let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
            let next = provider.tokens(&form).await;
            assert!(next["refresh_token"].is_null());
            provider.get(&format!("{base}/accounts"), text(&next["access_token"])).await;
        }
        let gone = provider.call(Method::DELETE, text(&made["Links"]["Self"]), &client, None).await;
        assert_eq!(gone.status(), 204);
        let after = provider.call(Method::GET, &format!("{base}/accounts"), token, None).await;
        assert_eq!(after.status(), 401);
        assert_eq!(after.bytes().await.unwrap().len(), 0, "401 has no body");
    }
    bank.stop().await;
}

#[tokio::test]
async fn a_pushed_request_is_answered_by_one_signed_parameter() {
    let directory = Directory::new();
    let bank = bank(&directory).await;
    let provider = Provider::registered(&bank).await;
    let made: Value = provider.consent(V3, &ALL).await.json().await.unwrap();
    let id = text(&made["Data"]["ConsentId"]).to_owned();
    let pushed = provider.push(&json!({}), &id).await;
    assert_eq!(pushed.status(), 201);
    let pushed: Value = pushed.json().await.unwrap();
    let name = text(&pushed["request_uri"]).replace(':', "%3A");
    let back = answer(&provider.visit(&format!("request_uri={name}")).await, '?');
    assert_eq!(back.len(), 1);
    let signed = claims(get(&back, "response"));
    assert_eq!(
        (&signed["iss"], &signed["aud"]),
        (&json!(provider.issuer), &json!(provider.client_id))
    );
    assert_eq!(signed["state"], "state-3f9a");
    let code = text(&signed["code"]);
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
    assert_eq!(provider.post("/oauth/token", &form).await.status(), 400, "without the verifier");
    let tokens = provider.exchange(code, &[("code_verifier", VERIFIER)]).await;
    provider.get(&format!("{V3}/accounts"), text(&tokens["access_token"])).await;
    assert_eq!(provider.visit(&format!("request_uri={name}")).await.status(), 400, "used before");
    // The same consent may be confirmed again.
    assert!(provider.hybrid(&id).await["access_token"].is_string());
    bank.stop().await;
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let directory = Directory::new();
    let bank = bank(&directory).await;
    let provider = Provider::registered(&bank).await;
    let made: Value = provider.consent(V3, &ALL).await.json().await.unwrap();
    let id = text(&made["Data"]["ConsentId"]).to_owned();
    let now = Utc::now().timestamp();
    let pushes = [
        json!({ "aud": "https://another.example" }),
        json!({ "nbf": now - 4_000, "exp": now + 60 }),
        json!({ "nbf": null }),
        json!({ "exp": null }),
        json!({ "exp": now - 500 }),
        json!({ "nonce": null }),
        json!({ "code_challenge": null }),
        json!({ "code_challenge_method": "plain" }),
        json!({ "redirect_uri": "https://localhost:8181/callback/other" }),
        json!({ "response_mode": null }),
        json!({ "claims": {} }),
        json!({ "scope": "accounts" }),
    ];
    for changes in pushes {
        assert_eq!(provider.push(&changes, &id).await.status(), 400, "{changes}");
    }
    let registrations = [
        json!({ "token_endpoint_auth_method": "client_secret_post" }),
        json!({ "redirect_uris": ["https://elsewhere.example"] }),
        json!({ "software_statement": "a.b.c" }),
        json!({ "aud": "https://another.example" }),
        json!({ "request_object_signing_alg": "RS256" }),
        json!({ "iss": "somebody" }),
    ];
    for changes in registrations {
        assert_eq!(provider.register(&changes).await.status(), 400, "{changes}");
    }
    for permissions in [
        &["ReadBalances"][..],
        &["ReadAccountsBasic", "ReadTransactionsBasic"],
        &["ReadAccountsBasic", "ReadTransactionsCredits"],
        &["ReadAccountsBasic", "ReadEverything"],
        &[],
    ] {
        let refused = provider.consent(V3, permissions).await;
        assert_eq!(refused.status(), 400, "{permissions:?}");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["Errors"][0]["ErrorCode"], "UK.OBIE.Field.Invalid");
        assert_eq!(body["Code"], "400 Bad Request");
        let body: Value = provider.consent(V4, permissions).await.json().await.unwrap();
        assert_eq!(body["Errors"][0]["ErrorCode"], "U002");
        assert!(body["Code"].is_null());
    }
    bank.stop().await;
}

#[tokio::test]
async fn a_consent_shows_what_it_permits_and_no_more() {
    let directory = Directory::new();
    let bank = bank(&directory).await;
    let provider = Provider::registered(&bank).await;
    let permissions = ["ReadAccountsBasic", "ReadTransactionsBasic", "ReadTransactionsCredits"];
    let made: Value = provider.consent(V3, &permissions).await.json().await.unwrap();
    let tokens = provider.hybrid(text(&made["Data"]["ConsentId"])).await;
    let token = text(&tokens["access_token"]);
    let accounts = provider.get(&format!("{V3}/accounts"), token).await;
    let account = &accounts["Data"]["Account"][0];
    assert!(account["Account"].is_null(), "the number needs the permission for details");
    let under = format!("{V3}/accounts/{}", text(&account["AccountId"]));
    let rows = rows(&provider, token, &format!("{under}/transactions")).await;
    assert!(rows.iter().all(|row| row["CreditDebitIndicator"] == "Credit"));
    assert!(rows.iter().all(|row| row["TransactionInformation"].is_null()));
    let table = [(format!("{under}/balances"), 403), (format!("{V3}/accounts/nobody"), 400)];
    for (url, status) in table {
        let refused = provider.call(Method::GET, &url, token, None).await;
        assert_eq!(refused.status(), status, "{url}");
    }
    let url = format!("{}{V3}/accounts", provider.mtls);
    let html = provider.http.get(url).bearer_auth(token).header("accept", "text/html");
    assert_eq!(html.send().await.unwrap().status(), 406);
    let days =
        "fromBookingDateTime=2026-01-01T00%3A00%3A00&toBookingDateTime=2026-01-31T23%3A59%3A59";
    let url = format!("{under}/transactions?{days}");
    for row in self::rows(&provider, token, &url).await {
        assert!(text(&row["BookingDateTime"]).starts_with("2026-01-"), "{row}");
    }
    bank.stop().await;
}

#[tokio::test]
async fn it_misbehaves_by_name() {
    let directory = Directory::new();
    let bank = bank(&directory).await;
    let provider = Provider::registered(&bank).await;
    let made: Value = provider.consent(V3, &ALL).await.json().await.unwrap();
    let tokens = provider.hybrid(text(&made["Data"]["ConsentId"])).await;
    let token = text(&tokens["access_token"]);
    let accounts = provider.get(&format!("{V3}/accounts"), token).await;
    let under = format!("{V3}/accounts/{}", text(&accounts["Data"]["Account"][0]["AccountId"]));
    let url = format!("{under}/transactions");
    let honest = rows(&provider, token, &url).await;
    bank.misbehave(Misbehaviour::NoId);
    assert!(rows(&provider, token, &url).await.iter().all(|row| row["TransactionId"].is_null()));
    bank.misbehave(Misbehaviour::EchoedRow);
    assert!(rows(&provider, token, &url).await.len() > honest.len());
    bank.misbehave(Misbehaviour::BrokenRow);
    let broken = rows(&provider, token, &url).await;
    assert_eq!(broken.len(), honest.len() + 3);
    assert!(broken.contains(&Value::Null));
    bank.misbehave(Misbehaviour::BalanceDown);
    let down = provider.call(Method::GET, &format!("{under}/balances"), token, None).await;
    assert_eq!(down.status(), 503);
    bank.misbehave(Misbehaviour::SelfLink);
    let page = provider.get(&url, token).await;
    assert_eq!(page["Links"]["Next"], page["Links"]["Self"]);
    bank.misbehave(Misbehaviour::RevokedAtBank);
    let statuses: BTreeSet<u16> = {
        let mut statuses = BTreeSet::new();
        for account in accounts["Data"]["Account"].as_array().unwrap() {
            let url = format!("{V3}/accounts/{}/transactions", text(&account["AccountId"]));
            let answer = provider.call(Method::GET, &url, token, None).await;
            statuses.insert(answer.status().as_u16());
        }
        statuses
    };
    assert_eq!(statuses, BTreeSet::from([200, 401]));
    bank.misbehave(opl_sandbox::Misbehaviours::NONE);
    assert_eq!(rows(&provider, token, &url).await, honest);
    bank.stop().await;
}
