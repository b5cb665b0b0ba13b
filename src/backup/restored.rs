//! Checking a backup, and making a state from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use projections::ReadLocation;
use projections::database::{Database, Durability};

use super::made::{
    FORMAT, KEYS_FILE, LOG_FILE, MANIFEST_FILE, Manifest, ProjectionDigest, VAULT_FILE, clock_of,
    digests, sum,
};
use super::vault::{KEY_TABLE, VaultSnapshot};
use super::{BackupError, Progress, State, check_log, copy_log, keys_of, root_key_file};
use crate::app::{Options, RootKey};
use crate::ledger::store::{EventLog, Head, SqliteLog};
use crate::vault;
use crate::vault::crypto::hex;

/// Longest manifest that is read.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// What a restore came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Projections whose rows were compared and are the same.
    pub same: Vec<ProjectionDigest>,
    /// Projections whose rows are folded otherwise by this program, so that they say nothing.
    pub other_version: Vec<String>,
    /// Projections whose rows are others, because the keys are not those of the backup.
    pub other_keys: Vec<String>,
}

/// A backup, and the keys to restore it with.
#[derive(Clone, Copy, Debug)]
pub struct Backup<'a> {
    /// Its directory.
    pub from: &'a Path,
    /// Keys of another, later backup instead of its own: who was erased since stays erased.
    pub keys: Option<&'a Path>,
}

fn manifest_of(from: &Path) -> Result<Manifest, BackupError> {
    let path = from.join(MANIFEST_FILE);
    let length = match std::fs::metadata(&path) {
        Ok(found) => found.len(),
        Err(_) => return Err(BackupError::NotWhole(from.to_owned())),
    };
    let damaged = |what: &str| BackupError::Damaged(format!("{MANIFEST_FILE}: {what}"));
    if length > LARGEST_MANIFEST {
        return Err(damaged("it is too long"));
    }
    let text = std::fs::read(&path).map_err(BackupError::file(&path))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| damaged("it cannot be read"))?;
    if manifest.format != FORMAT {
        return Err(damaged("it has a form this program does not know"));
    }
    Ok(manifest)
}

/// Compares the files of a backup with its manifest.
fn check_files(backup: Backup<'_>, manifest: &Manifest) -> Result<(), BackupError> {
    let Backup { from, keys } = backup;
    let own = |file: &&str| keys.is_none() || *file != KEYS_FILE;
    for file in [LOG_FILE, KEYS_FILE, VAULT_FILE].into_iter().filter(own) {
        let expected = manifest.files.get(file);
        let expected = expected
            .ok_or_else(|| BackupError::Damaged(format!("{file} is not in the manifest")))?;
        if sum(&from.join(file))? != *expected {
            return Err(BackupError::Damaged(format!("{file} is not the file that was written")));
        }
    }
    Ok(())
}

/// Restores a backup into a scratch place and compares everything; nothing stays.
///
/// # Errors
/// [`BackupError`] says what is wrong with it.
pub async fn verify(
    backup: Backup<'_>,
    options: &Options,
    scratch: &Path,
    progress: impl FnMut(Progress),
) -> Result<Restored, BackupError> {
    let mut into = options.clone();
    into.postgres_url = None;
    into.root_key = match &options.root_key {
        RootKey::DataDirectory => RootKey::File(root_key_file(options)),
        other => other.clone(),
    };
    into.data_directory = scratch.to_owned();
    let result = restore(backup, &into, progress).await;
    let _ = std::fs::remove_dir_all(scratch);
    let _ = std::fs::remove_dir_all(beside(scratch));
    result
}

/// Where a restore works until all of it is right.
fn beside(directory: &Path) -> PathBuf {
    let mut name = directory.as_os_str().to_owned();
    name.push(".unfinished");
    PathBuf::from(name)
}

/// Makes the state that `options` names from a backup: files are compared with the manifest, every
/// hash and the root are computed again, the read models are built and their digests compared.
///
/// # Errors
/// [`BackupError`]; a data directory does not come into being then.
pub async fn restore(
    backup: Backup<'_>,
    options: &Options,
    mut progress: impl FnMut(Progress),
) -> Result<Restored, BackupError> {
    let manifest = manifest_of(backup.from)?;
    check_files(backup, &manifest)?;
    let to = &options.data_directory;
    let postgres = options.postgres_url.is_some();
    if !postgres && std::fs::read_dir(to).is_ok_and(|mut there| there.next().is_some()) {
        return Err(BackupError::NotEmpty(to.clone()));
    }
    let mut into = options.clone();
    if !postgres {
        into.data_directory = beside(to);
    }
    let work = into.data_directory.clone();
    make_directory(&work, !postgres)?;
    let scratch = if postgres { work.join("restore.unfinished") } else { work.clone() };
    make_directory(&scratch, postgres)?;
    let made = make(backup, &manifest, &into, &scratch, &mut progress).await;
    if postgres {
        let _ = std::fs::remove_dir_all(&scratch);
    }
    let made = made?;
    let (mut same, mut other_version, mut other_keys) = (Vec::new(), Vec::new(), Vec::new());
    for was in &manifest.projections {
        match made.iter().find(|made| made.name == was.name) {
            Some(is) if is.version != was.version => other_version.push(was.name.clone()),
            Some(is) if is == was => same.push(was.clone()),
            Some(_) if backup.keys.is_some() => other_keys.push(was.name.clone()),
            Some(_) => {
                return Err(BackupError::Damaged(format!(
                    "the rows of `{}` are not those of when it was made",
                    was.name
                )));
            }
            None => other_version.push(was.name.clone()),
        }
    }
    if !postgres {
        // An empty directory is replaced in one step.
        std::fs::rename(&work, to).map_err(BackupError::file(to))?;
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        std::fs::File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(BackupError::file(parent))?;
    }
    Ok(Restored { manifest, same, other_version, other_keys })
}

fn make_directory(path: &Path, anew: bool) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt as _;
    if anew && path.exists() {
        std::fs::remove_dir_all(path).map_err(BackupError::file(path))?;
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(BackupError::file(path))
}

/// Fills the place and builds its read models.
async fn make(
    backup: Backup<'_>,
    manifest: &Manifest,
    into: &Options,
    scratch: &Path,
    progress: &mut impl FnMut(Progress),
) -> Result<Vec<ProjectionDigest>, BackupError> {
    // Opening a database may write beside it; the backup itself is never touched.
    let Backup { from, keys } = backup;
    let copied = |from: &Path, name: &str| {
        let to = scratch.join(name);
        let copy = std::fs::copy(from, &to).and_then(|_| std::fs::File::open(&to)?.sync_all());
        copy.map(|()| to.clone()).map_err(BackupError::file(&to))
    };
    let log_file = copied(&from.join(LOG_FILE), LOG_FILE)?;
    let vault_file = copied(&from.join(VAULT_FILE), VAULT_FILE)?;
    let keys_file = copied(keys.unwrap_or(&from.join(KEYS_FILE)), "keys.unfinished")?;
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&log_file, clock_of(into))?);
    let head = check_events(&*log, manifest, progress).await?;
    let (log, vault, location) = if into.postgres_url.is_some() {
        let state = State::open(into).await?;
        if state.log.head().await?.position > 0 || has_keys(&state).await? {
            return Err(BackupError::NotEmptyDatabase);
        }
        copy_log(&*log, head, &*state.log, &mut *progress).await?;
        VaultSnapshot::of_file(&vault_file)?.copy_to(&state.vault, |t| t != KEY_TABLE).await?;
        (state.log, state.vault, state.location)
    } else {
        let vault = Database::sqlite(&vault_file, Durability::Full)?;
        vault::prepare(&vault).await?;
        (log, vault, ReadLocation::Sqlite { directory: scratch.join("read") })
    };
    VaultSnapshot::of_file(&keys_file)?.copy_to(&vault, |table| table == KEY_TABLE).await?;
    for end in ["", "-wal", "-shm"] {
        let mut path = keys_file.clone().into_os_string();
        path.push(end);
        // A file that is not there need not be removed.
        let _ = std::fs::remove_file(path);
    }
    let keys = keys_of(&vault, into).await?;
    digests(log, keys, location, progress).await
}

async fn has_keys(state: &State) -> Result<bool, BackupError> {
    let sums = state.vault_snapshot().await?.sums(|table| table == KEY_TABLE).await?;
    Ok(sums.values().any(|sum| sum.rows > 0))
}

/// Computes every hash and the root of a backup's log again.
async fn check_events(
    log: &dyn EventLog,
    manifest: &Manifest,
    progress: &mut impl FnMut(Progress),
) -> Result<Head, BackupError> {
    let checked = check_log(log, progress).await?;
    if let Some(problem) = checked.first {
        let super::Problem { position, what } = problem;
        return Err(BackupError::Damaged(format!("position {position}: {what}")));
    }
    if (checked.size, hex(&checked.root)) != (manifest.size, manifest.root.clone()) {
        return Err(BackupError::Damaged("its log is not the one of the manifest".to_owned()));
    }
    Ok(Head { position: checked.size, root: checked.root })
}
