//! How far a person's own model is: what it was taught by, and how sure it is of their rows.

use domain::id::UserId;
use insights::cascade::{ASKS_BELOW, Cascade, Why};
use insights::row::Subject;

pub use super::guides::MOST_CORRECTIONS;
use super::guides::taught_told;
use super::movements::Which;
use super::queries::Transactions;
use crate::database::DatabaseError;

/// The newest corrections that are looked at for what the model would have said.
pub const NEWEST_CORRECTIONS: usize = 100;
/// The newest rows that are looked at for how sure the model is.
pub const NEWEST_ROWS: u32 = 500;

/// How far a person's own model is. It is made of their corrections and of nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnModel {
    /// Corrections it is made of: of each row the last one, at most [`MOST_CORRECTIONS`].
    pub corrections: usize,
    /// Payees they are about.
    pub payees: usize,
    /// The newest corrections, at most [`NEWEST_CORRECTIONS`].
    pub newest: usize,
    /// Those of them that the model would have said by itself, from the ones before.
    pub foretold: usize,
    /// The newest rows that neither the person nor a rule of theirs decides.
    pub rows: usize,
    /// Those of them that it is sure enough of to say, and not to ask.
    pub sure: usize,
}

impl Transactions {
    /// How far a person's own model is.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn own_model(&self, user_id: UserId) -> Result<OwnModel, DatabaseError> {
        let found = taught_told(&self.0.database, user_id).await?;
        let Some((taught, payees, told)) = found else { return Ok(OwnModel::default()) };
        let newest = &told[told.len().saturating_sub(NEWEST_CORRECTIONS)..];
        let mut model = OwnModel {
            corrections: told.len(),
            payees,
            newest: newest.len(),
            foretold: newest.iter().filter(|known| **known).count(),
            ..OwnModel::default()
        };
        let cascade = Cascade { taught: Some(&taught), ..Cascade::default() };
        for row in self.decided(user_id, Which::All, NEWEST_ROWS).await? {
            if row.is_said() {
                continue;
            }
            let account = row.account.to_string();
            let subject =
                Subject::of(&insights::row::Row { account: Some(&account), ..row.said() });
            let answer = cascade.answer(&subject, row.amount.currency.code());
            model.rows += 1;
            let asks = matches!(answer.why, Why::Model(_) | Why::Learnt);
            model.sure += usize::from(!asks || answer.confidence >= ASKS_BELOW);
        }
        Ok(model)
    }
}
