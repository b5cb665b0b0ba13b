//! Many rows side by side. A value of its own for each would be a piece of memory made by one thread
//! and given back by another, by the million: that took more than binding and writing them.

use super::{Row, Value};

/// Rows of equal kinds for one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    width: usize,
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
}

/// A value; texts and bytes are named by where they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Integer(i64),
    Text { from: usize, to: usize },
    Bytes { from: usize, to: usize },
    NullInteger,
    NullText,
    NullBytes,
}

/// A value of a row, as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    NullInteger,
    NullText,
    NullBytes,
}

impl Rows {
    /// Adds a row, as wide as the others.
    pub(crate) fn push(&mut self, row: Row) {
        debug_assert!(self.cells.is_empty() || row.len() == self.width);
        self.width = row.len();
        for value in row {
            let cell = match value {
                Value::Integer(number) => Cell::Integer(number),
                Value::Text(text) => {
                    let from = self.text.len();
                    self.text.push_str(&text);
                    Cell::Text { from, to: self.text.len() }
                }
                Value::Bytes(bytes) => {
                    let from = self.bytes.len();
                    self.bytes.extend_from_slice(&bytes);
                    Cell::Bytes { from, to: self.bytes.len() }
                }
                Value::NullInteger => Cell::NullInteger,
                Value::NullText => Cell::NullText,
                Value::NullBytes => Cell::NullBytes,
            };
            self.cells.push(cell);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or_default()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Values of one row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Bytes of all texts and bytes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.bytes.len()
    }

    /// Each row's values.
    pub(super) fn iter(&self) -> impl Iterator<Item = impl Iterator<Item = Field<'_>>> {
        let rows = self.cells.chunks_exact(self.width.max(1));
        rows.map(move |row| row.iter().map(move |cell| self.field(*cell)))
    }

    fn field(&self, cell: Cell) -> Field<'_> {
        match cell {
            Cell::Integer(number) => Field::Integer(number),
            Cell::Text { from, to } => Field::Text(&self.text[from..to]),
            Cell::Bytes { from, to } => Field::Bytes(&self.bytes[from..to]),
            Cell::NullInteger => Field::NullInteger,
            Cell::NullText => Field::NullText,
            Cell::NullBytes => Field::NullBytes,
        }
    }
}

impl From<Vec<Row>> for Rows {
    fn from(rows: Vec<Row>) -> Self {
        let mut packed = Self::default();
        packed.cells.reserve(rows.iter().map(Vec::len).sum());
        rows.into_iter().for_each(|row| packed.push(row));
        packed
    }
}
