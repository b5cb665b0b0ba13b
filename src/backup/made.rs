//! Making a backup while the service runs.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use projections::database::{Database, Durability};
use projections::{Projection, ProjectionState, ReadLocation, ReadModels};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::vault::{KEY_TABLE, TableSum};
use super::{BackupError, Progress, State, copy_log, keys_of};
use crate::app::Options;
use crate::ledger::feed::LedgerFeed;
use crate::ledger::store::{EventLog, SqliteLog};
use crate::vault;
use crate::vault::crypto::hex;
use crate::vault::keys::Keys;

/// The log, in a backup as in a data directory.
pub const LOG_FILE: &str = "log.db";
/// The data keys, wrapped under the root key, which is in no backup.
pub const KEYS_FILE: &str = "keys.db";
/// The rest of the vault.
pub const VAULT_FILE: &str = "vault.db";
/// What the backup holds; written last, so that a backup without it is none.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Where a backup is made.
const UNFINISHED: &str = "unfinished";
/// The form of the manifest.
pub(super) const FORMAT: u32 = 1;
/// How often building read models is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Bytes read at once for a digest.
const BLOCK: usize = 64 * 1024;

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 over it, in hexadecimal digits.
    pub sha256: String,
}

/// The rows of a projection at the backup's position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionDigest {
    /// Its name.
    pub name: String,
    /// The version of its fold.
    pub version: u32,
    /// SHA-256 over its rows, in hexadecimal digits.
    pub digest: String,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the manifest.
    pub format: u32,
    /// When it was made, in microseconds since 1970-01-01T00:00:00Z.
    pub made_at: i64,
    /// How many events of the log it holds: all from the first on.
    pub size: u64,
    /// Root of the tree over them, in hexadecimal digits.
    pub root: String,
    /// Its files.
    pub files: BTreeMap<String, FileSum>,
    /// The vault's tables.
    pub tables: BTreeMap<String, TableSum>,
    /// The rows that follow from the events.
    pub projections: Vec<ProjectionDigest>,
}

/// Makes a backup of everything up to the log's end as of now. The read models are built from the
/// backup's own files, so a backup that was made has been restored once.
///
/// # Errors
/// [`BackupError`]; what is left in the directory has no manifest then.
pub async fn back_up(
    options: &Options,
    out: &Path,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, BackupError> {
    let source = State::existing(options).await?;
    let work = begin(out)?;
    let head = source.log.head().await?;
    let working = work.join("working.db");
    {
        let log = SqliteLog::open(&working, clock_of(options))?;
        copy_log(&*source.log, head, &log, &mut progress).await?;
    }
    // After the log: every key that seals one of its events is there by now.
    let mut snapshot = source.vault_snapshot().await?;
    let tables = snapshot.sums(|_| true).await?;
    for (file, keys) in [(KEYS_FILE, true), (VAULT_FILE, false)] {
        let part = work.join(format!("working-{file}"));
        let database = Database::sqlite(&part, Durability::Full)?;
        vault::prepare(&database).await?;
        snapshot.copy_to(&database, |name| (name == KEY_TABLE) == keys).await?;
        compact(&part, &work.join(file))?;
    }
    drop(snapshot);
    compact(&working, &work.join(LOG_FILE))?;
    let keys = Database::sqlite(&work.join(format!("working-{KEYS_FILE}")), Durability::Full)?;
    let keys = keys_of(&keys, options).await?;
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&working, clock_of(options))?);
    let place = ReadLocation::Sqlite { directory: work.join("read") };
    let projections = digests(log, keys, place, &mut progress).await?;
    let mut files = BTreeMap::new();
    for file in [LOG_FILE, KEYS_FILE, VAULT_FILE] {
        files.insert(file.to_owned(), sum(&work.join(file))?);
        let from = work.join(file);
        std::fs::rename(&from, out.join(file)).map_err(BackupError::file(&from))?;
    }
    let manifest = Manifest {
        format: FORMAT,
        made_at: options.clock.micros(),
        size: head.position,
        root: hex(&head.root),
        files,
        tables,
        projections,
    };
    finish(out, &manifest)?;
    // What is left of the work shows an interrupted backup, so it goes last.
    std::fs::remove_dir_all(&work).map_err(BackupError::file(&work))?;
    Ok(manifest)
}

pub(super) fn clock_of(options: &Options) -> crate::ledger::store::ClockMicros {
    let clock = options.clock.clone();
    Arc::new(move || clock.micros())
}

/// Makes room: an empty directory, or one in which a backup was interrupted.
fn begin(out: &Path) -> Result<std::path::PathBuf, BackupError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(out).map_err(BackupError::file(out))?;
    let ours = [LOG_FILE, KEYS_FILE, VAULT_FILE, UNFINISHED, "manifest.json.new"];
    for entry in std::fs::read_dir(out).map_err(BackupError::file(out))? {
        let name = entry.map_err(BackupError::file(out))?.file_name();
        if !ours.iter().any(|known| name == *known) {
            return Err(BackupError::NotEmpty(out.to_owned()));
        }
    }
    // Files of ours without the manifest are not a data directory's only if the work had begun.
    let work = out.join(UNFINISHED);
    let begun = work.exists();
    for name in ours.iter().filter(|name| **name != UNFINISHED) {
        let path = out.join(name);
        if path.exists() && !begun {
            return Err(BackupError::NotEmpty(out.to_owned()));
        }
        if path.exists() {
            std::fs::remove_file(&path).map_err(BackupError::file(&path))?;
        }
    }
    if work.exists() {
        std::fs::remove_dir_all(&work).map_err(BackupError::file(&work))?;
    }
    builder.create(&work).map_err(BackupError::file(&work))?;
    Ok(work)
}

/// Writes a database into one new file without any log beside it, on the disk when this returns.
fn compact(from: &Path, to: &Path) -> Result<(), BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags).map_err(BackupError::sqlite)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(BackupError::sqlite)?;
    let name = to.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [name]).map_err(BackupError::sqlite)?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(BackupError::file(to))
}

/// Length and digest of a file.
pub(super) fn sum(path: &Path) -> Result<FileSum, BackupError> {
    let mut file = std::fs::File::open(path).map_err(BackupError::file(path))?;
    let (mut hasher, mut bytes, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
    loop {
        let read = file.read(&mut block).map_err(BackupError::file(path))?;
        if read == 0 {
            return Ok(FileSum { bytes, sha256: hex(&hasher.finalize()) });
        }
        hasher.update(&block[..read]);
        bytes += read as u64;
    }
}

fn finish(out: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let text =
        serde_json::to_vec_pretty(manifest).map_err(|error| BackupError::Sql(error.to_string()))?;
    let sync = |path: &Path| std::fs::File::open(path)?.sync_all();
    sync(out).map_err(BackupError::file(out))?;
    let new = out.join("manifest.json.new");
    let write = || {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&new, out.join(MANIFEST_FILE))?;
        sync(out)
    };
    write().map_err(BackupError::file(&new))
}

/// Builds every projection from a log and gives the digests of their rows at its end.
pub(super) async fn digests(
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
    place: ReadLocation,
    progress: &mut impl FnMut(Progress),
) -> Result<Vec<ProjectionDigest>, BackupError> {
    let end = log.head().await?.position;
    let models = ReadModels::open(place, Arc::new(LedgerFeed::new(log, keys))).await?;
    let (stop, stopped) = watch::channel(false);
    let runner = Arc::clone(&models);
    let running = tokio::spawn(async move { runner.run(stopped).await });
    let failed = loop {
        let status = models.status();
        let stopped = status.iter().find(|row| matches!(row.state, ProjectionState::Failed { .. }));
        if let Some(row) = stopped {
            let reason = row.error.clone().unwrap_or_default();
            break Some(BackupError::Stopped { name: row.name, reason });
        }
        let done = status.iter().map(|row| row.position).min().unwrap_or(end);
        progress(Progress { what: "read models", done, total: end });
        if done >= end {
            break None;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    stop.send_replace(true);
    // A runner that ended is what was asked for.
    let _ = running.await;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut digests = Vec::new();
    for projection in Projection::ALL {
        let (name, version) = (projection.name(), projection.definition().version);
        let digest = hex(&models.digest(name).await?);
        digests.push(ProjectionDigest { name: name.to_owned(), version, digest });
    }
    Ok(digests)
}
