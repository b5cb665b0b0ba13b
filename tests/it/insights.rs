//! Insights as the page asks for them: the real router and stores, and how many statements it takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike as _, Days, Months, NaiveDate, TimeDelta};
use domain::id::UserId;
use domain::observed::BalanceKind;
use domain::role::Role;
use opl::app::Options;
use opl::picture::Picture;
use opl::roles::{By, Wanted, grant};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

const DOCUMENTS: &str = include_str!("../../web/src/gql/persisted-documents.json");
/// Most SQL statements that a request of the page may need.
const MOST_STATEMENTS: u64 = 5;
/// A proof is read off the log's tree, level by level, and not off the read models.
const MOST_STATEMENTS_OF_A_PROOF: u64 = 8;
/// Documents of the page for operators.
const OF_OPERATORS: [&str; 2] = ["Running", "GivenRoles"];
/// Months of the history that is imported.
const MONTHS: u32 = 14;

/// A statement of an everyday account up to a day: salary, rent, a subscription whose price rose, and
/// two shops.
fn statement(today: NaiveDate) -> String {
    let mut rows: Vec<(NaiveDate, i64, &str)> = Vec::new();
    for back in 0..MONTHS {
        let month = today.checked_sub_months(Months::new(back)).expect("a month");
        let on = |day: u32| month.with_day(day).expect("a day");
        let subscription = if back < 3 { -1_499 } else { -1_199 };
        rows.extend([
            (on(2), 320_000, "Palkka Oy Firma Ab"),
            (on(4), -92_000, "Vuokra Kiinteistö Oy"),
            (on(9), subscription, "Netflix.com"),
        ]);
        for (at, day) in [3_u32, 8, 13, 18, 24, 27].into_iter().enumerate() {
            let cents = i64::from((day * 7_919 + back * 10_477) % 6_000) + 900;
            let shop = ["K-Market Kulma", "Prisma Itäkeskus"][at % 2];
            rows.push((on(day), -cents, shop));
        }
    }
    // Paid twice, given back once.
    let ago = |days| today.checked_sub_days(Days::new(days)).expect("a day");
    rows.extend([
        (ago(30), -8_990, "Zalando Fi"),
        (ago(20), -8_990, "Zalando Fi"),
        (ago(10), 8_990, "Zalando Fi"),
    ]);
    rows.retain(|row| row.0 <= today);
    rows.sort_by_key(|row| row.0);
    let mut text = "Datum;Belopp;Text;Saldo;Valuta\n".to_owned();
    let mut balance = 250_000;
    for (day, minor, words) in rows {
        balance += minor;
        let money = |minor: i64| {
            let sign = if minor < 0 { "-" } else { "" };
            format!("{sign}{},{:02}", minor.abs() / 100, minor.abs() % 100)
        };
        let _ = writeln!(text, "{day};{};{words};{};EUR", money(minor), money(balance));
    }
    text
}

async fn import(browser: &mut Browser, text: &str) {
    let body =
        json!({ "content": STANDARD.encode(text), "confirm": true, "newAccount": "Käyttötili" });
    let (status, answer) = browser.post("/import", &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// The person, with everything folded.
async fn settled(world: &World, browser: &mut Browser) -> UserId {
    let head = world.app.ledger.log().head().await.expect("a head").position;
    let wait = std::time::Duration::from_secs(30);
    world.app.read.wait_for(head, wait).await.expect("caught up");
    let data = browser.graphql("{ me { id } }", json!({})).await;
    data["me"]["id"].as_str().expect("an identifier").parse().expect("a person")
}

/// A value for each variable of a document, by its name and type.
fn variables(text: &str, known: &BTreeMap<&str, Value>) -> Value {
    let head = text.split('{').find(|part| part.contains("query ")).unwrap_or_default();
    let head = text.find("query ").map_or(head, |at| &text[at..]);
    let head = &head[..head.find('{').unwrap_or(head.len())];
    let mut values = serde_json::Map::new();
    for part in head.split('$').skip(1) {
        let (name, rest) = part.split_once(':').expect("a type");
        let kind = rest.trim().split([',', ')', ' ']).next().unwrap_or_default();
        let by_kind = format!("{name}: {kind}");
        match known.get(by_kind.as_str()).or_else(|| known.get(name)) {
            Some(value) => {
                values.insert(name.to_owned(), value.clone());
            }
            None => assert!(!kind.ends_with('!'), "the test has no value for ${name}: {kind}"),
        }
    }
    Value::Object(values)
}

/// Asks a document; how many statements it took, and the answer.
async fn ask(browser: &Browser, id: &str, variables: &Value) -> (u64, Value) {
    let body = json!({ "documentId": id, "variables": variables });
    let request = browser.http.post(format!("{}/graphql", browser.page));
    let request = request.header("x-opl-request", "1").json(&body);
    let cookie = browser.cookie.as_deref().expect("a session");
    let answer = request.header("cookie", cookie).send().await.expect("an answer");
    let told = answer.headers()["server-timing"].to_str().expect("text");
    let told = told.split('"').nth(1).and_then(|count| count.parse().ok()).expect("a count");
    (told, answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_page_needs_few_statements() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut browser = world.person().await;
    let today = world.app.clock.now().date_naive();
    import(&mut browser, &statement(today)).await;
    let user_id = settled(&world, &mut browser).await;
    let mut role_id = None;
    for role in [Role::Operator, Role::Auditor] {
        let wanted = Wanted {
            holder: user_id,
            role,
            people: None,
            facts_from: None,
            facts_to: None,
            ends_at: world.app.clock.now() + TimeDelta::days(1),
            reason: "test".to_owned(),
        };
        let given = grant(&world.app, By::CommandLine, uuid::Uuid::new_v4(), wanted).await;
        role_id = Some(given.expect("a role").0);
    }
    settled(&world, &mut browser).await;
    let text = "{ accounts { id } transactions(first: 1) { edges { node { id position } } } }";
    let data = browser.graphql(text, json!({})).await;
    let account = data["accounts"][0]["id"].clone();
    let newest = data["transactions"]["edges"][0]["node"].clone();
    let transaction = newest["id"].clone();
    let from = today.checked_sub_months(Months::new(12)).expect("a day").to_string();
    let (first_month, month) = (from[..7].to_owned(), today.to_string()[..7].to_owned());
    let known: BTreeMap<&str, Value> = BTreeMap::from([
        ("accountId", account.clone()),
        ("transactionId", transaction.clone()),
        ("id", transaction),
        ("windows", json!(10)),
        ("currency", json!("EUR")),
        ("roleId", json!(role_id)),
        ("filter: String!", json!("")),
        ("filter: TransactionFilter", json!({})),
        ("filter: TransactionFilter!", json!({})),
        ("stream", json!(format!("user-{user_id}"))),
        ("position", newest["position"].clone()),
        ("from: Position!", json!("1")),
        ("to: Position!", json!("2")),
        ("from: Date!", json!(from)),
        ("to: Date!", json!(today.to_string())),
        ("from: String!", json!(first_month)),
        ("to: String!", json!(month)),
        ("month", json!(month)),
        ("categoryId", json!("groceries")),
        ("by", json!("PAY_DAY")),
        ("withMuted", json!(true)),
        ("first", json!(20)),
        ("limit", json!(200)),
        ("offset", json!(0)),
    ]);
    let documents: BTreeMap<String, String> = serde_json::from_str(DOCUMENTS).expect("documents");
    let (mut asked, mut over) = (0, Vec::new());
    for (id, text) in &documents {
        let Some(name) = text.split("query ").nth(1).filter(|_| !text.contains("mutation ")) else {
            continue;
        };
        let name = name.split(['(', ' ', '{']).next().unwrap_or_default();
        let variables = variables(text, &known);
        let (statements, answer) = ask(&browser, id, &variables).await;
        // What auditors and operators do is kept in the log first, which is no reading.
        if text.contains("$roleId") || OF_OPERATORS.contains(&name) {
            continue;
        }
        assert!(answer.get("errors").is_none(), "{name}: {answer}");
        asked += 1;
        let most =
            if name == "InclusionProof" { MOST_STATEMENTS_OF_A_PROOF } else { MOST_STATEMENTS };
        if statements > most {
            over.push(format!("{name} {statements}"));
        }
    }
    assert!(asked > 20, "the page's documents were read");
    assert!(over.is_empty(), "more than {MOST_STATEMENTS} statements: {over:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_money_does_is_told_and_follows_what_is_said() {
    for store in [Store::Sqlite, Store::Postgres] {
        let world = World::unregistered(store, Options::in_directory).await;
        let mut browser = world.person().await;
        let today = world.app.clock.now().date_naive();
        import(&mut browser, &statement(today)).await;
        settled(&world, &mut browser).await;
        recurring_and_forecast(&mut browser, today).await;
        rules_and_budgets(&mut browser, today).await;
        kept_forecasts(&world, &mut browser).await;
        judged_refunds(&mut browser).await;
        world.stop().await;
    }
}

/// The person's picture, as questions get it, and one that was made anew.
async fn pictures(world: &World, user_id: UserId) -> [Arc<Picture>; 2] {
    let (view, today) = (world.app.read.now(), world.app.clock.now().date_naive());
    let kept = world.app.pictures.of(&world.app, &view, user_id, today).await.expect("a picture");
    let made = Picture::of(&view, user_id, today, world.app.pictures.most()).await;
    [kept, Arc::new(made.expect("a picture"))]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_stays_while_nothing_it_shows_changes_and_never_longer() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut browser = world.person().await;
    import(&mut browser, &statement(world.app.clock.now().date_naive())).await;
    let user_id = settled(&world, &mut browser).await;
    let row =
        browser.graphql("{ transactions(first: 1) { edges { node { id } } } }", json!({})).await;
    let id = row["transactions"]["edges"][0]["node"]["id"].clone();
    let [mut before, _] = pictures(&world, user_id).await;
    let still = [
        "mutation ($id: ID!) { noteTransaction(transactionId: $id, note: \"a note\") { status } }",
        "mutation { setBudget(categoryId: \"groceries\", currency: \"EUR\", limitMinor: \"45000\") { status } }",
    ];
    let moving = [
        "mutation ($id: ID!) { categoriseTransaction(transactionId: $id, categoryId: \"pets\") { status } }",
        "mutation ($id: ID!) { categoriseTransaction(transactionId: $id, categoryId: null) { status } }",
    ];
    let said = still.iter().map(|said| (said, true)).chain(moving.iter().map(|said| (said, false)));
    for (mutation, stays) in said {
        let values = if mutation.contains("$id") { json!({ "id": id }) } else { json!({}) };
        browser.graphql(mutation, values).await;
        settled(&world, &mut browser).await;
        let [kept, made] = pictures(&world, user_id).await;
        assert_eq!(Arc::ptr_eq(&kept, &before), stays, "{mutation}");
        assert_eq!(kept.movements, made.movements, "{mutation}");
        let balances = |picture: &Picture| -> Vec<_> {
            picture
                .accounts
                .iter()
                .map(|account| account.balance(BalanceKind::Booked).cloned())
                .collect()
        };
        assert_eq!(balances(&kept), balances(&made), "{mutation}");
        before = kept;
    }
    world.stop().await;
}

async fn recurring_and_forecast(browser: &mut Browser, today: NaiveDate) {
    let text = "{ recurring { payee rhythm state fixed nextDay expected { minor } \
        priceChange { from { minor } to { minor } } } \
        forecasts { balance { minor } days { day known { minor } low { minor } high { minor } } \
        expected { day amount { minor } label } lowest { day } tried } \
        notices { key kind label restsOn muted } knownAt { position } }";
    let data = browser.graphql(text, json!({})).await;
    let streams = data["recurring"].as_array().expect("streams");
    let of = |payee: &str| {
        let found = streams.iter().find(|one| one["payee"].as_str().expect("text").contains(payee));
        found.unwrap_or_else(|| panic!("{payee} is not among {streams:?}"))
    };
    assert_eq!(of("netflix")["rhythm"], "MONTHLY");
    assert_eq!(of("netflix")["priceChange"]["to"]["minor"], "-1499");
    assert_eq!(of("netflix")["priceChange"]["from"]["minor"], "-1199");
    assert_eq!(of("palkka")["expected"]["minor"], "320000");
    assert!(streams.iter().all(|one| !one["payee"].as_str().expect("text").contains("prisma")));
    let next: NaiveDate = of("vuokra")["nextDay"].as_str().expect("a day").parse().expect("a day");
    assert!(next.day() == 4 && next > today.checked_sub_days(Days::new(10)).expect("a day"));
    let forecast = &data["forecasts"][0];
    let days = forecast["days"].as_array().expect("days");
    assert_eq!(days.len(), 90);
    let minor =
        |value: &Value| value["minor"].as_str().expect("text").parse::<i64>().expect("a number");
    let sum: i64 = forecast["expected"]
        .as_array()
        .expect("payments")
        .iter()
        .map(|one| minor(&one["amount"]))
        .sum();
    assert_eq!(minor(&days[89]["known"]), minor(&forecast["balance"]) + sum);
    assert!(days.iter().all(|day| minor(&day["low"]) <= minor(&day["high"])));
    let rise = data["notices"].as_array().expect("notices");
    assert!(
        rise.iter().all(|one| !one["restsOn"].as_array().expect("rows").is_empty()
            || one["kind"] == "LOW_BALANCE")
    );

    // What is supposed is added; what is kept is kept once a day.
    let tomorrow = today.succ_opt().expect("a day");
    let text = "query ($supposed: [SupposedPayment!]) { forecasts(supposed: $supposed) \
        { days { known { minor } } } }";
    let one = json!({ "day": tomorrow.to_string(), "minor": "-100000", "currency": "EUR", "label": "Auto" });
    let with = browser.graphql(text, json!({ "supposed": [one] })).await;
    let with = minor(&with["forecasts"][0]["days"][89]["known"]);
    assert_eq!(with, minor(&days[89]["known"]) - 100_000);
}

/// A forecast is kept once a week without anybody asking, and scored when its days have come.
async fn kept_forecasts(world: &World, browser: &mut Browser) {
    let kept = opl::foreseeing::keep_due(&world.app).await.expect("kept");
    assert_eq!(kept, 1, "of the one currency");
    settled(world, browser).await;
    let again = opl::foreseeing::keep_due(&world.app).await.expect("looked");
    assert_eq!(again, 0, "the next is due in a week");
    let text = "{ forecastScores(currency: \"EUR\") { madeOn due held meanError { minor } } }";
    let scores = said(browser, text, json!({})).await;
    assert_eq!(scores[0]["due"], 0, "none of its days has come: {scores}");
}

/// What somebody says of a refund is kept, and the next look follows it.
async fn judged_refunds(browser: &mut Browser) {
    let text = "query ($at: Position) { refunds(atLeast: $at) { certain reasons \
        out { id amount { minor } } back { id } } }";
    let found = said(browser, text, json!({})).await;
    let pair = &found[0];
    assert_eq!(pair["certain"], false, "two payments of that amount: {found}");
    let judge = "mutation ($out: ID!, $back: ID!, $belongs: Boolean) { \
        judgeRefund(outId: $out, backId: $back, belongs: $belongs) { status position } }";
    let of = |belongs: Option<bool>| json!({ "out": pair["out"]["id"], "back": pair["back"]["id"], "belongs": belongs });
    let done = said(browser, judge, of(Some(true))).await;
    let found = said(browser, text, json!({ "at": done["position"] })).await;
    assert_eq!((&found[0]["certain"], &found[0]["out"]["id"]), (&json!(true), &pair["out"]["id"]));
    assert!(found[0]["reasons"].as_array().expect("reasons").contains(&json!("CONFIRMED")));
    let done = said(browser, judge, of(Some(false))).await;
    let found = said(browser, text, json!({ "at": done["position"] })).await;
    assert_ne!(found[0]["out"]["id"], pair["out"]["id"], "the other payment is left: {found}");
    let again = said(browser, judge, of(Some(false))).await;
    assert_eq!(again["status"], "ALREADY_SO");
    let swapped = json!({ "out": pair["back"]["id"], "back": pair["out"]["id"], "belongs": true });
    assert_eq!(said(browser, judge, swapped).await["status"], "NOT_FOUND");
}

async fn said(browser: &mut Browser, text: &str, variables: Value) -> Value {
    let data = browser.graphql(text, variables).await;
    data.as_object().expect("an answer").values().next().expect("a payload").clone()
}

async fn rules_and_budgets(browser: &mut Browser, today: NaiveDate) {
    let rule = json!({ "name": "Ruoka", "conditions": [{ "textHolds": "prisma" }],
        "categoryId": "pets", "stops": true });
    let preview = "query ($rules: [RuleInput!]) { rulesPreview(rules: $rules) { rows of \
        moves { to { id } rows } examples { transaction { text } to { id } reason } } }";
    let shown = said(browser, preview, json!({ "rules": [rule] })).await;
    let rows = shown["rows"].as_i64().expect("a count");
    assert!(rows > 30 && shown["moves"][0]["to"]["id"] == "pets", "{shown}");
    assert!(shown["examples"][0]["transaction"]["text"].as_str().expect("text").contains("Prisma"));
    let count = "query ($at: Position, $from: Date!, $to: Date!) { payeeSpending(atLeast: $at, \
        categoryId: \"pets\", from: $from, to: $to) { payee count amount { minor } } }";
    let from = today.checked_sub_months(Months::new(MONTHS)).expect("a day");
    let during =
        |at: &Value| json!({ "at": at, "from": from.to_string(), "to": today.to_string() });
    let before = said(browser, count, during(&Value::Null)).await;
    assert_eq!(before, json!([]), "a preview changes nothing");
    let adopt = "mutation ($rules: [RuleInput!]!) { adoptRules(fromVersion: 0, rules: $rules, \
        overPast: true) { status position message } }";
    let done = said(browser, adopt, json!({ "rules": [rule] })).await;
    assert_eq!(done["status"], "DONE", "{done}");
    // The answer that includes the position is made anew.
    let after = said(browser, count, during(&done["position"])).await;
    assert_eq!(after[0]["count"].as_i64(), Some(rows), "{after}");

    let set = "mutation { setBudget(categoryId: \"pets\", currency: \"EUR\", limitMinor: \"5000\") \
        { status position } }";
    let done = said(browser, set, json!({})).await;
    let text = "query ($at: Position) { budgets(atLeast: $at) { category { id } limit { minor } \
        spent { minor } left { minor } likely { minor } usual { minor } } }";
    let budgets = said(browser, text, json!({ "at": done["position"] })).await;
    let minor = |of: &str| {
        budgets[0][of]["minor"].as_str().expect("text").parse::<i64>().expect("a number")
    };
    assert_eq!(minor("limit"), 5_000);
    assert_eq!(minor("left"), 5_000 - minor("spent"));
    assert!(minor("usual") > 0 && minor("likely") >= minor("spent"), "{budgets}");

    let notices = "query ($at: Position, $all: Boolean!) { notices(atLeast: $at, withMuted: $all) \
        { key muted } }";
    let shown = said(browser, notices, json!({ "all": true })).await;
    let Some(first) = shown.get(0) else { return };
    let mute =
        "mutation ($key: String!) { muteNotice(key: $key, muted: true) { status position } }";
    let done = said(browser, mute, json!({ "key": first["key"] })).await;
    let at = &done["position"];
    let left = said(browser, notices, json!({ "at": at, "all": false })).await;
    assert!(left.as_array().expect("notices").iter().all(|one| one["key"] != first["key"]));
    let all = said(browser, notices, json!({ "at": at, "all": true })).await;
    let muted = all.as_array().expect("notices").iter().find(|one| one["key"] == first["key"]);
    assert_eq!(muted.map(|one| &one["muted"]), Some(&json!(true)));
}
