//! Questions about what banks do with their identifiers.

use std::collections::HashMap;
use std::sync::Arc;

use domain::id::{AccountId, BankId, UserId};
use domain::transaction::IdentifierHabits;

use super::{COLUMNS, WINDOWS_A_PAGE};
use crate::database::{DatabaseError, RowReader, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// What the windows of a bank showed, place after place in the log.
#[derive(Clone, Debug, Default)]
pub struct BankPast {
    /// Where windows stand, and what they and all before them showed.
    sums: Vec<(u64, IdentifierHabits)>,
}

impl BankPast {
    /// What all windows before a place showed.
    #[must_use]
    pub fn before(&self, position: u64) -> IdentifierHabits {
        let earlier = self.sums.partition_point(|(at, _)| *at < position);
        earlier.checked_sub(1).map_or_else(IdentifierHabits::default, |last| self.sums[last].1)
    }
}

/// An account with windows that older rules decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OlderRules {
    /// Which.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// The oldest version.
    pub rules: u32,
}

/// Questions about what banks do with their identifiers.
#[derive(Clone, Debug)]
pub struct Habits(pub(crate) Arc<Generation>);

impl Habits {
    /// What all windows of a bank showed.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn of(&self, bank_id: &BankId) -> Result<IdentifierHabits, DatabaseError> {
        let text = format!("SELECT {} FROM habits WHERE bank_id = $1", sums());
        let rows = self.0.database.query(sql(text, vec![bank_id.to_string().into()])).await?;
        Ok(read_rows(rows, read)?.pop().unwrap_or_default())
    }

    /// What the windows of a bank showed, one after the other.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn past_of(&self, bank_id: &BankId) -> Result<BankPast, DatabaseError> {
        let mut past = BankPast::default();
        let mut sum = IdentifierHabits::default();
        loop {
            let after = past.sums.last().map_or(0, |(at, _)| *at);
            let text = format!(
                "SELECT position, {} FROM bank_windows WHERE bank_id = $1 AND position > $2
                 ORDER BY position LIMIT {WINDOWS_A_PAGE}",
                COLUMNS[2..].join(", ")
            );
            let values = vec![bank_id.to_string().into(), after.into()];
            let rows = self.0.database.query(sql(text, values)).await?;
            let ended = rows.len() < WINDOWS_A_PAGE;
            for (at, habits) in read_rows(rows, |row| Ok((row.count()?, read(row)?)))? {
                sum.add(&habits);
                past.sums.push((at, sum));
            }
            if ended {
                return Ok(past);
            }
        }
    }

    /// Accounts, of one person or of all, whose past holds windows that rules before `rules` decided
    /// and that nobody looked at again since.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn decided_before(
        &self,
        rules: u32,
        user_id: Option<UserId>,
    ) -> Result<Vec<OlderRules>, DatabaseError> {
        let (whose, values) = match user_id {
            Some(user_id) => ("AND w.user_id = $2", vec![rules.into(), user_id.into()]),
            None => ("", vec![rules.into()]),
        };
        let text = format!(
            "SELECT w.account_id, w.user_id, MIN(CASE WHEN r.rules IS NULL OR w.position > r.position
                 THEN w.rules ELSE r.rules END)
             FROM bank_windows w LEFT JOIN redecided r ON r.account_id = w.account_id
             WHERE (CASE WHEN r.rules IS NULL OR w.position > r.position
                 THEN w.rules ELSE r.rules END) < $1 {whose}
             GROUP BY w.account_id, w.user_id ORDER BY w.account_id"
        );
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| {
            Ok(OlderRules {
                account_id: row.parsed()?,
                user_id: row.parsed()?,
                rules: u32::try_from(row.count()?).unwrap_or(u32::MAX),
            })
        };
        read_rows(rows, read)
    }

    /// The accounts of one person, or of all, that windows were read of, with whose they are.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn accounts(
        &self,
        user_id: Option<UserId>,
    ) -> Result<Vec<(AccountId, UserId)>, DatabaseError> {
        let (whose, values) = match user_id {
            Some(user_id) => ("WHERE user_id = $1", vec![user_id.into()]),
            None => ("", vec![]),
        };
        let text = format!("SELECT account_id, user_id FROM banks {whose} ORDER BY account_id");
        let rows = self.0.database.query(sql(text, values)).await?;
        read_rows(rows, |row| Ok((row.parsed()?, row.parsed()?)))
    }

    /// The version of the rules that decided what an account's stream says at a place: of the window
    /// that ended there or next after it.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn rules_at(
        &self,
        account_id: AccountId,
        position: u64,
    ) -> Result<Option<u32>, DatabaseError> {
        let text = "SELECT rules FROM bank_windows WHERE account_id = $1 AND position >= $2
            ORDER BY position LIMIT 1";
        let rows =
            self.0.database.query(sql(text, vec![account_id.into(), position.into()])).await?;
        let rules = read_rows(rows, RowReader::count)?.pop();
        Ok(rules.and_then(|rules| u32::try_from(rules).ok()))
    }

    /// What all windows of each bank showed.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn all(&self) -> Result<HashMap<BankId, IdentifierHabits>, DatabaseError> {
        let text = format!("SELECT bank_id, {} FROM habits GROUP BY bank_id", sums());
        let rows = self.0.database.query(sql(text, vec![])).await?;
        let of_bank = |row: &mut RowReader| Ok((BankId(row.text()?), read(row)?));
        Ok(read_rows(rows, of_bank)?.into_iter().collect())
    }
}

/// The sums of all columns that count.
fn sums() -> String {
    let sums = COLUMNS[2..].iter();
    let sums = sums.map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"));
    sums.collect::<Vec<_>>().join(", ")
}

fn read(row: &mut RowReader) -> Result<IdentifierHabits, DatabaseError> {
    Ok(IdentifierHabits {
        reference_kept: row.count()?,
        reference_changed: row.count()?,
        reference_reused: row.count()?,
        identifier_kept: row.count()?,
        identifier_changed: row.count()?,
        identifier_reused: row.count()?,
        pending_name_kept: row.count()?,
        pending_name_changed: row.count()?,
        pending_day_kept: row.count()?,
        pending_day_moved: row.count()?,
        pending_stayed: row.count()?,
        pending_vanished: row.count()?,
        equal_rows_two: row.count()?,
        equal_rows_one: row.count()?,
        balance_held: row.count()?,
        balance_broke: row.count()?,
    })
}
