//! Words are found alike on both databases, and on PostgreSQL by an index.

use std::time::Duration;

use domain::observed::AccountKind;
use opl_projections::database::{Database, RowReader, sql};
use opl_projections::transactions::TransactionFilter;
use opl_projections::{Projection, ReadModels};

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, observed};

on_both! {
    a_word_is_found_wherever_it_stands,
}

const MAIJA: Person = Person(1);
/// More rows than anybody wants to be read for a word.
const ROWS: u64 = 220_000;

fn words(search: &str) -> TransactionFilter {
    TransactionFilter { search: Some(search.to_owned()), ..TransactionFilter::default() }
}

/// The index is there, whether this makes it or the runner that followed the log before.
async fn indexed(models: &ReadModels) {
    while !models.index_beside().await.expect("an index") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_word_is_found_wherever_it_stands(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.signs_up(&log);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    let texts = [
        "RUOKAKAUPPA Äänekoski",
        "100% kahvi|tee",
        "Kauppa\n\tViiva",
        "漢字テスト 東京",
        "ab",
        "\\_$1",
    ];
    for (number, text) in (1..).zip(texts) {
        MAIJA.pays(&log, 1, number, observed("2026-03-01", -100, text, ""));
    }
    catch_up(&models, &log).await;
    indexed(&models).await;
    assert_eq!(models.index_beside().await, Ok(true), "it is there once");
    let found = async |search: &str| {
        let page = models.transactions().page(MAIJA.user(), &words(search), 10, None).await;
        let mut found: Vec<String> = page
            .expect("a page")
            .rows
            .into_iter()
            .map(|row| row.counterparty.unwrap_or(row.text))
            .collect();
        found.sort();
        found
    };
    let cases: [(&str, &[usize]); 13] = [
        ("kauppa", &[0, 2]),
        ("KAUPPA aane", &[0]),
        ("viiva kauppa", &[2]),
        ("kauppaviiva", &[]),
        ("100%", &[1]),
        ("00% tee", &[1]),
        ("hvi|tee", &[1]),
        ("字テス", &[3]),
        ("東", &[3]),
        ("ab", &[4]),
        ("\\_$1", &[5]),
        ("%%%", &[]),
        ("", &[0, 1, 2, 3, 4, 5]),
    ];
    for (search, expected) in cases {
        let mut expected: Vec<String> = expected.iter().map(|at| texts[*at].to_owned()).collect();
        expected.sort();
        assert_eq!(found(search).await, expected, "{search}");
    }
    let not_tea = TransactionFilter { except: vec![words("tee")], ..TransactionFilter::default() };
    assert_eq!(models.transactions().count(MAIJA.user(), &not_tea).await, Ok(5));
}

async fn number(database: &Database, text: String) -> i64 {
    let rows = database.query(sql(text, vec![])).await.expect("rows");
    RowReader::new(rows.into_iter().next().expect("a row")).integer().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_among_many_rows_is_found_by_an_index_and_few_rows_are_read() {
    let place = Place::postgres().await;
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.signs_up(&log);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    MAIJA.pays(&log, 1, 1, observed("2026-03-01", -100, "Lidl", ""));
    catch_up(&models, &log).await;
    let Place::Postgres(server) = &place else { unreachable!("a PostgreSQL place") };
    let version = Projection::Transactions.definition().version;
    let schema = format!("read_transactions_v{version}_g1");
    let rows = Database::postgres(server.pool.clone(), &schema);
    // One row in a hundred is of a shop of its own; two people have as many.
    let other = Person(2).user();
    let fill = format!(
        "INSERT INTO transactions (transaction_id, account_id, user_id, booking_date, amount_minor,
          currency, text, category, category_reason, match_key, ordinal, position, recorded_at, search)
         SELECT 'made-' || n, account_id, CASE WHEN n % 2 = 0 THEN user_id ELSE '{other}' END,
          '20' || (10 + n % 10) || '-0' || (1 + n % 9) || '-15', -n, currency, text, category,
          category_reason, match_key, ordinal, position + n, recorded_at,
          CASE WHEN n % 100 = 0 THEN 'prisma ' ELSE 'lidl ' END || n
         FROM transactions, GENERATE_SERIES(1, {ROWS}) AS n"
    );
    rows.transaction(vec![sql(fill, vec![])]).await.expect("rows");
    indexed(&models).await;
    let read = |what: &str| {
        format!(
            "SELECT CAST({what} AS BIGINT) FROM pg_stat_user_tables
            WHERE schemaname = '{schema}' AND relname = 'transactions'"
        )
    };
    let whole = read("COALESCE(seq_tup_read, 0)");
    let by_index = format!(
        "SELECT CAST(idx_scan AS BIGINT) FROM pg_stat_user_indexes
        WHERE schemaname = '{schema}' AND indexrelname = 'transactions_letters'"
    );
    let whole_before = number(&rows, whole.clone()).await;
    for (search, expected) in [("prisma", ROWS / 100), ("isma 100", 254), ("nowhere", 0)] {
        let months = models.transactions().buckets(MAIJA.user(), &words(search)).await;
        let count: u64 = months.expect("months").iter().map(|month| month.count).sum();
        assert_eq!(count, expected, "{search}");
    }
    // The server tells a little later what it did; each further question tells of those before.
    for _ in 0..100 {
        if number(&rows, by_index.clone()).await >= 3 {
            break;
        }
        models.transactions().buckets(MAIJA.user(), &words("nowhere")).await.expect("months");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(number(&rows, by_index).await >= 3, "the index was used for every word");
    assert_eq!(number(&rows, whole).await, whole_before, "no search read the whole table");
    place.remove().await;
}
