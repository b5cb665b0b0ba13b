//! The data set as a whole: what is written is read, by this program and by another, and a query over
//! sums answers as the same query over rows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use analytics::reading::MANIFEST;
use analytics::schema::TRANSACTIONS;
use analytics::{Answer, Cell, DATA_SET_VERSION, DataSet, QueryError, Rows, bytes, run};
use chrono::NaiveDate;
use proptest::prelude::*;
use rusqlite::types::Value;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A row: month, day, person, amount, category, value day, note.
type Said = (u32, u32, u8, i64, u8, bool, Option<String>);

const CATEGORIES: [&str; 4] = ["groceries", "o'clock", "income", "other"];

fn rows(said: &[Said], month: u32) -> Rows {
    let mut rows = Rows::of(&TRANSACTIONS);
    for (at, (_, day, person, minor, category, valued, note)) in
        said.iter().enumerate().filter(|(_, one)| one.0 == month)
    {
        let day = NaiveDate::from_ymd_opt(2026, month, *day).expect("a day");
        let person = format!("person-{person}");
        let row = [
            Cell::Whole(i64::try_from(at).expect("small")),
            Cell::Whole(0),
            person.as_str().into(),
            "account".into(),
            day.into(),
            valued.then_some(day).into(),
            (*minor).into(),
            "EUR".into(),
            CATEGORIES[usize::from(*category)].into(),
            "spending".into(),
            "name".into(),
            "booked".into(),
            day.and_hms_opt(12, 0, 0).expect("noon").and_utc().into(),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            "text".into(),
            Cell::Empty,
            note.as_deref().into(),
        ];
        rows.push(&row).expect("a row");
    }
    rows
}

fn data_set(name: &str, said: &[Said]) -> (Folder, DataSet) {
    let unique = format!("opl-analytics-{name}-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(unique));
    let mut files = Vec::new();
    for month in 1..=3 {
        let rows = rows(said, month);
        let name = format!("transactions/booked_month=2026-{month:02}-01/part.parquet");
        let path = folder.0.join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let written = bytes(&rows).expect("written");
        fs::write(&path, &written).expect("kept");
        let (rows, bytes) = (rows.count(), written.len());
        files.push(serde_json::json!({ "name": name, "rows": rows, "bytes": bytes }));
    }
    let manifest = serde_json::json!({ "version": 1, "format": "parquet",
        "data_set": DATA_SET_VERSION, "position": 7, "files": files });
    fs::write(folder.0.join(MANIFEST), manifest.to_string()).expect("kept");
    let opened = DataSet::open(&folder.0).expect("a data set");
    (folder, opened)
}

fn some() -> Vec<Said> {
    let note = |text: &str| Some(text.to_owned());
    vec![
        (1, 5, 1, -1_250, 0, true, None),
        (1, 5, 1, -1_250, 0, true, None),
        (1, 9, 2, -700, 1, false, note("it's")),
        (2, 1, 1, 250_000, 2, true, None),
        (2, 3, 2, -4_000, 0, false, note("two")),
        (3, 28, 3, -99, 3, true, None),
    ]
}

fn table(answer: &Answer) -> Vec<Vec<String>> {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:.4}"),
        Value::Text(text) => text.clone(),
        Value::Blob(_) => "blob".to_owned(),
    };
    answer.rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn sums_rows_joins_and_windows_are_answered() {
    let (_folder, set) = data_set("answers", &some());
    let ask = |sql: &str| table(&run(&set, sql).unwrap_or_else(|error| panic!("{sql}: {error}")));
    assert_eq!(
        ask("SELECT booked_month, category, count(*) n, sum(amount_minor) FROM transactions
             WHERE amount_minor < 0 GROUP BY 1, 2 ORDER BY 1, 2;"),
        [
            ["2026-01-01", "groceries", "2", "-2500"],
            ["2026-01-01", "o'clock", "1", "-700"],
            ["2026-02-01", "groceries", "1", "-4000"],
            ["2026-03-01", "other", "1", "-99"],
        ]
    );
    assert_eq!(ask("SELECT count(*) FROM transactions WHERE category = 'o''clock'"), [["1"]]);
    assert_eq!(
        ask("SELECT count(*), sum(amount_minor) FROM transactions WHERE part = 9"),
        [["0", "-"]]
    );
    assert_eq!(
        ask("SELECT booked_on, note FROM transactions WHERE booked_month >= '2026-02-01'
             AND note IS NOT NULL"),
        [["2026-02-03", "two"]]
    );
    assert_eq!(
        ask("WITH t AS (SELECT person, sum(amount_minor) s FROM transactions GROUP BY person)
             SELECT a.person, rank() OVER (ORDER BY a.s) FROM t a JOIN t b ON a.person = b.person
             ORDER BY 1"),
        [["person-1", "3"], ["person-2", "1"], ["person-3", "2"]]
    );
    assert_eq!(ask("SELECT * FROM transactions WHERE position = 5")[0].len(), 20);
}

#[test]
fn what_is_no_query_is_refused_and_a_damaged_file_is_named() {
    let (folder, set) = data_set("refused", &some());
    for sql in ["", "DELETE FROM transactions", "SELECT 1; SELECT 2", "SELECT 'open"] {
        assert!(matches!(run(&set, sql), Err(QueryError::NoQuery)), "{sql}");
    }
    let told = run(&set, "SELECT absent, sum(amount_minor) FROM transactions GROUP BY absent");
    assert_eq!(told.expect_err("no such column").to_string(), "no such column: absent");
    assert!(matches!(run(&set, "SELECT 1 FROM people"), Err(QueryError::Sqlite(_))));
    let path = folder.0.join("transactions/booked_month=2026-01-01/part.parquet");
    fs::write(&path, b"PAR1 no PAR1").expect("kept");
    let told = run(&set, "SELECT count(*) FROM transactions").expect_err("damaged").to_string();
    assert!(told.contains("2026-01-01") && told.contains("damaged"), "{told}");
    fs::remove_file(folder.0.join(MANIFEST)).expect("removed");
    let told = DataSet::open(&folder.0).expect_err("unfinished").to_string();
    assert!(told.contains("was not finished; `opl export"), "{told}");
}

/// DuckDB, which shares no code with us, sees the same rows.
#[test]
fn another_reader_sees_the_same() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    let there = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: DuckDB is not installed (tools/setup.sh test)");
        return;
    }
    let (folder, set) = data_set("another", &some());
    let sql = "SELECT booked_month, person, category, count(*), sum(amount_minor), count(value_on),
        max(note), min(booked_on) FROM transactions GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
    let script = format!(
        "import duckdb\n\
         d = duckdb.connect()\n\
         d.execute(\"CREATE VIEW transactions AS SELECT * FROM read_parquet('{}/transactions/*/*.parquet', hive_partitioning = true)\")\n\
         for row in d.execute('''{sql}''').fetchall(): print('|'.join('-' if v is None else str(v) for v in row))",
        folder.0.display()
    );
    let output = Command::new(&python).args(["-c", &script]).output().expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ours: String =
        table(&run(&set, sql).expect("answered")).iter().map(|row| row.join("|") + "\n").collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout), ours);
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let note = proptest::option::of("[a-c]{0,2}");
    let row = (1..=3_u32, 1..=28_u32, 0..4_u8, -3_i64..3, 0..4_u8, any::<bool>(), note);
    proptest::collection::vec(row, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A query that is answered from sums, asked again inside another so that it is answered from rows.
    #[test]
    fn sums_answer_as_rows_do(said in said(), number in -3_i64..3) {
        let (_folder, set) = data_set("property", &said);
        let queries = [
            "SELECT category, count(*), sum(amount_minor), avg(amount_minor), min(amount_minor),
             max(amount_minor), count(amount_minor) FROM transactions GROUP BY category".to_owned(),
            format!("SELECT t.person p, t.booked_month, sum(t.amount_minor) * 2 AS amount_minor
             FROM transactions AS t WHERE t.amount_minor >= {number} AND category <> 'o''clock'
             GROUP BY 1, t.booked_month HAVING count(*) > 1"),
            format!("SELECT count(*), count(person), max(note), min(booked_on), sum(amount_minor)
             FROM transactions WHERE amount_minor != {number}"),
            "SELECT value_on, note, count(*) FROM transactions WHERE note > 'a' OR value_on IS NULL
             GROUP BY value_on, note".to_owned(),
            "SELECT substr(booked_on, 1, 7) m, sum(amount_minor) FROM transactions
             WHERE booked_month >= '2026-02-01' AND note = 'a' GROUP BY m".to_owned(),
        ];
        for sql in queries {
            let mut sums = table(&run(&set, &sql).expect("from sums"));
            let mut rows = table(&run(&set, &format!("SELECT * FROM ({sql})")).expect("from rows"));
            sums.sort_unstable();
            rows.sort_unstable();
            prop_assert_eq!(sums, rows, "{}", sql);
        }
    }
}
