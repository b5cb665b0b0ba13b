//! What sandbox banks showed is nobody's money: it can be taken out of sight, connection by connection.

use domain::account::{Account, AccountCommand, AccountRefusal};
use domain::id::{AccountId, UserId};

use crate::app::App;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::sync::record::stream;
use crate::world::NoChance;

/// Why an account was not taken out of sight.
#[derive(Debug, thiserror::Error)]
pub enum PutAwayError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No chance was to be had.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The account was never seen.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
}

/// Takes a person's accounts out of sight: they, their rows and all sums over them. Nothing is deleted;
/// a bank or a file that shows an account anew brings it back as it was. Answers with the position of
/// the last event, if there was anything to do.
///
/// # Errors
/// [`PutAwayError`]; accounts before the one that failed are out of sight, and asking again is safe.
pub async fn put_away(
    app: &App,
    user_id: UserId,
    accounts: &[AccountId],
) -> Result<Option<u64>, PutAwayError> {
    let correlation = app.chance.uuid()?;
    let mut last = None;
    for account_id in accounts {
        let cause = Cause::new(Actor::Person, correlation);
        let (owner, command) = (Owner::Person(user_id), AccountCommand::PutAway);
        match app.ledger.execute::<Account>(stream(*account_id), owner, cause, command).await {
            Ok(done) => last = Some(done.position),
            Err(CommandError::Refused(refusal)) => return Err(refusal.into()),
            Err(CommandError::Ledger(error)) => return Err(error.into()),
        }
    }
    Ok(last)
}
