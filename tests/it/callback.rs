//! The way back from the bank: what is refused, what it leaves behind, and that an answer is used
//! once.

use chrono::{TimeDelta, Utc};
use domain::consent::ConsentEvent;
use domain::event::Event;
use opl::app::Options;
use opl::world::Clock;
use serde_json::{Value, json};

use crate::support::{Browser, Returned, Store, World};

const CODE: &str = "authorization_code";

/// A world with a person who has been to the bank and not come back yet.
async fn at_the_bank(store: Store) -> (World, Browser, Returned) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    (world, person, returned)
}

fn with(returned: &Returned, fragment: impl Into<String>) -> Returned {
    Returned { fragment: fragment.into(), ..returned.clone() }
}

/// The value of a parameter as it stands in the fragment.
fn parameter<'a>(returned: &'a Returned, name: &str) -> &'a str {
    let pairs = returned.fragment.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next();
    found.expect("the parameter")
}

fn another_state() -> String {
    "A".repeat(43)
}

/// Nothing was asked of the bank, and the right answer still connects.
async fn can_still_finish(world: &World, person: &mut Browser, returned: &Returned) {
    assert_eq!(world.token_requests(CODE), 0);
    assert_eq!(person.status(&returned.connection_id).await, "PENDING");
    let (status, body) = person.come_back(returned).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
    assert_eq!(world.token_requests(CODE), 1);
    assert_eq!(person.status(&returned.connection_id).await, "ACTIVE");
}

async fn refused(person: &mut Browser, returned: &Returned, status: u16, code: &str) {
    let (got, body) = person.come_back(returned).await;
    assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{}", returned.fragment);
    let told: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(told, ["code", "requestId"], "nothing else is told");
}

/// Each answer, and the code it leaves in the log.
fn malformed(good: &Returned) -> Vec<(Returned, &'static str)> {
    let (code, state) = (parameter(good, "code"), parameter(good, "state"));
    let id_token = parameter(good, "id_token");
    let whole = &good.fragment;
    let no_state = format!("code={code}&id_token={id_token}");
    let in_query = Returned { query: whole.clone(), fragment: String::new(), ..good.clone() };
    let in_both = Returned { query: whole.clone(), ..good.clone() };
    let spelled = |name: &str| with(good, whole.replace("state=", name));
    let more = |more: &str| with(good, format!("{whole}&{more}"));
    let many: String = (0..2_000).map(|number| format!("&p{number}=1")).collect();
    vec![
        (with(good, ""), "callback_empty"),
        (with(good, no_state), "callback_state_missing"),
        (with(good, format!("state={state}")), "callback_neither_code_nor_error"),
        (more("error=access_denied"), "callback_code_and_error"),
        (more(&format!("state={state}")), "callback_parameter_repeated"),
        (more("code=another"), "callback_parameter_repeated"),
        (spelled("State="), "callback_parameter_spelling"),
        (spelled("state[]="), "callback_parameter_spelling"),
        (more("state%5B0%5D=x"), "callback_parameter_spelling"),
        (more("state%26x=1"), "callback_parameter_spelling"),
        (more("access_token=t"), "callback_parameter_unasked"),
        (more("response=jwt"), "callback_parameter_unasked"),
        (with(good, whole.replace("code=", "code=%26")), "callback_code_malformed"),
        (more("note=%ZZ"), "callback_encoding"),
        (in_query, "callback_wrong_place"),
        (in_both, "callback_two_places"),
        (with(good, format!("code={code}&state={state}")), "callback_id_token_missing"),
        (more(&format!("note={}", "x".repeat(17_000))), "callback_too_long"),
        (with(good, format!("{whole}{}", &many[..9_000])), "callback_too_many_parameters"),
        (with(good, whole.replace(state, &"s".repeat(600))), "callback_state_too_long"),
        (with(good, whole.replace(code, &"c".repeat(5_000))), "callback_code_malformed"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_answer_is_refused_and_changes_nothing() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let mut codes = Vec::new();
    for (bad, code) in malformed(&good) {
        refused(&mut person, &bad, 400, "malformed").await;
        codes.push(code);
    }
    assert_eq!(world.refusals().await, codes);
    can_still_finish(&world, &mut person, &good).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_not_read() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let bad = with(&good, "x".repeat(1 << 20));
    assert_eq!(person.come_back(&bad).await.0, 413);
    can_still_finish(&world, &mut person, &good).await;
    world.stop().await;
}

async fn a_state_nobody_issued(store: Store) {
    let (world, mut person, good) = at_the_bank(store).await;
    let unknown = with(&good, good.fragment.replace(parameter(&good, "state"), &another_state()));
    refused(&mut person, &unknown, 400, "state_unknown").await;
    let error = format!("error=access_denied&state={}", another_state());
    refused(&mut person, &with(&good, error), 400, "state_unknown").await;
    assert_eq!(world.refusals().await, ["state_unknown"; 2]);
    can_still_finish(&world, &mut person, &good).await;
    // And with nothing stored any more: no browser of a person who never went anywhere gets in.
    let mut stranger = world.person().await;
    refused(&mut stranger, &unknown, 400, "state_unknown").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_nobody_issued_is_refused() {
    a_state_nobody_issued(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_nobody_issued_is_refused_on_postgres() {
    a_state_nobody_issued(Store::Postgres).await;
}

async fn another_browser(store: Store) {
    let (world, mut person, good) = at_the_bank(store).await;
    let mut nobody = world.browser();
    refused(&mut nobody, &good, 400, "other_browser").await;
    let mut somebody = world.person().await;
    refused(&mut somebody, &good, 400, "other_browser").await;
    let text = "{ connections { id } accounts { id } }";
    let theirs = somebody.graphql(text, json!({})).await;
    assert_eq!(theirs, json!({ "connections": [], "accounts": [] }));
    // A refusal in another browser does not end it either.
    let state = parameter(&good, "state");
    let denied = with(&good, format!("error=access_denied&state={state}"));
    refused(&mut somebody, &denied, 400, "other_browser").await;
    assert_eq!(world.refusals().await, ["other_browser"; 3]);
    can_still_finish(&world, &mut person, &good).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_cannot_use_an_answer_and_the_right_one_can() {
    another_browser(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_cannot_use_an_answer_on_postgres() {
    another_browser(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_ten_minutes_is_too_late() {
    let (clock, held) = Clock::held(Utc::now());
    let options = |path: &std::path::Path| Options { clock, ..Options::in_directory(path) };
    let world = World::unregistered(Store::Sqlite, options).await;
    opl::registration::register(&world.app, &world.settings(), |_| {}).await.expect("registered");
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    *held.lock().expect("held") += TimeDelta::minutes(11);
    refused(&mut person, &returned, 410, "expired").await;
    refused(&mut person, &returned, 410, "expired").await;
    assert_eq!(world.token_requests(CODE), 0);
    assert_eq!(world.refusals().await, ["answer_too_late"; 2]);
    let connection = person.connection(&returned.connection_id).await;
    assert_eq!(connection["status"], "FAILED");
    assert_eq!(connection["endedReason"], "ABANDONED");
    world.stop().await;
}

async fn replay(store: Store) {
    let (world, mut person, good) = at_the_bank(store).await;
    can_still_finish(&world, &mut person, &good).await;
    person.read_to_the_end(&good.connection_id).await;
    refused(&mut person, &good, 409, "already_used").await;
    let state = parameter(&good, "state");
    let denied = with(&good, format!("error=access_denied&state={state}"));
    refused(&mut person, &denied, 409, "already_used").await;
    assert_eq!(world.token_requests(CODE), 1, "a code is never sent twice");
    assert_eq!(world.refusals().await, ["already_used"; 2]);
    assert_eq!(person.status(&good.connection_id).await, "ACTIVE");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_not_used_again() {
    replay(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_not_used_again_on_postgres() {
    replay(Store::Postgres).await;
}

async fn crowd(store: Store) {
    let (world, mut person, good) = at_the_bank(store).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let (mut person, good) = (person.clone(), good.clone());
        callers.spawn(async move { person.come_back(&good).await });
    }
    let answers = callers.join_all().await;
    let connected = answers.iter().filter(|(status, _)| *status == 200).count();
    let used = |(status, body): &&(u16, Value)| *status == 409 && body["code"] == "already_used";
    assert_eq!((connected, answers.iter().filter(used).count()), (1, 59), "{answers:?}");
    assert_eq!(world.token_requests(CODE), 1);
    assert_eq!(world.count("consent.granted").await, 1);
    assert_eq!(world.count("fetch.started").await, 1);
    assert_eq!(world.refusals().await, ["already_used"; 59]);
    assert_eq!(person.status(&good.connection_id).await, "ACTIVE");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_uses_the_code() {
    crowd(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_uses_the_code_on_postgres() {
    crowd(Store::Postgres).await;
}

async fn access_denied(store: Store) {
    let (world, mut person, good) = at_the_bank(store).await;
    let words =
        format!("%3Cscript%3Ealert(1)%3C/script%3E%0D%0ASet-Cookie:%20a%3Db{}", "z".repeat(900));
    let state = parameter(&good, "state");
    let denied =
        with(&good, format!("error=access_denied&error_description={words}&state={state}"));
    let (status, body) = person.come_back(&denied).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("refused")), "{body}");
    let answer = body.to_string();
    assert!(!answer.contains("script") && !answer.contains("zzz"), "{answer}");
    refused(&mut person, &denied, 409, "already_used").await;
    refused(&mut person, &good, 409, "already_used").await;
    let kept = world.events().await.into_iter().filter_map(|(_, event)| match event {
        Event::Consent(ConsentEvent::Refused(refused)) => Some(refused),
        _ => None,
    });
    let [refusal] = &kept.collect::<Vec<_>>()[..] else { panic!("refused once") };
    assert_eq!(refusal.code, "access_denied");
    let description = refusal.description.as_deref().expect("a description");
    assert_eq!(description.chars().count(), 256);
    assert!(!description.contains(['<', '>', '\r', '\n']), "{description}");
    let connection = person.connection(&good.connection_id).await;
    assert_eq!(
        (&connection["status"], &connection["endedReason"]),
        (&json!("REFUSED"), &json!("REFUSED_AT_BANK"))
    );
    assert_eq!(world.token_requests(CODE), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_at_the_bank_ends_it_and_its_words_go_nowhere() {
    access_denied(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_at_the_bank_ends_it_on_postgres() {
    access_denied(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_at_another_banks_address_is_refused() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let body = json!({ "query": "", "fragment": good.fragment });
    for bank in ["other", "OP", "op%20", "%3Cb%3E"] {
        let (status, told) = person.post(&format!("/callback/{bank}"), &body).await;
        assert_eq!((status, told["code"].as_str()), (400, Some("state_unknown")), "{bank}");
    }
    assert_eq!(world.refusals().await, ["bank_unknown"; 4]);
    can_still_finish(&world, &mut person, &good).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_is_refused() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let issuer = world.bank.addresses().authorize.clone();
    let others = [format!("{issuer}/"), issuer.to_uppercase(), "https://evil.example".to_owned()];
    for issuer in &others {
        let bad = with(&good, format!("{}&iss={issuer}", good.fragment));
        refused(&mut person, &bad, 400, "answer_not_trusted").await;
    }
    assert_eq!(world.refusals().await, ["issuer"; 3]);
    let named = with(&good, format!("{}&iss={issuer}", good.fragment));
    can_still_finish(&world, &mut person, &named).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_page_can_hand_an_answer_in() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let url = format!("{}/callback/op", world.page);
    let cookie = person.cookie.clone().expect("a cookie");
    let post = || person.http.post(&url).header("cookie", &cookie);
    let body = json!({ "query": "", "fragment": good.fragment });
    let form = ("content-type", "application/x-www-form-urlencoded");
    let table = [
        (
            post().header("x-opl-request", "1").header(form.0, form.1).body(good.fragment.clone()),
            415,
        ),
        (
            post().header("x-opl-request", "1").header(form.0, "text/plain").body(body.to_string()),
            415,
        ),
        (post().json(&body), 403),
        (
            post().header("x-opl-request", "1").header("sec-fetch-site", "cross-site").json(&body),
            403,
        ),
        (
            post().header("x-opl-request", "1").header("origin", "https://e.example").json(&body),
            403,
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
        // The page itself comes back, and does nothing by itself.
        (person.http.get(format!("{url}?{}", good.fragment)).header("cookie", &cookie), 200),
    ];
    for (request, expected) in table {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected);
        let text = answer.text().await.expect("text");
        assert!(!text.contains(parameter(&good, "state")), "{text}");
    }
    assert_eq!(world.refusals().await, [""; 0]);
    can_still_finish(&world, &mut person, &good).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_ended_meanwhile_takes_no_answer() {
    let (world, mut person, good) = at_the_bank(Store::Sqlite).await;
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": good.connection_id })).await;
    assert_eq!(data["revokeConnection"]["status"], "REVOKED");
    refused(&mut person, &good, 410, "expired").await;
    assert_eq!(world.refusals().await, ["consent_not_pending"]);
    assert_eq!(world.token_requests(CODE), 0);
    assert!(world.tokens(&good.connection_id).await.is_none());
    assert_eq!(person.status(&good.connection_id).await, "REVOKED");
    world.stop().await;
}
