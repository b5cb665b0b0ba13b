//! Keys and secrets at rest, and the short-lived records of the door: sessions, logins under way,
//! authorizations under way, leases. Nothing here is ever in an event, a log or an error.

pub mod calendars;
pub mod credentials;
pub mod crypto;
pub mod erasures;
pub mod factors;
mod hashing;
pub mod keys;
pub mod leases;
pub mod passkeys;
pub mod pending;
pub mod programs;
pub mod root_key;
pub mod secrets;
pub mod sessions;
pub mod tallies;
pub mod tickets;

use projections::database::{Database, DatabaseError, Value, sql};

/// What leads from each layout to the next, from the empty one on.
const LAYOUTS: [&str; 7] = [
    include_str!("../../migrations/vault/0001_vault.sql"),
    include_str!("../../migrations/vault/0002_erasure.sql"),
    include_str!("../../migrations/vault/0003_checkpoints.sql"),
    include_str!("../../migrations/vault/0004_calendar.sql"),
    include_str!("../../migrations/vault/0005_sign_in.sql"),
    include_str!("../../migrations/vault/0006_programs.sql"),
    include_str!("../../migrations/vault/0007_signing_keys.sql"),
];

/// Why the vault could not be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Its database cannot be reached.
    #[error("the vault cannot be reached: {0}")]
    Database(#[from] DatabaseError),
    /// A key cannot be had.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
    /// A record does not open, or is not in the form it was written in.
    #[error("a vault record does not open; it was changed or moved")]
    Sealed,
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] crate::world::NoChance),
    /// More passwords are being looked at than can be.
    #[error("too many passwords are being looked at; try again in a moment")]
    Crowded,
    /// The vault was written by a newer program.
    #[error("the vault has layout {0}, newer than this program's")]
    NewerLayout(i64),
}

/// Makes the vault's tables if they are not there.
///
/// # Errors
/// [`VaultError`].
pub async fn prepare(database: &Database) -> Result<(), VaultError> {
    let marker = "CREATE TABLE IF NOT EXISTS vault_layout (layout BIGINT NOT NULL)";
    database.execute(sql(marker, vec![])).await?;
    let rows = database.query(sql("SELECT layout FROM vault_layout", vec![])).await?;
    let found = match rows.first().and_then(|row| row.first()) {
        Some(Value::Integer(found)) => *found,
        _ => 0,
    };
    let known = usize::try_from(found).ok().and_then(|found| LAYOUTS.get(found..));
    let missing = known.ok_or(VaultError::NewerLayout(found))?;
    let mut statements: Vec<_> = missing
        .iter()
        .flat_map(|layout| layout.split(';'))
        .map(without_comments)
        .filter(|statement| !statement.trim().is_empty())
        .map(|statement| sql(statement, vec![]))
        .collect();
    if statements.is_empty() {
        return Ok(());
    }
    let layout = Value::Integer(LAYOUTS.len() as i64);
    statements.push(sql("DELETE FROM vault_layout", vec![]));
    statements.push(sql("INSERT INTO vault_layout (layout) VALUES ($1)", vec![layout]));
    database.transaction(statements).await?;
    Ok(())
}

fn without_comments(statement: &str) -> String {
    statement
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n")
}
