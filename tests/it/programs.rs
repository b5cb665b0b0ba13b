//! Tokens of programs: what they open, for how long, and that each is used up once. And what a session
//! does when its person is given a role.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::id::{RoleId, TokenId, UserId};
use domain::role::{Role, Scope};
use opl::app::Options;
use opl::programs::{self, Wanted};
use opl::world::Clock;
use serde_json::{Value, json};

use crate::auditing::{give, user_of};
use crate::load::{good, opl, text};
use crate::support::{Browser, Store, World};

const TIMELINE: &str = "query ($role: ID!) { auditTimeline(roleId: $role, first: 5) {
    events { position eventType } } }";
const STORY: &str = "query ($role: ID!, $stream: String!) {
    auditStory(roleId: $role, stream: $stream) { about } }";

/// A program, as far as it is one: it knows a token and the page's address.
struct Program {
    http: reqwest::Client,
    page: String,
    refresh: String,
    access: String,
}

impl Program {
    fn of(world: &World, refresh: &str) -> Self {
        let http = world.browser().http;
        let (page, refresh) = (world.page.clone(), refresh.to_owned());
        Self { http, page, refresh, access: String::new() }
    }

    async fn posts(&self, path: &str, bearer: Option<&str>, body: &Value) -> (u16, Value) {
        let mut post = self.http.post(format!("{}{path}", self.page)).header("x-opl-request", "1");
        if let Some(bearer) = bearer {
            post = post.header("authorization", format!("Bearer {bearer}"));
        }
        let answer = post.json(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        if status == 429 {
            assert!(answer.headers().contains_key("retry-after"));
        }
        (status, answer.json().await.unwrap_or_default())
    }

    async fn exchange(&self, refresh: &str) -> (u16, Value) {
        let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
        self.posts("/token", None, &body).await
    }

    async fn refreshed(&mut self) {
        let (status, body) = self.exchange(&self.refresh).await;
        assert_eq!(
            (status, &body["token_type"], &body["expires_in"]),
            (200, &json!("Bearer"), &json!(300))
        );
        self.refresh = body["refresh_token"].as_str().expect("one").to_owned();
        self.access = body["access_token"].as_str().expect("one").to_owned();
    }

    async fn asks(&self, query: &str, variables: Value) -> (u16, Value) {
        let body = json!({ "query": query, "variables": variables });
        self.posts("/graphql", Some(&self.access), &body).await
    }
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

async fn issue(world: &World, role_id: RoleId, scopes: &[Scope]) -> (TokenId, String) {
    let wanted = Wanted {
        role_id,
        scopes: scopes.to_vec(),
        ends_at: world.app.clock.now() + TimeDelta::hours(20),
        reason: "nightly_checks".to_owned(),
    };
    let issued = programs::issue(&world.app, None, uuid::Uuid::new_v4(), wanted).await;
    let issued = issued.expect("issued");
    (issued.token_id, issued.refresh.expose().to_owned())
}

async fn auditor(world: &World) -> (Browser, UserId, RoleId) {
    let mut auditor = world.person().await;
    let holder = user_of(&mut auditor).await;
    let role = give(world, holder, Role::Auditor, None).await;
    (auditor, holder, role)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_by_its_scopes_and_the_log_says_it_was_a_program() {
    let world = World::registered(Store::Sqlite).await;
    let (mut auditor, _, role) = auditor(&world).await;
    let ends = (world.app.clock.now() + TimeDelta::hours(3)).to_rfc3339();
    let text = "mutation ($token: TokenToIssue!) { issueToken(token: $token) {
        id refreshToken position } }";
    let token = json!({ "roleId": role, "scopes": ["TIMELINE", "DOCUMENTS"], "endsAt": ends,
        "reason": "nightly_checks" });
    let issued = auditor.graphql(text, json!({ "token": token })).await["issueToken"].take();
    let mut program = Program::of(&world, issued["refreshToken"].as_str().expect("one"));
    program.refreshed().await;

    let (status, body) = program.asks(TIMELINE, json!({ "role": role })).await;
    assert!(status == 200 && body["data"]["auditTimeline"]["events"][0].is_object(), "{body}");
    // Nothing beyond its scopes, its role, or a program at all.
    let stream = format!("role-{role}");
    let (_, body) = program.asks(STORY, json!({ "role": role, "stream": stream })).await;
    assert_eq!(code(&body), "NOT_ALLOWED", "{body}");
    let (_, holder, other) = self::auditor(&world).await;
    let (_, body) = program.asks(TIMELINE, json!({ "role": other })).await;
    assert_eq!(code(&body), "NOT_ALLOWED", "{body}");
    let (_, body) = program.asks("{ accounts { id } }", json!({})).await;
    assert_eq!(code(&body), "UNAUTHENTICATED", "{body}");
    let grant = format!(
        "mutation {{ grantRole(role: {{ holder: \"{holder}\", role: AUDITOR,
        endsAt: \"{ends}\", reason: \"x\" }}) {{ id }} }}"
    );
    let (_, body) = program.asks(&grant, json!({})).await;
    assert_eq!(code(&body), "UNAUTHENTICATED", "{body}");

    // The uses are its own.
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, std::time::Duration::from_secs(10)).await.expect("caught up");
    let listed = auditor.graphql("{ myTokens { id uses stands scopes } }", json!({})).await;
    let listed = &listed["myTokens"][0];
    assert_eq!((&listed["uses"], &listed["stands"]), (&json!(1), &json!(true)), "{listed}");

    // Revoked, it is over at once; its access token too.
    let revoke = "mutation ($id: ID!) { revokeToken(id: $id, reason: \"done\") { position } }";
    let stranger = world
        .person()
        .await
        .post("/graphql", &json!({ "query": revoke, "variables": { "id": issued["id"] } }))
        .await
        .1;
    assert_eq!(code(&stranger), "NOT_ALLOWED", "{stranger}");
    auditor.graphql(revoke, json!({ "id": issued["id"] })).await;
    assert_eq!(program.asks(TIMELINE, json!({ "role": role })).await.0, 401);
    assert_eq!(program.exchange(&program.refresh).await.1["error"], "invalid_grant");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_counts_once_and_its_return_ends_the_family() {
    let (mut options, mut moved) = (None, None);
    let world = World::unregistered(Store::Sqlite, |path| {
        let (clock, handle) = Clock::held(chrono::Utc::now());
        let options_here = Options { clock, ..Options::in_directory(path) };
        moved = Some(handle);
        options = Some(());
        options_here
    })
    .await;
    let moved = moved.expect("a handle");
    let (_, _, role) = auditor(&world).await;
    let (_, refresh) = issue(&world, role, &[Scope::Timeline, Scope::Documents]).await;
    let program = Arc::new(Program::of(&world, &refresh));
    // Five at the same time: one gets the next.
    let tries = (0..5).map(|_| {
        let (program, refresh) = (Arc::clone(&program), refresh.clone());
        tokio::spawn(async move { program.exchange(&refresh).await })
    });
    let mut got = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        let (status, body) = tried.await.expect("no panic");
        if status == 200 {
            got.push(body);
        } else {
            assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
        }
    }
    assert_eq!(got.len(), 1);
    // The race ended nothing: the one that won goes on.
    let next = got[0]["refresh_token"].as_str().expect("one").to_owned();
    let (status, body) = program.exchange(&next).await;
    assert_eq!(status, 200, "{body}");
    let access = body["access_token"].as_str().expect("one").to_owned();
    let ask = json!({ "query": TIMELINE, "variables": { "role": role } });
    assert_eq!(program.posts("/graphql", Some(&access), &ask).await.0, 200);
    // The time of an access token is over after five minutes, to the second.
    *moved.lock().expect("whole") += TimeDelta::seconds(300);
    assert_eq!(program.posts("/graphql", Some(&access), &ask).await.0, 401);
    // A late return of a used-up one: somebody has a copy. The whole family ends, and the log says why.
    assert_eq!(program.exchange(&refresh).await.1["error"], "invalid_grant");
    let last = body["refresh_token"].as_str().expect("one");
    assert_eq!(program.exchange(last).await.1["error"], "invalid_grant");
    let log = world.app.ledger.log();
    let events = log.read_stream(opl::roles::stream(role), 0, 50).await.expect("a page");
    let kinds: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "role.token_revoked").count(), 1, "{kinds:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_ours_opens_nothing_and_floods_are_slowed() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let (mut signed_in, _, role) = auditor(&world).await;
    let (_, refresh) = issue(&world, role, &[Scope::Documents]).await;
    let mut program = Program::of(&world, &refresh);
    program.refreshed().await;
    let ask = json!({ "query": "{ me { id } }" });
    let parts: Vec<&str> = program.access.split('.').collect();
    let forged = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    for bearer in [forged.as_str(), "x.y.z", "", &refresh, &"a".repeat(9_000)] {
        let (status, body) = program.posts("/graphql", Some(bearer), &ask).await;
        assert_eq!((status, body["error"].as_str()), (401, Some("invalid_token")), "{bearer}");
    }
    // A cookie beside it leaves open who asks.
    let cookie = signed_in.cookie.clone().expect("signed in");
    let both = program.http.post(format!("{}/graphql", world.page)).header("x-opl-request", "1");
    let both = both.header("authorization", format!("Bearer {}", program.access));
    let both = both.header("cookie", cookie).json(&ask).send().await.expect("an answer");
    assert_eq!(both.status(), 401);
    assert!(both.headers()["www-authenticate"].to_str().expect("text").contains("invalid_token"));
    for body in [json!({}), json!({ "grant_type": "password", "refresh_token": "x" })] {
        assert_eq!(program.posts("/token", None, &body).await.0, 400);
    }
    // The rest of sixty at once, then no more for the moment; whoever is signed in is not touched.
    let mut slowed = 0;
    for _ in 0..90 {
        match program.posts("/graphql", Some(&program.access), &ask).await.0 {
            200 => {}
            429 => slowed += 1,
            other => panic!("{other}"),
        }
    }
    assert!(slowed > 0, "a flood is slowed");
    assert!(signed_in.graphql("{ me { id } }", json!({})).await["me"].is_object());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_a_new_token_when_its_person_is_given_a_role() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut person = world.person().await;
    let other = world.person().await;
    let (former, others) = (person.cookie.clone(), other.cookie.clone());
    let holder = user_of(&mut person).await;
    let role = give(&world, holder, Role::Operator, None).await;
    // What was under way with the former token is answered; the next answer brings the new one.
    let mut under_way = person.clone();
    assert!(person.graphql("{ me { id } }", json!({})).await["me"].is_object());
    assert_ne!(person.cookie, former, "a new token at the change of a role");
    assert!(under_way.graphql("{ me { id } }", json!({})).await["me"].is_object());
    assert_eq!(under_way.cookie, former, "once");
    let mut other = other;
    other.graphql("{ me { id } }", json!({})).await;
    assert_eq!(other.cookie, others, "nobody else's");
    // Taken back, the same.
    let second = person.cookie.clone();
    let taken = opl::roles::By::CommandLine;
    let taken = opl::roles::withdraw(&world.app, taken, uuid::Uuid::new_v4(), role, "done");
    taken.await.expect("taken back");
    person.graphql("{ me { id } }", json!({})).await;
    assert_ne!(person.cookie, second);
    // Signing out ends the former token too.
    let third = person.cookie.clone();
    give(&world, holder, Role::Operator, None).await;
    let mut old = person.clone();
    person.graphql("{ me { id } }", json!({})).await;
    person.graphql("mutation { signOut }", json!({})).await;
    old.cookie = third;
    assert!(old.graphql("{ me { id } }", json!({})).await["me"].is_null());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_s_operations_are_taken_and_no_other() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let page = format!("http://{}", listener.local_addr().expect("bound"));
    let app = Arc::clone(&world.app);
    tokio::spawn(async move {
        opl::service::serve_within(&app, listener, opl::api::Limits::default()).await;
    });
    let (mut person, _, role) = auditor(&world).await;
    person.page = page.clone();
    let (_, body) = person.post("/graphql", &json!({ "query": "{ me { id } }" })).await;
    assert_eq!(code(&body), "QUERY_NOT_KNOWN", "{body}");
    let documents = std::fs::read_to_string("web/src/gql/persisted-documents.json");
    let documents: Value = serde_json::from_str(&documents.expect("a file")).expect("JSON");
    let documents = documents.as_object().expect("an object");
    let (me, _) = documents
        .iter()
        .find(|(_, text)| text.as_str().is_some_and(|text| text.contains("query Me ")))
        .or_else(|| documents.iter().find(|(_, text)| text.to_string().contains("me {")))
        .expect("the page asks who is signed in");
    let (status, body) = person.post("/graphql", &json!({ "documentId": me })).await;
    assert!(status == 200 && body["errors"].is_null(), "{body}");
    // A program with the scope may, one without may not.
    for (scopes, taken) in
        [(vec![Scope::Timeline, Scope::Documents], true), (vec![Scope::Timeline], false)]
    {
        let (_, refresh) = issue(&world, role, &scopes).await;
        let mut program = Program::of(&world, &refresh);
        program.page = page.clone();
        program.refreshed().await;
        let (_, body) = program.asks(TIMELINE, json!({ "role": role })).await;
        assert_eq!(code(&body) != "QUERY_NOT_KNOWN", taken, "{body}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spray_over_many_accounts_is_slowed_and_owners_are_not() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut owner = world.browser();
    let sign_up = "mutation { signUp(email: \"owner@example.fi\", password: \"long enough for tests\") { status } }";
    let answer = owner.http.post(format!("{}/graphql", world.page)).header("x-opl-request", "1");
    let answer = answer.json(&json!({ "query": sign_up })).send().await.expect("an answer");
    let known =
        answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let known = known.filter_map(|line| line.split(';').next());
    let mut known = known;
    let known = known.find(|pair| pair.starts_with("__Host-opl-known="));
    let known = known.expect("the browser is known from now on").to_owned();
    for _ in 0..opl::wave::WAVE {
        world.app.wave.wrong(opl::wave::Turn::Free, &world.app.tallies).await;
    }
    assert!(world.app.wave.runs());
    let metrics = opl::metrics::text(&world.app).await;
    assert!(metrics.contains("opl_password_wave 1"), "an alarm can be made of it");
    // Somebody has the turn: the others wait, and more than wait are told to come later.
    let turn = world.app.wave.turn_among(&world.app.tallies).await;
    let sign_in = |email: &str| {
        json!({ "query": format!(
            "mutation {{ signIn(email: \"{email}\", password: \"long enough for tests\") {{ status retryAt }} }}") })
    };
    let mut waiting = Vec::new();
    for number in 0..opl::wave::MOST_WAITING {
        let (mut browser, body) = (world.browser(), sign_in(&format!("u{number}@example.fi")));
        waiting.push(tokio::spawn(async move { browser.post("/graphql", &body).await }));
    }
    let later = async || {
        let (_, body) = world.browser().post("/graphql", &sign_in("owner@example.fi")).await;
        body["data"]["signIn"]["status"].clone()
    };
    // Until the line is full this one would wait with the others.
    while world.app.wave.waiting() < opl::wave::MOST_WAITING {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(later().await, "TRY_LATER");
    assert!(waiting.iter().all(|one| !one.is_finished()), "nobody in the line was served");
    // The owner's own browser comes in past the line, and only with the owner's address.
    owner.cookie = Some(known);
    let (_, body) = owner.clone().post("/graphql", &sign_in("someone@example.fi")).await;
    assert_eq!(body["data"]["signIn"]["status"], "TRY_LATER");
    let (_, body) = owner.post("/graphql", &sign_in("owner@example.fi")).await;
    assert_eq!(body["data"]["signIn"]["status"], "SIGNED_IN", "{body}");
    waiting.iter().for_each(|one| one.abort());
    drop(turn);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_issues_lists_and_revokes() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let (_, _, role) = auditor(&world).await;
    let state = world.scratch.path().join("state");
    let World { app, bank, scratch, .. } = world;
    app.stop().await;
    bank.stop().await;
    crate::load::close(app).await;
    let (role, state) = (role.to_string(), text(&state).to_owned());
    let grant = [
        "tokens",
        "grant",
        &role,
        "--scope",
        "documents",
        "--scope",
        "audit:proofs",
        "--reason",
        "nightly_checks",
        "--json",
        "--data",
        &state,
    ];
    let issued: Value = serde_json::from_str(&good(&opl(&grant).await)).expect("JSON");
    assert!(issued["refresh_token"].as_str().expect("one").starts_with("oplr_"));
    let list = ["tokens", "list", "--json", "--data", &state];
    let line: Value = serde_json::from_str(&good(&opl(&list).await)).expect("JSON");
    assert_eq!(line["scopes"], json!(["audit:proofs", "documents"]));
    assert_eq!((&line["standing"], &line["token_id"]), (&json!("stands"), &issued["token_id"]));
    let token = issued["token_id"].as_str().expect("one");
    good(&opl(&["tokens", "revoke", token, "--reason", "program_gone", "--data", &state]).await);
    let line: Value = serde_json::from_str(&good(&opl(&list).await)).expect("JSON");
    assert_eq!(line["standing"], "revoked");
    let wrong =
        ["tokens", "grant", &role, "--scope", "analysis", "--reason", "x", "--data", &state];
    assert!(crate::load::bad(&opl(&wrong).await).contains("scopes of its role"));
    drop(scratch);
}
