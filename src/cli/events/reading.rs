//! Log and vault, opened to be read and nothing else.

use std::path::Path;
use std::sync::Arc;

use domain::id::UserId;
use projections::database::{Database, Value, sql};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

use super::{Stopped, time_text};
use crate::app::{self, Options, RootKey};
use crate::cli::Failure;
use crate::ledger::store::{EventLog, PostgresLog, SqliteLog};
use crate::vault::keys::Keys;

/// Connections to PostgreSQL.
const MOST_CONNECTIONS: u32 = 3;

/// Log and vault of a service that may be running.
pub(in crate::cli) struct Reading {
    pub(in crate::cli) log: Arc<dyn EventLog>,
    vault: Database,
    options: Options,
}

/// The key of a person.
pub(in crate::cli) struct PersonKey {
    pub(in crate::cli) key_id: Uuid,
    /// When it was destroyed, if it was.
    pub(in crate::cli) destroyed: Option<String>,
}

impl Reading {
    pub(in crate::cli) async fn open(options: Options) -> Result<Self, Stopped> {
        let (log, vault): (Arc<dyn EventLog>, _) = match &options.postgres_url {
            None => {
                let path = options.data_directory.join("log.db");
                is_there(&path, "event log")?;
                let log = SqliteLog::open_to_read(&path).map_err(Stopped::because)?;
                let vault = Database::sqlite_to_read(&options.data_directory.join("vault.db"));
                (Arc::new(log), vault.map_err(Stopped::because)?)
            }
            Some(url) => {
                let unreachable = |error: sqlx::Error| {
                    let cause = app::without_address(&error);
                    Failure::new(format!("PostgreSQL cannot be reached: {cause}"))
                };
                let connect: PgConnectOptions = url.expose().parse().map_err(unreachable)?;
                let connect = connect.options([("default_transaction_read_only", "on")]);
                let pool = PgPoolOptions::new().max_connections(MOST_CONNECTIONS);
                let pool = pool.connect_with(connect).await.map_err(unreachable)?;
                let log = PostgresLog::open_to_read(pool.clone()).await;
                let log = log.map_err(Stopped::because)?;
                (Arc::new(log), Database::postgres(pool, "vault"))
            }
        };
        Ok(Self { log, vault, options })
    }

    /// The last position of the log.
    pub(in crate::cli) async fn head(&self) -> Result<u64, Stopped> {
        Ok(self.log.head().await.map_err(Stopped::because)?.position)
    }

    /// The keys that unseal payloads; the root key has to be there already.
    pub(in crate::cli) fn keys(&self) -> Result<Arc<Keys>, Stopped> {
        match &self.options.root_key {
            RootKey::DataDirectory => {
                is_there(&self.options.data_directory.join("root.key"), "root key")?;
            }
            RootKey::File(path) => is_there(path, "root key")?,
            RootKey::Environment(_) => {}
        }
        let provider = app::root_key(&self.options).map_err(Stopped::because)?;
        let Options { chance, clock, .. } = self.options.clone();
        Ok(Arc::new(Keys::new(self.vault.clone(), provider, chance, clock)))
    }

    /// The key of a person. Looking does not make one.
    pub(in crate::cli) async fn key_of(&self, user_id: UserId) -> Result<PersonKey, Stopped> {
        let select = "SELECT key_id, destroyed_at FROM data_key WHERE owner = $1";
        let owner = Value::Text(format!("person/{user_id}"));
        let rows = self.vault.query(sql(select, vec![owner])).await.map_err(Stopped::because)?;
        match rows.first().map(Vec::as_slice) {
            Some([Value::Text(key_id), destroyed]) => Ok(PersonKey {
                key_id: Uuid::parse_str(key_id).map_err(Stopped::because)?,
                destroyed: instant(destroyed),
            }),
            _ => Err(Failure::new(format!("there is no person {user_id}")).into()),
        }
    }

    /// When a key was destroyed, if it was.
    pub(in crate::cli) async fn destroyed(&self, key_id: Uuid) -> Result<Option<String>, Stopped> {
        let select = "SELECT destroyed_at FROM data_key WHERE key_id = $1";
        let key_id = Value::Text(key_id.to_string());
        let rows = self.vault.query(sql(select, vec![key_id])).await.map_err(Stopped::because)?;
        Ok(rows.first().and_then(|row| row.first()).and_then(instant))
    }
}

fn instant(value: &Value) -> Option<String> {
    match value {
        Value::Integer(micros) => Some(time_text(*micros)),
        _ => None,
    }
}

/// Opening must never make what it looks for.
fn is_there(path: &Path, what: &str) -> Result<(), Failure> {
    if path.is_file() {
        return Ok(());
    }
    let message =
        format!("there is no {what} at {}; name the data directory with --data", path.display());
    Err(Failure::new(message))
}
