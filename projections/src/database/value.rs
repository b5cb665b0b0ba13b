//! What goes into a statement and what comes out of a row.

use super::DatabaseError;
use crate::identifiers::Written;

/// One value that goes into a statement or comes out of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// No number.
    NullInteger,
    /// No text.
    NullText,
    /// No bytes.
    NullBytes,
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

/// Positions and counts: they never reach the sign bit.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::NullInteger, Self::Integer)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::NullText, Self::Text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::NullText, Self::from)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::NullBytes, Self::Bytes)
    }
}

impl Value {
    /// Whether it is none of its kind.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::NullInteger | Self::NullText | Self::NullBytes)
    }
}

/// The values of one row, in the order of the statement's columns.
pub type Row = Vec<Value>;

/// Takes a row's values one after the other, each as the type the reader expects there.
#[derive(Debug)]
pub struct RowReader {
    values: std::vec::IntoIter<Value>,
    column: usize,
}

impl RowReader {
    /// Begins with the first column.
    #[must_use]
    pub fn new(row: Row) -> Self {
        Self { values: row.into_iter(), column: 0 }
    }

    fn take<T>(&mut self, read: impl FnOnce(Value) -> Option<T>) -> Result<T, DatabaseError> {
        self.column += 1;
        self.values.next().and_then(read).ok_or(DatabaseError::Column(self.column))
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`DatabaseError::Column`] if the column holds something else; so for all readers here.
    pub fn integer(&mut self) -> Result<i64, DatabaseError> {
        self.take(|value| if let Value::Integer(number) = value { Some(number) } else { None })
    }

    /// A position or count.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn count(&mut self) -> Result<u64, DatabaseError> {
        let column = self.column + 1;
        u64::try_from(self.integer()?).map_err(|_| DatabaseError::Column(column))
    }

    /// A truth value, kept as 0 or 1.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn truth(&mut self) -> Result<bool, DatabaseError> {
        Ok(self.integer()? != 0)
    }

    /// A whole number or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_integer(&mut self) -> Result<Option<i64>, DatabaseError> {
        self.take(|value| match value {
            Value::Integer(number) => Some(Some(number)),
            Value::NullInteger | Value::NullText | Value::NullBytes => Some(None),
            Value::Text(_) | Value::Bytes(_) => None,
        })
    }

    /// Text.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn text(&mut self) -> Result<String, DatabaseError> {
        self.take(|value| if let Value::Text(text) = value { Some(text) } else { None })
    }

    /// Text or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_text(&mut self) -> Result<Option<String>, DatabaseError> {
        self.take(|value| match value {
            Value::Text(text) => Some(Some(text)),
            Value::NullInteger | Value::NullText | Value::NullBytes => Some(None),
            Value::Integer(_) | Value::Bytes(_) => None,
        })
    }

    /// Bytes.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn bytes(&mut self) -> Result<Vec<u8>, DatabaseError> {
        self.take(|value| if let Value::Bytes(bytes) = value { Some(bytes) } else { None })
    }

    /// Bytes or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_bytes(&mut self) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.take(|value| match value {
            Value::Bytes(bytes) => Some(Some(bytes)),
            Value::NullInteger | Value::NullText | Value::NullBytes => Some(None),
            Value::Integer(_) | Value::Text(_) => None,
        })
    }

    /// A value that was written as text, such as an identifier or a date.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn parsed<T: Written>(&mut self) -> Result<T, DatabaseError> {
        self.take(|value| if let Value::Text(text) = value { T::read(&text) } else { None })
    }

    /// A value that was written as text, or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_parsed<T: Written>(&mut self) -> Result<Option<T>, DatabaseError> {
        match self.optional_text()? {
            None => Ok(None),
            Some(text) => T::read(&text).map(Some).ok_or(DatabaseError::Column(self.column)),
        }
    }
}
