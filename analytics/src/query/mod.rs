//! SQL over a data set, in process. SQLite speaks the SQL; what it is given is read from the files:
//! sums where a query asks for sums of one table, rows with the columns it names where not.

mod groups;
mod shape;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::DateTime;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Connection, ToSql};

use crate::reading::{Chunk, DataSet, Open, ReadError};
use crate::rows::day_of;
use crate::schema::{Kind, TABLES, Table};
use groups::{Dictionary, Groups, Value, meeting, month_meets};
use shape::{Condition, Place, ROWS, Single, is_all, single};
use words::{Word, words};

/// Most values that are taken into memory for a query that needs rows.
pub const MOST_VALUES: usize = 200_000_000;

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The files cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// SQLite refuses. What it was given may be another text than the person wrote: only its reason is
    /// told.
    #[error("{}", reason(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// The text is not one query.
    #[error("this is not one query: it begins with SELECT, WITH or VALUES, and writes nothing")]
    NoQuery,
    /// More than is taken into memory.
    #[error(
        "this query needs {values} values in memory, and {MOST_VALUES} are the most: name fewer columns, or a shorter time (WHERE booked_month >= '2026-01-01')"
    )]
    TooLarge {
        /// How many.
        values: usize,
    },
    /// A sum does not fit.
    #[error("a sum is larger than a whole number of 64 bits")]
    Overflow,
    /// A column holds something else than was expected.
    #[error("{0} does not hold what was expected")]
    Kind(&'static str),
}

fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// An answer, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Stored>>,
}

/// Answers a query.
///
/// # Errors
/// [`QueryError`] says what is wrong with it.
pub fn run(data_set: &DataSet, sql: &str) -> Result<Answer, QueryError> {
    let mut found = words(sql).ok_or(QueryError::NoQuery)?;
    while found.last().is_some_and(|word| word.sign(";")) {
        found.pop();
    }
    let begins = found.first().ok_or(QueryError::NoQuery)?;
    let query = ["select", "with", "values"].iter().any(|one| begins.says(one));
    if !query || found.iter().any(|word| word.sign(";")) {
        return Err(QueryError::NoQuery);
    }
    let sql = &sql[..found.last().map_or(sql.len(), |word| word.to)];
    let database = Connection::open_in_memory()?;
    let text = match single(sql, &found) {
        Some(one) => match sums(&database, data_set, &one)? {
            Some(text) => text,
            None => {
                rows(&database, data_set, one.table, &one.columns, &one.conditions)?;
                one.text
            }
        },
        None => {
            for table in TABLES.iter().filter(|table| names(&found, table.name)) {
                rows(&database, data_set, table, &columns(&found, table), &[])?;
            }
            sql.to_owned()
        }
    };
    answer(&database, &text)
}

fn names(words: &[Word<'_>], name: &str) -> bool {
    words.iter().any(|word| word.names(name))
}

fn columns(words: &[Word<'_>], table: &Table) -> BTreeSet<Place> {
    let all = words.windows(2).any(|pair| is_all(&pair[1], Some(&pair[0])));
    Place::all(table).filter(|place| all || names(words, place.name(table))).collect()
}

fn answer(database: &Connection, text: &str) -> Result<Answer, QueryError> {
    let mut statement = database.prepare(text)?;
    if !statement.readonly() {
        return Err(QueryError::NoQuery);
    }
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let count = columns.len();
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..count).map(|at| row.get(at)).collect::<Result<Vec<Stored>, _>>()?);
    }
    Ok(Answer { columns, rows })
}

/// Gives SQLite sums; answers with the text of the query over them, none if it cannot be had so.
fn sums(
    database: &Connection,
    data_set: &DataSet,
    one: &Single,
) -> Result<Option<String>, QueryError> {
    let Some(wanted) = &one.sums else { return Ok(None) };
    let table = one.table;
    let keys: Vec<Place> = wanted.keys.iter().copied().collect();
    let measures: Vec<usize> = wanted.measures.iter().copied().collect();
    let mut groups = Groups::new(keys.clone(), measures.clone());
    let mut dictionary = Dictionary::new();
    for part in data_set.parts(table) {
        if !month_meets(part, &one.conditions) {
            continue;
        }
        let open = Open::of(part)?;
        if !groups.add(&open, table, &one.conditions, &mut dictionary)? {
            return Ok(None);
        }
    }
    let mut names: Vec<String> =
        keys.iter().map(|key| format!("\"{}\"", key.name(table))).collect();
    names.push(ROWS.to_owned());
    for measure in &measures {
        let name = table.columns[*measure].name;
        names.extend(["sum", "count", "min", "max"].map(|what| format!("opl_{what}_{name}")));
    }
    let fill = Fill::new(database, table, &names)?;
    let mut insert = fill.statement()?;
    for (members, count, sums) in groups.each() {
        let mut values = Vec::with_capacity(names.len());
        for (at, code) in members.iter().enumerate() {
            values.push(held(keys[at].kind(table), groups.key(at, *code, &dictionary)));
        }
        values.push(Held::Number(count));
        for sum in sums {
            let some = |number| if sum.count > 0 { Held::Number(number) } else { Held::None };
            let count = Held::Number(sum.count);
            values.extend([some(sum.sum), count, some(sum.least), some(sum.most)]);
        }
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    drop(insert);
    fill.done()?;
    Ok(Some(wanted.text.clone()))
}

/// Gives SQLite rows.
fn rows(
    database: &Connection,
    data_set: &DataSet,
    table: &'static Table,
    columns: &BTreeSet<Place>,
    conditions: &[Condition],
) -> Result<(), QueryError> {
    let parts: Vec<_> =
        data_set.parts(table).iter().filter(|part| month_meets(part, conditions)).collect();
    let count: usize = parts.iter().map(|part| part.rows).sum();
    let values = count.saturating_mul(columns.len().max(1));
    if conditions.is_empty() && values > MOST_VALUES {
        return Err(QueryError::TooLarge { values });
    }
    let places: Vec<Place> = columns.iter().copied().collect();
    let mut names: Vec<String> =
        places.iter().map(|place| format!("\"{}\"", place.name(table))).collect();
    if places.is_empty() {
        // A table has a column.
        names.push(ROWS.to_owned());
    }
    let fill = Fill::new(database, table, &names)?;
    let mut insert = fill.statement()?;
    let mut taken = 0;
    for part in parts {
        let open = Open::of(part)?;
        for group in 0..open.groups() {
            let mut dictionary = Dictionary::new();
            let mask = meeting(&open, group, table, conditions, &mut dictionary)?;
            let mut chunks = Vec::with_capacity(places.len());
            for place in &places {
                let column = place.column(table);
                let read = column.map(|one| open.column(group, one, dictionary.texts(*place)));
                chunks.push(read.transpose()?);
            }
            for row in 0..open.rows(group) {
                if mask.as_ref().is_some_and(|mask| !mask[row]) {
                    continue;
                }
                taken += places.len().max(1);
                if taken > MOST_VALUES {
                    return Err(QueryError::TooLarge { values });
                }
                let each = places.iter().zip(&chunks).map(|(place, chunk)| {
                    let value = match chunk {
                        None => open.month().map_or(Value::None, Value::Number),
                        Some(Chunk::Codes(codes)) => dictionary.text(*place, codes[row]),
                        Some(Chunk::Numbers(all)) => Value::Number(all[row]),
                        Some(Chunk::Sparse(all, there)) if there[row] => Value::Number(all[row]),
                        Some(Chunk::Sparse(..)) => Value::None,
                    };
                    held(place.kind(table), value)
                });
                let each = each.chain(places.is_empty().then_some(Held::Number(1)));
                insert.execute(rusqlite::params_from_iter(each))?;
            }
        }
    }
    drop(insert);
    fill.done()
}

/// A table of SQLite that is being filled.
struct Fill<'a> {
    database: &'a Connection,
    insert: String,
}

impl<'a> Fill<'a> {
    fn new(database: &'a Connection, table: &Table, names: &[String]) -> Result<Self, QueryError> {
        let mut marks = String::new();
        for number in 1..=names.len() {
            let comma = if number == 1 { "" } else { "," };
            let _ = write!(marks, "{comma}?{number}");
        }
        let name = table.name;
        database.execute_batch(&format!("CREATE TABLE {name} ({}); BEGIN", names.join(", ")))?;
        Ok(Self { database, insert: format!("INSERT INTO {name} VALUES ({marks})") })
    }

    fn statement(&self) -> Result<rusqlite::Statement<'a>, QueryError> {
        Ok(self.database.prepare(&self.insert)?)
    }

    fn done(self) -> Result<(), QueryError> {
        Ok(self.database.execute_batch("COMMIT")?)
    }
}

/// A value as SQLite is given it.
enum Held<'a> {
    None,
    Text(&'a str),
    Made(String),
    Number(i64),
}

impl ToSql for Held<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::None => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Made(text) => ValueRef::Text(text.as_bytes()),
            Self::Number(number) => ValueRef::Integer(*number),
        }))
    }
}

/// Days and instants are texts that SQLite's functions of time take.
fn held(kind: Kind, value: Value<'_>) -> Held<'_> {
    match (kind, value) {
        (_, Value::None) => Held::None,
        (_, Value::Text(text)) => Held::Text(text),
        (Kind::Day, Value::Number(number)) => {
            day_of(number).map_or(Held::None, |day| Held::Made(day.to_string()))
        }
        (Kind::Instant, Value::Number(number)) => {
            let at = DateTime::from_timestamp_micros(number);
            let text = at.map(|at| at.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
            text.map_or(Held::None, Held::Made)
        }
        (_, Value::Number(number)) => Held::Number(number),
    }
}
