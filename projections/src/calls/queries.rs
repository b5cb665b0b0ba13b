//! Questions about calls to banks, for whoever decides when to call again.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{AccountId, BankId, ConsentId, UserId};
use domain::plan::{Access, Resource};

use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::identifiers::Written as _;
use crate::location::Generation;
use crate::rows::read_rows;

/// Most calls of one permission that are looked at: far more than any allowance of a day.
const MOST_CALLS: u32 = 5_000;

/// A call to a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// What it counts for.
    pub resource: Resource,
    /// When, and whether the person was there.
    pub access: Access,
    /// Which page; only the first is an access.
    pub page: u32,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed, as a stable code.
    pub code: Option<String>,
    /// How long the bank asked to wait, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// Whether the bank may have counted it.
    pub arrived: bool,
}

/// How the reading of one permission stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which permission.
    pub consent_id: ConsentId,
    /// Whose.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// Whether it may be read on.
    pub standing: bool,
    /// Whether a run is under way.
    pub running: bool,
    /// Until when it lasts.
    pub expires_at: DateTime<Utc>,
    /// First day of the history it opens.
    pub history_from: NaiveDate,
    /// When the person was authenticated for it.
    pub authenticated_at: Option<DateTime<Utc>>,
    /// When the newest run began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the newest run that ended well began.
    pub read_at: Option<DateTime<Utc>>,
    /// Runs that failed since then.
    pub failures: u32,
    /// When the newest of them failed.
    pub failed_at: Option<DateTime<Utc>>,
}

/// What was last read of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReading {
    /// On which permission.
    pub consent_id: ConsentId,
    /// First day the bank is known to have shown whole.
    pub whole_from: Option<NaiveDate>,
    /// Last such day.
    pub whole_to: Option<NaiveDate>,
    /// When.
    pub read_at: DateTime<Utc>,
}

const SELECT: &str = "SELECT consent_id, user_id, bank_id, standing, running, expires_at,
    history_from, authenticated_at, started_at, read_at, failures, failed_at FROM readings";

fn read(row: &mut RowReader) -> Result<Reading, DatabaseError> {
    Ok(Reading {
        consent_id: row.parsed()?,
        user_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        standing: row.truth()?,
        running: row.truth()?,
        expires_at: row.instant()?,
        history_from: row.parsed()?,
        authenticated_at: row.optional_instant()?,
        started_at: row.optional_instant()?,
        read_at: row.optional_instant()?,
        failures: u32::try_from(row.count()?).unwrap_or(u32::MAX),
        failed_at: row.optional_instant()?,
    })
}

fn read_call(row: &mut RowReader) -> Result<CallRow, DatabaseError> {
    let endpoint = row.text()?;
    let account = row.text()?;
    let account_id = if account.is_empty() {
        None
    } else {
        Some(AccountId::read(&account).ok_or(DatabaseError::Column(2))?)
    };
    let small = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    Ok(CallRow {
        resource: Resource { endpoint, account_id },
        page: u32::try_from(row.count()?).unwrap_or(u32::MAX),
        access: Access { attended: row.truth()?, at: row.instant()? },
        status: row.optional_integer()?.and_then(|status| u16::try_from(status).ok()),
        code: row.optional_text()?,
        retry_after_seconds: small(row.optional_integer()?),
        arrived: row.truth()?,
    })
}

/// Questions about calls to banks.
#[derive(Clone, Debug)]
pub struct Calls(pub(crate) Arc<Generation>);

impl Calls {
    /// The calls made on a permission since an instant, newest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn since(
        &self,
        consent_id: ConsentId,
        since: DateTime<Utc>,
    ) -> Result<Vec<CallRow>, DatabaseError> {
        let text = "SELECT endpoint, account_id, page, attended, sent_at, status, code,
            retry_after_seconds, arrived FROM calls WHERE consent_id = $1 AND sent_at >= $2
            AND (page = 0 OR code IS NOT NULL) ORDER BY position DESC LIMIT $3";
        let values = vec![consent_id.into(), since.into(), MOST_CALLS.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_call)
    }

    /// How the reading of one permission stands.
    ///
    /// # Errors
    /// See [`Self::since`].
    pub async fn reading(&self, consent_id: ConsentId) -> Result<Option<Reading>, DatabaseError> {
        let text = format!("{SELECT} WHERE consent_id = $1");
        let rows = self.0.database.query(sql(text, vec![consent_id.into()])).await?;
        Ok(read_rows(rows, read)?.pop())
    }

    /// Permissions of all people that stand and are not being read, in the order of their
    /// identifiers, after one of them.
    ///
    /// # Errors
    /// See [`Self::since`].
    pub async fn waiting(
        &self,
        after: Option<ConsentId>,
        limit: u32,
    ) -> Result<Vec<Reading>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE standing = 1 AND running = 0 AND consent_id > $1
             ORDER BY consent_id LIMIT $2"
        );
        // Before every identifier stands none.
        let after = after.map_or_else(|| Value::from(""), Value::from);
        let rows = self.0.database.query(sql(text, vec![after, limit.into()]));
        read_rows(rows.await?, read)
    }

    /// What was last read of one account of a person.
    ///
    /// # Errors
    /// See [`Self::since`].
    pub async fn account(
        &self,
        user_id: UserId,
        account_id: AccountId,
    ) -> Result<Option<AccountReading>, DatabaseError> {
        let text = "SELECT consent_id, whole_from, whole_to, read_at FROM account_readings
            WHERE user_id = $1 AND account_id = $2";
        let values = vec![user_id.into(), account_id.into()];
        let read = |row: &mut RowReader| {
            let day = |text: Option<String>| text.and_then(|text| text.parse().ok());
            Ok(AccountReading {
                consent_id: row.parsed()?,
                whole_from: day(row.optional_text()?),
                whole_to: day(row.optional_text()?),
                read_at: row.instant()?,
            })
        };
        Ok(read_rows(self.0.database.query(sql(text, values)).await?, read)?.pop())
    }
}
