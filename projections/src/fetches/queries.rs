//! Questions about runs of reading.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{BankId, ConsentId, FetchId, UserId};

use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// How far a run is. A consent without a run has never been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchState {
    /// Under way.
    Running,
    /// It reached its end.
    Done,
    /// It gave up.
    Failed,
}

/// A run of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRow {
    /// Which.
    pub fetch_id: FetchId,
    /// On whose leave.
    pub consent_id: ConsentId,
    /// Whose accounts.
    pub user_id: UserId,
    /// From which bank.
    pub bank_id: BankId,
    /// Why.
    pub purpose: String,
    /// Whether the person was present.
    pub attended: bool,
    /// How far it is.
    pub state: FetchState,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Accounts and cards read to the end.
    pub accounts_done: u64,
    /// Accounts and cards the consent shows, as far as they are known yet.
    pub accounts_total: u64,
    /// Rows the bank showed.
    pub transactions_read: u64,
    /// Rows that were new.
    pub transactions_new: u64,
    /// Rows kept aside because they could not be translated.
    pub rows_quarantined: u64,
    /// Accounts the bank told of that the consent does not cover; nothing of them is kept.
    pub accounts_left_out: u64,
    /// Why it gave up, as a stable code.
    pub problem: Option<String>,
}

/// A run that was under way when its process ended, or still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedFetch {
    /// Which.
    pub fetch_id: FetchId,
    /// On whose leave.
    pub consent_id: ConsentId,
    /// Whose accounts.
    pub user_id: UserId,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// A call to a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankCallRow {
    /// In which run.
    pub fetch_id: FetchId,
    /// On whose leave.
    pub consent_id: ConsentId,
    /// The class of endpoint.
    pub endpoint: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why the answer was of no use, as a stable code.
    pub problem: Option<String>,
    /// Whether the request said that the person was present.
    pub attended: bool,
    /// Our name for the request.
    pub request_id: String,
    /// The bank's name for it.
    pub bank_request_id: Option<String>,
    /// When.
    pub called_at: DateTime<Utc>,
}

const SELECT: &str = "SELECT f.fetch_id, f.consent_id, f.user_id, f.bank_id, f.purpose, f.attended,
    f.state, f.started_at, f.finished_at, f.accounts_done, f.accounts_total,
    (SELECT COUNT(*) FROM shown_accounts s WHERE s.consent_id = f.consent_id),
    f.rows_seen, f.rows_new, f.rows_quarantined, f.accounts_left_out, f.problem FROM fetches f";

fn read(row: &mut RowReader) -> Result<FetchRow, DatabaseError> {
    let mut fetch = FetchRow {
        fetch_id: row.parsed()?,
        consent_id: row.parsed()?,
        user_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        purpose: row.text()?,
        attended: row.truth()?,
        state: match row.text()?.as_str() {
            "running" => FetchState::Running,
            "done" => FetchState::Done,
            _ => FetchState::Failed,
        },
        started_at: row.instant()?,
        finished_at: row.optional_instant()?,
        accounts_done: row.count()?,
        accounts_total: 0,
        transactions_read: 0,
        transactions_new: 0,
        rows_quarantined: 0,
        accounts_left_out: 0,
        problem: None,
    };
    let counted = row.optional_integer()?.and_then(|total| u64::try_from(total).ok());
    let shown = row.count()?;
    fetch.accounts_total = counted.unwrap_or(shown.max(fetch.accounts_done));
    fetch.transactions_read = row.count()?;
    fetch.transactions_new = row.count()?;
    fetch.rows_quarantined = row.count()?;
    fetch.accounts_left_out = row.count()?;
    fetch.problem = row.optional_text()?;
    Ok(fetch)
}

fn read_call(row: &mut RowReader) -> Result<BankCallRow, DatabaseError> {
    Ok(BankCallRow {
        fetch_id: row.parsed()?,
        consent_id: row.parsed()?,
        endpoint: row.text()?,
        status: row.optional_integer()?.and_then(|status| u16::try_from(status).ok()),
        problem: row.optional_text()?,
        attended: row.truth()?,
        request_id: row.text()?,
        bank_request_id: row.optional_text()?,
        called_at: row.instant()?,
    })
}

/// Questions about runs of reading.
#[derive(Clone, Debug)]
pub struct Fetches(pub(crate) Arc<Generation>);

impl Fetches {
    /// The newest run of one consent of a person; none if it has never been read.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn newest(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
    ) -> Result<Option<FetchRow>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE f.user_id = $1 AND f.consent_id = $2 ORDER BY f.position DESC LIMIT 1"
        );
        Ok(self.read(text, vec![user_id.into(), consent_id.into()]).await?.pop())
    }

    /// The newest run of each consent of a person.
    ///
    /// # Errors
    /// See [`Self::newest`].
    pub async fn newest_of_each(&self, user_id: UserId) -> Result<Vec<FetchRow>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE f.user_id = $1 AND f.position = (SELECT MAX(o.position) FROM fetches o
             WHERE o.user_id = f.user_id AND o.consent_id = f.consent_id) ORDER BY f.position DESC"
        );
        self.read(text, vec![user_id.into()]).await
    }

    /// Runs of all people that are not over, oldest first.
    ///
    /// # Errors
    /// See [`Self::newest`].
    pub async fn unfinished(&self, limit: u32) -> Result<Vec<UnfinishedFetch>, DatabaseError> {
        let text = "SELECT fetch_id, consent_id, user_id, started_at FROM fetches
            WHERE state = 'running' ORDER BY position LIMIT $1";
        let read = |row: &mut RowReader| {
            Ok(UnfinishedFetch {
                fetch_id: row.parsed()?,
                consent_id: row.parsed()?,
                user_id: row.parsed()?,
                started_at: row.instant()?,
            })
        };
        read_rows(self.0.database.query(sql(text, vec![limit.into()])).await?, read)
    }

    /// A person's calls to banks, newest first.
    ///
    /// # Errors
    /// See [`Self::newest`].
    pub async fn calls(
        &self,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<BankCallRow>, DatabaseError> {
        let text = "SELECT fetch_id, consent_id, endpoint, status, problem, attended, request_id,
            bank_request_id, called_at FROM bank_calls WHERE user_id = $1
            ORDER BY position DESC LIMIT $2";
        let rows = self.0.database.query(sql(text, vec![user_id.into(), limit.into()])).await?;
        read_rows(rows, read_call)
    }

    /// How many calls to one class of endpoint were made on a person's consent since an instant
    /// without the person being present: banks allow only a few a day (Delegated Regulation (EU)
    /// 2018/389, article 36(5)).
    ///
    /// # Errors
    /// See [`Self::newest`].
    pub async fn unattended_since(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
        endpoint: &str,
        since: DateTime<Utc>,
    ) -> Result<u64, DatabaseError> {
        let text = "SELECT COUNT(*) FROM bank_calls WHERE consent_id = $1 AND attended = 0
            AND called_at >= $2 AND user_id = $3 AND endpoint = $4";
        let values = vec![consent_id.into(), since.into(), user_id.into(), endpoint.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        Ok(read_rows(rows, RowReader::count)?.pop().unwrap_or_default())
    }

    async fn read(&self, text: String, values: Vec<Value>) -> Result<Vec<FetchRow>, DatabaseError> {
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }
}
