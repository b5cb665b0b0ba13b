//! What a person has of their own: balances over time, versions of their rules, how far their model is,
//! proofs of their events, and everything as a file.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Days, Months, NaiveDate};
use opl::app::Options;
use serde_json::{Value, json};
use transparency::policy::Policy;
use transparency::verify::{Subject, Verdict, verify_receipt};

use crate::support::{Browser, Store, World};

async fn said(browser: &mut Browser, text: &str, variables: Value) -> Value {
    let data = browser.graphql(text, variables).await;
    data.as_object().expect("an answer").values().next().expect("a payload").clone()
}

/// Two years of an account, by the week, with a balance in each row.
fn statement(today: NaiveDate) -> String {
    let mut text = "Datum;Belopp;Text;Saldo;Valuta\n".to_owned();
    let mut balance = 100_000_i64;
    for week in (0..104_u64).rev() {
        let day = today.checked_sub_days(Days::new(week * 7)).expect("a day");
        let (minor, words) = match week % 4 {
            0 => (120_000, "Palkka Oy Firma Ab"),
            1 => (-31_005, "Prisma Itäkeskus"),
            2 => (-9_540, "K-Market Kulma"),
            _ => (-70_010, "Vuokra Kiinteistö Oy"),
        };
        balance += minor;
        let money = |minor: i64| {
            let sign = if minor < 0 { "-" } else { "" };
            format!("{sign}{},{:02}", minor.abs() / 100, minor.abs() % 100)
        };
        text.push_str(&format!("{day};{};{words};{};EUR\n", money(minor), money(balance)));
    }
    text
}

/// Imports it, and waits until the read models hold it.
async fn import(world: &World, browser: &mut Browser, text: &str) {
    let body =
        json!({ "content": STANDARD.encode(text), "confirm": true, "newAccount": "Käyttötili" });
    let (status, answer) = browser.post("/import", &body).await;
    assert_eq!(status, 200, "{answer}");
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, Duration::from_secs(30)).await.expect("caught up");
}

const LINES: &str = "query ($account: ID, $from: Date) { balanceLines(accountId: $account, \
    from: $from) { currency points { day amount { minor } } } }";

/// The points of the one line, by day.
async fn line(browser: &mut Browser, variables: Value) -> BTreeMap<String, i64> {
    let lines = said(browser, LINES, variables).await;
    let points = lines[0]["points"].as_array().expect("points").clone();
    let of = |point: &Value| {
        let minor = point["amount"]["minor"].as_str().expect("text").parse().expect("a number");
        (point["day"].as_str().expect("a day").to_owned(), minor)
    };
    points.iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_over_time_ends_in_what_the_bank_says_and_meets_every_statement() {
    for store in [Store::Sqlite, Store::Postgres] {
        let world = World::unregistered(store, Options::in_directory).await;
        let mut browser = world.person().await;
        let none = said(&mut browser, LINES, json!({})).await;
        assert_eq!(none, json!([]), "without an account there is no line");
        let today = world.app.clock.now().date_naive();
        import(&world, &mut browser, &statement(today)).await;
        let found = browser.graphql("{ accounts { id booked { minor } } }", json!({})).await;
        let (account, booked) = (&found["accounts"][0]["id"], &found["accounts"][0]["booked"]);
        let now: i64 = booked["minor"].as_str().expect("text").parse().expect("a number");

        // Half a year is told by day, and all of it by month; both end in what stands now.
        let from = today.checked_sub_months(Months::new(6)).expect("a day");
        let days =
            line(&mut browser, json!({ "account": account, "from": from.to_string() })).await;
        assert_eq!(days.len() as i64, (today - from).num_days() + 1);
        assert_eq!(days.last_key_value(), Some((&today.to_string(), &now)));
        let all = line(&mut browser, json!({ "account": account })).await;
        assert!((24..=26).contains(&all.len()), "{all:?}");
        assert_eq!(all.last_key_value(), Some((&today.to_string(), &now)));
        assert_eq!(line(&mut browser, json!({})).await, all, "one account is all there are");

        // The end of every month is the closing balance of its statement.
        let closing = "query ($account: ID!, $month: String!) { statement(accountId: $account, \
            month: $month) { to closing { minor } } }";
        let mut compared = 0;
        for (day, minor) in all.iter().filter(|(day, _)| **day != today.to_string()).step_by(5) {
            let of = json!({ "account": account, "month": &day[..7] });
            let told = said(&mut browser, closing, of).await;
            assert_eq!(
                (&told["to"], told["closing"]["minor"].as_str()),
                (&json!(day), Some(&*minor.to_string()))
            );
            if let Some(by_day) = days.get(day) {
                assert_eq!(by_day, minor, "{day}");
            }
            compared += 1;
        }
        assert!(compared >= 4, "{compared}");
        let nobody = json!({ "account": "00000000-0000-4000-8000-000000000000" });
        assert_eq!(said(&mut browser, LINES, nobody).await, json!([]));
        world.stop().await;
    }
}

/// Rows that insights look at in the test below: fewer than the person has.
const FEW: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn net_worth_holds_for_more_rows_than_insights_look_at_and_these_say_from_when_on() {
    for store in [Store::Sqlite, Store::Postgres] {
        let world = World::unregistered(store, Options::in_directory).await;
        world.app.pictures.look_at_most(FEW);
        let mut browser = world.person().await;
        let today = world.app.clock.now().date_naive();
        import(&world, &mut browser, &statement(today)).await;
        let from = today.checked_sub_months(Months::new(23)).expect("a day");
        let span = json!({ "from": from.to_string(), "to": today.to_string() });
        let worth = "query ($from: Date!, $to: Date!) { netWorth(from: $from, to: $to) { day amounts \
            { minor currency } } }";
        let told = said(&mut browser, worth, span.clone()).await;
        let told = told.as_array().expect("days").clone();
        assert_eq!(told.len(), 24);
        let stated = line(&mut browser, json!({})).await;
        for point in &told {
            let day = point["day"].as_str().expect("a day");
            let minor = point["amounts"][0]["minor"].as_str().expect("text").parse().ok();
            assert_eq!(minor, stated.get(day).copied(), "{day}");
        }
        // A last day within a month is the end of that day, and not of its month.
        let middle = today.checked_sub_days(Days::new(45)).expect("a day");
        let to_middle = json!({ "from": from.to_string(), "to": middle.to_string() });
        let cut_short = said(&mut browser, worth, to_middle).await;
        let last = cut_short.as_array().and_then(|points| points.last()).expect("a day");
        let by_day = json!({ "from": middle.to_string() });
        let that_day = line(&mut browser, by_day).await[&middle.to_string()];
        assert_eq!(last["amounts"][0]["minor"].as_str(), Some(&*that_day.to_string()));

        let reach = said(&mut browser, "{ insightReach { from isCut mostRows } }", json!({})).await;
        let oldest = today.checked_sub_days(Days::new(7 * u64::from(FEW - 1))).expect("a day");
        let whole_from = oldest.succ_opt().expect("a day").to_string();
        assert_eq!(reach, json!({ "from": whole_from, "isCut": true, "mostRows": FEW }));
        let flow = "query ($from: Date!, $to: Date!) { cashFlow(by: MONTH, from: $from, to: $to) { from \
            isWhole } }";
        let periods = said(&mut browser, flow, span.clone()).await;
        let periods = periods.as_array().expect("periods").clone();
        assert!(periods.len() >= 9, "{periods:?}");
        for period in &periods {
            let whole = period["from"].as_str() >= Some(&*whole_from);
            assert_eq!(period["isWhole"].as_bool(), Some(whole), "{period}");
        }
        assert!(periods.iter().any(|period| period["isWhole"] == true));

        world.app.pictures.look_at_most(1_000);
        let head = world.app.ledger.log().head().await.expect("a head").position;
        let past = json!({ "at": { "position": head.to_string() } });
        let asked = "query ($at: AsOf) { insightReach(asOf: $at) { isCut } }";
        assert_eq!(said(&mut browser, asked, past).await, json!({ "isCut": false }));
        world.stop().await;
    }
}

const ADOPT: &str = "mutation ($from: Int!, $rules: [RuleInput!]!, $past: Boolean!) { adoptRules( \
    fromVersion: $from, rules: $rules, overPast: $past) { status position } }";
const VERSIONS: &str = "query ($at: Position, $first: Int! = 10, $before: Int) { ruleVersions( \
    atLeast: $at, first: $first, before: $before) { more versions { version position overPast \
    rowsMoved changes { kind name } rules { name category { id } } } } }";

fn rule(name: &str, words: &str, category: &str) -> Value {
    json!({ "name": name, "conditions": [{ "textHolds": words }], "categoryId": category, "stops": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_keep_their_versions_with_what_each_moved_and_the_way_back() {
    for store in [Store::Sqlite, Store::Postgres] {
        let world = World::unregistered(store, Options::in_directory).await;
        let mut browser = world.person().await;
        import(&world, &mut browser, &statement(world.app.clock.now().date_naive())).await;
        let empty = said(&mut browser, VERSIONS, json!({})).await;
        assert_eq!(empty, json!({ "more": false, "versions": [] }));
        let (food, rent) = (rule("Ruoka", "prisma", "pets"), rule("Koti", "vuokra", "insurance"));
        let sets = [
            (json!([food]), true),
            (json!([food, rent]), false),
            (json!([rent, rule("Ruoka", "prisma", "groceries")]), true),
            // The way back: the rules of an earlier version once more.
            (json!([food]), true),
        ];
        let mut at = Value::Null;
        let mut expected = Vec::new();
        for (from, (rules, past)) in sets.iter().enumerate() {
            // What was shown before is what is told afterwards.
            let preview = "query ($rules: [RuleInput!]) { rulesPreview(rules: $rules) { rows } }";
            let shown = said(&mut browser, preview, json!({ "rules": rules })).await;
            let asked = json!({ "from": from, "rules": rules, "past": past });
            let done = said(&mut browser, ADOPT, asked).await;
            assert_eq!(done["status"], "DONE", "{done}");
            at = done["position"].clone();
            expected.push((if *past { shown["rows"].clone() } else { json!(0) }, at.clone()));
        }
        let told = said(&mut browser, VERSIONS, json!({ "at": at })).await;
        let versions = told["versions"].as_array().expect("versions");
        assert_eq!((versions.len(), &told["more"]), (4, &json!(false)));
        for (version, (moved, position)) in versions.iter().rev().zip(&expected) {
            assert_eq!(
                (&version["rowsMoved"], &version["position"]),
                (moved, position),
                "{version}"
            );
        }
        assert_eq!(versions[3]["rowsMoved"], json!(26), "every row of the shop");
        let change = |kind: &str, name: Option<&str>| json!({ "kind": kind, "name": name });
        let changes: Vec<&Value> = versions.iter().map(|version| &version["changes"]).collect();
        assert_eq!(*changes[3], json!([change("ADDED", Some("Ruoka"))]));
        assert_eq!(*changes[2], json!([change("ADDED", Some("Koti"))]));
        assert_eq!(
            *changes[1],
            json!([change("CHANGED", Some("Ruoka")), change("REORDERED", None)])
        );
        let last = json!([change("CHANGED", Some("Ruoka")), change("REMOVED", Some("Koti"))]);
        assert_eq!(*changes[0], last);
        assert_eq!(versions[0]["rules"], versions[3]["rules"], "the way back is the same rules");

        // In pages, each version with what it changed from the one before the page's last.
        let page = said(&mut browser, VERSIONS, json!({ "at": at, "first": 2 })).await;
        assert_eq!((&page["versions"], &page["more"]), (&json!(&versions[..2]), &json!(true)));
        let rest = said(&mut browser, VERSIONS, json!({ "at": at, "first": 2, "before": 3 })).await;
        assert_eq!((&rest["versions"], &rest["more"]), (&json!(&versions[2..]), &json!(false)));
        own_model(&mut browser).await;
        world.stop().await;
    }
}

/// A model that grows with what is corrected.
async fn own_model(browser: &mut Browser) {
    let text = "query ($at: Position) { ownModel(atLeast: $at) { corrections mostCorrections payees \
        newest foretold rows sure baseVersion listsVersion } }";
    let before = said(browser, text, json!({})).await;
    assert_eq!((&before["corrections"], &before["rows"]), (&json!(0), &json!(0)), "{before}");
    let rows =
        "{ transactions(first: 40, filter: { search: \"k-market\" }) { edges { node { id } } } }";
    let found = browser.graphql(rows, json!({})).await;
    let rows = found["transactions"]["edges"].as_array().expect("rows");
    let changes: Vec<Value> = rows[..6]
        .iter()
        .map(|row| json!({ "transactionId": row["node"]["id"], "categoryId": "education" }))
        .collect();
    let edit = "mutation ($changes: [TransactionChangeInput!]!) { editTransactions( \
        changes: $changes) { position } }";
    let done = said(browser, edit, json!({ "changes": changes })).await;
    let after = said(browser, text, json!({ "at": done["position"] })).await;
    assert_eq!((&after["corrections"], &after["payees"]), (&json!(6), &json!(1)), "{after}");
    assert_eq!(after["newest"], json!(6));
    let foretold = after["foretold"].as_u64().expect("a count");
    assert!((1..6).contains(&foretold), "the first is news, the last is not: {after}");
    let (rows, sure) = (&after["rows"], &after["sure"]);
    assert!(rows.as_u64() > Some(0) && sure.as_u64() <= rows.as_u64(), "{after}");
    assert!(after["baseVersion"].as_u64() > Some(0) && after["listsVersion"].as_u64() > Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_the_proofs_of_their_own_events_and_of_no_others() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let (mut alice, mut bob) = (world.person().await, world.person().await);
    import(&world, &mut alice, &statement(world.app.clock.now().date_naive())).await;
    let rows = "{ transactions(first: 1) { edges { node { position } } } }";
    let found = alice.graphql(rows, json!({})).await;
    let position = &found["transactions"]["edges"][0]["node"]["position"];
    let text = "query ($position: Position!) { inclusionProof(position: $position) { position \
        record checkpoint key file } }";
    let of = json!({ "position": position });
    world.app.notary.sign().await.expect("signed");
    let proof = said(&mut alice, text, of.clone()).await;
    assert_eq!(&proof["position"], position);
    let read = |name: &str| proof[name].as_str().expect("text").to_owned();
    let policy = Policy::parse(&format!("log {}\nquorum none\n", read("key"))).expect("a policy");
    let record = STANDARD.decode(read("record")).expect("base64");
    let report = verify_receipt(&read("file"), Subject::Record(&record), &policy);
    assert_eq!(report.verdict, Verdict::Proven, "{report:?}");

    let asked = json!({ "query": text, "variables": of });
    let (_, refused) = bob.post("/graphql", &asked).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused}");
    assert!(refused["data"].is_null() || refused["data"]["inclusionProof"].is_null(), "{refused}");

    // What no signed state holds yet has no proof yet.
    let note = "mutation { setBudget(categoryId: \"pets\", currency: \"EUR\", limitMinor: \"5000\") \
        { position } }";
    let newest = said(&mut alice, note, json!({})).await;
    let of = json!({ "position": newest["position"] });
    assert_eq!(said(&mut alice, text, of.clone()).await, Value::Null);
    world.app.notary.sign().await.expect("signed");
    assert_eq!(said(&mut alice, text, of).await["position"], newest["position"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_about_a_person_is_a_file_that_says_when_it_is_whole() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let (mut alice, mut bob) = (world.person().await, world.person().await);
    let today = world.app.clock.now().date_naive();
    import(&world, &mut alice, &statement(today)).await;
    import(&world, &mut bob, &statement(today).replace("Prisma", "Kioski")).await;
    let page = alice.page.clone();
    let take = |browser: &Browser, header: bool| {
        let mut request = browser.http.post(format!("{page}/export")).json(&json!({}));
        if header {
            request = request.header("x-opl-request", "1");
        }
        if let Some(cookie) = &browser.cookie {
            request = request.header("cookie", cookie);
        }
        request.send()
    };
    let answer = take(&alice, true).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let name = answer.headers()["content-disposition"].to_str().expect("text");
    assert_eq!(name, format!("attachment; filename=\"one-point-ledger-{today}.jsonl\""));
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    let text = answer.text().await.expect("a file");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (head, end) = (&lines[0], lines.last().expect("an end"));
    let me = said(&mut alice, "{ me { id } }", json!({})).await;
    assert_eq!(head["person"], me["id"]);
    assert_eq!(
        (&end["whole"], end["events"].as_u64()),
        (&json!(true), Some(lines.len() as u64 - 2))
    );
    let recorded = |line: &&Value| line["type"] == "account.transaction_recorded";
    assert_eq!(lines.iter().filter(recorded).count(), 104);
    assert!(text.contains("Prisma Itäkeskus"), "what is sealed is opened");
    assert!(!text.contains("Kioski Itäkeskus"), "nothing of another person is in it");
    assert!(!text.contains("a long enough pass phrase"), "and no secret");

    assert_eq!(take(&world.browser(), true).await.expect("an answer").status(), 401);
    assert_eq!(take(&alice, false).await.expect("an answer").status(), 403);
    world.stop().await;
}
