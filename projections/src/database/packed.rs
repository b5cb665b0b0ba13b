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
        row.into_iter().for_each(|value| self.value(&value));
        self.end_row();
    }

    /// Adds a value to the row that is being added.
    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::Integer(number) => self.integer(*number),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => {
                let from = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                self.cells.push(Cell::Bytes { from, to: self.bytes.len() });
            }
            Value::NullInteger => self.cells.push(Cell::NullInteger),
            Value::NullText => self.cells.push(Cell::NullText),
            Value::NullBytes => self.cells.push(Cell::NullBytes),
        }
    }

    /// Adds a number to it.
    pub(crate) fn integer(&mut self, number: i64) {
        self.cells.push(Cell::Integer(number));
    }

    /// Adds a number or none to it.
    pub(crate) fn optional_integer(&mut self, number: Option<i64>) {
        self.cells.push(number.map_or(Cell::NullInteger, Cell::Integer));
    }

    /// Adds a text to it.
    pub(crate) fn text(&mut self, text: &str) {
        self.written(|all| all.push_str(text));
    }

    /// Adds a text or none to it.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.cells.push(Cell::NullText),
        }
    }

    /// Adds a text to it that is written at its place; `write` adds to what is there.
    pub(crate) fn written(&mut self, write: impl FnOnce(&mut String)) {
        let from = self.text.len();
        write(&mut self.text);
        self.cells.push(Cell::Text { from, to: self.text.len() });
    }

    /// Ends the row, which is as wide as the others.
    pub(crate) fn end_row(&mut self) {
        if self.width == 0 {
            self.width = self.cells.len();
        }
        debug_assert!(self.cells.len().is_multiple_of(self.width.max(1)), "a row of another width");
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
