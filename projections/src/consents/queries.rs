//! Questions about permissions.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::consent::ConsentStatus;
use domain::id::{BankId, ConsentId, UserId};

use crate::database::{DatabaseError, RowReader, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// Why a consent ended, in one plain code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedReason {
    /// The person or the bank refused there.
    RefusedAtBank,
    /// The person withdrew it here.
    RevokedByPerson,
    /// The bank, or the person at the bank, withdrew it.
    RevokedByBank,
    /// Its time ran out.
    Expired,
    /// The person never came back from the bank.
    Abandoned,
    /// What came back was not believed.
    AnswerNotTrusted,
    /// The bank failed.
    BankError,
}

impl EndedReason {
    const ALL: [Self; 7] = [
        Self::RefusedAtBank,
        Self::RevokedByPerson,
        Self::RevokedByBank,
        Self::Expired,
        Self::Abandoned,
        Self::AnswerNotTrusted,
        Self::BankError,
    ];

    /// The stable word kept in rows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RefusedAtBank => "refused_at_bank",
            Self::RevokedByPerson => "revoked_by_person",
            Self::RevokedByBank => "revoked_by_bank",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
            Self::AnswerNotTrusted => "answer_not_trusted",
            Self::BankError => "bank_error",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// A permission as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    /// Which.
    pub consent_id: ConsentId,
    /// Whose.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// Where it stands.
    pub status: ConsentStatus,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Until when an answer of the bank is taken.
    pub answer_until: Option<DateTime<Utc>>,
    /// When it was granted.
    pub granted_at: Option<DateTime<Utc>>,
    /// Until when it lasts.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub ended_reason: Option<EndedReason>,
    /// First day of the history asked for.
    pub history_from: NaiveDate,
    /// Last day of the history asked for.
    pub history_to: NaiveDate,
    /// False while the bank has not yet confirmed a revocation.
    pub bank_told: bool,
}

/// A revocation that the bank does not know of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntoldRevocation {
    /// Which consent.
    pub consent_id: ConsentId,
    /// Whose.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// When it was withdrawn.
    pub revoked_at: DateTime<Utc>,
    /// How often telling the bank has failed.
    pub failed: u64,
    /// When it failed last.
    pub failed_at: Option<DateTime<Utc>>,
}

/// A consent that stands, or waits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingConsent {
    /// Which.
    pub consent_id: ConsentId,
    /// Whose.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// Until when it lasts.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when an answer of the bank is taken, while it is pending.
    pub answer_until: Option<DateTime<Utc>>,
}

const SELECT: &str = "SELECT consent_id, user_id, bank_id, status, requested_at, answer_until,
    granted_at, expires_at, ended_at, ended_reason, history_from, history_to, bank_told
    FROM consents";

fn read(row: &mut RowReader) -> Result<ConsentRow, DatabaseError> {
    Ok(ConsentRow {
        consent_id: row.parsed()?,
        user_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        status: status_of_word(&row.text()?),
        requested_at: row.instant()?,
        answer_until: row.optional_instant()?,
        granted_at: row.optional_instant()?,
        expires_at: row.optional_instant()?,
        ended_at: row.optional_instant()?,
        ended_reason: row.optional_text()?.and_then(|word| EndedReason::of_word(&word)),
        history_from: row.parsed()?,
        history_to: row.parsed()?,
        bank_told: row.truth()?,
    })
}

fn status_of_word(word: &str) -> ConsentStatus {
    use ConsentStatus as Status;
    [
        Status::Pending,
        Status::Active,
        Status::NeedsConfirmation,
        Status::Refused,
        Status::Revoked,
        Status::Expired,
        Status::Failed,
    ]
    .into_iter()
    .find(|status| status.word() == word)
    .unwrap_or_default()
}

fn read_standing(row: &mut RowReader) -> Result<StandingConsent, DatabaseError> {
    Ok(StandingConsent {
        consent_id: row.parsed()?,
        user_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        expires_at: row.optional_instant()?,
        answer_until: row.optional_instant()?,
    })
}

/// Questions about permissions.
#[derive(Clone, Debug)]
pub struct Consents(pub(crate) Arc<Generation>);

impl Consents {
    /// A person's consents, newest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn list(&self, user_id: UserId) -> Result<Vec<ConsentRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE user_id = $1 ORDER BY position DESC");
        read_rows(self.0.database.query(sql(text, vec![user_id.into()])).await?, read)
    }

    /// One consent of a person.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn one(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
    ) -> Result<Option<ConsentRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE user_id = $1 AND consent_id = $2");
        let values = vec![user_id.into(), consent_id.into()];
        Ok(read_rows(self.0.database.query(sql(text, values)).await?, read)?.pop())
    }

    /// Revocations of all people that their banks do not know of yet; those that failed least
    /// often come first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn revocations_to_tell(
        &self,
        limit: u32,
    ) -> Result<Vec<UntoldRevocation>, DatabaseError> {
        let text = "SELECT consent_id, user_id, bank_id, ended_at, telling_failed,
            telling_failed_at FROM consents WHERE status = 'revoked' AND bank_told = 0
            ORDER BY telling_failed, position LIMIT $1";
        let read = |row: &mut RowReader| {
            Ok(UntoldRevocation {
                consent_id: row.parsed()?,
                user_id: row.parsed()?,
                bank_id: BankId(row.text()?),
                revoked_at: row.instant()?,
                failed: row.count()?,
                failed_at: row.optional_instant()?,
            })
        };
        read_rows(self.0.database.query(sql(text, vec![limit.into()])).await?, read)
    }

    /// Consents of all people that stand; those that end first come first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn active(&self, limit: u32) -> Result<Vec<StandingConsent>, DatabaseError> {
        self.standing("active", limit).await
    }

    /// Consents of all people that wait to be confirmed; the oldest come first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn pending(&self, limit: u32) -> Result<Vec<StandingConsent>, DatabaseError> {
        self.standing("pending", limit).await
    }

    /// Consents of all people that are to be confirmed again; those that end first come first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn needing_confirmation(
        &self,
        limit: u32,
    ) -> Result<Vec<StandingConsent>, DatabaseError> {
        self.standing("needs_confirmation", limit).await
    }

    async fn standing(
        &self,
        status: &str,
        limit: u32,
    ) -> Result<Vec<StandingConsent>, DatabaseError> {
        let order = if status == "pending" { "position" } else { "expires_at, position" };
        let text = format!(
            "SELECT consent_id, user_id, bank_id, expires_at, answer_until FROM consents
             WHERE status = $1 ORDER BY {order} LIMIT $2"
        );
        let rows = self.0.database.query(sql(text, vec![status.into(), limit.into()])).await?;
        read_rows(rows, read_standing)
    }
}
