//! Questions about transactions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use domain::id::{AccountId, TransactionId, UserId};
use domain::transaction::SplitPart;

use super::filter::{Conditions, TransactionFilter};
use super::listed::{Cursor, MonthBucket, SELECT, TransactionPage, TransactionRow, read};
use super::months::whole_months;
use super::parts::read_part;
use super::words::small;
use crate::database::{DatabaseError, RowReader, Statement, sql};
use crate::location::Generation;
use crate::rows::{look_up, read_rows};

/// Most rows one answer holds.
pub const MOST_ROWS: u32 = 500;

const NEWEST_FIRST: &str = "ORDER BY t.booking_date DESC, t.position DESC";

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
