//! The rows that a newly read window is compared with.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::id::{AccountId, TransactionId, UserId};
use domain::reconcile::KnownRow as KeyRow;
use domain::transaction::KnownRow;

use super::entry::{Entry, READ_COLUMNS, read};
use super::queries::Transactions;
use super::words::small;
use crate::database::{DatabaseError, RowReader, sql};
use crate::rows::{look_up, read_rows};

impl Transactions {
    /// The rows of an account by their keys alone, and the version of the account's stream that
    /// they hold at least.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn known_rows(
        &self,
        account_id: AccountId,
    ) -> Result<(Vec<KeyRow>, u64), DatabaseError> {
        let version = self.stream_version(account_id).await?;
        let select =
            "SELECT transaction_id, match_key, ordinal FROM transactions WHERE account_id = $1";
        let rows = self.0.database.query(sql(select, vec![account_id.into()])).await?;
        let read = |row: &mut RowReader| {
            Ok(KeyRow {
                transaction_id: row.parsed()?,
                match_key: row.text()?,
                ordinal: small(row)?,
            })
        };
        Ok((read_rows(rows, read)?, version))
    }

    /// What is known of an account's transactions that a window from a day on may show: those of
    /// that day and later, and whatever is pending or doubted; all of them without a day. With the
    /// version of the account's stream that the rows hold at least: an append that expects that
    /// version is refused if anything was recorded since.
    ///
    /// # Errors
    /// See [`Self::known_rows`].
    pub async fn known_rows_of(
        &self,
        account_id: AccountId,
        from: Option<NaiveDate>,
    ) -> Result<(Vec<KnownRow>, u64), DatabaseError> {
        let version = self.stream_version(account_id).await?;
        let select = format!("SELECT {READ_COLUMNS} FROM transactions WHERE account_id = $1");
        let (text, values) = match from {
            None => (select, vec![account_id.into()]),
            Some(day) => (
                format!(
                    "{select} AND booking_date >= $2 UNION ALL {select} AND booking_date < $2
                     AND (state = 'pending' OR standing = 'doubted')"
                ),
                vec![account_id.into(), day.into()],
            ),
        };
        let entries = read_rows(self.0.database.query(sql(text, values)).await?, read)?;
        let mut links = self.links_of(account_id).await?;
        Ok((entries.into_iter().map(|entry| known(entry, &mut links)).collect(), version))
    }

    /// As [`Self::known_rows_of`], of named transactions alone.
    ///
    /// # Errors
    /// See [`Self::known_rows`].
    pub async fn known_ones(
        &self,
        account_id: AccountId,
        ids: &[TransactionId],
    ) -> Result<(Vec<KnownRow>, u64), DatabaseError> {
        let version = self.stream_version(account_id).await?;
        let select = format!("SELECT {READ_COLUMNS} FROM transactions WHERE transaction_id IN");
        let ids = ids.iter().map(|id| id.0).collect();
        let mut entries = read_rows(look_up(&self.0.database, &select, &ids).await?, read)?;
        entries.retain(|entry| entry.account_id == account_id);
        let mut links = self.links_of(account_id).await?;
        Ok((entries.into_iter().map(|entry| known(entry, &mut links)).collect(), version))
    }

    /// The version first: rows that arrive in between make the append fail, never double.
    async fn stream_version(&self, account_id: AccountId) -> Result<u64, DatabaseError> {
        let select = "SELECT version FROM streams WHERE account_id = $1";
        let rows = self.0.database.query(sql(select, vec![account_id.into()])).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    /// How much happened to all accounts of a person: it grows with every event of theirs.
    ///
    /// # Errors
    /// See [`Self::known_rows`].
    pub async fn moved(&self, user_id: UserId) -> Result<u64, DatabaseError> {
        let select =
            "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM streams WHERE account_id IN
            (SELECT account_id FROM holders WHERE user_id = $1)";
        let rows = self.0.database.query(sql(select, vec![user_id.into()])).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    async fn links_of(&self, account_id: AccountId) -> Result<Links, DatabaseError> {
        let (apart, may_be) =
            (self.pairs("apart", account_id), self.pairs("candidates", account_id));
        Ok(Links { apart: apart.await?, may_be: may_be.await? })
    }

    async fn pairs(&self, table: &str, account_id: AccountId) -> Result<Pairs, DatabaseError> {
        let select = format!(
            "SELECT transaction_id, other_id FROM {table} WHERE account_id = $1
             ORDER BY transaction_id, other_id"
        );
        let rows = self.0.database.query(sql(select, vec![account_id.into()])).await?;
        let mut pairs = Pairs::new();
        for (id, other) in read_rows(rows, |row| Ok((row.parsed()?, row.parsed()?)))? {
            pairs.entry(id).or_default().push(other);
        }
        Ok(pairs)
    }
}

/// Others of each transaction.
type Pairs = HashMap<TransactionId, Vec<TransactionId>>;

/// How an account's transactions hang together.
struct Links {
    /// Of whom each is no other reading, by a person's word.
    apart: Pairs,
    /// What each doubted one may be.
    may_be: Pairs,
}

fn known(entry: Entry, links: &mut Links) -> KnownRow {
    KnownRow {
        apart_from: links.apart.remove(&entry.transaction_id).unwrap_or_default(),
        transaction_id: entry.transaction_id,
        observed: entry.observed,
        match_key: entry.match_key,
        ordinal: entry.ordinal,
        standing: entry.standing,
        missed: entry.missed,
        edited: entry.edited,
        same_as: entry.same_as,
        became: entry.became,
        may_be: links.may_be.remove(&entry.transaction_id).unwrap_or_default(),
    }
}
