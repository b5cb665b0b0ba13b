//! Passwords: Argon2id (RFC 9106) with the floor OWASP names, sealed at rest, found by a keyed
//! fingerprint of the address. Known and unknown addresses cost the same time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use projections::database::{Database, DatabaseError, Value, sql};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use super::crypto::{DataKey, hex};
use super::hashing::{Cost, HASH_BYTES, Hashing, SALT_BYTES};
use super::keys::Keys;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// Most characters of a password.
pub const LONGEST_PASSWORD: usize = 256;
/// What a hash costs (OWASP Password Storage: 19 MiB with two passes).
const COST: Cost = Cost { memory_kib: 19_456, passes: 2 };
/// Wrong passwords in a row before an address has to wait.
const FREE_FAILURES: i64 = 5;
/// First wait, in seconds; it doubles with every further failure.
const FIRST_WAIT_SECONDS: i64 = 15;
/// Longest wait, in seconds.
const LONGEST_WAIT_SECONDS: i64 = 15 * 60;
/// What the mark of a known browser is derived for.
const KNOWN_BROWSER: &str = "known-browser/1";

/// What a sign-in came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The password is right.
    Right(UserId),
    /// Address or password is wrong: which, is not said.
    Refused,
    /// Too many wrong passwords: not before this instant.
    Wait(DateTime<Utc>),
}

/// The table of passwords.
pub struct Credentials {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
    hashing: Hashing,
}

/// A stored password: salt and hash, and the cost they were made with.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    memory_kib: u32,
    passes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

struct Found {
    user_id: UserId,
    stored: Stored,
    failures: i64,
    retry_at: i64,
}

impl Credentials {
    /// Passwords kept in this database under the platform's key.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock, hashing: Hashing::default() }
    }

    /// Stores a password for an address; false if the address has one already.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn add(
        &self,
        email: &str,
        password: &Secret,
        user_id: UserId,
    ) -> Result<bool, VaultError> {
        let (_, key) = self.keys.platform().await?;
        let salt = self.chance.bytes()?;
        let hash = self.hashing.hash(password, COST, salt).await?;
        let stored = Stored { memory_kib: COST.memory_kib, passes: COST.passes, salt, hash };
        let fingerprint = fingerprint(&key, email);
        let plain = Zeroizing::new(serde_json::to_vec(&stored).map_err(|_| VaultError::Sealed)?);
        let sealed = key.seal(&self.chance, &place(&fingerprint, user_id), &plain);
        let insert = sql(
            "INSERT INTO credential (email_fingerprint, user_id, password_sealed, failures, retry_at) \
             VALUES ($1, $2, $3, 0, 0)",
            vec![
                Value::Text(fingerprint),
                Value::Text(user_id.to_string()),
                Value::Bytes(sealed.map_err(|_| VaultError::Sealed)?),
            ],
        );
        match self.database.execute(insert).await {
            Ok(_) => Ok(true),
            Err(DatabaseError::Unique) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Who has an address, for an operator who was given it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn person_of(&self, email: &str) -> Result<Option<UserId>, VaultError> {
        let (_, key) = self.keys.platform().await?;
        let found = self.find(&key, &fingerprint(&key, email)).await?;
        Ok(found.map(|found| found.user_id))
    }

    /// What a browser shows later, so that this person is known to have signed in from it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn mark_of(&self, user_id: UserId) -> Result<Secret, VaultError> {
        let (_, key) = self.keys.platform().await?;
        Ok(Secret::new(hex(&key.fingerprint(KNOWN_BROWSER, user_id.0.as_bytes()))))
    }

    /// Whether somebody with this address signed in from a browser that shows this mark.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn knows(&self, email: &str, mark: &Secret) -> Result<bool, VaultError> {
        let Some(user_id) = self.person_of(email).await? else { return Ok(false) };
        let right = self.mark_of(user_id).await?;
        let (right, shown) = (right.expose().as_bytes(), mark.expose().as_bytes());
        Ok(bool::from(subtle::ConstantTimeEq::ct_eq(right, shown)))
    }

    /// Forgets an address, when signing up could not be finished.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn forget(&self, email: &str) -> Result<(), VaultError> {
        let (_, key) = self.keys.platform().await?;
        let forget = sql(
            "DELETE FROM credential WHERE email_fingerprint = $1",
            vec![Value::Text(fingerprint(&key, email))],
        );
        self.database.execute(forget).await?;
        Ok(())
    }

    /// Checks a password. Each address has a growing wait after several wrong ones.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn check(&self, email: &str, password: &Secret) -> Result<SignIn, VaultError> {
        let (_, key) = self.keys.platform().await?;
        let fingerprint = fingerprint(&key, email);
        let found = self.find(&key, &fingerprint).await?;
        let now = self.clock.micros();
        if let Some(found) = found.as_ref().filter(|found| found.retry_at > now) {
            let until = DateTime::from_timestamp_micros(found.retry_at).unwrap_or_default();
            return Ok(SignIn::Wait(until));
        }
        let Some(found) = found else {
            // The same work as for a known address.
            self.hashing.hash(password, COST, [0; SALT_BYTES]).await?;
            return Ok(SignIn::Refused);
        };
        let Stored { memory_kib, passes, salt, hash } = found.stored;
        let cost = Cost { memory_kib, passes };
        let given = self.hashing.hash(password, cost, salt).await?;
        let right = bool::from(subtle::ConstantTimeEq::ct_eq(&given[..], &hash[..]));
        let failures = if right { 0 } else { found.failures + 1 };
        let wait = match failures - FREE_FAILURES {
            beyond if beyond >= 0 => {
                FIRST_WAIT_SECONDS.saturating_mul(1_i64 << beyond.min(10)).min(LONGEST_WAIT_SECONDS)
            }
            _ => 0,
        };
        let count = sql(
            "UPDATE credential SET failures = $1, retry_at = $2 WHERE email_fingerprint = $3",
            vec![
                Value::Integer(failures),
                Value::Integer(if wait > 0 { now + wait * 1_000_000 } else { 0 }),
                Value::Text(fingerprint),
            ],
        );
        if failures != found.failures {
            self.database.execute(count).await?;
        }
        Ok(if right { SignIn::Right(found.user_id) } else { SignIn::Refused })
    }

    async fn find(&self, key: &DataKey, fingerprint: &str) -> Result<Option<Found>, VaultError> {
        let find = sql(
            "SELECT user_id, password_sealed, failures, retry_at FROM credential \
             WHERE email_fingerprint = $1",
            vec![Value::Text(fingerprint.to_owned())],
        );
        let rows = self.database.query(find).await?;
        let Some(
            [
                Value::Text(user_id),
                Value::Bytes(sealed),
                Value::Integer(failures),
                Value::Integer(retry_at),
            ],
        ) = rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        let user_id = UserId(Uuid::parse_str(user_id).map_err(|_| VaultError::Sealed)?);
        let plain =
            key.open(&place(fingerprint, user_id), sealed).map_err(|_| VaultError::Sealed)?;
        let stored = serde_json::from_slice(&plain).map_err(|_| VaultError::Sealed)?;
        Ok(Some(Found { user_id, stored, failures: *failures, retry_at: *retry_at }))
    }
}

fn fingerprint(key: &DataKey, email: &str) -> String {
    hex(&key.fingerprint("email", email.as_bytes()))
}

fn place(fingerprint: &str, user_id: UserId) -> Vec<u8> {
    [b"credential/1\0".as_slice(), user_id.0.as_bytes(), fingerprint.as_bytes()].concat()
}
