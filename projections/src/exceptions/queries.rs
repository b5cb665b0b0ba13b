//! Questions about calls that should not have been made.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{AccountId, ConsentId, UserId};

use super::ExceptionKind;
use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// Most exceptions one question is answered with.
pub const MOST_ROWS: u32 = 500;

/// A call that should not have been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    /// Where the call stands in the log.
    pub position: u64,
    /// What is wrong with it.
    pub kind: ExceptionKind,
    /// On which consent it was made.
    pub consent_id: ConsentId,
    /// For which account.
    pub account_id: Option<AccountId>,
    /// Whose.
    pub user_id: UserId,
    /// The class of endpoint.
    pub endpoint: String,
    /// Our name for the request.
    pub request_id: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

/// Questions about calls that should not have been made.
#[derive(Clone, Debug)]
pub struct Exceptions(pub(crate) Arc<Generation>);

impl Exceptions {
    /// The newest of them.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn newest(&self) -> Result<Vec<ExceptionRow>, DatabaseError> {
        self.rows("cleared_at IS NULL", vec![MOST_ROWS.into()]).await
    }

    /// The newest of those that stood when the log ended at a position. Of erased people there are
    /// none at any.
    ///
    /// # Errors
    /// See [`Self::newest`].
    pub async fn known_at(&self, position: u64) -> Result<Vec<ExceptionRow>, DatabaseError> {
        let stood = "position <= $2 AND (cleared_at IS NULL OR cleared_at > $2)";
        self.rows(stood, vec![MOST_ROWS.into(), position.into()]).await
    }

    async fn rows(
        &self,
        wanted: &str,
        values: Vec<Value>,
    ) -> Result<Vec<ExceptionRow>, DatabaseError> {
        let text = format!(
            "SELECT position, kind, consent_id, account_id, user_id, endpoint, request_id, sent_at
             FROM exceptions WHERE {wanted} ORDER BY position DESC LIMIT $1"
        );
        let read = |row: &mut RowReader| {
            Ok(ExceptionRow {
                position: row.count()?,
                kind: row.parsed()?,
                consent_id: row.parsed()?,
                account_id: row.optional_parsed()?,
                user_id: row.parsed()?,
                endpoint: row.text()?,
                request_id: row.text()?,
                sent_at: row.instant()?,
            })
        };
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }
}
