//! Which rows changed between two places of the log, field by field.

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::Projection;
use crate::as_of_view::View;
use crate::database::{Database, DatabaseError, Row, RowReader, Value, sql};
use crate::definition::Table;
use crate::identifiers::spelt;
use crate::rows::read_rows;

/// Rows read at once.
const PAGE: usize = 500;

/// The tables people ask about; the others are kept for folding.
const SHOWN: [(Projection, &str); 9] = [
    (Projection::Registrations, "registrations"),
    (Projection::People, "people"),
    (Projection::Consents, "consents"),
    (Projection::Accounts, "accounts"),
    (Projection::Accounts, "balances"),
    (Projection::Transactions, "transactions"),
    (Projection::Transactions, "parts"),
    (Projection::Reviews, "reviews"),
    (Projection::Fetches, "fetches"),
];

/// Columns that repeat others in a form for searching and comparing.
const NOT_SHOWN: [&str; 3] = ["search", "match_key", "candidates"];

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is there only at the later place.
    Added,
    /// Some of its fields differ.
    Changed,
    /// It is there only at the earlier place.
    Removed,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The column.
    pub column: String,
    /// What it held; none where there was no row.
    pub before: Option<Value>,
    /// What it holds; none where there is no row.
    pub after: Option<Value>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// Its table.
    pub table: &'static str,
    /// The values of its key.
    pub key: Vec<Value>,
    /// What became of it.
    pub kind: ChangeKind,
    /// The fields that differ; all that hold something of a row that was added or removed.
    pub fields: Vec<FieldChange>,
}

/// What changed in one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableChanges {
    /// The table.
    pub table: &'static str,
    /// Rows added.
    pub added: u64,
    /// Rows with other fields.
    pub changed: u64,
    /// Rows removed.
    pub removed: u64,
    /// The rows themselves, in the order of their keys, as many as were asked for.
    pub rows: Vec<RowChange>,
}

/// What changed from one place to a later one, with at most `most` rows of each table.
///
/// # Errors
/// [`DatabaseError`] if rows cannot be read; rows of the present are not read here.
pub async fn changes(
    before: &View,
    after: &View,
    most: usize,
) -> Result<Vec<TableChanges>, DatabaseError> {
    let mut found = Vec::with_capacity(SHOWN.len());
    for (projection, name) in SHOWN {
        let tables = projection.definition().tables.iter();
        for table in tables.filter(|table| table.name == name) {
            let (old, new) = (before.generation(projection), after.generation(projection));
            found.push(compare(&old.database, &new.database, table, most).await?);
        }
    }
    Ok(found)
}

/// Rows of a table in the order of their keys.
struct Cursor<'a> {
    database: &'a Database,
    table: &'a Table,
    rows: VecDeque<Row>,
    last: Option<Vec<Value>>,
    ended: bool,
}

impl<'a> Cursor<'a> {
    fn new(database: &'a Database, table: &'a Table) -> Self {
        Self { database, table, rows: VecDeque::new(), last: None, ended: false }
    }

    /// Makes sure that the next row is there, if there is one.
    async fn fill(&mut self) -> Result<(), DatabaseError> {
        if !self.rows.is_empty() || self.ended {
            return Ok(());
        }
        let key = self.table.key.join(", ");
        let condition = match &self.last {
            None => String::new(),
            Some(_) => {
                let places: Vec<String> =
                    (1..=self.table.key.len()).map(|number| format!("${number}")).collect();
                format!("WHERE ({key}) > ({})", places.join(", "))
            }
        };
        let name = self.table.name;
        let text =
            format!("SELECT {key}, {name}.* FROM {name} {condition} ORDER BY {key} LIMIT {PAGE}");
        let rows = self.database.query(sql(text, self.last.clone().unwrap_or_default())).await?;
        self.ended = rows.len() < PAGE;
        self.last = rows.last().map(|row| row[..self.table.key.len()].to_vec());
        self.rows = rows.into();
        Ok(())
    }
}

async fn compare(
    before: &Database,
    after: &Database,
    table: &Table,
    most: usize,
) -> Result<TableChanges, DatabaseError> {
    let columns = "SELECT name FROM pragma_table_info($1) ORDER BY cid";
    let columns = after.query(sql(columns, vec![table.name.into()])).await?;
    let columns = read_rows(columns, RowReader::text)?;
    let (mut old, mut new) = (Cursor::new(before, table), Cursor::new(after, table));
    let name = table.name;
    let mut found =
        TableChanges { table: name, added: 0, changed: 0, removed: 0, rows: Vec::new() };
    let width = table.key.len();
    loop {
        old.fill().await?;
        new.fill().await?;
        let order = match (old.rows.front(), new.rows.front()) {
            (None, None) => return Ok(found),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => by_key(&one[..width], &other[..width]),
        };
        let one = if order.is_le() { old.rows.pop_front() } else { None };
        let other = if order.is_ge() { new.rows.pop_front() } else { None };
        if one == other {
            continue;
        }
        let (kind, count) = match order {
            Ordering::Less => (ChangeKind::Removed, &mut found.removed),
            Ordering::Equal => (ChangeKind::Changed, &mut found.changed),
            Ordering::Greater => (ChangeKind::Added, &mut found.added),
        };
        *count += 1;
        if found.rows.len() < most {
            let key = one.as_ref().or(other.as_ref()).map(|row| {
                let key = table.key.iter().zip(&row[..width]);
                key.map(|(column, value)| spelt(column, value.clone())).collect()
            });
            let fields = fields(&columns, width, one.as_deref(), other.as_deref());
            found.rows.push(RowChange { table: name, key: key.unwrap_or_default(), kind, fields });
        }
    }
}

fn fields(
    columns: &[String],
    width: usize,
    one: Option<&[Value]>,
    other: Option<&[Value]>,
) -> Vec<FieldChange> {
    let shown = |(_, column): &(usize, &String)| !NOT_SHOWN.contains(&column.as_str());
    columns
        .iter()
        .enumerate()
        .filter(shown)
        .map(|(place, column)| {
            let value = |row: Option<&[Value]>| {
                let value = row.and_then(|row| row.get(width + place))?;
                Some(spelt(column, value.clone()))
            };
            FieldChange { column: column.clone(), before: value(one), after: value(other) }
        })
        .filter(|field| {
            let nothing = |value: &Option<Value>| value.as_ref().is_none_or(is_null);
            field.before != field.after && !(nothing(&field.before) && nothing(&field.after))
        })
        .collect()
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::NullInteger | Value::NullText | Value::NullBytes)
}

/// The database's own order of keys.
fn by_key(one: &[Value], other: &[Value]) -> Ordering {
    let pairs = one.iter().zip(other).map(|pair| match pair {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        (Value::Bytes(one), Value::Bytes(other)) => one.cmp(other),
        // A column of a key holds values of one kind.
        _ => Ordering::Equal,
    });
    pairs.fold(Ordering::Equal, Ordering::then)
}
