//! Envelope encryption: a root key from a provider wraps one data key a person, and one for this
//! platform's own secrets. Destroying a person's data key erases what is sealed under it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use domain::id::UserId;
use projections::database::{Database, DatabaseError, Statement, Value, sql};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::crypto::{DataKey, DoesNotOpen, KEY_BYTES};
use crate::world::{Chance, Clock};

/// Unwrapped keys kept in memory.
const MOST_OPEN_KEYS: usize = 10_000;
/// How long an unwrapped key is taken from memory before the key table is asked again, in
/// microseconds: the longest that another process can go on with a key that was destroyed.
const LONGEST_OPEN_MICROS: i64 = 30 * 1_000_000;
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
    /// No random bytes, or the cipher refused.
    #[error("a new key could not be made")]
    NotMade,
}

/// Why a root key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file can be read by others.
    #[error("{0} can be read by others: allow only its owner (mode 0600)")]
    TooOpen(PathBuf),
    /// The file is no key.
    #[error("{0} does not hold a root key of {KEY_BYTES} bytes")]
    NotAKey(PathBuf),
    /// The file cannot be read or made.
    #[error("{path} cannot be read or made: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The variable is not a key in hexadecimal digits.
    #[error("{0} does not hold a root key as 64 hexadecimal digits")]
    Environment(String),
    /// No random bytes, or the cipher refused.
    #[error("a root key could not be made")]
    NotMade,
}

/// Where the root key is. Others (PKCS#11, a key service) come behind the same trait.
pub trait KeyProvider: Send + Sync {
    /// Wraps a data key for its identifier.
    ///
    /// # Errors
    /// [`DoesNotOpen`] if the provider refuses.
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, DoesNotOpen>;

    /// Unwraps it.
    ///
    /// # Errors
    /// [`DoesNotOpen`] if it was wrapped under another root key or for another identifier.
    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, DoesNotOpen>;
}

/// A root key held in this process's memory.
pub struct HeldRootKey {
    key: DataKey,
    chance: Chance,
}

impl HeldRootKey {
    /// Reads the key file, making it with mode 0600 if it is not there.
    ///
    /// # Errors
    /// [`RootKeyError`]; a file that others can read is refused.
    pub fn from_file(path: &Path, chance: Chance) -> Result<Self, RootKeyError> {
        use std::io::Read as _;
        use std::os::unix::fs::PermissionsExt as _;
        let file_error = |cause| RootKeyError::File { path: path.to_owned(), cause };
        if !path.try_exists().map_err(file_error)? {
            make_root_key(path, &chance)?;
        }
        let mut file = std::fs::File::open(path).map_err(file_error)?;
        let mode = file.metadata().map_err(file_error)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(RootKeyError::TooOpen(path.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes).map_err(file_error)?;
        let bytes = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
        let bytes = Zeroizing::new(bytes.map_err(|_| RootKeyError::NotAKey(path.to_owned()))?);
        Ok(Self { key: DataKey::new(bytes).map_err(|_| RootKeyError::NotMade)?, chance })
    }

    /// Reads the key from an environment variable: for development, since other processes of the
    /// same user can read it.
    ///
    /// # Errors
    /// [`RootKeyError::Environment`].
    pub fn from_environment(variable: &str, chance: Chance) -> Result<Self, RootKeyError> {
        let wrong = || RootKeyError::Environment(variable.to_owned());
        let text = Zeroizing::new(std::env::var(variable).map_err(|_| wrong())?);
        if text.len() != KEY_BYTES * 2 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self { key: DataKey::new(bytes).map_err(|_| RootKeyError::NotMade)?, chance })
    }
}

/// Makes a root key whole or not at all: whoever is killed meanwhile leaves no half of one under its
/// name, and of several processes the first one's counts.
fn make_root_key(path: &Path, chance: &Chance) -> Result<(), RootKeyError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let bytes: Zeroizing<[u8; KEY_BYTES]> =
        Zeroizing::new(chance.bytes().map_err(|_| RootKeyError::NotMade)?);
    let lot = chance.uuid().map_err(|_| RootKeyError::NotMade)?;
    let new = path.with_extension(format!("{lot}.new"));
    let make = || {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&*bytes).and_then(|()| file.sync_all())?;
        match std::fs::hard_link(&new, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            linked => linked?,
        }
        std::fs::remove_file(&new)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    };
    make().map_err(|cause| RootKeyError::File { path: path.to_owned(), cause })
}

impl KeyProvider for HeldRootKey {
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, DoesNotOpen> {
        self.key.seal(&self.chance, &wrapping_place(key_id), key)
    }

    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, DoesNotOpen> {
        let plain = self.key.open(&wrapping_place(key_id), wrapped)?;
        Ok(Zeroizing::new(plain.as_slice().try_into().map_err(|_| DoesNotOpen)?))
    }
}

fn wrapping_place(key_id: Uuid) -> Vec<u8> {
    [b"data-key/1\0".as_slice(), key_id.as_bytes()].concat()
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
        let bytes =
            self.provider.unwrap(key_id, wrapped).map_err(|_| KeysError::WrongRoot(key_id))?;
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
        let wrapped = self.provider.wrap(key_id, &bytes).map_err(|_| KeysError::NotMade)?;
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
