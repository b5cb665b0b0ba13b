//! A place for read models, on either database.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use opl_projections::database::{Database, Durability, sql};
use opl_projections::{Projection, ReadLocation, ReadModels};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::log::Log;
use super::postgres::{TestDatabase, database};

/// A place that is gone after the test.
pub enum Place {
    Sqlite(Folder),
    Postgres(TestDatabase),
}

/// A folder that is deleted when it goes out of scope.
pub struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    pub fn sqlite() -> Self {
        let path = std::env::temp_dir().join(format!("opl-read-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).expect("a folder");
        Self::Sqlite(Folder(path))
    }

    pub async fn postgres() -> Self {
        Self::Postgres(database().await)
    }

    pub fn location(&self) -> ReadLocation {
        match self {
            Self::Sqlite(folder) => ReadLocation::Sqlite { directory: folder.0.clone() },
            Self::Postgres(database) => ReadLocation::Postgres { pool: database.pool.clone() },
        }
    }

    /// A database for other tables.
    pub async fn database(&self) -> Database {
        match self {
            Self::Sqlite(folder) => {
                Database::sqlite(&folder.0.join("other.db"), Durability::Full).expect("a file")
            }
            Self::Postgres(database) => {
                let database = Database::postgres(database.pool.clone(), "odd \" name");
                database.create_schema().await.expect("a schema");
                database
            }
        }
    }

    pub async fn open(&self, log: &Arc<Log>) -> Arc<ReadModels> {
        ReadModels::open(self.location(), Arc::clone(log) as _).await.expect("read models")
    }

    /// Makes the rows of a projection look as if version 0 of its fold had made them.
    pub async fn make_older(&self, name: &str) {
        let projection = opl_projections::Projection::named(name).expect("a projection");
        let now = projection.definition().version;
        match self {
            Self::Sqlite(folder) => {
                let path = folder.0.join("live.json");
                let text = std::fs::read(&path).expect("the pointer");
                let mut pointers: serde_json::Value =
                    serde_json::from_slice(&text).expect("the pointer");
                pointers[name]["version"] = 0.into();
                std::fs::write(&path, pointers.to_string()).expect("the pointer");
                let file = |version| folder.0.join(format!("{name}.v{version}.g1.db"));
                std::fs::rename(file(now), file(0)).expect("the rows");
            }
            Self::Postgres(database) => {
                let database = Database::postgres(database.pool.clone(), "read_models");
                let update = "UPDATE read_pointer SET version = 0 WHERE name = $1";
                let rename =
                    format!("ALTER SCHEMA read_{name}_v{now}_g1 RENAME TO read_{name}_v0_g1");
                let update = sql(update, vec![name.into()]).expecting(1);
                database.transaction(vec![update, sql(rename, vec![])]).await.expect("a change");
            }
        }
    }

    /// Leaves a second generation behind, as a rebuild that was cut off does.
    pub async fn half_build(&self, name: &str) {
        let version = Projection::named(name).expect("a projection").definition().version;
        match self {
            Self::Sqlite(folder) => {
                let file =
                    |generation| folder.0.join(format!("{name}.v{version}.g{generation}.db"));
                std::fs::copy(file(1), file(2)).expect("a copy");
            }
            Self::Postgres(database) => {
                let schema = format!("read_{name}_v{version}_g2");
                let database = Database::postgres(database.pool.clone(), &schema);
                database.create_schema().await.expect("a schema");
            }
        }
    }

    /// How many generations of a projection are there.
    pub async fn generations(&self, name: &str) -> usize {
        match self {
            Self::Sqlite(folder) => std::fs::read_dir(&folder.0)
                .expect("the folder")
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|file| file.starts_with(&format!("{name}.v")) && file.ends_with(".db"))
                .count(),
            Self::Postgres(database) => {
                let database = Database::postgres(database.pool.clone(), "read_models");
                let select = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE $1";
                let pattern = format!("read\\_{name}\\_v%");
                database.query(sql(select, vec![pattern.into()])).await.expect("names").len()
            }
        }
    }

    pub async fn remove(self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(database) => database.drop().await,
        }
    }
}

/// A runner that can be stopped.
pub struct Running {
    shutdown: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    pub fn start(models: &Arc<ReadModels>) -> Self {
        let (shutdown, stopped) = watch::channel(false);
        let models = Arc::clone(models);
        let task = tokio::spawn(async move { models.run(stopped).await });
        Self { shutdown, task }
    }

    pub async fn stop(self) {
        self.shutdown.send_replace(true);
        self.task.await.expect("the runner ends well");
    }
}

/// Follows the log to its end and stops.
pub async fn catch_up(models: &Arc<ReadModels>, log: &Log) {
    let running = Running::start(models);
    models.wait_for(log.len(), Duration::from_secs(60)).await.expect("every projection catches up");
    running.stop().await;
}
