//! Files of statements: shown before anything is stored, imported once, and nothing of them doubles
//! what a bank's interface has told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::Event;
use domain::import::ImportEvent;
use domain::reconcile::{Answer, Outcome, Question, reconcile};
use domain::redecide::{Difference, Rules};
use opl::redeciding::{self, Clean, Scope};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

const SAMPLE: &[u8] = include_bytes!("../../formats/tests/samples/camt053.08.xml");

fn posted(bytes: &[u8], more: Value) -> Value {
    let mut body = json!({ "content": STANDARD.encode(bytes), "fileName": "statement" });
    let fields = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(fields);
    body
}

async fn preview(browser: &mut Browser, bytes: &[u8], more: Value) -> Value {
    let (status, mut body) = browser.post("/import", &posted(bytes, more)).await;
    assert_eq!(status, 200, "{body}");
    body["preview"]["accounts"].take()
}

async fn import(browser: &mut Browser, bytes: &[u8], mut more: Value) -> Value {
    more["confirm"] = true.into();
    let (status, mut body) = browser.post("/import", &posted(bytes, more)).await;
    assert_eq!(status, 200, "{body}");
    body["imported"].take()
}

async fn accounts(browser: &mut Browser) -> Vec<Value> {
    let text = "query ($at: Position) { accounts(atLeast: $at) { id identifier name currency \
        transactionCount booked { minor } bank { id name } } }";
    let at = u32::MAX.to_string();
    let mut data = browser.graphql(text, json!({ "at": at })).await;
    data["accounts"].as_array_mut().map(std::mem::take).expect("accounts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_feeds_an_account_of_its_own_and_is_imported_once() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let mut browser = world.person().await;
    let shown = preview(&mut browser, SAMPLE, json!({})).await;
    assert_eq!(
        (&shown[0]["new"], &shown[0]["same"], &shown[0]["check"], &shown[0]["accountId"]),
        (&json!(3), &json!(0), &json!("holds"), &Value::Null)
    );
    assert_eq!(world.count("import.received").await, 0, "a preview stores nothing");
    assert!(accounts(&mut browser).await.is_empty());

    let imported = import(&mut browser, SAMPLE, json!({})).await;
    assert_eq!((&imported["new"], &imported["before"]), (&json!(3), &json!(false)));
    let rows = accounts(&mut browser).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["identifier"], "FI2112345600000785");
    assert_eq!(rows[0]["booked"]["minor"], "376410");
    assert_eq!(rows[0]["transactionCount"], 3);

    let events = world.events().await.len();
    let again = import(&mut browser, SAMPLE, json!({})).await;
    assert_eq!(again["before"], true);
    assert_eq!(world.events().await.len(), events, "the same file once more says nothing");
    let shown = preview(&mut browser, SAMPLE, json!({})).await;
    assert_eq!((&shown[0]["new"], &shown[0]["same"]), (&json!(0), &json!(3)));

    // It is listed, once, with what it came to.
    let text = "query ($at: Position) { imports(first: 5, atLeast: $at) { totalCount \
        pageInfo { hasNextPage } nodes { fileName format completedAt broughtBy \
        accounts { name rows new same doubtful check difference { minor } } } } }";
    let data = browser.graphql(text, json!({ "at": u32::MAX.to_string() })).await;
    let listed = &data["imports"];
    assert_eq!(
        (&listed["totalCount"], &listed["pageInfo"]["hasNextPage"]),
        (&json!(1), &json!(false))
    );
    let file = &listed["nodes"][0];
    assert_eq!((&file["fileName"], &file["format"]), (&json!("statement"), &json!("camt053")));
    assert!(
        file["completedAt"].is_string()
            && file["broughtBy"].as_str().is_some_and(|by| by.contains('@'))
    );
    let account = &file["accounts"][0];
    let counts = ["rows", "new", "same", "doubtful"].map(|name| account[name].clone());
    assert_eq!(counts, [3, 3, 0, 0].map(|number| json!(number)), "{file}");
    assert_eq!((&account["check"], &account["difference"]), (&json!("HOLDS"), &Value::Null));
    let mut other = world.person().await;
    let theirs = other.graphql(text, json!({ "at": null })).await;
    assert_eq!(theirs["imports"]["totalCount"], 0, "another person has brought none");

    let kept: Vec<u8> = world
        .events()
        .await
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Import(ImportEvent::PartKept(part)) => Some(part.content),
            _ => None,
        })
        .flat_map(|content| STANDARD.decode(content).expect("base64"))
        .collect();
    assert_eq!(kept, SAMPLE, "the exact bytes are kept");

    // The same days in another format and in other words: nothing is doubled.
    let swift = include_bytes!("../../formats/tests/samples/mt940.sta");
    let imported = import(&mut browser, swift, json!({})).await;
    assert_eq!((&imported["new"], &imported["doubtful"]), (&json!(0), &json!(0)));
    let ofx = include_bytes!("../../formats/tests/samples/ofx1.ofx");
    let imported = import(&mut browser, ofx, json!({})).await;
    assert_eq!(imported["new"], 0, "{imported}");

    // What the files said is read again, and decided as it was; other rules decide otherwise.
    assert_eq!(decided_again(&world, reconcile).await, (3, 0, 0));
    let (windows, unread, changes) = decided_again(&world, careless).await;
    assert_eq!((windows, unread), (3, 0));
    assert!(changes > 0, "a row of the first file is no transaction to them");
    world.stop().await;
}

/// Rules that take the first and the last row of a window for one.
fn careless(question: &Question<'_>) -> Answer {
    let mut answer = reconcile(question);
    if let [_, .., last] = &mut answer.rows[..] {
        last.outcome = Outcome::Again { row: 0 };
    }
    answer
}

/// What rules make of the past: windows, those that cannot be read again, and what would change.
async fn decided_again(world: &World, rules: Rules) -> (u32, u32, usize) {
    let scope = Scope::default();
    let look = redeciding::preview_by(&world.app, rules, scope, &mut Clean::new(), |_| {}).await;
    let look = look.expect("a look");
    let sum = |of: fn(&Difference) -> u32| {
        look.accounts.iter().map(|account| of(&account.difference)).sum::<u32>()
    };
    (sum(|one| one.windows), sum(|one| one.unread), look.changes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_named_by_its_line_and_nothing_is_stored() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let mut browser = world.person().await;
    let events = world.events().await.len();
    let text = String::from_utf8(SAMPLE.to_vec()).expect("text");
    let confirm = json!({ "confirm": true });
    let table = [
        (text.replacen(">25.90<", ">25.9x<", 1), "amount", Some(20)),
        (text.replacen("</Ntry>", "", 1), "xml", None),
        (text.replace(">3764.10<", ">3764.11<"), "balances_differ", None),
        (" \n".to_owned(), "empty", None),
        ("Pvm;Summa\n1.2.2026;-5,00\n".to_owned(), "no_currency", None),
        ("Pvm;Summa;Valuutta\n1.2.2026;-5,00;EUR\n".to_owned(), "no_account", None),
    ];
    for (file, code, line) in table {
        let (status, body) =
            browser.post("/import", &posted(file.as_bytes(), confirm.clone())).await;
        assert_eq!((status, &body["problem"]["code"]), (422, &json!(code)), "{body}");
        if let Some(line) = line {
            assert_eq!(body["problem"]["line"], line);
        }
    }
    assert_eq!(world.events().await.len(), events);
    // With the person's word the sums may differ, and the ledger says so.
    let file = text.replace(">3764.10<", ">3764.11<");
    let imported = import(&mut browser, file.as_bytes(), json!({ "despiteBalance": true })).await;
    assert_eq!(imported["new"], 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_of_a_signed_in_person_may_bring_files() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let mut nobody = world.browser();
    let (status, _) = nobody.post("/import", &posted(SAMPLE, json!({}))).await;
    assert_eq!(status, 401);
    let url = format!("{}/import", world.page);
    let body = posted(SAMPLE, json!({}));
    let send = |request: reqwest::RequestBuilder| async {
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send(nobody.http.post(&url).json(&body)).await, 403, "without our header");
    let form = nobody.http.post(&url).header("x-opl-request", "1").body(body.to_string());
    assert_eq!(send(form).await, 415, "another content type");
    let other = nobody.http.post(&url).header("x-opl-request", "1").json(&body);
    assert_eq!(send(other.header("sec-fetch-site", "cross-site")).await, 403);
    let mut somebody = world.person().await;
    let large = json!({ "content": "a".repeat(opl::api::importing::LARGEST_IMPORT) });
    let (status, body) = somebody.post("/import", &large).await;
    assert_eq!((status, &body["problem"]["code"]), (413, &json!("too_large")));
    world.stop().await;
}

/// One account of a bank with its booked rows, as a table in other words.
async fn table_of(browser: &mut Browser, account: &Value) -> (String, usize) {
    let text = "query ($id: ID!) { transactions(first: 50, filter: { accountId: $id }) { \
        edges { node { bookingDate amount { minor } } } } }";
    let data = browser.graphql(text, json!({ "id": account["id"] })).await;
    let mut table = "Kirjauspäivä;Määrä;Viesti;Valuutta\n".to_owned();
    let rows = data["transactions"]["edges"].as_array().expect("rows").clone();
    for node in rows.iter().map(|edge| &edge["node"]) {
        let minor: i64 = node["amount"]["minor"].as_str().expect("text").parse().expect("minor");
        let sign = if minor < 0 { "-" } else { "" };
        let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
        let day = node["bookingDate"].as_str().expect("a day");
        table += &format!("{day};{sign}{whole},{cents:02};In other words;EUR\n");
    }
    (table, rows.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_what_a_bank_told_adds_nothing_doubled() {
    let world = World::registered(Store::Sqlite).await;
    let mut browser = world.person().await;
    browser.connect().await;
    let before = accounts(&mut browser).await;
    let account = before.iter().find(|row| row["transactionCount"].as_u64() > Some(5));
    let account = account.expect("an account with rows").clone();
    let (table, rows) = table_of(&mut browser, &account).await;
    assert!(rows > 5);
    let chosen = json!({ "accountId": account["id"] });
    let shown = preview(&mut browser, table.as_bytes(), chosen.clone()).await;
    assert_eq!(shown[0]["fedByBank"], true);
    assert_eq!(shown[0]["new"], 0, "without a proof nothing of a known amount and day is new");
    let more = format!("{table}2020-02-03;-1,23;Long before;EUR\n");
    let imported = import(&mut browser, more.as_bytes(), chosen.clone()).await;
    assert_eq!(imported["new"], 1);
    let after = accounts(&mut browser).await;
    let count = |rows: &[Value]| {
        let row = rows.iter().find(|row| row["id"] == account["id"]).expect("the account");
        (row["transactionCount"].as_u64(), row["booked"].clone(), row["name"].clone())
    };
    let (was, is) = (count(&before), count(&after));
    assert_eq!(is.0, was.0.map(|rows| rows + 1));
    assert_eq!((is.1, is.2), (was.1, was.2), "the bank's balance and name stand");
    assert_eq!(import(&mut browser, more.as_bytes(), chosen).await["before"], true);
    let (_, unread, changes) = decided_again(&world, reconcile).await;
    assert_eq!(
        (unread, changes),
        (0, 0),
        "a table that was chosen for an account is read again, too"
    );
    world.stop().await;
}
