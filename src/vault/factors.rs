//! One-time codes and recovery codes. Each code counts once, also when it is sent twice at the same
//! time, and guessing is counted before a guess is looked at.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use projections::database::{Database, Statement, Value, sql};

use super::VaultError;
use super::crypto::{DataKey, hex};
use super::keys::Keys;
use crate::totp;
use crate::world::{Chance, Clock};

/// Recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code.
const RECOVERY_BYTES: usize = 10;
/// Guesses that are looked at before a person has to wait.
const FREE_GUESSES: i64 = 5;
/// How long they wait then, in seconds.
const WAIT_SECONDS: i64 = 15 * 60;

/// What a code came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right, and is used up by this.
    Right,
    /// It is wrong, was used, or none is asked for.
    Wrong,
    /// Too many guesses: not before this instant.
    Wait(DateTime<Utc>),
}

/// The tables of codes.
pub struct Factors {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
}

struct Found {
    secret: Vec<u8>,
    confirmed: bool,
}

impl Factors {
    /// Codes kept in this database under the platform's key.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock }
    }

    /// Whether a person signs in with a code besides the password.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn asked_for(&self, user_id: UserId) -> Result<bool, VaultError> {
        let find = sql(
            "SELECT confirmed FROM one_time_code WHERE user_id = $1 AND confirmed = 1",
            vec![Value::Text(user_id.to_string())],
        );
        Ok(!self.database.query(find).await?.is_empty())
    }

    /// Begins: a new secret, which counts once a code of it was given. A confirmed one stays.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn begin(
        &self,
        user_id: UserId,
    ) -> Result<Option<[u8; totp::SECRET_BYTES]>, VaultError> {
        let secret: [u8; totp::SECRET_BYTES] = self.chance.bytes()?;
        let (_, key) = self.keys.platform().await?;
        let sealed = key.seal(&self.chance, &place(user_id), &secret);
        let sealed = sealed.map_err(|_| VaultError::Sealed)?;
        let put = sql(
            "INSERT INTO one_time_code (user_id, sealed, confirmed, last_step, failures, retry_at)
             VALUES ($1, $2, 0, 0, 0, 0) ON CONFLICT (user_id) DO UPDATE SET
             sealed = excluded.sealed, last_step = 0 WHERE one_time_code.confirmed = 0",
            vec![Value::Text(user_id.to_string()), Value::Bytes(sealed)],
        );
        Ok((self.database.execute(put).await? == 1).then_some(secret))
    }

    /// Confirms with the first code, and gives recovery codes; they are shown this once.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn confirm(
        &self,
        user_id: UserId,
        code: &str,
    ) -> Result<Result<Vec<String>, Checked>, VaultError> {
        match self.check_code(user_id, code, false).await? {
            Checked::Right => {}
            other => return Ok(Err(other)),
        }
        let (_, key) = self.keys.platform().await?;
        let user = || Value::Text(user_id.to_string());
        let mut statements = vec![
            sql("UPDATE one_time_code SET confirmed = 1 WHERE user_id = $1", vec![user()]),
            sql("DELETE FROM recovery_code WHERE user_id = $1", vec![user()]),
        ];
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for bytes in self.chance.draws::<RECOVERY_BYTES>(RECOVERY_CODES)? {
            let code = totp::base32(&bytes);
            statements.push(sql(
                "INSERT INTO recovery_code (code_digest, user_id) VALUES ($1, $2)",
                vec![Value::Text(digest(&key, user_id, &code)), user()],
            ));
            codes.push(shown(&code));
        }
        self.database.transaction(statements).await?;
        Ok(Ok(codes))
    }

    /// Checks a one-time code or a recovery code of somebody who signs in with one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn check(&self, user_id: UserId, code: &str) -> Result<Checked, VaultError> {
        if code.trim().len() == 6 {
            return self.check_code(user_id, code, true).await;
        }
        if let Some(wait) = self.take_turn(user_id).await? {
            return Ok(wait);
        }
        let (_, key) = self.keys.platform().await?;
        let plain: String = code
            .chars()
            .filter(|c| c.is_ascii_alphanumeric())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let used = sql(
            "UPDATE recovery_code SET used_at = $1 WHERE code_digest = $2 AND user_id = $3
             AND used_at IS NULL",
            vec![
                Value::Integer(self.clock.micros()),
                Value::Text(digest(&key, user_id, &plain)),
                Value::Text(user_id.to_string()),
            ],
        );
        if self.database.execute(used).await? != 1 {
            return Ok(Checked::Wrong);
        }
        self.database.execute(cleared(user_id)).await?;
        Ok(Checked::Right)
    }

    /// Takes the codes away.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove(&self, user_id: UserId) -> Result<(), VaultError> {
        let user = || vec![Value::Text(user_id.to_string())];
        let statements = vec![
            sql("DELETE FROM one_time_code WHERE user_id = $1", user()),
            sql("DELETE FROM recovery_code WHERE user_id = $1", user()),
        ];
        self.database.transaction(statements).await?;
        Ok(())
    }

    async fn check_code(
        &self,
        user_id: UserId,
        code: &str,
        confirmed: bool,
    ) -> Result<Checked, VaultError> {
        if let Some(wait) = self.take_turn(user_id).await? {
            return Ok(wait);
        }
        let Some(found) = self.find(user_id).await? else { return Ok(Checked::Wrong) };
        if found.confirmed != confirmed {
            return Ok(Checked::Wrong);
        }
        let now = self.clock.now().timestamp();
        let Some(step) = totp::step_of(&found.secret, code, now) else { return Ok(Checked::Wrong) };
        // A step is used once: whoever comes second, at the same time even, changes no row.
        let used = sql(
            "UPDATE one_time_code SET last_step = $1, failures = 0, retry_at = 0
             WHERE user_id = $2 AND last_step < $1",
            vec![Value::Integer(step), Value::Text(user_id.to_string())],
        );
        let first = self.database.execute(used).await? == 1;
        Ok(if first { Checked::Right } else { Checked::Wrong })
    }

    /// Counts a guess before it is looked at; an answer if the person has to wait.
    async fn take_turn(&self, user_id: UserId) -> Result<Option<Checked>, VaultError> {
        let now = self.clock.micros();
        let turn = sql(
            "UPDATE one_time_code SET failures = failures + 1,
             retry_at = CASE WHEN failures + 1 >= $1 THEN $2 ELSE 0 END
             WHERE user_id = $3 AND retry_at <= $4",
            vec![
                Value::Integer(FREE_GUESSES),
                Value::Integer(now + WAIT_SECONDS * 1_000_000),
                Value::Text(user_id.to_string()),
                Value::Integer(now),
            ],
        );
        if self.database.execute(turn).await? == 1 {
            return Ok(None);
        }
        let find = sql(
            "SELECT retry_at FROM one_time_code WHERE user_id = $1",
            vec![Value::Text(user_id.to_string())],
        );
        Ok(Some(match self.database.query(find).await?.first().map(Vec::as_slice) {
            Some([Value::Integer(until)]) => {
                Checked::Wait(DateTime::from_timestamp_micros(*until).unwrap_or_default())
            }
            _ => Checked::Wrong,
        }))
    }

    async fn find(&self, user_id: UserId) -> Result<Option<Found>, VaultError> {
        let find = sql(
            "SELECT sealed, confirmed FROM one_time_code WHERE user_id = $1",
            vec![Value::Text(user_id.to_string())],
        );
        let rows = self.database.query(find).await?;
        let Some([Value::Bytes(sealed), Value::Integer(confirmed)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        let (_, key) = self.keys.platform().await?;
        let secret = key.open(&place(user_id), sealed).map_err(|_| VaultError::Sealed)?;
        Ok(Some(Found { secret: secret.to_vec(), confirmed: *confirmed == 1 }))
    }
}

fn cleared(user_id: UserId) -> Statement {
    sql(
        "UPDATE one_time_code SET failures = 0, retry_at = 0 WHERE user_id = $1",
        vec![Value::Text(user_id.to_string())],
    )
}

fn digest(key: &DataKey, user_id: UserId, code: &str) -> String {
    hex(&key.fingerprint("recovery", format!("{user_id}/{code}").as_bytes()))
}

fn place(user_id: UserId) -> Vec<u8> {
    [b"one-time-code/1\0".as_slice(), user_id.0.as_bytes()].concat()
}

/// A recovery code in groups of four.
fn shown(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}
