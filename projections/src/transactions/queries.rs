//! Questions about transactions.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::Money;
use domain::observed::RowState;
use domain::transaction::{SplitPart, Standing};

use super::entry::CHOSEN;
use super::filter::{Conditions, TransactionFilter};
use super::months::whole_months;
use super::parts::read_part;
use super::words::{self, small};
use crate::database::{DatabaseError, RowReader, Statement, sql};
use crate::location::Generation;
use crate::rows::{look_up, read_rows};

/// Most rows one answer holds.
pub const MOST_ROWS: u32 = 500;

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// Which.
    pub transaction_id: TransactionId,
    /// Of which account.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// The account's name as it is now.
    pub account_name: String,
    /// The day it was booked.
    pub booking_date: NaiveDate,
    /// The day it counts for interest.
    pub value_date: Option<NaiveDate>,
    /// The day it was paid.
    pub payment_date: Option<NaiveDate>,
    /// Signed from the person's side: money out is negative.
    pub amount: Money,
    /// In the currency of the purchase, where that differs.
    pub original_amount: Option<Money>,
    /// Who is on the other side.
    pub counterparty: Option<String>,
    /// The other side's account.
    pub counterparty_identifier: Option<String>,
    /// The message or description.
    pub text: String,
    /// The payment reference.
    pub reference: Option<String>,
    /// The bank's word for the kind of transaction.
    pub bank_type: Option<String>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// Its category.
    pub category: String,
    /// Which rule gave the category; [`CHOSEN`] if a person did.
    pub category_reason: String,
    /// By what it is recognised when read again.
    pub match_key: String,
    /// Which one it is among rows recognised by the same, from 0.
    pub ordinal: u32,
    /// Where in the log it stands.
    pub position: u64,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The bank's other identifier.
    pub bank_identifier: Option<String>,
    /// How far it has come at the bank.
    pub state: RowState,
    /// Whether it counts.
    pub standing: Standing,
    /// From how many whole windows in a row it is missing.
    pub missed: u32,
    /// The person's own note.
    pub note: Option<String>,
    /// Which one it is another reading of, if it is absorbed.
    pub same_as: Option<TransactionId>,
    /// Where in the log the last decision about it stands.
    pub decided_at: Option<u64>,
    /// Whether the person took it off the lists; it counts all the same.
    pub hidden: bool,
}

impl TransactionRow {
    /// The category a person chose.
    #[must_use]
    pub fn own_category(&self) -> Option<&str> {
        (self.category_reason == CHOSEN).then_some(self.category.as_str())
    }

    /// The place after which the next page begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { booking_date: self.booking_date, position: self.position }
    }
}

/// A place in the list of transactions, written as `2026-01-05.123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    booking_date: NaiveDate,
    position: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.booking_date, self.position)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor that this service gave")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (day, position) = text.split_once('.').ok_or(NoCursor)?;
        Ok(Self {
            booking_date: day.parse().map_err(|_| NoCursor)?,
            position: position.parse().map_err(|_| NoCursor)?,
        })
    }
}

/// Some transactions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPage {
    /// The rows.
    pub rows: Vec<TransactionRow>,
    /// Whether more follow.
    pub has_next: bool,
    /// How many the filter lets through in all, whether they count or not.
    pub total_count: u64,
}

/// One month of a person's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthBucket {
    /// `YYYY-MM`.
    pub month: String,
    /// How many rows there are to show, whether they count or not.
    pub count: u64,
    /// Money in of the rows that count, one amount a currency.
    pub inflow: Vec<Money>,
    /// Money out of the rows that count, one negative amount a currency.
    pub outflow: Vec<Money>,
}

const SELECT: &str = "SELECT t.transaction_id, t.account_id, t.user_id, h.name, t.booking_date,
    t.value_date, t.payment_date, t.amount_minor, t.currency, t.original_minor,
    t.original_currency, t.counterparty, t.counterparty_identifier, t.text, t.reference,
    t.bank_type, t.bank_reference, t.category, t.category_reason, t.match_key, t.ordinal,
    t.position, t.recorded_at, t.bank_identifier, t.state, t.standing, t.missed, t.note, t.same_as,
    t.decided_at, t.hidden
    FROM transactions t JOIN holders h ON h.account_id = t.account_id";

const NEWEST_FIRST: &str = "ORDER BY t.booking_date DESC, t.position DESC";

fn read(row: &mut RowReader) -> Result<TransactionRow, DatabaseError> {
    Ok(TransactionRow {
        transaction_id: row.parsed()?,
        account_id: row.parsed()?,
        user_id: row.parsed()?,
        account_name: row.text()?,
        booking_date: row.parsed()?,
        value_date: row.optional_parsed()?,
        payment_date: row.optional_parsed()?,
        amount: row.money()?,
        original_amount: row.optional_money()?,
        counterparty: row.optional_text()?,
        counterparty_identifier: row.optional_text()?,
        text: row.text()?,
        reference: row.optional_text()?,
        bank_type: row.optional_text()?,
        bank_reference: row.optional_text()?,
        category: row.text()?,
        category_reason: row.text()?,
        match_key: row.text()?,
        ordinal: small(row)?,
        position: row.count()?,
        recorded_at: row.instant()?,
        bank_identifier: row.optional_text()?,
        state: words::state(row.optional_text()?.as_deref()),
        standing: words::standing(row.optional_text()?.as_deref()),
        missed: small(row)?,
        note: row.optional_text()?,
        same_as: row.optional_parsed()?,
        decided_at: row.optional_integer()?.and_then(|position| u64::try_from(position).ok()),
        hidden: row.truth()?,
    })
}

/// Rows and sums by month and currency, counted one by one.
pub(super) fn by_month(conditions: Conditions) -> Statement {
    let text = format!(
        "SELECT SUBSTR(t.booking_date, 1, 7), COUNT(*),
         CAST(SUM(CASE WHEN t.standing IS NULL AND t.amount_minor > 0
          THEN t.amount_minor ELSE 0 END) AS BIGINT),
         t.currency,
         CAST(SUM(CASE WHEN t.standing IS NULL AND t.amount_minor < 0
          THEN t.amount_minor ELSE 0 END) AS BIGINT),
         t.currency
         FROM transactions t WHERE {} GROUP BY SUBSTR(t.booking_date, 1, 7), t.currency
         ORDER BY SUBSTR(t.booking_date, 1, 7) DESC, t.currency",
        conditions.text()
    );
    sql(text, conditions.into_values())
}

/// Questions about transactions.
#[derive(Clone, Debug)]
pub struct Transactions(pub(crate) Arc<Generation>);

impl Transactions {
    /// At most `first` transactions (and [`MOST_ROWS`]) after a cursor, newest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn page(
        &self,
        user_id: UserId,
        filter: &TransactionFilter,
        first: u32,
        after: Option<Cursor>,
    ) -> Result<TransactionPage, DatabaseError> {
        let first = first.min(MOST_ROWS);
        let mut conditions = Conditions::of(&self.0.database, user_id, filter);
        if let Some(cursor) = after {
            let place = [cursor.booking_date.into(), cursor.position.into()];
            conditions.and("(t.booking_date, t.position) < ($, $)", place);
        }
        let limit = conditions.name((first + 1).into());
        let text = format!("{SELECT} WHERE {} {NEWEST_FIRST} LIMIT {limit}", conditions.text());
        let found = self.0.database.query(sql(text, conditions.into_values())).await?;
        let mut rows = read_rows(found, read)?;
        let has_next = rows.len() > first as usize;
        rows.truncate(first as usize);
        let total_count = self.listed(user_id, filter).await?;
        Ok(TransactionPage { rows, has_next, total_count })
    }

    /// How many transactions that count the filter lets through.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn count(
        &self,
        user_id: UserId,
        filter: &TransactionFilter,
    ) -> Result<u64, DatabaseError> {
        let mut conditions = Conditions::of(&self.0.database, user_id, filter);
        conditions.and("t.standing IS NULL", []);
        self.number_of(conditions).await
    }

    /// How many transactions the filter lets through, whether they count or not.
    async fn listed(
        &self,
        user_id: UserId,
        filter: &TransactionFilter,
    ) -> Result<u64, DatabaseError> {
        let Some((conditions, values)) = whole_months(user_id, filter) else {
            return self.number_of(Conditions::of(&self.0.database, user_id, filter)).await;
        };
        let text = format!(
            "SELECT CAST(COALESCE(SUM(row_count), 0) AS BIGINT) FROM months WHERE {conditions}"
        );
        let rows = self.0.database.query(sql(text, values)).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    async fn number_of(&self, conditions: Conditions) -> Result<u64, DatabaseError> {
        let text = format!("SELECT COUNT(*) FROM transactions t WHERE {}", conditions.text());
        let rows = self.0.database.query(sql(text, conditions.into_values())).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    /// One transaction of a person.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn one(
        &self,
        user_id: UserId,
        transaction_id: TransactionId,
    ) -> Result<Option<TransactionRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE t.user_id = $1 AND t.transaction_id = $2");
        let values = vec![user_id.into(), transaction_id.into()];
        Ok(read_rows(self.0.database.query(sql(text, values)).await?, read)?.pop())
    }

    /// Those of some transactions that are the person's, in no order.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn several(
        &self,
        user_id: UserId,
        ids: &[TransactionId],
    ) -> Result<Vec<TransactionRow>, DatabaseError> {
        let ids = ids.iter().map(|id| id.0).collect();
        let select = format!("{SELECT} WHERE t.transaction_id IN");
        let mut rows = read_rows(look_up(&self.0.database, &select, &ids).await?, read)?;
        rows.retain(|row| row.user_id == user_id);
        // The last identifier may be named more than once, and stands for one row.
        rows.sort_by_key(|row| row.transaction_id);
        rows.dedup_by_key(|row| row.transaction_id);
        Ok(rows)
    }

    /// What was booked on an account, and counts, after each of two days, the earlier one first.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn booked_after(
        &self,
        user_id: UserId,
        account_id: AccountId,
        [earlier, later]: [NaiveDate; 2],
    ) -> Result<[i64; 2], DatabaseError> {
        let text = "SELECT CAST(COALESCE(SUM(t.amount_minor), 0) AS BIGINT),
             CAST(COALESCE(SUM(CASE WHEN t.booking_date > $4 THEN t.amount_minor ELSE 0 END), 0)
              AS BIGINT) FROM transactions t
             WHERE t.account_id = $1 AND t.user_id = $2 AND t.booking_date > $3
             AND t.standing IS NULL AND t.state IS NULL";
        let values = vec![account_id.into(), user_id.into(), earlier.into(), later.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| Ok([row.integer()?, row.integer()?]);
        Ok(read_rows(rows, read)?.pop().unwrap_or_default())
    }

    /// How many rows the versions of a person's rules moved when their past was read by them, by version.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn moved_by_rules(
        &self,
        user_id: UserId,
        [first, last]: [u32; 2],
    ) -> Result<BTreeMap<u32, u64>, DatabaseError> {
        let text = "SELECT version, row_count FROM moved
             WHERE user_id = $1 AND version >= $2 AND version <= $3";
        let values = vec![user_id.into(), first.into(), last.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| Ok((small(row)?, row.count()?));
        Ok(read_rows(rows, read)?.into_iter().collect())
    }

    /// How many rows, and how much money, each month holds; newest first.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn buckets(
        &self,
        user_id: UserId,
        filter: &TransactionFilter,
    ) -> Result<Vec<MonthBucket>, DatabaseError> {
        let counted = whole_months(user_id, filter).map(|(conditions, values)| {
            let text = format!(
                "SELECT month, CAST(SUM(row_count) AS BIGINT), CAST(SUM(inflow_minor) AS BIGINT),
                 currency, CAST(SUM(outflow_minor) AS BIGINT), currency
                 FROM months WHERE {conditions} GROUP BY month, currency
                 ORDER BY month DESC, currency"
            );
            sql(text, values)
        });
        let statement =
            counted.unwrap_or_else(|| by_month(Conditions::of(&self.0.database, user_id, filter)));
        let rows = self.0.database.query(statement).await?;
        let read =
            |row: &mut RowReader| Ok((row.text()?, row.count()?, row.money()?, row.money()?));
        let mut months: BTreeMap<String, MonthBucket> = BTreeMap::new();
        for (month, count, inflow, outflow) in read_rows(rows, read)? {
            let bucket = months.entry(month).or_insert_with_key(|month| MonthBucket {
                month: month.clone(),
                count: 0,
                inflow: Vec::new(),
                outflow: Vec::new(),
            });
            bucket.count += count;
            bucket.inflow.extend((inflow.minor != 0).then_some(inflow));
            bucket.outflow.extend((outflow.minor != 0).then_some(outflow));
        }
        Ok(months.into_values().rev().collect())
    }

    /// Rows of one month (`YYYY-MM`), newest first; at most [`MOST_ROWS`].
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn in_month(
        &self,
        user_id: UserId,
        month: &str,
        offset: u32,
        limit: u32,
        filter: &TransactionFilter,
    ) -> Result<Vec<TransactionRow>, DatabaseError> {
        let mut conditions = Conditions::of(&self.0.database, user_id, filter);
        let days = [format!("{month}-01").into(), format!("{month}-31").into()];
        conditions.and("t.booking_date BETWEEN $ AND $", days);
        let limit = conditions.name(limit.min(MOST_ROWS).into());
        let offset = conditions.name(offset.into());
        let text = format!(
            "{SELECT} WHERE {} {NEWEST_FIRST} LIMIT {limit} OFFSET {offset}",
            conditions.text()
        );
        read_rows(self.0.database.query(sql(text, conditions.into_values())).await?, read)
    }

    /// The parts a person split a transaction into, in their order.
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn parts(
        &self,
        user_id: UserId,
        transaction_id: TransactionId,
    ) -> Result<Vec<SplitPart>, DatabaseError> {
        let select = "SELECT amount_minor, currency, category, note FROM parts
            WHERE user_id = $1 AND transaction_id = $2 ORDER BY place";
        let values = vec![user_id.into(), transaction_id.into()];
        read_rows(self.0.database.query(sql(select, values)).await?, read_part)
    }

    /// The parts of every split transaction of a person, in their order.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn all_parts(
        &self,
        user_id: UserId,
    ) -> Result<HashMap<TransactionId, Vec<SplitPart>>, DatabaseError> {
        let select = "SELECT transaction_id, amount_minor, currency, category, note FROM parts
            WHERE user_id = $1 ORDER BY transaction_id, place";
        let rows = self.0.database.query(sql(select, vec![user_id.into()])).await?;
        let mut parts: HashMap<TransactionId, Vec<SplitPart>> = HashMap::new();
        for (id, part) in read_rows(rows, |row| Ok((row.parsed()?, read_part(row)?)))? {
            parts.entry(id).or_default().push(part);
        }
        Ok(parts)
    }

    /// The other readings that were joined to a transaction, oldest first; at most [`MOST_ROWS`].
    ///
    /// # Errors
    /// See [`Self::page`].
    pub async fn absorbed_by(
        &self,
        user_id: UserId,
        transaction_id: TransactionId,
    ) -> Result<Vec<TransactionRow>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE t.user_id = $1 AND t.same_as = $2 AND t.account_id =
             (SELECT o.account_id FROM transactions o WHERE o.transaction_id = $2)
             ORDER BY t.position LIMIT {MOST_ROWS}"
        );
        let values = vec![user_id.into(), transaction_id.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }
}
