//! What lasts only while somebody signs in: a ticket between password and one-time code, and the
//! challenge a passkey answers. The table holds digests; each is used once.

use domain::id::UserId;
use projections::database::{Database, Value, sql};
use uuid::Uuid;

use super::VaultError;
use super::crypto::sha256_hex;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// How long a ticket stands, in seconds.
pub const TICKET_SECONDS: i64 = 5 * 60;

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The password was right; a code has to follow.
    SecondFactor,
    /// A passkey is being made.
    AddPasskey,
    /// A passkey is being used.
    UsePasskey,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::AddPasskey => "add_passkey",
            Self::UsePasskey => "use_passkey",
        }
    }
}

/// The table of tickets.
pub struct Tickets {
    database: Database,
    chance: Chance,
    clock: Clock,
}

impl Tickets {
    /// Tickets kept in this database.
    #[must_use]
    pub fn new(database: Database, chance: Chance, clock: Clock) -> Self {
        Self { database, chance, clock }
    }

    /// Gives a ticket; nil stands for nobody known yet.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn give(&self, user_id: UserId, purpose: Purpose) -> Result<Secret, VaultError> {
        let token = self.chance.token()?;
        let now = self.clock.micros();
        let insert = sql(
            "INSERT INTO sign_in_ticket (token_digest, user_id, purpose, ends_at)
             VALUES ($1, $2, $3, $4)",
            vec![
                Value::Text(sha256_hex(token.as_bytes())),
                Value::Text(user_id.to_string()),
                Value::Text(purpose.word().to_owned()),
                Value::Integer(now + TICKET_SECONDS * 1_000_000),
            ],
        );
        let over = sql("DELETE FROM sign_in_ticket WHERE ends_at < $1", vec![Value::Integer(now)]);
        self.database.transaction(vec![over, insert]).await?;
        Ok(Secret::new(token))
    }

    /// Whose a ticket is, if it stands.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn whose(
        &self,
        token: &Secret,
        purpose: Purpose,
    ) -> Result<Option<UserId>, VaultError> {
        let find = sql(
            "SELECT user_id FROM sign_in_ticket WHERE token_digest = $1 AND purpose = $2
             AND ends_at > $3",
            vec![
                Value::Text(sha256_hex(token.expose().as_bytes())),
                Value::Text(purpose.word().to_owned()),
                Value::Integer(self.clock.micros()),
            ],
        );
        match self.database.query(find).await?.first().map(Vec::as_slice) {
            Some([Value::Text(id)]) => {
                Ok(Some(UserId(Uuid::parse_str(id).map_err(|_| VaultError::Sealed)?)))
            }
            _ => Ok(None),
        }
    }

    /// Uses a ticket up; true for the one who was first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn take(&self, token: &Secret, purpose: Purpose) -> Result<bool, VaultError> {
        let take = sql(
            "DELETE FROM sign_in_ticket WHERE token_digest = $1 AND purpose = $2 AND ends_at > $3",
            vec![
                Value::Text(sha256_hex(token.expose().as_bytes())),
                Value::Text(purpose.word().to_owned()),
                Value::Integer(self.clock.micros()),
            ],
        );
        Ok(self.database.execute(take).await? == 1)
    }
}
