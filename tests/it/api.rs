//! The door: who gets in, what is refused, and what every answer carries.

use std::collections::BTreeSet;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

async fn world() -> World {
    World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await
}

/// What a query is answered with, errors and all.
async fn ask(browser: &mut Browser, query: &str) -> (u16, Value) {
    browser.post("/graphql", &json!({ "query": query })).await
}

fn codes(body: &Value) -> Vec<&str> {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["extensions"]["code"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_page_reaches_the_api() {
    let world = world().await;
    let person = world.person().await;
    let cookie = person.cookie.clone().expect("a cookie");
    let url = format!("{}/graphql", world.page);
    let body = json!({ "query": "mutation { signOut }" });
    let post = || person.http.post(&url).header("cookie", &cookie);
    let ours = || post().header("x-opl-request", "1");
    let kind = |kind: &str| ours().header("content-type", kind).body(body.to_string());
    let table = [
        (
            person.http.get(format!("{url}?query=mutation{{signOut}}")).header("cookie", &cookie),
            405,
        ),
        (
            person
                .http
                .put(&url)
                .header("cookie", &cookie)
                .header("x-opl-request", "1")
                .json(&body),
            405,
        ),
        (kind("text/plain"), 415),
        (kind("application/x-www-form-urlencoded"), 415),
        (kind("multipart/form-data; boundary=x"), 415),
        (ours().body(body.to_string()), 415),
        (post().json(&body), 403),
        (ours().header("sec-fetch-site", "cross-site").json(&body), 403),
        (ours().header("sec-fetch-site", "same-site").json(&body), 403),
        (ours().header("origin", "https://evil.example").json(&body), 403),
        (ours().header("origin", "null").json(&body), 403),
    ];
    for (number, (request, expected)) in table.into_iter().enumerate() {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected, "row {number}");
        assert!(answer.headers().get("access-control-allow-origin").is_none());
        assert!(answer.headers().get("set-cookie").is_none(), "row {number}");
    }
    let mut person = person;
    let me = person.graphql("{ me { id } }", json!({})).await;
    assert!(me["me"]["id"].is_string(), "still signed in: {me}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_a_stranger() {
    let world = world().await;
    let mut stranger = world.browser();
    for query in [
        "{ connections { id } }",
        "{ connection(id: \"x\") { id } }",
        "{ accounts { id } }",
        "{ account(id: \"x\") { id } }",
        "{ transactions { totalCount } }",
        "{ transaction(id: \"x\") { id } }",
        "{ transactionBuckets { count } }",
        "{ transactionsInMonth(month: \"2026-01\") { id } }",
        "{ spending(from: \"2026-01\", to: \"2026-02\") { count } }",
        "mutation { connectBank(bankId: \"op\") { status } }",
        "mutation { refreshConnection(connectionId: \"x\") { status } }",
        "mutation { revokeConnection(connectionId: \"x\") { status } }",
    ] {
        let (status, body) = ask(&mut stranger, query).await;
        assert_eq!((status, codes(&body)), (200, vec!["UNAUTHENTICATED"]), "{query}: {body}");
    }
    let me = stranger.graphql("{ me { id } }", json!({})).await;
    assert_eq!(me, json!({ "me": null }));
    for cookie in ["__Host-opl=", "__Host-opl=guess", "__Host-opl=a; __Host-opl=b"] {
        stranger.cookie = Some(cookie.to_owned());
        let (_, body) = ask(&mut stranger, "{ accounts { id } }").await;
        assert_eq!(codes(&body), ["UNAUTHENTICATED"], "{cookie}");
    }
    let events = stranger.http.get(format!("{}/events", world.page)).send().await;
    assert_eq!(events.expect("an answer").status().as_u16(), 401);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_ask_too_much_are_refused() {
    let world = world().await;
    let mut person = world.person().await;
    let deep = format!("{{ connections {}id{} }}", "{ accounts ".repeat(50), " }".repeat(50));
    let aliases: String = (0..100).map(|number| format!("a{number}: banks{{id}} ")).collect();
    let heavy: String = (0..30)
        .map(|number| {
            format!("t{number}: transactions(first: 200) {{ edges {{ node {{ id text }} }} }} ")
        })
        .collect();
    let directives = "@include(if: true) ".repeat(200);
    let refused = [
        deep,
        format!("{{ {} }}", &aliases),
        format!("{{ {heavy} }}"),
        format!("{{ me {directives} {{ id }} }}"),
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
        "{ __schema { types { name } } }".to_owned(),
        "{ __type(name: \"Query\") { name } }".to_owned(),
        "{ acounts { id } }".to_owned(),
    ];
    for query in &refused {
        let (_, body) = ask(&mut person, query).await;
        let asked = &query[..query.len().min(60)];
        let data = body["data"]
            .as_object()
            .is_some_and(|data| data.values().any(|value| !value.is_null()));
        assert!(!data, "{asked} was answered: {body}");
        // A refusal tells neither names of the schema nor guesses at them.
        let text = body.to_string();
        assert!(!text.contains("Did you mean") && !text.contains("\"accounts\""), "{text}");
    }
    // Neither do fragments hide how wide a query is.
    let hidden =
        format!("{{ ...a ... on Query {{ {aliases} }} }} fragment a on Query {{ {aliases} }}");
    let guesses: String = (0..21).map(|number| format!("g{number}: signOut ")).collect();
    for query in [hidden, format!("{{ {aliases} }}"), format!("mutation {{ {guesses} }}")] {
        let (status, body) = ask(&mut person, &query).await;
        assert_eq!((status, codes(&body)), (400, vec!["QUERY_TOO_WIDE"]), "{query}");
    }
    assert!(person.graphql("{ me { id } }", json!({})).await["me"].is_object());
    let long = format!("{{ me {{ id }} }} # {}", "x".repeat(9_000));
    let (status, body) = ask(&mut person, &long).await;
    assert_eq!((status, codes(&body)), (400, vec!["QUERY_TOO_LONG"]));
    let huge = format!("{{ me {{ id }} }} # {}", "x".repeat(80_000));
    assert_eq!(ask(&mut person, &huge).await.0, 413);
    let batch = json!([{ "query": "{ me { id } }" }, { "query": "{ me { id } }" }]);
    assert_eq!(person.post("/graphql", &batch).await.0, 400);
    let unknown = json!({ "documentId": "nobody-wrote-this" });
    let (status, body) = person.post("/graphql", &unknown).await;
    assert_eq!((status, codes(&body)), (400, vec!["UNKNOWN_DOCUMENT"]));
    let both = json!({ "documentId": "x", "query": "{ me { id } }" });
    assert_eq!(person.post("/graphql", &both).await.0, 400);
    world.stop().await;
}

/// Signs in or up and answers with the whole cookie header and the status.
async fn cookie_of(browser: &Browser, text: &str) -> (String, String) {
    let url = format!("{}/graphql", browser.page);
    let mut request = browser.http.post(url).header("x-opl-request", "1");
    if let Some(cookie) = &browser.cookie {
        request = request.header("cookie", cookie);
    }
    let answer = request.json(&json!({ "query": text })).send().await.expect("an answer");
    let cookie = answer.headers().get("set-cookie").map(|value| value.to_str().expect("text"));
    let cookie = cookie.unwrap_or_default().to_owned();
    (cookie, answer.text().await.expect("text"))
}

const SIGN_IN: &str =
    "mutation { signIn(email: \"a@example.fi\", password: \"the right password\") { status } }";
const WRONG: &str = "mutation { signIn(email: \"a@example.fi\", password: \"the wrong password\") { status retryAt } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_new_at_sign_in_and_over_at_sign_out() {
    let world = world().await;
    let mut browser = world.browser();
    let up = SIGN_IN.replace("signIn", "signUp");
    let (first, _) = cookie_of(&browser, &up).await;
    let attributes: BTreeSet<&str> = first.split("; ").skip(1).collect();
    let wanted = ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"];
    assert_eq!(attributes, BTreeSet::from(wanted));
    assert!(first.starts_with("__Host-opl="), "{first}");
    // A planted identifier, and one of another session, are both replaced.
    let mut seen = BTreeSet::from([first.clone()]);
    for planted in ["__Host-opl=planted".to_owned(), first.clone()] {
        browser.cookie = Some(planted.split(';').next().expect("a pair").to_owned());
        let (cookie, _) = cookie_of(&browser, SIGN_IN).await;
        assert!(cookie.starts_with("__Host-opl=") && seen.insert(cookie), "a new session");
    }
    browser.cookie = Some("__Host-opl=planted".to_owned());
    assert_eq!(browser.graphql("{ me { id } }", json!({})).await["me"], Value::Null);
    let (cookie, _) = cookie_of(&browser, SIGN_IN).await;
    browser.cookie = cookie.split(';').next().map(str::to_owned);
    let kept = browser.clone();
    assert!(browser.graphql("{ me { id } }", json!({})).await["me"].is_object());
    let (cookie, _) = cookie_of(&browser, "mutation { signOut }").await;
    assert!(cookie.starts_with("__Host-opl=; ") && cookie.contains("Max-Age=0"), "{cookie}");
    let mut stolen = kept;
    assert_eq!(stolen.graphql("{ me { id } }", json!({})).await["me"], Value::Null);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_slowed_down() {
    let world = world().await;
    let mut browser = world.browser();
    cookie_of(&browser, &SIGN_IN.replace("signIn", "signUp")).await;
    let nobody = WRONG.replace("a@example.fi", "b@example.fi");
    let known = browser.graphql(WRONG, json!({})).await;
    assert_eq!(known, browser.graphql(&nobody, json!({})).await, "the same answer");
    assert_eq!(known["signIn"]["status"], "REFUSED");
    for _ in 0..4 {
        browser.graphql(WRONG, json!({})).await;
    }
    let wait = browser.graphql(WRONG, json!({})).await;
    assert_eq!(wait["signIn"]["status"], "TRY_LATER");
    assert!(wait["signIn"]["retryAt"].is_string(), "{wait}");
    // Not even the right one is tried now, and no session begins.
    let (cookie, text) = cookie_of(&browser, SIGN_IN).await;
    assert!(cookie.is_empty() && text.contains("TRY_LATER"), "{text}");
    world.stop().await;
}

fn protected(path: &str, headers: &HeaderMap) {
    let has = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let policy = has("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(has("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(has("referrer-policy"), "no-referrer", "{path}");
    assert!(has("strict-transport-security").starts_with("max-age="), "{path}");
    assert_eq!(has("cross-origin-opener-policy"), "same-origin", "{path}");
    assert_eq!(has("cross-origin-resource-policy"), "same-origin", "{path}");
    assert!(!has("cache-control").is_empty() && !has("x-request-id").is_empty(), "{path}");
    assert!(headers.get("server").is_none(), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_protected_and_no_file_leaks() {
    let world = world().await;
    let http = world.browser().http;
    for path in
        ["/", "/graphql", "/events", "/assets/x", "/callback/op", "/health/live", "/health/ready"]
    {
        let answer = http.get(format!("{}{path}", world.page)).send().await.expect("an answer");
        protected(path, answer.headers());
        let answer = http.post(format!("{}{path}", world.page)).send().await.expect("an answer");
        assert!(answer.status().is_client_error(), "{path}");
        protected(path, answer.headers());
    }
    for path in [
        "/assets/x.js",
        "/assets/..%2f..%2fCargo.toml",
        "/..%2f..%2fetc%2fpasswd.txt",
        "/.env",
        "/.git/config.txt",
        "/assets/.hidden",
        "/assets/INDEX.HTML",
        "/index.html%00.js",
        "/schema.graphql",
        "/documents.json",
        "/root.key",
        "/data/log.db",
        "/index.html.br",
    ] {
        let answer = http.get(format!("{}{path}", world.page)).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert_eq!(answer.text().await.expect("text"), "not found");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_transactions_hold_each_row_once() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    person.connect().await;
    let text = "query ($after: String) { transactions(first: 170, after: $after) { totalCount \
        edges { cursor node { id bookingDate } } pageInfo { hasNextPage endCursor } } }";
    let (mut after, mut seen, mut last_day, mut total) = (Value::Null, BTreeSet::new(), None, 0);
    loop {
        let data = person.graphql(text, json!({ "after": after })).await;
        let page = &data["transactions"];
        total = page["totalCount"].as_u64().unwrap_or(total);
        for edge in page["edges"].as_array().expect("rows") {
            let day = edge["node"]["bookingDate"].as_str().expect("a day").to_owned();
            assert!(last_day.as_ref().is_none_or(|last| *last >= day), "newest first");
            last_day = Some(day);
            let id = edge["node"]["id"].as_str().expect("an identifier").to_owned();
            assert!(seen.insert(id), "twice");
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen.len() as u64, total);
    let data = person.graphql("{ transactions(first: 1000000) { edges { cursor } } }", json!({}));
    assert_eq!(data.await["transactions"]["edges"].as_array().map(Vec::len), Some(200));
    assert!(total > 500);
    let (_, body) = ask(&mut person, "{ transactions(after: \"' OR 1=1\") { totalCount } }").await;
    assert_eq!(codes(&body).len(), 1, "{body}");
    assert_ne!(codes(&body), ["INTERNAL"]);
    world.stop().await;
}
