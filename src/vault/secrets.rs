//! Named secrets, each sealed under its owner's key and to its own name.

use std::sync::Arc;

use domain::id::UserId;
use projections::database::{Database, DatabaseError, Statement, Value, sql};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use super::crypto::DataKey;
use super::keys::Keys;
use super::leases::Lease;
use crate::world::{Chance, Clock};

/// Whose secret it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretOwner {
    /// This platform's.
    Platform,
    /// A person's: gone when their key is destroyed.
    Person(UserId),
}

/// The table of secrets.
pub struct Secrets {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
}

impl Secrets {
    /// Secrets kept in this database under these keys.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock }
    }

    async fn owner_key(&self, owner: SecretOwner) -> Result<(Uuid, Arc<DataKey>), VaultError> {
        match owner {
            SecretOwner::Platform => Ok(self.keys.platform().await?),
            SecretOwner::Person(user_id) => {
                self.keys.key_of_person(user_id).await?.ok_or(VaultError::Sealed)
            }
        }
    }

    /// Stores a secret under a name, in place of the one before.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn put<T: Serialize>(
        &self,
        owner: SecretOwner,
        name: &str,
        secret: &T,
    ) -> Result<(), VaultError> {
        self.database.execute(self.storing(owner, name, secret).await?).await?;
        Ok(())
    }

    async fn storing<T: Serialize>(
        &self,
        owner: SecretOwner,
        name: &str,
        secret: &T,
    ) -> Result<Statement, VaultError> {
        let (key_id, key) = self.owner_key(owner).await?;
        let plain = Zeroizing::new(serde_json::to_vec(secret).map_err(|_| VaultError::Sealed)?);
        let sealed = key.seal(&self.chance, &place(name, key_id), &plain);
        Ok(sql(
            "INSERT INTO secret (name, key_id, sealed, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET key_id = excluded.key_id, \
             sealed = excluded.sealed, updated_at = excluded.updated_at",
            vec![
                Value::Text(name.to_owned()),
                Value::Text(key_id.to_string()),
                Value::Bytes(sealed.map_err(|_| VaultError::Sealed)?),
                Value::Integer(self.clock.micros()),
            ],
        ))
    }

    /// Stores a secret like [`Self::put`], under a lease only while that is held; false, with nothing
    /// changed, if somebody else has it by now.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn put_under<T: Serialize>(
        &self,
        owner: SecretOwner,
        name: &str,
        secret: &T,
        lease: Option<&Lease>,
    ) -> Result<bool, VaultError> {
        let mut statement = self.storing(owner, name, secret).await?;
        let Some(lease) = lease else {
            return Ok(self.database.execute(statement).await? == 1);
        };
        statement = statement.expecting(1);
        match self.database.transaction(vec![lease.still_held(), statement]).await {
            Ok(_) => Ok(true),
            Err(DatabaseError::Guard { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a secret; none if there is none, or its owner's key has been destroyed.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] if it was changed, or moved here from another name.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, VaultError> {
        let find = sql(
            "SELECT key_id, sealed FROM secret WHERE name = $1",
            vec![Value::Text(name.to_owned())],
        );
        let rows = self.database.query(find).await?;
        let Some([Value::Text(key_id), Value::Bytes(sealed)]) = rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        let key_id = Uuid::parse_str(key_id).map_err(|_| VaultError::Sealed)?;
        let Some(key) = self.keys.key(key_id).await? else { return Ok(None) };
        let plain = key.open(&place(name, key_id), sealed).map_err(|_| VaultError::Sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| VaultError::Sealed)
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn forget(&self, name: &str) -> Result<(), VaultError> {
        self.database.execute(forget(name)).await?;
        Ok(())
    }
}

fn forget(name: &str) -> Statement {
    sql("DELETE FROM secret WHERE name = $1", vec![Value::Text(name.to_owned())])
}

fn place(name: &str, key_id: Uuid) -> Vec<u8> {
    [b"secret/1\0".as_slice(), key_id.as_bytes(), name.as_bytes()].concat()
}
