//! Rows that the events of a page change: gathered in memory, where what is said of the same row
//! comes together, and written with one statement for each table and kind of change.
//!
//! A window of a bank changes its run, its permission, its accounts and their balances; one by one
//! these would be more statements, and on PostgreSQL more round trips, than all its transactions.

use std::collections::BTreeMap;

use crate::database::{Row, Rows, Statement, Value};
use crate::rows::{Existing, bulk};

/// A table whose changes are gathered.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name.
    pub(crate) table: &'static str,
    /// All its columns, those of the primary key first.
    pub(crate) columns: &'static [&'static str],
    /// How many columns the primary key has.
    pub(crate) key: usize,
    /// Columns that stay as they are where a row that is put has none for them.
    pub(crate) kept: &'static [&'static str],
}

impl Shape {
    pub(crate) const fn new(
        table: &'static str,
        columns: &'static [&'static str],
        key: usize,
    ) -> Self {
        Self { table, columns, key, kept: &[] }
    }

    /// Where a column stands. All names are constants of this crate, so one that is not there is a
    /// mistake that the first test of its fold meets.
    fn place(&self, column: &str) -> usize {
        let place = self.columns.iter().position(|name| *name == column);
        debug_assert!(place.is_some(), "{} has no {column}", self.table);
        place.unwrap_or_default()
    }
}

/// What becomes of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// This value.
    Value(Value),
    /// So much more than it is.
    Added(i64),
    /// What another column was before.
    Column(&'static str),
}

/// What becomes of a row.
#[derive(Debug)]
enum Fate {
    /// It is new, and whole.
    New(Row),
    /// It is whole, and takes the place of one that may be there.
    Put(Row),
    /// Some of its columns change, if it is there.
    Changed(BTreeMap<usize, To>),
    /// It is deleted, if it is there.
    Gone,
}

/// What was gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    tables: Vec<(&'static Shape, BTreeMap<Row, Fate>)>,
}

impl Gathered {
    /// A row that is not there. False, with the row left where it is, if something else was said of
    /// it before, which has to be written first.
    #[must_use]
    pub(crate) fn insert(&mut self, shape: &'static Shape, row: &mut Row) -> bool {
        debug_assert_eq!(row.len(), shape.columns.len(), "{}", shape.table);
        let rows = self.rows(shape);
        if rows.contains_key(&row[..shape.key]) {
            return false;
        }
        let row = std::mem::take(row);
        rows.insert(row[..shape.key].to_vec(), Fate::New(row));
        true
    }

    /// A row that takes the place of what may be there. False as [`Self::insert`].
    #[must_use]
    pub(crate) fn put(&mut self, shape: &'static Shape, row: &mut Row) -> bool {
        debug_assert_eq!(row.len(), shape.columns.len(), "{}", shape.table);
        let kept: Vec<usize> = shape.kept.iter().map(|column| shape.place(column)).collect();
        let rows = self.rows(shape);
        match rows.get_mut(&row[..shape.key]) {
            None => {
                let row = std::mem::take(row);
                rows.insert(row[..shape.key].to_vec(), Fate::Put(row));
            }
            Some(Fate::New(before) | Fate::Put(before)) => {
                let new = std::mem::take(row).into_iter().enumerate();
                for (place, value) in
                    new.filter(|(place, value)| !(kept.contains(place) && value.is_none()))
                {
                    before[place] = value;
                }
            }
            Some(Fate::Changed(_) | Fate::Gone) => return false,
        }
        true
    }

    /// Some columns of a row that may be there. False as [`Self::insert`].
    #[must_use]
    pub(crate) fn change(
        &mut self,
        shape: &'static Shape,
        key: &[Value],
        columns: &[(&'static str, To)],
    ) -> bool {
        let rows = self.rows(shape);
        match rows.get_mut(key) {
            Some(Fate::Gone) => return true,
            Some(Fate::New(row)) => {
                let before = row.clone();
                for (column, to) in columns {
                    let place = shape.place(column);
                    row[place] = match (to, &before[place]) {
                        (To::Value(value), _) => value.clone(),
                        (To::Column(other), _) => before[shape.place(other)].clone(),
                        (To::Added(more), Value::Integer(number)) => {
                            match number.checked_add(*more) {
                                Some(sum) => Value::Integer(sum),
                                None => return false,
                            }
                        }
                        (To::Added(_), none) => none.clone(),
                    };
                }
            }
            // What is kept of a row that was put is not known here.
            Some(Fate::Put(_)) => return false,
            Some(Fate::Changed(changes)) => {
                let Some(merged) = merged(shape, changes, columns) else { return false };
                *changes = merged;
            }
            None => {
                let changes = columns.iter().map(|(column, to)| (shape.place(column), to.clone()));
                rows.insert(key.to_vec(), Fate::Changed(changes.collect()));
            }
        }
        true
    }

    /// A row that is no longer there. Never false.
    #[must_use]
    pub(crate) fn remove(&mut self, shape: &'static Shape, key: &[Value]) -> bool {
        let rows = self.rows(shape);
        if let Some(Fate::New(_)) = rows.get(key) {
            rows.remove(key);
        } else {
            rows.insert(key.to_vec(), Fate::Gone);
        }
        true
    }

    fn rows(&mut self, shape: &'static Shape) -> &mut BTreeMap<Row, Fate> {
        let place = self.tables.iter().position(|(known, _)| known.table == shape.table);
        let place = place.unwrap_or_else(|| {
            self.tables.push((shape, BTreeMap::new()));
            self.tables.len() - 1
        });
        &mut self.tables[place].1
    }

    /// The statements that write what was gathered. Each row is in one of them, so their order says
    /// nothing.
    pub(crate) fn write(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (shape, rows) in std::mem::take(&mut self.tables) {
            let (mut new, mut put, mut gone) = (Rows::default(), Rows::default(), Rows::default());
            let mut changed: BTreeMap<Vec<(usize, How)>, Rows> = BTreeMap::new();
            for (key, fate) in rows {
                match fate {
                    Fate::New(row) => new.push(row),
                    Fate::Put(row) => put.push(row),
                    Fate::Gone => gone.push(key),
                    Fate::Changed(changes) => {
                        let how = changes.iter().map(|(place, to)| (*place, How::of(to))).collect();
                        let values = changes.into_values().filter_map(|to| match to {
                            To::Value(value) => Some(value),
                            To::Added(more) => Some(more.into()),
                            To::Column(_) => None,
                        });
                        changed
                            .entry(how)
                            .or_default()
                            .push(key.into_iter().chain(values).collect());
                    }
                }
            }
            let Shape { table, columns, key, kept } = *shape;
            statements.extend(bulk(table, columns, key, &Existing::Never, new));
            statements.extend(bulk(table, columns, key, &Existing::Kept(kept), put));
            statements.extend(deletion(shape, gone));
            statements.extend(changed.into_iter().map(|(how, rows)| update(shape, &how, rows)));
        }
        statements
    }
}

/// One change after another; none if a sum is too large or is of what is not known here.
fn merged(
    shape: &Shape,
    before: &BTreeMap<usize, To>,
    columns: &[(&'static str, To)],
) -> Option<BTreeMap<usize, To>> {
    let mut after = before.clone();
    for (column, to) in columns {
        let place = shape.place(column);
        let to = match (to, before.get(&place)) {
            (To::Added(more), None) => To::Added(*more),
            (To::Added(more), Some(To::Added(known))) => To::Added(known.checked_add(*more)?),
            (To::Added(more), Some(To::Value(Value::Integer(known)))) => {
                To::Value(known.checked_add(*more)?.into())
            }
            (To::Added(_), Some(_)) => return None,
            (To::Column(other), _) => match before.get(&shape.place(other)) {
                None => To::Column(other),
                Some(To::Added(_)) => return None,
                Some(known) => known.clone(),
            },
            (To::Value(value), _) => To::Value(value.clone()),
        };
        after.insert(place, to);
    }
    Some(after)
}

/// A kind of change of a column, without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Value,
    Added,
    Column(&'static str),
}

impl How {
    fn of(to: &To) -> Self {
        match to {
            To::Value(_) => Self::Value,
            To::Added(_) => Self::Added,
            To::Column(other) => Self::Column(other),
        }
    }
}

/// Changes of the same columns of many rows: the values of each row's key, then those of the columns.
fn update(shape: &Shape, how: &[(usize, How)], rows: Rows) -> Statement {
    let Shape { table, columns, key, .. } = *shape;
    let taken = how.iter().filter(|(_, how)| !matches!(how, How::Column(_)));
    let names: Vec<&str> =
        columns[..key].iter().copied().chain(taken.map(|(place, _)| columns[*place])).collect();
    let settings = |value: &dyn Fn(&str) -> String| {
        let setting = |(place, how): &(usize, How)| {
            let column = columns[*place];
            match how {
                How::Value => format!("{column} = {}", value(column)),
                How::Added => format!("{column} = {table}.{column} + {}", value(column)),
                How::Column(other) => format!("{column} = {table}.{other}"),
            }
        };
        how.iter().map(setting).collect::<Vec<_>>().join(", ")
    };
    let parts = |value: &dyn Fn(&str) -> String| {
        (format!("UPDATE {table} SET {}", settings(value)), matching(shape, value))
    };
    Statement::of_keys(&names, rows, ("FROM", parts))
}

fn deletion(shape: &Shape, rows: Rows) -> Option<Statement> {
    let names = &shape.columns[..shape.key];
    let parts = |value: &dyn Fn(&str) -> String| {
        (format!("DELETE FROM {}", shape.table), matching(shape, value))
    };
    (!rows.is_empty()).then(|| Statement::of_keys(names, rows, ("USING", parts)))
}

fn matching(shape: &Shape, value: &dyn Fn(&str) -> String) -> String {
    let Shape { table, columns, key, .. } = *shape;
    let each = columns[..key].iter().map(|column| format!("{table}.{column} = {}", value(column)));
    each.collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests;
