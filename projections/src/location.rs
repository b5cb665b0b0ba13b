//! Where read models live: each generation of a projection in a file or schema of its own, and a
//! pointer that says which of them is read.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::database::{Database, DatabaseError, Durability, RowReader, sql};
use crate::definition::Definition;
use crate::rows::read_rows;

/// The schema with the pointer on PostgreSQL.
const POINTER_SCHEMA: &str = "read_models";
/// The file with the pointer beside SQLite files.
const POINTER_FILE: &str = "live.json";

/// What follows the name of a file that is being built, in that of the note beside it.
pub(crate) const BUILDING: &str = ".building";

/// Where read models live.
#[derive(Clone, Debug)]
pub enum ReadLocation {
    /// Files in a folder.
    Sqlite {
        /// The folder; it is created.
        directory: PathBuf,
    },
    /// Schemas of a database.
    Postgres {
        /// Connections to it.
        pool: PgPool,
    },
}

/// Which rows of a projection are meant: of which version of its fold, and which building of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Pointer {
    pub(crate) version: u32,
    pub(crate) generation: u32,
}

/// One building of a projection's rows.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) pointer: Pointer,
    pub(crate) database: Database,
}

fn full_name(name: &str, pointer: Pointer) -> String {
    format!("{name}_v{}_g{}", pointer.version, pointer.generation)
}

/// Reads what is left of a name after the projection's own, such as `1` and `4` of `.v1.g4.db`.
fn parsed(rest: &str, version_sign: &str, generation_sign: &str, end: &str) -> Option<Pointer> {
    let numbers = rest.strip_prefix(version_sign)?.strip_suffix(end)?;
    let (version, generation) = numbers.split_once(generation_sign)?;
    Some(Pointer { version: version.parse().ok()?, generation: generation.parse().ok()? })
}

pub(crate) fn file(directory: &Path, name: &str, pointer: Pointer) -> PathBuf {
    directory.join(format!("{name}.v{}.g{}.db", pointer.version, pointer.generation))
}

pub(crate) fn disk(error: &std::io::Error) -> DatabaseError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DatabaseError::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => DatabaseError::ReadOnly,
        _ => DatabaseError::Unavailable("disk"),
    }
}

impl ReadLocation {
    /// Creates the folder, or the table with the pointer.
    pub(crate) async fn prepare(&self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite { directory } => {
                std::fs::create_dir_all(directory).map_err(|error| disk(&error))
            }
            Self::Postgres { pool } => {
                let database = Database::postgres(pool.clone(), POINTER_SCHEMA);
                database.create_schema().await?;
                let create = "CREATE TABLE IF NOT EXISTS read_pointer (
                    name TEXT NOT NULL PRIMARY KEY,
                    version BIGINT NOT NULL,
                    generation BIGINT NOT NULL)";
                define_twice(&database, &[create]).await
            }
        }
    }

    /// Which generation of each projection is read.
    pub(crate) async fn pointers(&self) -> Result<BTreeMap<String, Pointer>, DatabaseError> {
        match self {
            Self::Sqlite { directory } => match std::fs::read(directory.join(POINTER_FILE)) {
                Ok(bytes) => serde_json::from_slice(&bytes)
                    .map_err(|_| DatabaseError::Unavailable("pointer_file_damaged")),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
                Err(error) => Err(disk(&error)),
            },
            Self::Postgres { pool } => {
                let database = Database::postgres(pool.clone(), POINTER_SCHEMA);
                let select = "SELECT name, version, generation FROM read_pointer";
                let number = |row: &mut RowReader| {
                    u32::try_from(row.count()?).map_err(|_| DatabaseError::Column(2))
                };
                let read = |row: &mut RowReader| {
                    let name = row.text()?;
                    Ok((name, Pointer { version: number(row)?, generation: number(row)? }))
                };
                let rows = database.query(sql(select, vec![])).await?;
                Ok(read_rows(rows, read)?.into_iter().collect())
            }
        }
    }

    /// Makes generations the ones that are read, all at once and for every process.
    pub(crate) async fn point(&self, to: &[(&'static str, Pointer)]) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite { directory } => {
                let mut pointers = self.pointers().await?;
                pointers.extend(to.iter().map(|(name, pointer)| ((*name).to_owned(), *pointer)));
                write_pointers(directory, &pointers).map_err(|error| disk(&error))
            }
            Self::Postgres { pool } => {
                let database = Database::postgres(pool.clone(), POINTER_SCHEMA);
                let upsert = "INSERT INTO read_pointer (name, version, generation)
                    VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET
                    version = excluded.version, generation = excluded.generation";
                let statement = |(name, pointer): &(&'static str, Pointer)| {
                    let Pointer { version, generation } = *pointer;
                    sql(upsert, vec![(*name).into(), version.into(), generation.into()])
                };
                database.transaction(to.iter().map(statement).collect()).await.map(drop)
            }
        }
    }

    /// Every generation of a projection that is there, whole or not.
    pub(crate) async fn generations(&self, name: &str) -> Result<Vec<Pointer>, DatabaseError> {
        let mut found: Vec<Pointer> = match self {
            Self::Sqlite { directory } => std::fs::read_dir(directory)
                .map_err(|error| disk(&error))?
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter_map(|file| parsed(file.strip_prefix(name)?, ".v", ".g", ".db"))
                .collect(),
            Self::Postgres { pool } => {
                let database = Database::postgres(pool.clone(), POINTER_SCHEMA);
                let select = "SELECT CAST(nspname AS TEXT) FROM pg_catalog.pg_namespace";
                let prefix = format!("read_{name}");
                read_rows(database.query(sql(select, vec![])).await?, RowReader::text)?
                    .iter()
                    .filter_map(|schema| parsed(schema.strip_prefix(&prefix)?, "_v", "_g", ""))
                    .collect()
            }
        };
        found.sort_unstable();
        Ok(found)
    }

    /// Opens a generation, creating its tables and its checkpoint where they are missing.
    pub(crate) async fn open(
        &self,
        definition: &Definition,
        pointer: Pointer,
        first_hash: [u8; 32],
    ) -> Result<Generation, DatabaseError> {
        self.open_as(definition, pointer, first_hash, Durability::Normal).await
    }

    pub(crate) async fn open_as(
        &self,
        definition: &Definition,
        pointer: Pointer,
        first_hash: [u8; 32],
        durability: Durability,
    ) -> Result<Generation, DatabaseError> {
        let database = match self {
            Self::Sqlite { directory } => {
                Database::sqlite(&file(directory, definition.name, pointer), durability)?
            }
            Self::Postgres { pool } => {
                let schema = format!("read_{}", full_name(definition.name, pointer));
                Database::postgres(pool.clone(), &schema).with_durability(durability)
            }
        };
        database.create_schema().await?;
        let mut creates = vec![crate::checkpoint::CREATE];
        creates.extend(definition.tables.iter().map(|table| table.create));
        define_twice(&database, &creates).await?;
        crate::checkpoint::begin(&database, pointer.version, first_hash).await?;
        Ok(Generation { pointer, database })
    }

    /// Deletes a generation.
    pub(crate) async fn delete(&self, name: &str, pointer: Pointer) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite { directory } => {
                let file = file(directory, name, pointer);
                for end in ["-wal", "-shm", "", BUILDING] {
                    let mut path = file.clone().into_os_string();
                    path.push(end);
                    match std::fs::remove_file(&path) {
                        Err(error) if error.kind() != ErrorKind::NotFound => {
                            return Err(disk(&error));
                        }
                        _ => {}
                    }
                }
                Ok(())
            }
            Self::Postgres { pool } => {
                let schema = format!("read_{}", full_name(name, pointer));
                Database::postgres(pool.clone(), &schema).drop_schema().await
            }
        }
    }
}

/// Two processes that create the same table at once can hinder each other once.
async fn define_twice(database: &Database, creates: &[&str]) -> Result<(), DatabaseError> {
    match database.define(creates).await {
        Err(DatabaseError::Unique) => database.define(creates).await,
        other => other,
    }
}

/// Writes the new pointers beside the old ones and puts them in their place in one step.
fn write_pointers(
    directory: &Path,
    pointers: &BTreeMap<String, Pointer>,
) -> Result<(), std::io::Error> {
    let new = directory.join(format!("{POINTER_FILE}.new"));
    let mut file = std::fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec_pretty(pointers)?)?;
    file.sync_all()?;
    std::fs::rename(&new, directory.join(POINTER_FILE))?;
    std::fs::File::open(directory)?.sync_all()
}
