//! The columnar data set: written bit by bit or at once, read by others, and with nobody in it for
//! an analyst.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use analytics::DataSet;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::id::UserId;
use domain::role::Role;
use opl::app::Options;
use opl::exporting::data_set::{self, Whose};
use opl::exporting::files::{FilesError, Written};
use opl::exporting::{ExportError, ExportFormat, export};
use opl::roles::{By, Wanted, grant};
use serde_json::{Value, json};

use crate::support::{Browser, Scratch, Store, World};

const SAMPLE: &[u8] = include_bytes!("../../formats/tests/samples/camt053.08.xml");
const LATER: &[u8] = include_bytes!("../../formats/tests/samples/camt052.06.xml");
const KRONOR: &str = "Datum;Belopp;Text;Saldo;Valuta\n\
    2026-01-05;-259,00;Café;15741,00;SEK\n2026-01-15;30000,00;Lön;45741,00;SEK\n";

async fn import(browser: &mut Browser, bytes: &[u8], mut body: Value) {
    body["content"] = STANDARD.encode(bytes).into();
    body["confirm"] = true.into();
    let (status, answer) = browser.post("/import", &body).await;
    assert_eq!(status, 200, "{answer}");
}

async fn holder(browser: &mut Browser) -> UserId {
    let data = browser.graphql("{ me { id } }", json!({})).await;
    data["me"]["id"].as_str().expect("an identifier").parse().expect("a person")
}

async fn write(world: &World, user_id: UserId, out: &Path) -> Written {
    let format = ExportFormat::Parquet;
    let done = export(&world.app, user_id, format, out, || false, |_, _| {}).await;
    done.expect("a data set")
}

fn ask(folder: &Path, sql: &str) -> Vec<String> {
    let set = DataSet::open(folder).expect("a data set");
    let answer = analytics::run(&set, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Null => "-".to_owned(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let line = |row: &Vec<_>| row.iter().map(text).collect::<Vec<_>>().join("|");
    answer.rows.iter().map(line).collect()
}

fn same(one: &Path, other: &Path) {
    let status = Command::new("diff").arg("-r").args([one, other]).status();
    assert!(status.expect("diff").success(), "{} and {}", one.display(), other.display());
}

/// What DuckDB, which shares no code with us, answers over the same files; none where it is missing.
fn duckdb(folder: &Path, table: &str, sql: &str) -> Option<Vec<String>> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    let there = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: DuckDB is not installed (tools/setup.sh test)");
        return None;
    }
    let script = format!(
        "import duckdb\nd = duckdb.connect()\n\
         d.execute(\"CREATE VIEW {table} AS SELECT * FROM read_parquet('{}/{table}/**/*.parquet', hive_partitioning = true)\")\n\
         for row in d.execute('''{sql}''').fetchall(): print('|'.join('-' if v is None else str(v) for v in row))",
        folder.display()
    );
    let output = Command::new(&python).args(["-c", &script]).output().expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_set_grows_to_what_it_would_be_at_once() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut browser = world.person().await;
    let user_id = holder(&mut browser).await;
    import(&mut browser, SAMPLE, json!({})).await;
    import(&mut browser, KRONOR.as_bytes(), json!({ "newAccount": "Privatkonto" })).await;
    let (grown, whole, broken) = (Scratch::new(), Scratch::new(), Scratch::new());
    let first = write(&world, user_id, grown.path()).await;
    assert!(first.written >= 6, "{first:?}");
    let again = write(&world, user_id, grown.path()).await;
    assert_eq!((again.written, again.unchanged), (0, first.written));
    import(&mut browser, LATER, json!({})).await;
    let more = write(&world, user_id, grown.path()).await;
    assert!(more.written > 0 && more.unchanged > 0, "{more:?}");
    write(&world, user_id, whole.path()).await;
    same(grown.path(), whole.path());

    // A run that is broken off is no data set yet, and the next goes on where it stopped.
    let left = Cell::new(2);
    let stop = || left.replace(left.get() - 1) == 0;
    let format = ExportFormat::Parquet;
    let stopped = export(&world.app, user_id, format, broken.path(), stop, |_, _| {}).await;
    assert!(matches!(stopped, Err(ExportError::Files(FilesError::Stopped))), "{stopped:?}");
    assert!(DataSet::open(broken.path()).is_err(), "there is no manifest yet");
    let done = write(&world, user_id, broken.path()).await;
    assert!(done.unchanged >= 2, "{done:?}");
    same(broken.path(), whole.path());
    // A file that was damaged is written anew.
    let month = "transactions/booked_month=2026-01-01/part.parquet";
    std::fs::write(broken.path().join(month), b"nothing").expect("damage");
    assert_eq!(write(&world, user_id, broken.path()).await.written, 1);
    same(broken.path(), whole.path());

    let sums = "SELECT currency, count(*), sum(amount_minor) FROM transactions \
        WHERE state = 'booked' GROUP BY currency ORDER BY currency";
    let ours = ask(grown.path(), sums);
    assert_eq!(ours.last().map(String::as_str), Some("SEK|2|2974100"));
    if let Some(theirs) = duckdb(grown.path(), "transactions", sums) {
        assert_eq!(theirs, ours);
    }
    // What an account held and what moved make what it holds: what the bank stated in the end.
    let off = "SELECT count(*) FROM balances WHERE opening_minor + booked_minor <> closing_minor";
    assert_eq!(ask(grown.path(), off), ["0"]);
    let last = "SELECT b.closing_minor - a.booked_minor FROM balances b \
        JOIN accounts a ON a.account = b.account WHERE b.booked_month = \
        (SELECT max(c.booked_month) FROM balances c WHERE c.account = b.account)";
    assert_eq!(ask(grown.path(), last), ["0", "0"]);
    assert_eq!(ask(grown.path(), "SELECT count(*) FROM categories"), ["37"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_is_given_rows_with_nobody_in_them() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut people = Vec::new();
    for _ in 0..data_set::FEWEST_PEOPLE {
        let mut browser = world.person().await;
        import(&mut browser, SAMPLE, json!({})).await;
        people.push(holder(&mut browser).await);
    }
    let analyst = people[0];
    let role = async |people: Option<Vec<UserId>>| {
        let wanted = Wanted {
            holder: analyst,
            role: Role::Analyst,
            people,
            facts_from: None,
            facts_to: None,
            ends_at: world.app.clock.now() + TimeDelta::days(1),
            reason: "study".to_owned(),
        };
        let correlation = uuid::Uuid::new_v4();
        grant(&world.app, By::CommandLine, correlation, wanted).await.expect("a role").0
    };
    let few = role(Some(people[..4].to_vec())).await;
    let few = data_set::role(&world.app, few).await.expect("given");
    let refused = Whose::analyst(&world.app, uuid::Uuid::new_v4(), &few).await;
    assert!(matches!(refused, Err(ExportError::TooFewPeople)), "four people can be told apart");

    let all = role(None).await;
    let granted = data_set::role(&world.app, all).await.expect("given");
    let whose = Whose::analyst(&world.app, uuid::Uuid::new_v4(), &granted).await.expect("allowed");
    let out = Scratch::new();
    data_set::export(&world.app, &whose, out.path(), || false, |_, _| {}).await.expect("written");
    let counted = "SELECT count(DISTINCT person), count(*) > 0, count(counterparty), count(text), \
        count(counterparty_account), count(reference), count(note), count(category_reason) \
        FROM transactions";
    assert_eq!(ask(out.path(), counted), ["5|1|0|0|0|0|0|0"]);
    let hidden = "SELECT count(identifier), count(name), count(owner) FROM accounts";
    assert_eq!(ask(out.path(), hidden), ["0|0|0"]);
    for user_id in &people {
        let named = format!("SELECT count(*) FROM transactions WHERE person = '{user_id}'");
        assert_eq!(ask(out.path(), &named), ["0"]);
    }
    // The use of the role stands in the log.
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, std::time::Duration::from_secs(10)).await.expect("caught up");
    let uses = world.app.read.roles().uses_of(all).await.expect("uses");
    assert_eq!(uses.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), ["data_set"]);
    // Of a role that was taken back nothing is written.
    let correlation = uuid::Uuid::new_v4();
    opl::roles::withdraw(&world.app, By::CommandLine, correlation, all, "done")
        .await
        .expect("taken");
    let refused = Whose::analyst(&world.app, uuid::Uuid::new_v4(), &granted).await;
    assert!(matches!(refused, Err(ExportError::Role(_))));
    world.stop().await;
}
