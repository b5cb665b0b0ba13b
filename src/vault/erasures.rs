//! Erasures of people: what was asked for, how far each is, and the deletion of what the vault holds
//! of the person. A row stays, so that an erasure that died is taken up again.

use std::sync::Arc;

use domain::erasure::{ErasureReason, RequestedBy};
use domain::id::UserId;
use projections::database::{Database, Row, RowReader, Statement, Value, sql};
use uuid::Uuid;

use super::VaultError;
use super::keys::Keys;
use crate::world::Clock;

/// Tables that hold something of a person.
const TABLES_OF_PEOPLE: [&str; 11] = [
    "data_key",
    "secret",
    "credential",
    "session",
    "pending_authorization",
    "calendar_feed",
    "passkey",
    "one_time_code",
    "recovery_code",
    "sign_in_ticket",
    "program_token",
];

/// An erasure and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose.
    pub user_id: UserId,
    /// Their data key.
    pub key_id: Uuid,
    /// Who asked.
    pub requested_by: RequestedBy,
    /// Why.
    pub reason: ErasureReason,
    /// What there was when it began; set once nobody can sign in any more.
    pub counted: Option<Counted>,
    /// How many banks could not be told; set once every consent has ended.
    pub banks_not_told: Option<u32>,
    /// When the key was destroyed, in microseconds since 1970-01-01T00:00:00Z.
    pub destroyed_at: Option<i64>,
    /// Whether the vault's files were written anew after that.
    pub cleared: bool,
    /// Whether nothing is left to be done.
    pub finished: bool,
}

/// What there was of a person when their erasure began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Consents that stood or waited.
    pub consents: u32,
    /// Secrets, passwords and authorizations under way.
    pub secrets: u32,
    /// Sessions that were ended.
    pub sessions: u32,
}

/// The table of erasures.
pub struct Erasures {
    database: Database,
    keys: Arc<Keys>,
    clock: Clock,
}

const SELECT: &str = "SELECT user_id, key_id, requested_by, reason, consents_ended, \
    secrets_deleted, sessions_ended, banks_not_told, destroyed_at, cleared_at, finished_at \
    FROM erasure";

impl Erasures {
    /// Erasures in this vault.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, clock: Clock) -> Self {
        Self { database, keys, clock }
    }

    /// Notes that an erasure is asked for; one that was asked for before stays as it was.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn ask(
        &self,
        user_id: UserId,
        key_id: Uuid,
        requested_by: RequestedBy,
        reason: &ErasureReason,
    ) -> Result<(), VaultError> {
        let insert = "INSERT INTO erasure (user_id, key_id, requested_by, reason, requested_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO NOTHING";
        let values = vec![
            Value::Text(user_id.to_string()),
            Value::Text(key_id.to_string()),
            Value::Text(requested_by.word().to_owned()),
            Value::Text(reason.code().to_owned()),
            Value::Integer(self.clock.micros()),
        ];
        self.database.execute(sql(insert, values)).await?;
        Ok(())
    }

    /// The erasure of a person, if one was asked for.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn of(&self, user_id: UserId) -> Result<Option<Erasure>, VaultError> {
        let find = sql(format!("{SELECT} WHERE user_id = $1"), vec![user(user_id)]);
        self.database.query(find).await?.into_iter().map(read).next().transpose()
    }

    /// People whose erasure has not come to its end; the oldest come first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn unfinished(&self, most: u32) -> Result<Vec<UserId>, VaultError> {
        let find = "SELECT user_id FROM erasure WHERE finished_at IS NULL \
             ORDER BY requested_at, user_id LIMIT $1";
        let rows = self.database.query(sql(find, vec![Value::Integer(i64::from(most))])).await?;
        rows.into_iter().map(|row| Ok(RowReader::new(row).parsed()?)).collect()
    }

    /// Ends the person's sessions, forgets their password and what is under way at banks, and keeps
    /// how much there was.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn close_door(&self, erasure: &Erasure, consents: u32) -> Result<(), VaultError> {
        let (person, key) = (user(erasure.user_id), Value::Text(erasure.key_id.to_string()));
        let secrets = self.count("secret WHERE key_id", key).await?
            + self.count("credential WHERE user_id", person.clone()).await?
            + self.count("pending_authorization WHERE user_id", person.clone()).await?;
        let sessions = self.count("session WHERE user_id", person.clone()).await?;
        let keep = sql(
            "UPDATE erasure SET consents_ended = $1, secrets_deleted = $2, sessions_ended = $3 \
             WHERE user_id = $4 AND consents_ended IS NULL",
            vec![
                Value::Integer(i64::from(consents)),
                Value::Integer(secrets),
                Value::Integer(sessions),
                person,
            ],
        );
        let mut statements = vec![keep];
        statements.extend(door(erasure.user_id));
        self.database.transaction(statements).await?;
        Ok(())
    }

    async fn count(&self, condition: &str, value: Value) -> Result<i64, VaultError> {
        let count = format!("SELECT COUNT(*) FROM {condition} = $1");
        let rows = self.database.query(sql(count, vec![value])).await?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(count)) => Ok(*count),
            _ => Err(VaultError::Sealed),
        }
    }

    /// Notes that every consent has ended.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn consents_ended(
        &self,
        erasure: &Erasure,
        banks_not_told: u32,
    ) -> Result<(), VaultError> {
        self.set("banks_not_told", i64::from(banks_not_told), erasure.user_id).await
    }

    /// Destroys the person's key and everything the vault still holds of them, at once.
    ///
    /// # Errors
    /// [`VaultError::Database`]; nothing is destroyed then.
    pub async fn destroy(&self, erasure: &Erasure) -> Result<(), VaultError> {
        let now = self.clock.micros();
        let mut statements = vec![
            Keys::destroying(erasure.key_id, now).expecting(1),
            sql(
                "DELETE FROM secret WHERE key_id = $1",
                vec![Value::Text(erasure.key_id.to_string())],
            ),
        ];
        statements.extend(door(erasure.user_id));
        statements.push(sql(
            "UPDATE erasure SET destroyed_at = \
             (SELECT destroyed_at FROM data_key WHERE key_id = $1) WHERE user_id = $2",
            vec![Value::Text(erasure.key_id.to_string()), user(erasure.user_id)],
        ));
        self.database.transaction(statements).await?;
        self.keys.forget(erasure.key_id);
        Ok(())
    }

    /// Writes the vault anew, so that neither free space nor the write-ahead log keeps the key.
    ///
    /// # Errors
    /// [`VaultError::Database`] if it cannot be done now.
    pub async fn clear(&self, erasure: &Erasure) -> Result<(), VaultError> {
        self.database.scrub(&TABLES_OF_PEOPLE).await?;
        self.set("cleared_at", self.clock.micros(), erasure.user_id).await
    }

    /// Notes that nothing is left to be done.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn finish(&self, erasure: &Erasure) -> Result<(), VaultError> {
        self.set("finished_at", self.clock.micros(), erasure.user_id).await
    }

    /// Sets a column once.
    async fn set(&self, column: &str, value: i64, user_id: UserId) -> Result<(), VaultError> {
        let text =
            format!("UPDATE erasure SET {column} = $1 WHERE user_id = $2 AND {column} IS NULL");
        self.database.execute(sql(text, vec![Value::Integer(value), user(user_id)])).await?;
        Ok(())
    }
}

fn user(user_id: UserId) -> Value {
    Value::Text(user_id.to_string())
}

/// What a person comes in by.
fn door(user_id: UserId) -> impl Iterator<Item = Statement> {
    TABLES_OF_PEOPLE[2..].iter().map(move |table| {
        sql(format!("DELETE FROM {table} WHERE user_id = $1"), vec![user(user_id)])
    })
}

fn read(row: Row) -> Result<Erasure, VaultError> {
    let mut row = RowReader::new(row);
    let small = |count: Option<i64>| count.and_then(|count| u32::try_from(count).ok());
    let (user_id, key_id) = (row.parsed()?, row.parsed()?);
    let requested_by = RequestedBy::of_word(&row.text()?).ok_or(VaultError::Sealed)?;
    let reason = row.text()?.parse().map_err(|_| VaultError::Sealed)?;
    let counts = [row.optional_integer()?, row.optional_integer()?, row.optional_integer()?];
    let counted = match counts.map(small) {
        [Some(consents), Some(secrets), Some(sessions)] => {
            Some(Counted { consents, secrets, sessions })
        }
        _ => None,
    };
    Ok(Erasure {
        user_id,
        key_id,
        requested_by,
        reason,
        counted,
        banks_not_told: small(row.optional_integer()?),
        destroyed_at: row.optional_integer()?,
        cleared: row.optional_integer()?.is_some(),
        finished: row.optional_integer()?.is_some(),
    })
}
