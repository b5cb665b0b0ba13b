//! Sessions: the browser holds 256 random bits, the table only their digest.

use domain::id::UserId;
use projections::database::{Database, DatabaseError, Row, Value, sql};
use uuid::Uuid;

use super::VaultError;
use super::crypto::sha256_hex;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// How long a session lasts without a request, in seconds.
pub const IDLE_SECONDS: i64 = 15 * 60;
/// How long a session lasts at most, in seconds.
pub const LONGEST_SECONDS: i64 = 12 * 60 * 60;
/// How long one token of a session is used, in seconds: after that the session gets another with its next
/// answer, so that a copy of one is soon worth nothing.
pub const TOKEN_SECONDS: i64 = 60 * 60;
/// How long the former token of a renewed session is still taken, in microseconds: for what the browser
/// had under way.
const FORMER_MICROS: i64 = 10 * 1_000_000;
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
    /// Whether it is to get a new token with the next answer, because what its person may do changed.
    pub renew: bool,
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
            "INSERT INTO session \
             (token_digest, user_id, label, created_at, seen_at, token_at, ends_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
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
        Ok((Secret::new(token), Session { user_id, label, digest, created_at: now, renew: false }))
    }

    /// The session of a token, if it stands.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn find(&self, token: &Secret) -> Result<Option<Session>, VaultError> {
        let digest = sha256_hex(token.expose().as_bytes());
        let now = self.clock.micros();
        let find = sql(
            "SELECT user_id, label, created_at, seen_at, renew FROM session \
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
            // The former token of a session that got another one is left to its end.
            let seen = sql(
                "UPDATE session SET seen_at = $1, \
                 renew = CASE WHEN token_at < $3 AND ends_at > $4 THEN 1 ELSE renew END \
                 WHERE token_digest = $2",
                vec![
                    Value::Integer(now),
                    Value::Text(digest),
                    Value::Integer(now - TOKEN_SECONDS * 1_000_000),
                    Value::Integer(now + FORMER_MICROS),
                ],
            );
            // A sight that cannot be written, on a full disk for one, ends no session.
            if let Err(error) = self.database.execute(seen).await {
                tracing::warn!(cause = %error, "a session's last sight was not written");
            }
        }
        Ok(Some(session))
    }

    /// Makes every session of a person get a new token with its next answer (OWASP Session Management,
    /// renewal after a privilege level change).
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn renew_all(&self, user_id: UserId) -> Result<(), VaultError> {
        let renew = "UPDATE session SET renew = 1 WHERE user_id = $1";
        self.database.execute(sql(renew, vec![Value::Text(user_id.to_string())])).await?;
        Ok(())
    }

    /// Gives a session its new token, and with it what waits for it to come back from a bank; none if
    /// another request was first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn renew(&self, session: &Session) -> Result<Option<(Secret, Session)>, VaultError> {
        let token = self.chance.token()?;
        let digest = sha256_hex(token.as_bytes());
        let now = self.clock.micros();
        let (former, text) = (Value::Text(session.digest.clone()), Value::Text(digest.clone()));
        let copy = sql(
            "INSERT INTO session \
             (token_digest, user_id, label, created_at, seen_at, token_at, ends_at) \
             SELECT $1, user_id, label, created_at, $2, $2, ends_at FROM session \
             WHERE token_digest = $3 AND renew = 1",
            vec![text.clone(), Value::Integer(now), former.clone()],
        );
        let end = sql(
            "UPDATE session SET renew = 0, ends_at = $1 WHERE token_digest = $2 AND renew = 1",
            vec![Value::Integer(now + FORMER_MICROS), former.clone()],
        );
        let pending = sql(
            "UPDATE pending_authorization SET session_digest = $1 WHERE session_digest = $2",
            vec![text, former],
        );
        match self.database.transaction(vec![copy.expecting(1), end.expecting(1), pending]).await {
            Ok(_) => {}
            Err(DatabaseError::Guard { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        Ok(Some((Secret::new(token), Session { digest, renew: false, ..session.clone() })))
    }

    /// Ends a session, with the former token of one that was renewed.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn end(&self, session: &Session) -> Result<(), VaultError> {
        let end = sql(
            "DELETE FROM session WHERE token_digest = $1 OR label = $2",
            vec![Value::Text(session.digest.clone()), Value::Text(session.label.clone())],
        );
        self.database.execute(end).await?;
        Ok(())
    }
}

fn session(row: &Row, digest: &str) -> Option<(Session, i64)> {
    let [
        Value::Text(user_id),
        Value::Text(label),
        Value::Integer(created),
        Value::Integer(seen),
        Value::Integer(renew),
    ] = row.as_slice()
    else {
        return None;
    };
    let session = Session {
        user_id: UserId(Uuid::parse_str(user_id).ok()?),
        label: label.clone(),
        digest: digest.to_owned(),
        created_at: *created,
        renew: *renew != 0,
    };
    Some((session, *seen))
}
