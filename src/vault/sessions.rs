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
    /// The person who signed in.
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use chrono::{DateTime, TimeDelta, Utc};
    use projections::database::Durability;

    use super::*;

    /// A table of sessions on a clock that stands still until it is moved.
    struct Bench {
        sessions: Sessions,
        start: DateTime<Utc>,
        now: Arc<Mutex<DateTime<Utc>>>,
        folder: PathBuf,
    }

    impl Bench {
        async fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("opl-session-{}", Uuid::now_v7()));
            std::fs::create_dir(&folder).expect("a folder");
            let database = Database::sqlite(&folder.join("vault.db"), Durability::Full);
            let database = database.expect("a database");
            crate::vault::prepare(&database).await.expect("a vault");
            let start: DateTime<Utc> = "2026-12-01T08:00:00Z".parse().expect("a time");
            let (clock, now) = Clock::held(start);
            Self { sessions: Sessions::new(database, Chance::real(), clock), start, now, folder }
        }

        /// The session of a token so many seconds after the start.
        async fn at(&self, seconds: i64, token: &Secret) -> Option<Session> {
            *self.now.lock().expect("a clock") = self.start + TimeDelta::seconds(seconds);
            self.sessions.find(token).await.expect("a table")
        }
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    #[tokio::test]
    async fn a_session_gets_another_token_every_hour_and_loses_the_former() {
        let bench = Bench::new().await;
        let (first, begun) = bench.sessions.begin(UserId(Uuid::from_u128(7))).await.expect("one");
        // A request every ten minutes: it is never idle.
        for minutes in (10..=60).step_by(10) {
            let session = bench.at(minutes * 60, &first).await.expect("it stands");
            assert!(!session.renew, "after {minutes} minutes");
        }
        // The request after the hour notes it; the next one's answer carries the token.
        assert!(!bench.at(3_640, &first).await.expect("it stands").renew);
        let session = bench.at(3_641, &first).await.expect("it stands");
        assert!(session.renew);
        let (second, renewed) = bench.sessions.renew(&session).await.expect("one").expect("first");
        assert_eq!((renewed.label, renewed.created_at), (begun.label.clone(), begun.created_at));
        // Of several requests at that moment one gets it.
        assert!(bench.sessions.renew(&session).await.expect("an answer").is_none());
        // What the browser had under way is still answered, and then the former token is nothing.
        assert!(bench.at(3_650, &first).await.is_some());
        assert_eq!(bench.at(3_652, &first).await, None);
        let session = bench.at(3_653, &second).await.expect("it stands");
        assert!(!session.renew);
        // The second lives an hour of its own.
        for seconds in (4_200..7_241).step_by(600) {
            assert!(!bench.at(seconds, &second).await.expect("it stands").renew, "{seconds}");
        }
        assert!(!bench.at(7_300, &second).await.expect("it stands").renew);
        assert!(bench.at(7_301, &second).await.expect("it stands").renew);
        // Its end ends both.
        bench.sessions.end(&session).await.expect("ended");
        assert_eq!(bench.at(7_302, &second).await, None);
    }

    #[tokio::test]
    async fn a_session_ends_when_it_is_idle_and_when_it_is_old_however_often_it_was_renewed() {
        let bench = Bench::new().await;
        let person = UserId(Uuid::from_u128(7));
        let (idle, _) = bench.sessions.begin(person).await.expect("one");
        let (mut token, _) = bench.sessions.begin(person).await.expect("another");
        assert!(bench.at(IDLE_SECONDS - 1, &idle).await.is_some());
        assert!(bench.at(IDLE_SECONDS - 1, &token).await.is_some());
        assert_eq!(bench.at(2 * IDLE_SECONDS - 1, &idle).await, None);
        let (mut seconds, mut renewals) = (2 * IDLE_SECONDS - 2, 0);
        while seconds < LONGEST_SECONDS {
            let session = bench.at(seconds, &token).await.expect("it stands");
            if session.renew {
                token = bench.sessions.renew(&session).await.expect("one").expect("first").0;
                renewals += 1;
            }
            seconds += 600;
        }
        assert!(renewals >= 9, "{renewals}");
        assert!(bench.at(LONGEST_SECONDS - 1, &token).await.is_some());
        assert_eq!(bench.at(LONGEST_SECONDS, &token).await, None);
    }
}
