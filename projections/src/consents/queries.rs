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
    /// A new one took its place.
    Superseded,
}

impl EndedReason {
    const ALL: [Self; 8] = [
        Self::RefusedAtBank,
        Self::RevokedByPerson,
        Self::RevokedByBank,
        Self::Expired,
        Self::Abandoned,
        Self::AnswerNotTrusted,
        Self::BankError,
        Self::Superseded,
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
            Self::Superseded => "superseded",
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
    /// The connection it belongs to: the first consent of a chain of renewals.
    pub connection_id: ConsentId,
    /// When the person last said that it may be read: at the bank, or here.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether it rests until the person says here that it may go on.
    pub rests: bool,
}

/// A reminder that may be due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Of which consent.
    pub consent_id: ConsentId,
    /// Whose.
    pub user_id: UserId,
    /// When it was granted.
    pub granted_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The last reminder, in days before the end.
    pub reminded: Option<u16>,
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
    granted_at, expires_at, ended_at, ended_reason, history_from, history_to, bank_told,
    connection_id, confirmed_at, rests FROM consents";

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
        connection_id: row.parsed()?,
        confirmed_at: row.optional_instant()?,
        rests: row.truth()?,
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

    /// A person's connections, newest first: each consent that took another's place stands for both.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn connections(&self, user_id: UserId) -> Result<Vec<ConsentRow>, DatabaseError> {
        let mut shown: Vec<ConsentRow> = Vec::new();
        for row in self.list(user_id).await? {
            let same = |other: &ConsentRow| other.connection_id == row.connection_id;
            match shown.iter().position(same) {
                None => shown.push(row),
                // What was never granted shows only where nothing else does.
                Some(at) if shown[at].granted_at.is_none() && row.granted_at.is_some() => {
                    shown[at] = row;
                }
                // A first consent that never stood is older news than a renewal that did not either.
                Some(_) => {}
            }
        }
        Ok(shown)
    }

    /// Every consent of the connection that one consent of a person belongs to, newest first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn of_connection(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
    ) -> Result<Vec<ConsentRow>, DatabaseError> {
        let text = format!(
            "{SELECT} WHERE user_id = $1 AND connection_id =
             (SELECT asked.connection_id FROM consents asked WHERE asked.consent_id = $2)
             ORDER BY position DESC"
        );
        let values = vec![user_id.into(), consent_id.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }

    /// A connection of a person as it stands, by any of its consents.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn connection(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
    ) -> Result<Option<ConsentRow>, DatabaseError> {
        let rows = self.of_connection(user_id, consent_id).await?;
        let granted = rows.iter().position(|row| row.granted_at.is_some());
        Ok(rows.into_iter().nth(granted.unwrap_or(0)))
    }

    /// Consents of all people that stand although a later one took their place: a process died
    /// between the two. With whose place it was, oldest first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn to_supersede(
        &self,
        limit: u32,
    ) -> Result<Vec<(ConsentId, ConsentId, UserId)>, DatabaseError> {
        let text = "SELECT older.consent_id, newer.consent_id, older.user_id FROM consents older
            JOIN consents newer ON newer.renewal_of = older.consent_id
            WHERE newer.status = 'active' AND older.status IN ('active', 'needs_confirmation')
            ORDER BY older.position LIMIT $1";
        let read = |row: &mut RowReader| Ok((row.parsed()?, row.parsed()?, row.parsed()?));
        read_rows(self.0.database.query(sql(text, vec![limit.into()])).await?, read)
    }

    /// Consents of all people at a bank that stand and were last confirmed at an instant or before, the
    /// longest ago first.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn to_reconfirm(
        &self,
        bank_id: &BankId,
        confirmed_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ConsentId, UserId)>, DatabaseError> {
        let text = "SELECT consent_id, user_id FROM consents WHERE bank_id = $1
            AND status = 'active' AND confirmed_at <= $2 ORDER BY confirmed_at LIMIT $3";
        let values = vec![bank_id.0.as_str().into(), confirmed_until.into(), limit.into()];
        let read = |row: &mut RowReader| Ok((row.parsed()?, row.parsed()?));
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }

    /// Consents of all people that stand and end before an instant, those that end first first,
    /// and were not reminded of that few days.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn to_remind(
        &self,
        ends_before: DateTime<Utc>,
        not_reminded_of: u16,
        limit: u32,
    ) -> Result<Vec<Reminder>, DatabaseError> {
        let text = "SELECT consent_id, user_id, granted_at, expires_at, reminded FROM consents
            WHERE status = 'active' AND expires_at <= $1 AND granted_at IS NOT NULL
            AND (reminded IS NULL OR reminded > $2) ORDER BY expires_at, position LIMIT $3";
        let read = |row: &mut RowReader| {
            Ok(Reminder {
                consent_id: row.parsed()?,
                user_id: row.parsed()?,
                granted_at: row.instant()?,
                expires_at: row.instant()?,
                reminded: row.optional_integer()?.and_then(|days| u16::try_from(days).ok()),
            })
        };
        let values = vec![ends_before.into(), u32::from(not_reminded_of).into(), limit.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
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
