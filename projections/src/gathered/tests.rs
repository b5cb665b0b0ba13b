use proptest::prelude::*;

use super::{Shape, To};
use crate::database::{Database, Row, Value, sql};
use crate::definition::Folded;

const SHAPE: Shape = Shape {
    table: "things",
    columns: &["name", "place", "word", "count", "seen_at", "kept"],
    key: 2,
    kept: &["kept"],
};
const CREATE: &str = "CREATE TABLE things (name TEXT NOT NULL, place BIGINT NOT NULL, word TEXT,
    count BIGINT NOT NULL, seen_at BIGINT, kept TEXT, PRIMARY KEY (name, place))";

/// Something that is said of one of a few rows.
#[derive(Clone, Debug)]
enum Said {
    Insert(Row),
    Put(Row),
    Change(Row, Vec<(&'static str, To)>),
    Remove(Row),
    /// A statement of its own, which the others have to keep their place to.
    Apart,
}

fn key() -> impl Strategy<Value = Row> {
    (0..2_i64, 0..2_i64).prop_map(|(name, place)| vec![name.to_string().into(), place.into()])
}

fn row() -> impl Strategy<Value = Row> {
    let word = proptest::option::of("[a-c]");
    let seen = proptest::option::of(0..9_i64);
    (key(), word.clone(), 0..9_i64, seen, word).prop_map(|(mut row, word, count, seen, kept)| {
        row.extend([word.into(), count.into(), seen.into(), kept.into()]);
        row
    })
}

fn changes() -> impl Strategy<Value = Vec<(&'static str, To)>> {
    let word = "[d-f]".prop_map(|word| ("word", To::Value(word.into())));
    let none = Just(("word", To::Value(Value::NullText)));
    let more = (1..9_i64).prop_map(|more| ("count", To::Added(more)));
    let count = (0..9_i64).prop_map(|count| ("count", To::Value(count.into())));
    let seen = Just(("seen_at", To::Column("count")));
    let one = prop_oneof![word, none, more, count, seen];
    proptest::collection::vec(one, 1..4).prop_map(|mut all| {
        all.sort_by_key(|(column, _)| *column);
        all.dedup_by_key(|(column, _)| *column);
        all
    })
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        2 => row().prop_map(Said::Insert),
        2 => row().prop_map(Said::Put),
        4 => (key(), changes()).prop_map(|(key, changes)| Said::Change(key, changes)),
        1 => key().prop_map(Said::Remove),
        1 => Just(Said::Apart),
    ]
}

fn say(folded: &mut Folded, said: Said) {
    match said {
        Said::Insert(row) => {
            // As a fold does, which never inserts what is there.
            folded.remove(&SHAPE, &row[..2]);
            folded.insert(&SHAPE, row);
        }
        Said::Put(row) => folded.put(&SHAPE, row),
        Said::Change(key, changes) => folded.change(&SHAPE, &key, &changes),
        Said::Remove(key) => folded.remove(&SHAPE, &key),
        Said::Apart => {
            folded.push(sql("UPDATE things SET count = count * 2, word = kept", vec![]));
        }
    }
}

/// The rows after statements that were written together as often as `together` says.
async fn rows(all: Vec<Said>, together: usize) -> Vec<Row> {
    let database = Database::memory().expect("a database");
    database.define(&[CREATE]).await.expect("a table");
    for page in all.chunks(together) {
        let mut folded = Folded::default();
        page.iter().cloned().for_each(|one| say(&mut folded, one));
        folded.write();
        database.transaction(folded.statements).await.expect("written");
    }
    let select = "SELECT name, place, word, count, seen_at, kept FROM things ORDER BY name, place";
    database.query(sql(select, vec![])).await.expect("rows")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// However what is said is cut into pages, the rows are those of saying it one by one.
    #[test]
    fn gathered_rows_are_those_of_single_statements(
        all in proptest::collection::vec(said(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let [single, some, whole] = runtime.expect("a runtime").block_on(async {
            [rows(all.clone(), 1).await, rows(all.clone(), 5).await, rows(all.clone(), 24).await]
        });
        prop_assert_eq!(&single, &some);
        prop_assert_eq!(&single, &whole);
    }
}

#[test]
fn what_is_said_of_a_row_is_one_statement() {
    let mut folded = Folded::default();
    let key: Row = vec!["a".into(), 1_i64.into()];
    for more in 1..=9 {
        folded.change(&SHAPE, &key, &[("count", To::Added(more))]);
    }
    folded.change(&SHAPE, &["b".into(), 1_i64.into()], &[("count", To::Added(1))]);
    folded.write();
    let [statement] = &folded.statements[..] else {
        panic!("{} statements", folded.statements.len())
    };
    assert_eq!(
        statement.text(),
        "UPDATE things SET count = things.count + $3 WHERE things.name = $1 AND things.place = $2"
    );
    assert_eq!(statement.bulk.as_ref().map(|bulk| bulk.rows.len()), Some(2));
}
