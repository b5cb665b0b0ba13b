//! Envelope encryption: a root key from a provider wraps one data key a person, and one for this
//! platform's own secrets. Destroying a person's data key erases what is sealed under it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use domain::id::UserId;
use projections::database::{Database, DatabaseError, RowReader, Statement, Value, sql};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::crypto::DataKey;
pub use super::root_key::{ChangingRootKey, HeldRootKey, KeyProvider, ProviderError, RootKeyError};
use crate::world::{Chance, Clock};

/// Unwrapped keys kept in memory.
const MOST_OPEN_KEYS: usize = 10_000;
/// How long an unwrapped key is taken from memory before the key table is asked again, in
/// microseconds: the longest that another process can go on with a key that was destroyed.
const LONGEST_OPEN_MICROS: i64 = 30 * 1_000_000;
/// Data keys that are wrapped anew in one transaction.
const REWRAPPED_AT_ONCE: i64 = 100;
/// Keys that one question to the key table may name.
const MOST_ASKED: usize = 400;
/// Owner of the key for this platform's own secrets.
const PLATFORM: &str = "platform";

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The key table cannot be reached.
    #[error("the key table cannot be reached: {0}")]
    Database(#[from] DatabaseError),
    /// The root key is not the one the data keys were wrapped under.
    #[error(
        "data key {0} does not open under this root key; start with the root key it was made under"
    )]
    WrongRoot(Uuid),
    /// The root key's keeper does not answer: nothing is known about the key.
    #[error(
        "the root key cannot be asked now; keys that are not in memory cannot be used until it can"
    )]
    Away,
    /// No random bytes, or the cipher refused.
    #[error("a new key could not be made")]
    NotMade,
}

fn owner_of_person(user_id: UserId) -> String {
    format!("person/{user_id}")
}

/// The data keys.
pub struct Keys {
    database: Database,
    provider: Box<dyn KeyProvider>,
    chance: Chance,
    clock: Clock,
    open: Mutex<Open>,
    owners: Mutex<HashMap<String, Uuid>>,
}

/// Unwrapped keys in memory.
#[derive(Default)]
struct Open {
    /// Each with the instant it was read at, in microseconds.
    keys: HashMap<Uuid, (Arc<DataKey>, i64)>,
    /// How often a key was destroyed, as far as this process knows.
    destroyed: u64,
}

impl Open {
    fn get(&self, key_id: Uuid, now: i64) -> Option<Arc<DataKey>> {
        let (key, read_at) = self.keys.get(&key_id)?;
        // A clock that was set back makes every age doubtful.
        (0..LONGEST_OPEN_MICROS).contains(&(now - read_at)).then(|| Arc::clone(key))
    }
}

impl Keys {
    /// Keys kept in this database, wrapped by this provider.
    #[must_use]
    pub fn new(
        database: Database,
        provider: Box<dyn KeyProvider>,
        chance: Chance,
        clock: Clock,
    ) -> Self {
        Self { database, provider, chance, clock, open: Mutex::default(), owners: Mutex::default() }
    }

    /// A key by its identifier; none if it was destroyed or never was.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn key(&self, key_id: Uuid) -> Result<Option<Arc<DataKey>>, KeysError> {
        let now = self.clock.micros();
        let kept = self.open.lock().map(|open| (open.get(key_id, now), open.destroyed));
        let (kept, destroyed) = kept.unwrap_or_default();
        if kept.is_some() {
            return Ok(kept);
        }
        let find = sql(
            "SELECT wrapped FROM data_key WHERE key_id = $1",
            vec![Value::Text(key_id.to_string())],
        );
        let rows = self.database.query(find).await?;
        let Some(Value::Bytes(wrapped)) = rows.first().and_then(|row| row.first()) else {
            return Ok(None);
        };
        let bytes = self.provider.unwrap(key_id, wrapped).map_err(|error| match error {
            ProviderError::DoesNotOpen => KeysError::WrongRoot(key_id),
            ProviderError::Away => KeysError::Away,
        })?;
        let key = Arc::new(DataKey::new(bytes).map_err(|_| KeysError::NotMade)?);
        self.remember(key_id, &key, now, destroyed);
        Ok(Some(key))
    }

    /// A person's key, made at the first call; none once it has been destroyed.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn key_of_person(
        &self,
        user_id: UserId,
    ) -> Result<Option<(Uuid, Arc<DataKey>)>, KeysError> {
        self.key_of(&owner_of_person(user_id)).await
    }

    /// The key for this platform's own secrets.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn platform(&self) -> Result<(Uuid, Arc<DataKey>), KeysError> {
        self.key_of(PLATFORM).await?.ok_or(KeysError::NotMade)
    }

    /// The identifier of a person's key, destroyed or not; none if they never had one.
    ///
    /// # Errors
    /// [`KeysError::Database`].
    pub async fn identifier_of_person(&self, user_id: UserId) -> Result<Option<Uuid>, KeysError> {
        self.find(&owner_of_person(user_id)).await
    }

    /// Whose a key is, destroyed or not; none for a key that is no person's.
    ///
    /// # Errors
    /// [`KeysError::Database`].
    pub async fn person_of(&self, key_id: Uuid) -> Result<Option<UserId>, KeysError> {
        let find = sql(
            "SELECT owner FROM data_key WHERE key_id = $1",
            vec![Value::Text(key_id.to_string())],
        );
        let rows = self.database.query(find).await?;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Text(owner)) => {
                owner.strip_prefix("person/").and_then(|id| id.parse().ok())
            }
            _ => None,
        })
    }

    /// Destroys a key: nothing sealed under it can be opened again. The instant of the first
    /// destruction stays.
    #[must_use]
    pub(super) fn destroying(key_id: Uuid, now: i64) -> Statement {
        sql(
            "UPDATE data_key SET wrapped = NULL, destroyed_at = COALESCE(destroyed_at, $1) \
             WHERE key_id = $2",
            vec![Value::Integer(now), Value::Text(key_id.to_string())],
        )
    }

    /// Drops a key that was destroyed from this process's memory.
    pub fn forget(&self, key_id: Uuid) {
        if let Ok(mut open) = self.open.lock() {
            open.keys.remove(&key_id);
            open.destroyed += 1;
        }
    }

    /// How often a key was destroyed, as far as this process knows: when it has moved, what was
    /// derived from keys and kept in memory is not to be used any more.
    #[must_use]
    pub fn destroyed(&self) -> u64 {
        self.open.lock().map(|open| open.destroyed).unwrap_or_default()
    }

    /// Asks the key table which of these keys were destroyed, by whichever process, and forgets
    /// those. Whoever reads a page of events asks first, so that no page opens what an earlier page
    /// could not.
    ///
    /// # Errors
    /// [`KeysError::Database`].
    pub async fn notice(&self, key_ids: impl IntoIterator<Item = Uuid>) -> Result<(), KeysError> {
        let kept: BTreeSet<Uuid> = match self.open.lock() {
            Ok(open) => key_ids.into_iter().filter(|id| open.keys.contains_key(id)).collect(),
            Err(_) => return Ok(()),
        };
        let kept: Vec<Uuid> = kept.into_iter().collect();
        for chunk in kept.chunks(MOST_ASKED) {
            let places: Vec<String> = (1..=chunk.len()).map(|place| format!("${place}")).collect();
            let text = format!(
                "SELECT key_id FROM data_key WHERE destroyed_at IS NOT NULL AND key_id IN ({})",
                places.join(", ")
            );
            let values = chunk.iter().map(|id| Value::Text(id.to_string())).collect();
            for row in self.database.query(sql(text, values)).await? {
                if let Some(Value::Text(id)) = row.first()
                    && let Ok(id) = Uuid::parse_str(id)
                {
                    self.forget(id);
                }
            }
        }
        Ok(())
    }

    /// Wraps the next data keys after an identifier under the current root key, where they are not yet;
    /// answers with the last one looked at and how many were wrapped anew. None is left behind when it
    /// answers with none looked at. A key that is destroyed meanwhile stays destroyed.
    ///
    /// # Errors
    /// [`KeysError`]; what was done stays done, and a second run goes on.
    pub async fn rewrap_after(
        &self,
        after: Option<Uuid>,
    ) -> Result<(Option<Uuid>, u64), KeysError> {
        let find = sql(
            "SELECT key_id, wrapped FROM data_key WHERE wrapped IS NOT NULL AND key_id > $1
             ORDER BY key_id LIMIT $2",
            vec![
                Value::Text(after.map(|id| id.to_string()).unwrap_or_default()),
                Value::Integer(REWRAPPED_AT_ONCE),
            ],
        );
        let (mut last, mut statements) = (None, Vec::new());
        for row in self.database.query(find).await? {
            let mut row = RowReader::new(row);
            let key_id: Uuid = row.parsed()?;
            let wrapped = row.bytes()?;
            last = Some(key_id);
            let told = |error| match error {
                ProviderError::DoesNotOpen => KeysError::WrongRoot(key_id),
                ProviderError::Away => KeysError::Away,
            };
            if self.provider.is_current(key_id, &wrapped).map_err(told)? {
                continue;
            }
            let plain = self.provider.unwrap(key_id, &wrapped).map_err(told)?;
            let anew = self.provider.wrap(key_id, &plain).map_err(told)?;
            let values =
                vec![Value::Bytes(anew), Value::Text(key_id.to_string()), Value::Bytes(wrapped)];
            let update = "UPDATE data_key SET wrapped = $1 WHERE key_id = $2 AND wrapped = $3";
            statements.push(sql(update, values));
        }
        let anew = statements.len() as u64;
        if anew > 0 {
            self.database.transaction(statements).await?;
        }
        Ok((last, anew))
    }

    async fn key_of(&self, owner: &str) -> Result<Option<(Uuid, Arc<DataKey>)>, KeysError> {
        let known = self.owners.lock().ok().and_then(|owners| owners.get(owner).copied());
        let key_id = match known {
            Some(key_id) => key_id,
            None => match self.find(owner).await? {
                Some(key_id) => key_id,
                None => self.make(owner).await?,
            },
        };
        if let Ok(mut owners) = self.owners.lock() {
            if owners.len() >= MOST_OPEN_KEYS {
                owners.clear();
            }
            owners.insert(owner.to_owned(), key_id);
        }
        Ok(self.key(key_id).await?.map(|key| (key_id, key)))
    }

    async fn find(&self, owner: &str) -> Result<Option<Uuid>, KeysError> {
        let find = sql(
            "SELECT key_id FROM data_key WHERE owner = $1",
            vec![Value::Text(owner.to_owned())],
        );
        let rows = self.database.query(find).await?;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Text(text)) => Uuid::parse_str(text).ok(),
            _ => None,
        })
    }

    async fn make(&self, owner: &str) -> Result<Uuid, KeysError> {
        let key_id = self.chance.uuid().map_err(|_| KeysError::NotMade)?;
        let bytes = Zeroizing::new(self.chance.bytes().map_err(|_| KeysError::NotMade)?);
        let wrapped = self.provider.wrap(key_id, &bytes).map_err(|error| match error {
            ProviderError::DoesNotOpen => KeysError::NotMade,
            ProviderError::Away => KeysError::Away,
        })?;
        let insert = sql(
            "INSERT INTO data_key (key_id, owner, wrapped, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (owner) DO NOTHING",
            vec![
                Value::Text(key_id.to_string()),
                Value::Text(owner.to_owned()),
                Value::Bytes(wrapped),
                Value::Integer(self.clock.micros()),
            ],
        );
        let added = self.database.execute(insert).await?;
        if added == 1 {
            return Ok(key_id);
        }
        // Somebody else was first: theirs counts.
        self.find(owner).await?.ok_or(KeysError::NotMade)
    }

    fn remember(&self, key_id: Uuid, key: &Arc<DataKey>, read_at: i64, destroyed: u64) {
        if let Ok(mut open) = self.open.lock() {
            // A key may have been destroyed since it was read.
            if open.destroyed != destroyed {
                return;
            }
            if open.keys.len() >= MOST_OPEN_KEYS {
                open.keys.clear();
            }
            open.keys.insert(key_id, (Arc::clone(key), read_at));
        }
    }
}

#[cfg(test)]
mod tests;
