//! The door to both databases.

use std::collections::BTreeSet;

use opl_projections::Projection;
use opl_projections::database::{Database, DatabaseError, RowReader, Value, sql};

use crate::support::place::Place;

on_both! {
    values_come_back_as_they_went_in,
    a_transaction_is_all_or_nothing,
    a_guard_undoes_everything,
    what_is_wrong_is_told_without_values,
    reading_cannot_write,
    a_request_that_is_given_up_harms_no_other,
    of_many_compare_and_sets_one_wins,
    every_table_and_index_is_made_twice_without_harm,
    what_may_be_well_again_in_a_moment_is_told_as_such,
}

async fn with_table(place: &Place) -> Database {
    let database = place.database().await;
    let create = "CREATE TABLE IF NOT EXISTS things (
        id BIGINT NOT NULL PRIMARY KEY, word TEXT, bytes BYTEA, number BIGINT)";
    database.define(&[create]).await.expect("a table");
    database
}

fn put(id: i64, word: &str) -> opl_projections::database::Statement {
    sql("INSERT INTO things (id, word) VALUES ($1, $2)", vec![id.into(), word.into()])
}

async fn count(database: &Database) -> u64 {
    let rows = database.query(sql("SELECT COUNT(*) FROM things", vec![])).await.expect("rows");
    RowReader::new(rows.into_iter().next().expect("a row")).count().expect("a count")
}

async fn values_come_back_as_they_went_in(place: &Place) {
    let database = with_table(place).await;
    let insert = "INSERT INTO things (id, word, bytes, number) VALUES ($1, $2, $3, $4)";
    let whole = vec![1_i64.into(), "ä $1 '".into(), vec![0_u8, 255].into(), i64::MIN.into()];
    let empty = vec![2_i64.into(), Value::NullText, Value::NullBytes, Value::NullInteger];
    database
        .transaction(vec![sql(insert, whole.clone()), sql(insert, empty)])
        .await
        .expect("two rows");
    // The numbers may come in any order, and more than once.
    let select =
        "SELECT id, word, bytes, number FROM things WHERE id = $2 AND $1 = word AND id = $2";
    let rows =
        database.query(sql(select, vec!["ä $1 '".into(), 1_i64.into()])).await.expect("rows");
    assert_eq!(rows, [whole]);
    let select = "SELECT word, bytes, number FROM things WHERE id = 2";
    let rows = database.query(sql(select, vec![])).await.expect("rows");
    let mut row = RowReader::new(rows.into_iter().next().expect("a row"));
    assert_eq!(row.optional_text(), Ok(None));
    assert_eq!(row.optional_bytes(), Ok(None));
    assert_eq!(row.optional_integer(), Ok(None));
    assert_eq!(row.text(), Err(DatabaseError::Column(4)));
}

async fn a_transaction_is_all_or_nothing(place: &Place) {
    let database = with_table(place).await;
    let refused = database.transaction(vec![put(1, "a"), put(2, "b"), put(1, "again")]).await;
    assert_eq!(refused, Err(DatabaseError::Unique));
    assert_eq!(count(&database).await, 0);
    assert_eq!(database.transaction(vec![put(1, "a"), put(2, "b")]).await, Ok(vec![1, 1]));
    assert_eq!(database.execute(sql("DELETE FROM things", vec![])).await, Ok(2));
}

async fn a_guard_undoes_everything(place: &Place) {
    let database = with_table(place).await;
    let change = sql("UPDATE things SET word = $1 WHERE id = $2", vec!["new".into(), 1_i64.into()]);
    let guarded = vec![put(2, "b"), change.expecting(1)];
    let refused = database.transaction(guarded.clone()).await;
    assert_eq!(refused, Err(DatabaseError::Guard { statement: 1 }));
    assert_eq!(count(&database).await, 0);
    database.execute(put(1, "a")).await.expect("a row");
    assert_eq!(database.transaction(guarded).await, Ok(vec![1, 1]));
}

async fn what_is_wrong_is_told_without_values(place: &Place) {
    let database = with_table(place).await;
    let wrong = sql("SELECT nothing FROM nowhere WHERE word = 'secret'", vec![]);
    let error = database.query(wrong).await.expect_err("no such table");
    assert!(matches!(error, DatabaseError::Other(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    database.execute(put(1, "secret")).await.expect("a row");
    let error = database.execute(put(1, "secret")).await.expect_err("a second one");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

async fn reading_cannot_write(place: &Place) {
    let database = with_table(place).await;
    let sneaky = sql("INSERT INTO things (id) VALUES (1) RETURNING id", vec![]);
    assert_eq!(database.query(sneaky).await, Err(DatabaseError::ReadOnly));
    assert_eq!(count(&database).await, 0);
}

async fn of_many_compare_and_sets_one_wins(place: &Place) {
    let database = with_table(place).await;
    database
        .execute(sql("INSERT INTO things (id, number) VALUES (1, 0)", vec![]))
        .await
        .expect("a row");
    let mut tries = tokio::task::JoinSet::new();
    for id in 2..18_i64 {
        let database = database.clone();
        tries.spawn(async move {
            let set = sql("UPDATE things SET number = 1 WHERE id = 1 AND number = 0", vec![]);
            database.transaction(vec![set.expecting(1), put(id, "mine")]).await.is_ok()
        });
    }
    let won = tries.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!((won, count(&database).await), (1, 2));
}

async fn every_table_and_index_is_made_twice_without_harm(place: &Place) {
    let database = place.database().await;
    let mut names = BTreeSet::new();
    for projection in Projection::ALL {
        let definition = projection.definition();
        assert!(names.insert(definition.name), "two projections of one name");
        assert_eq!(Projection::named(definition.name), Some(projection));
        for table in definition.tables {
            let mut statements = vec![table.create];
            statements.extend(table.indexes);
            statements.extend(statements.clone());
            database.define(&statements).await.unwrap_or_else(|error| {
                panic!("{} of {}: {error}", table.name, definition.name);
            });
            for key in table.key {
                let select = format!("SELECT {key} FROM {} ORDER BY {key}", table.name);
                database.query(sql(select, vec![])).await.expect("the key's columns are there");
            }
        }
    }
}

async fn a_request_that_is_given_up_harms_no_other(place: &Place) {
    let database = with_table(place).await;
    for round in 0..40_i64 {
        let given_up: Vec<_> = (0..8)
            .map(|_| {
                let database = database.clone();
                let read = sql("SELECT COUNT(*) FROM things", vec![]);
                tokio::spawn(async move { drop(database.query(read).await) })
            })
            .collect();
        // Each round gives up at another moment, finer than a timer could.
        let begun = std::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_micros(round as u64 * 40) {
            tokio::task::yield_now().await;
        }
        given_up.iter().for_each(tokio::task::JoinHandle::abort);
        for place in 0..8 {
            let kept = database.execute(put(round * 8 + place, "kept")).await;
            assert_eq!(kept, Ok(1), "round {round}");
        }
    }
    assert_eq!(count(&database).await, 320);
}

/// A projection rests and tries again after these, and stops for good after any other.
async fn what_may_be_well_again_in_a_moment_is_told_as_such(place: &Place) {
    if matches!(place, Place::Sqlite(_)) {
        return;
    }
    let database = place.database().await;
    // SQLSTATE, PostgreSQL 17, appendix A: an idle transaction ended, a statement canceled, the
    // server shutting down, a connection lost, a deadlock, too many connections, a disk that fails.
    for code in ["25P03", "57014", "57P01", "08006", "40P01", "53300", "58030"] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$");
        let told = database.execute(sql(raise, vec![])).await.expect_err("an error");
        assert!(matches!(told, DatabaseError::Unavailable(_)), "{code}: {told}");
    }
}
