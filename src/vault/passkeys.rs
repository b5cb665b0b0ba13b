//! People's passkeys: public keys, sealed so that nobody can put another in their place.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use projections::database::{Database, DatabaseError, Value, sql};
use uuid::Uuid;

use super::VaultError;
use super::keys::Keys;
use crate::webauthn::{Made, PublicKey, text_of};
use crate::world::{Chance, Clock};

/// Most passkeys a person has.
pub const MOST_PASSKEYS: usize = 20;

/// A passkey as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its identifier, base64url.
    pub id: String,
    /// Whose.
    pub user_id: UserId,
    /// The public key its signatures are checked with.
    pub key: PublicKey,
    /// Its counter of signatures when it was used last (WebAuthn, section 6.1.1).
    pub counter: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub used_at: Option<DateTime<Utc>>,
}

/// The table of passkeys.
pub struct Passkeys {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
}

impl Passkeys {
    /// Passkeys kept in this database under the platform's key.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock }
    }

    /// Keeps a passkey; false if it is known already or the person has too many.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn add(&self, user_id: UserId, made: &Made) -> Result<bool, VaultError> {
        if self.of(user_id).await?.len() >= MOST_PASSKEYS {
            return Ok(false);
        }
        let id = text_of(&made.credential_id);
        let (_, key) = self.keys.platform().await?;
        let plain = serde_json::to_vec(&made.key).map_err(|_| VaultError::Sealed)?;
        let sealed = key.seal(&self.chance, &place(&id, user_id), &plain);
        let insert = sql(
            "INSERT INTO passkey (credential_id, user_id, sealed, counter, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            vec![
                Value::Text(id),
                Value::Text(user_id.to_string()),
                Value::Bytes(sealed.map_err(|_| VaultError::Sealed)?),
                Value::Integer(i64::from(made.counter)),
                Value::Integer(self.clock.micros()),
            ],
        );
        match self.database.execute(insert).await {
            Ok(_) => Ok(true),
            Err(DatabaseError::Unique) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A passkey by its identifier.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn find(&self, id: &str) -> Result<Option<Kept>, VaultError> {
        Ok(self.select("credential_id = $1", id).await?.pop())
    }

    /// A person's passkeys, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn of(&self, user_id: UserId) -> Result<Vec<Kept>, VaultError> {
        self.select("user_id = $1", &user_id.to_string()).await
    }

    /// Notes a use and the counter that came with it; false if another use was noted meanwhile.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn note(&self, kept: &Kept, counter: u32) -> Result<bool, VaultError> {
        let note = sql(
            "UPDATE passkey SET counter = $1, used_at = $2 WHERE credential_id = $3 AND counter = $4",
            vec![
                Value::Integer(i64::from(counter)),
                Value::Integer(self.clock.micros()),
                Value::Text(kept.id.clone()),
                Value::Integer(i64::from(kept.counter)),
            ],
        );
        Ok(self.database.execute(note).await? == 1)
    }

    /// Takes a passkey away; false if the person has none of this identifier.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove(&self, user_id: UserId, id: &str) -> Result<bool, VaultError> {
        let remove = sql(
            "DELETE FROM passkey WHERE credential_id = $1 AND user_id = $2",
            vec![Value::Text(id.to_owned()), Value::Text(user_id.to_string())],
        );
        Ok(self.database.execute(remove).await? == 1)
    }

    async fn select(&self, wanted: &str, value: &str) -> Result<Vec<Kept>, VaultError> {
        let text = format!(
            "SELECT credential_id, user_id, sealed, counter, created_at, used_at FROM passkey
             WHERE {wanted} ORDER BY created_at"
        );
        let rows = self.database.query(sql(text, vec![Value::Text(value.to_owned())])).await?;
        let (_, key) = self.keys.platform().await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let [
                Value::Text(id),
                Value::Text(user),
                Value::Bytes(sealed),
                Value::Integer(counter),
                Value::Integer(created),
                used,
            ] = row.as_slice()
            else {
                return Err(VaultError::Sealed);
            };
            let user_id = UserId(Uuid::parse_str(user).map_err(|_| VaultError::Sealed)?);
            let plain = key.open(&place(id, user_id), sealed).map_err(|_| VaultError::Sealed)?;
            let instant = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap_or_default();
            found.push(Kept {
                id: id.clone(),
                user_id,
                key: serde_json::from_slice(&plain).map_err(|_| VaultError::Sealed)?,
                counter: u32::try_from(*counter).map_err(|_| VaultError::Sealed)?,
                created_at: instant(*created),
                used_at: if let Value::Integer(used) = used { Some(instant(*used)) } else { None },
            });
        }
        Ok(found)
    }
}

fn place(id: &str, user_id: UserId) -> Vec<u8> {
    [b"passkey/1\0".as_slice(), user_id.0.as_bytes(), id.as_bytes()].concat()
}
