//! Sessions: the browser holds 256 random bits, the table only their digest.

use domain::id::UserId;
use projections::database::{Database, Row, Value, sql};
use uuid::Uuid;

use super::VaultError;
use super::crypto::sha256_hex;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// How long a session lasts without a request, in seconds.
pub const IDLE_SECONDS: i64 = 15 * 60;
/// How long a session lasts at most, in seconds.
pub const LONGEST_SECONDS: i64 = 12 * 60 * 60;
/// How much older than now the last sight may be before it is written again, in seconds.
const SEEN_STEP_SECONDS: i64 = 30;

/// A session that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user_id: UserId,
    /// A name for records that cannot be used to take it over.
    pub label: String,
    /// Digest of its token, to bind other records to it.
    pub digest: String,
    /// When it began, in microseconds.
    pub created_at: i64,
}

/// The table of sessions.
pub struct Sessions {
    database: Database,
    chance: Chance,
    clock: Clock,
}

impl Sessions {
    /// Sessions kept in this database.
    #[must_use]
    pub fn new(database: Database, chance: Chance, clock: Clock) -> Self {
        Self { database, chance, clock }
    }

    /// Begins a session: always with a new token, never one that came from outside.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn begin(&self, user_id: UserId) -> Result<(Secret, Session), VaultError> {
        let token = self.chance.token()?;
        let digest = sha256_hex(token.as_bytes());
        let label = self.chance.uuid()?.to_string();
        let now = self.clock.micros();
        let insert = sql(
            "INSERT INTO session (token_digest, user_id, label, created_at, seen_at, ends_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            vec![
                Value::Text(digest.clone()),
                Value::Text(user_id.to_string()),
                Value::Text(label.clone()),
                Value::Integer(now),
                Value::Integer(now),
                Value::Integer(now + LONGEST_SECONDS * 1_000_000),
            ],
        );
        let ended = sql("DELETE FROM session WHERE ends_at < $1", vec![Value::Integer(now)]);
        self.database.transaction(vec![ended, insert]).await?;
        Ok((Secret::new(token), Session { user_id, label, digest, created_at: now }))
    }

    /// The session of a token, if it stands.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn find(&self, token: &Secret) -> Result<Option<Session>, VaultError> {
        let digest = sha256_hex(token.expose().as_bytes());
        let now = self.clock.micros();
        let find = sql(
            "SELECT user_id, label, created_at, seen_at FROM session \
             WHERE token_digest = $1 AND ends_at > $2 AND seen_at > $3",
            vec![
                Value::Text(digest.clone()),
                Value::Integer(now),
                Value::Integer(now - IDLE_SECONDS * 1_000_000),
            ],
        );
        let rows = self.database.query(find).await?;
        let Some((session, seen_at)) = rows.first().and_then(|row| session(row, &digest)) else {
            return Ok(None);
        };
        if seen_at < now - SEEN_STEP_SECONDS * 1_000_000 {
            let seen = sql(
                "UPDATE session SET seen_at = $1 WHERE token_digest = $2",
                vec![Value::Integer(now), Value::Text(digest)],
            );
            // A sight that cannot be written, on a full disk for one, ends no session.
            if let Err(error) = self.database.execute(seen).await {
                tracing::warn!(cause = %error, "a session's last sight was not written");
            }
        }
        Ok(Some(session))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn end(&self, session: &Session) -> Result<(), VaultError> {
        let end = sql(
            "DELETE FROM session WHERE token_digest = $1",
            vec![Value::Text(session.digest.clone())],
        );
        self.database.execute(end).await?;
        Ok(())
    }
}

fn session(row: &Row, digest: &str) -> Option<(Session, i64)> {
    let [Value::Text(user_id), Value::Text(label), Value::Integer(created), Value::Integer(seen)] =
        row.as_slice()
    else {
        return None;
    };
    let session = Session {
        user_id: UserId(Uuid::parse_str(user_id).ok()?),
        label: label.clone(),
        digest: digest.to_owned(),
        created_at: *created,
    };
    Some((session, *seen))
}
