//! A generation that is being built and that nobody reads yet.
//!
//! On SQLite its commits wait for no disk (`synchronous=OFF`). They survive the end of the process,
//! since the kernel has them, but a power cut can leave a damaged file. So a note beside the file
//! names the start of the machine it is built in: a half-built file from another start is deleted
//! and begun anew. Once built, everything is forced to the disk before the note goes away and the
//! pointer may lead to it. On PostgreSQL a crash never harms what was committed: only the last
//! commits may be lost, each with its checkpoint.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Projection;
use crate::apply::{first_hash, fits};
use crate::checkpoint;
use crate::database::{Database, DatabaseError, Durability};
use crate::feed::EventFeed;
use crate::location::{BUILDING, Generation, Pointer, ReadLocation, disk, file};
use crate::status::ReadModelError;

/// Names the start of the machine (Linux); without it half-built files are not gone on with.
const MACHINE_START: &str = "/proc/sys/kernel/random/boot_id";

/// One projection's rows while they are being built.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) projection: Projection,
    pub(crate) generation: Arc<Generation>,
    /// Up to where its rows hold.
    pub(crate) reached: u64,
}

impl Draft {
    /// Goes on with the newest half-built generation after `live`, if it fits the log, or begins a
    /// new one.
    pub(crate) async fn begin(
        location: &ReadLocation,
        feed: &dyn EventFeed,
        projection: Projection,
        live: Option<Pointer>,
    ) -> Result<Self, ReadModelError> {
        let definition = projection.definition();
        let live = live.map_or(0, |pointer| pointer.generation);
        let found = location.generations(definition.name).await?;
        let hash = first_hash(feed).await?;
        let (head, _) = feed.head().await?;
        let newest = found.iter().map(|pointer| pointer.generation).max().unwrap_or_default();
        for pointer in found.into_iter().rev() {
            if pointer.version != definition.version || pointer.generation <= live {
                continue;
            }
            if whole(location, projection, pointer)? {
                let draft = Self::open(location, projection, pointer, hash).await?;
                let checkpoint = checkpoint::read(&draft.generation.database).await?;
                if checkpoint.position <= head && fits(feed, &checkpoint).await? {
                    return Ok(draft);
                }
            }
            location.delete(definition.name, pointer).await?;
        }
        let pointer = Pointer { version: definition.version, generation: newest.max(live) + 1 };
        Ok(Self::open(location, projection, pointer, hash).await?)
    }

    async fn open(
        location: &ReadLocation,
        projection: Projection,
        pointer: Pointer,
        hash: [u8; 32],
    ) -> Result<Self, DatabaseError> {
        if let Some(path) = note(location, projection, pointer) {
            write_note(&path).map_err(|error| disk(&error))?;
        }
        let definition = projection.definition();
        let generation = location.open_as(definition, pointer, hash, Durability::Process).await?;
        let reached = checkpoint::read(&generation.database).await?.position;
        Ok(Self { projection, generation: Arc::new(generation), reached })
    }

    /// Makes the indexes.
    pub(crate) async fn index(&self) -> Result<(), DatabaseError> {
        let tables = self.projection.definition().tables;
        let indexes: Vec<&str> = tables.iter().flat_map(|table| table.indexes).copied().collect();
        self.generation.database.index(&indexes).await
    }

    /// Forces everything to the disk and opens it as rows that are read.
    pub(crate) async fn finish(
        self,
        location: &ReadLocation,
        hash: [u8; 32],
    ) -> Result<Generation, DatabaseError> {
        let Self { projection, generation, .. } = self;
        let pointer = generation.pointer;
        drop(generation);
        if let ReadLocation::Sqlite { directory } = location {
            let path = file(directory, projection.name(), pointer);
            let folder = directory.clone();
            let forced = tokio::task::spawn_blocking(move || {
                Database::force_sqlite(&path)?;
                let note = with_end(&path, BUILDING);
                let removed = File::open(&folder)
                    .and_then(|folder| folder.sync_all())
                    .and_then(|()| std::fs::remove_file(note));
                removed.map_err(|error| disk(&error))
            });
            forced.await.unwrap_or(Err(DatabaseError::Unavailable("stopped")))?;
        }
        location.open(projection.definition(), pointer, hash).await
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(end);
    path.into()
}

/// The note beside a file that is being built; none on PostgreSQL.
fn note(location: &ReadLocation, projection: Projection, pointer: Pointer) -> Option<PathBuf> {
    match location {
        ReadLocation::Sqlite { directory } => {
            Some(with_end(&file(directory, projection.name(), pointer), BUILDING))
        }
        ReadLocation::Postgres { .. } => None,
    }
}

/// Whether nothing of a half-built generation can be lost or damaged.
fn whole(
    location: &ReadLocation,
    projection: Projection,
    pointer: Pointer,
) -> Result<bool, DatabaseError> {
    let Some(path) = note(location, projection, pointer) else { return Ok(true) };
    match std::fs::read(path) {
        Ok(noted) => Ok(std::fs::read(MACHINE_START).is_ok_and(|start| start == noted)),
        // It was forced to the disk.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(disk(&error)),
    }
}

/// After the disk failed: the system tells of that once, so nobody may go on with what is there.
pub(crate) fn distrust(location: &ReadLocation, projection: Projection, pointer: Pointer) {
    if let Some(path) = note(location, projection, pointer) {
        // A note that names no start of the machine. If even that fails, the disk is not written at
        // all any more.
        let _ = File::create(path);
    }
}

/// The note has to be there before anything that is not forced to the disk.
fn write_note(path: &Path) -> Result<(), std::io::Error> {
    let mut file = File::create(path)?;
    file.write_all(&std::fs::read(MACHINE_START).unwrap_or_default())?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
