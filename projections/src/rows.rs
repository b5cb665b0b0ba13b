//! Small words that folds and queries share: rows in bulk, instants, days.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::UserId;
use domain::money::{Currency, Money};
use uuid::Uuid;

use crate::database::{Database, DatabaseError, Row, RowReader, Rows, Statement, Value, sql};
use crate::feed::Recorded;

/// Identifiers that one look-up may name.
const LOOK_UP_SIZES: [usize; 3] = [1, 16, 400];

/// Instants are kept as whole microseconds since 1970.
impl From<DateTime<Utc>> for Value {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::Integer(instant.timestamp_micros())
    }
}

impl From<Option<DateTime<Utc>>> for Value {
    fn from(instant: Option<DateTime<Utc>>) -> Self {
        instant.map(|instant| instant.timestamp_micros()).into()
    }
}

/// Writes a day as `YYYY-MM-DD`. Rows have several and are made by the million, so the usual ones
/// are written sign by sign.
fn write_day(text: &mut String, day: NaiveDate) {
    let Ok(year @ 0..=9_999) = u32::try_from(day.year()) else {
        return text.push_str(&day.to_string());
    };
    let digit = |number: u32| char::from(b'0' + (number % 10) as u8);
    let (month, day) = (day.month(), day.day());
    text.extend([year / 1_000, year / 100, year / 10, year].map(digit));
    for number in [month, day] {
        text.extend(['-', digit(number / 10), digit(number)]);
    }
}

fn day_text(day: NaiveDate) -> String {
    let mut text = String::with_capacity("YYYY-MM-DD".len());
    write_day(&mut text, day);
    text
}

impl Rows {
    /// Adds a day or none to it.
    pub(crate) fn day(&mut self, day: Option<NaiveDate>) {
        match day {
            Some(day) => self.written(|text| write_day(text, day)),
            None => self.optional_text(None),
        }
    }
}

/// Days are kept as `YYYY-MM-DD`, which sorts as the days do.
impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Text(day_text(day))
    }
}

impl From<Option<NaiveDate>> for Value {
    fn from(day: Option<NaiveDate>) -> Self {
        day.map(day_text).into()
    }
}

impl RowReader {
    /// An instant.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn instant(&mut self) -> Result<DateTime<Utc>, DatabaseError> {
        self.optional_instant()?.ok_or(DatabaseError::Column(0))
    }

    /// An instant or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_instant(&mut self) -> Result<Option<DateTime<Utc>>, DatabaseError> {
        self.optional_integer()?
            .map(|micros| DateTime::from_timestamp_micros(micros).ok_or(DatabaseError::Column(0)))
            .transpose()
    }

    /// An amount: a column of minor units, then one of the currency.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn money(&mut self) -> Result<Money, DatabaseError> {
        self.optional_money()?.ok_or(DatabaseError::Column(0))
    }

    /// An amount or none.
    ///
    /// # Errors
    /// See [`Self::integer`].
    pub fn optional_money(&mut self) -> Result<Option<Money>, DatabaseError> {
        let (minor, currency) = (self.optional_integer()?, self.optional_text()?);
        minor
            .zip(currency)
            .map(|(minor, currency)| {
                let currency = Currency::parse(&currency).map_err(|_| DatabaseError::Column(0))?;
                Ok(Money::new(minor, currency))
            })
            .transpose()
    }
}

/// Reads every row with the same reader.
pub(crate) fn read_rows<T>(
    rows: Vec<Row>,
    mut read: impl FnMut(&mut RowReader) -> Result<T, DatabaseError>,
) -> Result<Vec<T>, DatabaseError> {
    rows.into_iter().map(|row| read(&mut RowReader::new(row))).collect()
}

/// What a bulk does where a row with its key is there already.
pub(crate) enum Existing {
    /// There is none.
    Never,
    /// The columns after the key are replaced.
    Replaced,
    /// The same, but for these, which stay as they are where the row has none for them.
    Kept(&'static [&'static str]),
    /// The columns after the key are numbers, and are added.
    Added,
}

/// The statement that writes many rows, if there are any. The first `key` columns are the primary key, and no two rows
/// share one unless `existing` is [`Existing::Never`].
pub(crate) fn bulk(
    table: &str,
    columns: &[&str],
    key: usize,
    existing: &Existing,
    rows: impl Into<Rows>,
) -> Option<Statement> {
    let rows = rows.into();
    let settings: Vec<String> = columns[key..]
        .iter()
        .filter_map(|column| match existing {
            Existing::Never => None,
            Existing::Kept(kept) if kept.contains(column) => {
                Some(format!("{column} = COALESCE(excluded.{column}, {table}.{column})"))
            }
            Existing::Replaced | Existing::Kept(_) => Some(format!("{column} = excluded.{column}")),
            Existing::Added => Some(format!("{column} = {table}.{column} + excluded.{column}")),
        })
        .collect();
    let names = columns[..key].join(", ");
    let conflict = match existing {
        Existing::Never => String::new(),
        _ if settings.is_empty() => format!(" ON CONFLICT ({names}) DO NOTHING"),
        _ => format!(" ON CONFLICT ({names}) DO UPDATE SET {}", settings.join(", ")),
    };
    if rows.is_empty() {
        return None;
    }
    Some(Statement::of_rows(table, columns, &conflict, rows))
}

/// Rows whose key is one of `ids`; `select` ends before the list, as in `… WHERE account_id IN`.
pub(crate) async fn look_up(
    reader: &Database,
    select: &str,
    ids: &BTreeSet<Uuid>,
) -> Result<Vec<Row>, DatabaseError> {
    let mut found = Vec::new();
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    for chunk in ids.chunks(LOOK_UP_SIZES[2]) {
        let size = LOOK_UP_SIZES.into_iter().find(|size| *size >= chunk.len()).unwrap_or(1);
        let places: Vec<String> = (1..=size).map(|number| format!("${number}")).collect();
        // The last one is named again to fill the list.
        let last = chunk.last().copied().into_iter().cycle();
        let values = chunk.iter().copied().chain(last).take(size).map(Value::from).collect();
        found.extend(reader.query(sql(format!("{select} ({})", places.join(", ")), values)).await?);
    }
    Ok(found)
}

/// The accounts that the chosen ones of some events are about.
pub(crate) fn account_ids(
    events: &[Recorded],
    chosen: impl Fn(&AccountEvent) -> bool,
) -> BTreeSet<Uuid> {
    let about = |recorded: &&Recorded| match recorded.event.as_deref() {
        Some(Event::Account(event)) => chosen(event),
        _ => false,
    };
    let mut ids: Vec<Uuid> =
        events.iter().filter(about).map(|recorded| recorded.stream.id).collect();
    // Those of one window stand side by side.
    ids.dedup();
    ids.into_iter().collect()
}

/// Whose the things named `ids` are; `select` gives identifier and person.
pub(crate) async fn owners(
    reader: &Database,
    select: &str,
    ids: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, UserId>, DatabaseError> {
    let rows = look_up(reader, select, ids).await?;
    Ok(read_rows(rows, |row| Ok((row.parsed()?, row.parsed()?)))?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};

    use super::day_text;

    #[test]
    fn days_are_written_as_chrono_writes_them() {
        let mut day = NaiveDate::from_ymd_opt(-2, 12, 30).expect("a day");
        while day < NaiveDate::from_ymd_opt(10_001, 1, 2).expect("a day") {
            assert_eq!(day_text(day), day.to_string());
            day = day.checked_add_days(Days::new(37)).expect("a day");
        }
    }
}
