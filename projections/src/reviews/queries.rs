//! Questions about what was decided, and what waits for a person.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{AccountId, FetchId, TransactionId, UserId};
use domain::transaction::{Candidate, Reason, Verdict};

use crate::database::{DatabaseError, RowReader, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// Most doubts one answer holds.
pub const MOST_REVIEWS: u32 = 100;
/// Most decisions about one transaction that an answer holds; the newest ones.
pub const MOST_DECISIONS: u32 = 200;

/// A row that was put to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    /// The row.
    pub transaction_id: TransactionId,
    /// Of which account.
    pub account_id: AccountId,
    /// What it may be, best first.
    pub candidates: Vec<Candidate>,
    /// The version of the rules that could not decide.
    pub rules: u32,
    /// Where in the log the doubt stands.
    pub position: u64,
    /// Since when.
    pub doubted_at: DateTime<Utc>,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// Whether a person said so, and not better rules.
    pub by_person: bool,
    /// Where in the log that stands.
    pub resolved_position: Option<u64>,
    /// When.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Some doubts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewPage {
    /// The rows.
    pub rows: Vec<ReviewRow>,
    /// Whether more follow.
    pub has_next: bool,
    /// How many there are in all.
    pub total_count: u64,
}

/// Something that was decided about a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Where in the log it stands.
    pub position: u64,
    /// What: `settled`, `amended`, `withdrawn`, `returned`, `doubted`, `resolved`, `merged`,
    /// `parted`, `redecided`, `put_back`, `categorised`, `noted`, `split`.
    pub kind: String,
    /// Whether it took another reading for this transaction.
    pub joined: bool,
    /// The other transaction it is about.
    pub other_id: Option<TransactionId>,
    /// Whether a person decided, and not the rules.
    pub by_person: bool,
    /// How sure, in parts of a thousand.
    pub score: Option<u32>,
    /// The version of the rules.
    pub rules: Option<u32>,
    /// On what grounds.
    pub reasons: Vec<Reason>,
    /// The run of reading that gave rise to it.
    pub fetch_id: Option<FetchId>,
    /// Which answer of that run, from 0.
    pub answer: Option<u32>,
    /// Which row of that answer, from 0.
    pub row: Option<u32>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Where in the log its undoing stands.
    pub undone_position: Option<u64>,
}

/// Questions about decisions.
#[derive(Clone, Debug)]
pub struct Reviews(pub(crate) Arc<Generation>);

const SELECT: &str = "SELECT transaction_id, account_id, candidates, rules, position, doubted_at,
    verdict, same_as, by_person, resolved_position, resolved_at FROM reviews";

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(text).map_err(|_| DatabaseError::Column(0))
}

fn position(row: &mut RowReader) -> Result<Option<u64>, DatabaseError> {
    Ok(row.optional_integer()?.and_then(|position| u64::try_from(position).ok()))
}

fn number(row: &mut RowReader) -> Result<Option<u32>, DatabaseError> {
    Ok(row.optional_integer()?.and_then(|number| u32::try_from(number).ok()))
}

fn read(row: &mut RowReader) -> Result<ReviewRow, DatabaseError> {
    Ok(ReviewRow {
        transaction_id: row.parsed()?,
        account_id: row.parsed()?,
        candidates: parse(&row.text()?)?,
        rules: u32::try_from(row.count()?).map_err(|_| DatabaseError::Column(0))?,
        position: row.count()?,
        doubted_at: row.instant()?,
        verdict: match (row.optional_text()?.as_deref(), row.optional_parsed()?) {
            (Some("separate"), _) => Some(Verdict::Separate),
            (Some(_), Some(transaction_id)) => Some(Verdict::SameAs { transaction_id }),
            _ => None,
        },
        by_person: row.optional_integer()? == Some(1),
        resolved_position: position(row)?,
        resolved_at: row.optional_instant()?,
    })
}

fn read_decision(row: &mut RowReader) -> Result<DecisionRow, DatabaseError> {
    Ok(DecisionRow {
        position: row.count()?,
        kind: row.text()?,
        joined: row.truth()?,
        other_id: row.optional_parsed()?,
        by_person: row.truth()?,
        score: number(row)?,
        rules: number(row)?,
        reasons: parse(&row.text()?)?,
        fetch_id: row.optional_parsed()?,
        answer: number(row)?,
        row: number(row)?,
        decided_at: row.instant()?,
        undone_position: position(row)?,
    })
}

impl Reviews {
    /// At most `first` (and [`MOST_REVIEWS`]) rows that wait for a person's verdict after a
    /// position, oldest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn open(
        &self,
        user_id: UserId,
        first: u32,
        after: Option<u64>,
    ) -> Result<ReviewPage, DatabaseError> {
        let first = first.min(MOST_REVIEWS);
        let text = format!(
            "{SELECT} WHERE user_id = $1 AND resolved_position IS NULL AND position > $2
             ORDER BY position LIMIT $3"
        );
        let values = vec![user_id.into(), after.unwrap_or_default().into(), (first + 1).into()];
        let mut rows = read_rows(self.0.database.query(sql(text, values)).await?, read)?;
        let has_next = rows.len() > first as usize;
        rows.truncate(first as usize);
        Ok(ReviewPage { rows, has_next, total_count: self.count(user_id).await? })
    }

    /// How many rows wait for a person's verdict.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub async fn count(&self, user_id: UserId) -> Result<u64, DatabaseError> {
        let text = "SELECT COUNT(*) FROM reviews WHERE user_id = $1 AND resolved_position IS NULL";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    /// At most `first` (and [`MOST_REVIEWS`]) verdicts, the newest first.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub async fn resolved(
        &self,
        user_id: UserId,
        first: u32,
    ) -> Result<Vec<ReviewRow>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE user_id = $1 AND resolved_position IS NOT NULL
             ORDER BY resolved_position DESC LIMIT $2"
        );
        let values = vec![user_id.into(), first.min(MOST_REVIEWS).into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }

    /// What was put to a person about a row, whether it is settled or not.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub async fn one(
        &self,
        user_id: UserId,
        transaction_id: TransactionId,
    ) -> Result<Option<ReviewRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE user_id = $1 AND transaction_id = $2");
        let values = vec![user_id.into(), transaction_id.into()];
        Ok(read_rows(self.0.database.query(sql(text, values)).await?, read)?.pop())
    }

    /// What was decided about a transaction, newest first; at most [`MOST_DECISIONS`].
    ///
    /// # Errors
    /// See [`Self::open`].
    pub async fn decisions(
        &self,
        user_id: UserId,
        transaction_id: TransactionId,
    ) -> Result<Vec<DecisionRow>, DatabaseError> {
        let text = format!(
            "SELECT position, kind, joined, other_id, by_person, score, rules, reasons, fetch_id,
             answer, answer_row, decided_at, undone_position FROM decisions
             WHERE user_id = $1 AND transaction_id = $2
             ORDER BY position DESC LIMIT {MOST_DECISIONS}"
        );
        let values = vec![user_id.into(), transaction_id.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_decision)
    }

    /// The account and the transaction whose joining with another reading stands at a position.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub async fn joining(
        &self,
        user_id: UserId,
        position: u64,
    ) -> Result<Option<(AccountId, TransactionId)>, DatabaseError> {
        let text = "SELECT account_id, transaction_id FROM decisions
            WHERE user_id = $1 AND position = $2 AND joined = 1";
        let values = vec![user_id.into(), position.into()];
        let read = |row: &mut RowReader| Ok((row.parsed()?, row.parsed()?));
        Ok(read_rows(self.0.database.query(sql(text, values)).await?, read)?.pop())
    }
}
