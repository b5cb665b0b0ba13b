//! Rows of one table, kept by columns until they are written.

use chrono::{DateTime, NaiveDate, Utc};

use crate::schema::{Kind, Table};

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// None.
    Empty,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// A day.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
    /// Yes or no.
    Truth(bool),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<NaiveDate> for Cell<'_> {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<DateTime<Utc>> for Cell<'_> {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Instant(at)
    }
}

impl From<bool> for Cell<'_> {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// A row does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a row does not fit `{table}`: column {column}, counted from 0")]
pub struct WrongCell {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: usize,
}

/// The values of a column; those that are none are left out and have a nought in `there`.
#[derive(Debug)]
pub(crate) enum Values {
    Text { bytes: Vec<u8>, ends: Vec<usize>, there: Vec<i16> },
    Whole { values: Vec<i64>, there: Vec<i16> },
    Day { values: Vec<i32>, there: Vec<i16> },
    Truth { values: Vec<bool>, there: Vec<i16> },
}

/// Rows of one table.
#[derive(Debug)]
pub struct Rows {
    table: &'static Table,
    pub(crate) columns: Vec<Values>,
    count: usize,
}

/// Days since 1970-01-01, as Parquet counts them.
pub(crate) fn day_number(day: NaiveDate) -> i32 {
    i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(0)
}

/// The day of a number.
pub(crate) fn day_of(number: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::Duration::try_days(number)?)
}

impl Rows {
    /// None yet.
    #[must_use]
    pub fn of(table: &'static Table) -> Self {
        let empty = |kind| match kind {
            Kind::Word | Kind::Text => {
                Values::Text { bytes: Vec::new(), ends: Vec::new(), there: Vec::new() }
            }
            Kind::Whole | Kind::Instant => Values::Whole { values: Vec::new(), there: Vec::new() },
            Kind::Day => Values::Day { values: Vec::new(), there: Vec::new() },
            Kind::Truth => Values::Truth { values: Vec::new(), there: Vec::new() },
        };
        let columns = table.columns.iter().map(|column| empty(column.kind)).collect();
        Self { table, columns, count: 0 }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Shows the rows as bytes, so that equal rows can be told from others without writing them.
    pub fn each_byte(&self, mut take: impl FnMut(&[u8])) {
        take(self.table.name.as_bytes());
        for values in &self.columns {
            let there = match values {
                Values::Text { bytes, ends, there } => {
                    take(bytes);
                    ends.iter().for_each(|end| take(&end.to_le_bytes()));
                    there
                }
                Values::Whole { values, there } => {
                    values.iter().for_each(|one| take(&one.to_le_bytes()));
                    there
                }
                Values::Day { values, there } => {
                    values.iter().for_each(|one| take(&one.to_le_bytes()));
                    there
                }
                Values::Truth { values, there } => {
                    values.iter().for_each(|one| take(&[u8::from(*one)]));
                    there
                }
            };
            there.iter().for_each(|one| take(&one.to_le_bytes()));
        }
    }

    /// Adds a row: a cell for each column, in their order.
    ///
    /// # Errors
    /// [`WrongCell`] if a cell is missing or of another kind than its column; then nothing is added.
    pub fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), WrongCell> {
        let table = self.table;
        let wrong = |column| WrongCell { table: table.name, column };
        if cells.len() != table.columns.len() {
            return Err(wrong(cells.len().min(table.columns.len())));
        }
        for (at, (cell, column)) in cells.iter().zip(table.columns).enumerate() {
            let fits = match (cell, column.kind) {
                (Cell::Empty, _) => !column.required,
                (Cell::Text(_), Kind::Word | Kind::Text)
                | (Cell::Whole(_), Kind::Whole)
                | (Cell::Day(_), Kind::Day)
                | (Cell::Instant(_), Kind::Instant)
                | (Cell::Truth(_), Kind::Truth) => true,
                _ => false,
            };
            if !fits {
                return Err(wrong(at));
            }
        }
        for (cell, values) in cells.iter().zip(&mut self.columns) {
            values.push(*cell);
        }
        self.count += 1;
        Ok(())
    }
}

impl Values {
    fn push(&mut self, cell: Cell<'_>) {
        let is_there = i16::from(!matches!(cell, Cell::Empty));
        match (self, cell) {
            (Self::Text { bytes, ends, there }, cell) => {
                if let Cell::Text(text) = cell {
                    bytes.extend_from_slice(text.as_bytes());
                    ends.push(bytes.len());
                }
                there.push(is_there);
            }
            (Self::Whole { values, there }, cell) => {
                match cell {
                    Cell::Whole(number) => values.push(number),
                    Cell::Instant(at) => values.push(at.timestamp_micros()),
                    _ => {}
                }
                there.push(is_there);
            }
            (Self::Day { values, there }, cell) => {
                if let Cell::Day(day) = cell {
                    values.push(day_number(day));
                }
                there.push(is_there);
            }
            (Self::Truth { values, there }, cell) => {
                if let Cell::Truth(truth) = cell {
                    values.push(truth);
                }
                there.push(is_there);
            }
        }
    }
}
