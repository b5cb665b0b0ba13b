//! Secret addresses of calendars: the calendar program holds 256 random bits, the table their digest.

use domain::id::UserId;
use projections::database::{Database, Value, sql};

use super::VaultError;
use super::crypto::sha256_hex;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// The table of calendars.
pub struct Calendars {
    database: Database,
    chance: Chance,
    clock: Clock,
}

impl Calendars {
    /// Calendars kept in this database.
    #[must_use]
    pub fn new(database: Database, chance: Chance, clock: Clock) -> Self {
        Self { database, chance, clock }
    }

    /// Makes a person's calendar address; the one before is worth nothing from then on.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn make(&self, user_id: UserId) -> Result<Secret, VaultError> {
        let token = self.chance.token()?;
        let insert = sql(
            "INSERT INTO calendar_feed (token_digest, user_id, created_at) VALUES ($1, $2, $3)",
            vec![
                Value::Text(sha256_hex(token.as_bytes())),
                Value::Text(user_id.to_string()),
                Value::Integer(self.clock.micros()),
            ],
        );
        self.database.transaction(vec![forgetting(user_id), insert]).await?;
        Ok(Secret::new(token))
    }

    /// Whose calendar an address is.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn whose(&self, token: &Secret) -> Result<Option<UserId>, VaultError> {
        let find = sql(
            "SELECT user_id FROM calendar_feed WHERE token_digest = $1",
            vec![Value::Text(sha256_hex(token.expose().as_bytes()))],
        );
        match self.database.query(find).await?.first().map(Vec::as_slice) {
            Some([Value::Text(user_id)]) => {
                let user_id = uuid::Uuid::parse_str(user_id).map_err(|_| VaultError::Sealed)?;
                Ok(Some(UserId(user_id)))
            }
            _ => Ok(None),
        }
    }

    /// When a person's calendar address was made, in microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn made_at(&self, user_id: UserId) -> Result<Option<i64>, VaultError> {
        let find = sql(
            "SELECT created_at FROM calendar_feed WHERE user_id = $1",
            vec![Value::Text(user_id.to_string())],
        );
        Ok(match self.database.query(find).await?.first().map(Vec::as_slice) {
            Some([Value::Integer(made_at)]) => Some(*made_at),
            _ => None,
        })
    }

    /// Makes a person's calendar address worth nothing; false if there was none.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn forget(&self, user_id: UserId) -> Result<bool, VaultError> {
        Ok(self.database.execute(forgetting(user_id)).await? == 1)
    }
}

fn forgetting(user_id: UserId) -> projections::database::Statement {
    sql("DELETE FROM calendar_feed WHERE user_id = $1", vec![Value::Text(user_id.to_string())])
}
