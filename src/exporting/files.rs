//! Writes a set of files so that a reader never sees half of one, and tells of them in a manifest
//! that comes last. A file that is there already, byte for byte, is left alone.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::vault::crypto::sha256_hex;

/// The form of manifests; raised when a field changes its meaning.
const MANIFEST_VERSION: u32 = 1;
/// Largest manifest that is read, in bytes.
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;

/// Why files cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A file or directory cannot be used.
    #[error("{path} cannot be written: {cause}")]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The manifest that is there is of another program or version.
    #[error("{0} is no manifest of this program; choose another directory")]
    Manifest(PathBuf),
    /// Somebody asked to stop.
    #[error("stopped; what was written stays, and the next run goes on there")]
    Stopped,
}

/// A file to be written.
pub struct NewFile {
    /// Its name within the directory, with slashes.
    pub name: String,
    /// How many rows it holds.
    pub rows: usize,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file as a manifest tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its name within the directory, with slashes.
    pub name: String,
    /// How many rows it holds.
    pub rows: usize,
    /// How many bytes.
    pub bytes: usize,
    /// SHA-256 (hex) of them.
    pub sha256: String,
    /// SHA-256 (hex) of the rows it was made of, where they are dearer to write than to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this manifest.
    pub version: u32,
    /// The format of the files.
    pub format: String,
    /// The place of the log they stand for.
    pub position: u64,
    /// The version of the tables, for a data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_set: Option<u32>,
    /// The files.
    pub files: Vec<KeptFile>,
}

/// What an export came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The place of the log it stands for.
    pub position: u64,
    /// Files that were written.
    pub written: usize,
    /// Files that were there already.
    pub unchanged: usize,
    /// Files of the export before that are gone.
    pub removed: usize,
    /// Rows in all files.
    pub rows: usize,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> FilesError {
    let path = path.to_owned();
    move |cause| FilesError::Path { path, cause }
}

fn manifest_path(out: &Path, format: &str) -> PathBuf {
    out.join(format!("manifest-{format}.json"))
}

/// The manifest of an earlier export, if there is one.
///
/// # Errors
/// [`FilesError`].
pub fn manifest(out: &Path, format: &str) -> Result<Option<Manifest>, FilesError> {
    let path = manifest_path(out, format);
    match fs::metadata(&path) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(FilesError::Path { path, cause }),
        Ok(found) if found.len() > LARGEST_MANIFEST => return Err(FilesError::Manifest(path)),
        Ok(_) => {}
    }
    let bytes = fs::read(&path).map_err(failed(&path))?;
    let manifest = serde_json::from_slice::<Manifest>(&bytes).ok();
    let ours = manifest.filter(|one| one.version == MANIFEST_VERSION && one.format == format);
    ours.map(Some).ok_or(FilesError::Manifest(path))
}

/// Files that are being written, one after the other.
pub struct Writing<'a> {
    out: &'a Path,
    manifest: Manifest,
    before: BTreeMap<String, KeptFile>,
    done: Written,
}

impl<'a> Writing<'a> {
    /// Begins to write a set of files.
    ///
    /// # Errors
    /// [`FilesError`] if the directory cannot be used or holds another program's manifest.
    pub fn begin(out: &'a Path, format: &str, position: u64) -> Result<Self, FilesError> {
        fs::create_dir_all(out).map_err(failed(out))?;
        let before = manifest(out, format)?.map_or_else(Vec::new, |manifest| manifest.files);
        let before = before.into_iter().map(|file| (file.name.clone(), file)).collect();
        let manifest = Manifest {
            version: MANIFEST_VERSION,
            format: format.to_owned(),
            position,
            data_set: None,
            files: Vec::new(),
        };
        let done = Written { position, written: 0, unchanged: 0, removed: 0, rows: 0 };
        Ok(Self { out, manifest, before, done })
    }

    /// The same, of a data set of a version.
    #[must_use]
    pub fn of_data_set(mut self, version: u32) -> Self {
        self.manifest.data_set = Some(version);
        self
    }

    /// Writes a file, unless it is there byte for byte.
    ///
    /// # Errors
    /// [`FilesError`] if it cannot be written.
    pub fn put(&mut self, file: NewFile, content: Option<String>) -> Result<(), FilesError> {
        let NewFile { name, rows, bytes } = file;
        let path = self.out.join(&name);
        if is_there(&path, &bytes) {
            self.done.unchanged += 1;
        } else {
            put(&path, &bytes)?;
            self.done.written += 1;
        }
        let (sha256, bytes) = (sha256_hex(&bytes), bytes.len());
        self.take(KeptFile { name, rows, bytes, sha256, content });
        Ok(())
    }

    /// Keeps the file of this name if the export before made it of the same content and it is whole;
    /// false if it has to be written.
    ///
    /// # Errors
    /// [`FilesError`] if it cannot be read.
    pub fn keep(&mut self, name: &str, content: &str) -> Result<bool, FilesError> {
        let same = |file: &&KeptFile| file.content.as_deref() == Some(content);
        let Some(file) = self.before.get(name).filter(same) else { return Ok(false) };
        let path = self.out.join(name);
        let found = match fs::read(&path) {
            Ok(found) => found,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(FilesError::Path { path, cause }),
        };
        if found.len() != file.bytes || sha256_hex(&found) != file.sha256 {
            return Ok(false);
        }
        self.done.unchanged += 1;
        let file = file.clone();
        self.take(file);
        Ok(true)
    }

    fn take(&mut self, file: KeptFile) {
        self.before.remove(&file.name);
        self.done.rows += file.rows;
        self.manifest.files.push(file);
    }

    /// Writes the manifest, and removes what the export before had and this has not.
    ///
    /// # Errors
    /// [`FilesError`]; the manifest then still tells of the export before.
    pub fn finish(mut self) -> Result<Written, FilesError> {
        let text = serde_json::to_vec_pretty(&self.manifest).unwrap_or_default();
        let path = manifest_path(self.out, &self.manifest.format);
        if !is_there(&path, &text) {
            put(&path, &text)?;
        }
        // Names come from a file that somebody may have changed: nothing outside is touched.
        for name in self.before.into_keys().filter(|name| is_inside(name)) {
            match fs::remove_file(self.out.join(&name)) {
                Ok(()) => self.done.removed += 1,
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
                Err(cause) => return Err(FilesError::Path { path: self.out.join(name), cause }),
            }
        }
        Ok(self.done)
    }
}

/// Writes a set of files and its manifest, and removes what the export before had and this has not.
///
/// # Errors
/// [`FilesError`]; the manifest then still tells of the export before.
pub fn write(
    out: &Path,
    format: &str,
    position: u64,
    set: Vec<NewFile>,
    stop: impl Fn() -> bool,
    mut progress: impl FnMut(usize, usize),
) -> Result<Written, FilesError> {
    let mut writing = Writing::begin(out, format, position)?;
    let all = set.len();
    for (at, file) in set.into_iter().enumerate() {
        if stop() {
            return Err(FilesError::Stopped);
        }
        writing.put(file, None)?;
        progress(at + 1, all);
    }
    writing.finish()
}

/// Whether a name leads nowhere but into the directory.
fn is_inside(name: &str) -> bool {
    let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    !name.is_empty() && Path::new(name).components().all(plain)
}

fn is_there(path: &Path, bytes: &[u8]) -> bool {
    let length = fs::metadata(path).map(|found| found.len());
    length.is_ok_and(|length| length == bytes.len() as u64)
        && fs::read(path).is_ok_and(|found| found == bytes)
}

/// Writes a file beside its place, makes sure of it, and puts it there in one step. What it holds is
/// personal, so it is for its owner alone.
fn put(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.new"));
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&beside).map_err(failed(&beside))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed(&beside))?;
    fs::rename(&beside, path).map_err(failed(path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> PathBuf {
        let path = std::env::temp_dir().join(format!("opl-files-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&path).expect("a directory");
        path
    }

    fn set(names: &[(&str, &str)]) -> Vec<NewFile> {
        let file = |(name, text): &(&str, &str)| NewFile {
            name: (*name).to_owned(),
            rows: 1,
            bytes: text.as_bytes().to_vec(),
        };
        names.iter().map(file).collect()
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let out = scratch();
        let write = |position, files: &[(&str, &str)]| {
            write(&out, "csv", position, set(files), || false, |_, _| {}).expect("written")
        };
        let first = write(1, &[("a/1", "x"), ("a/2", "y")]);
        assert_eq!((first.written, first.unchanged, first.removed), (2, 0, 0));
        let second = write(2, &[("a/1", "x"), ("a/3", "z")]);
        assert_eq!((second.written, second.unchanged, second.removed), (1, 1, 1));
        assert!(!out.join("a/2").exists());
        assert_eq!(manifest(&out, "csv").expect("read").map(|one| one.position), Some(2));
        let _ = fs::remove_dir_all(out);
    }

    #[test]
    fn a_run_that_is_stopped_leaves_the_manifest_and_goes_on_later() {
        let out = scratch();
        let files = [("1", "x"), ("2", "y"), ("3", "z")];
        let seen = std::cell::Cell::new(0);
        let stopped =
            write(&out, "csv", 1, set(&files), || seen.replace(seen.get() + 1) == 2, |_, _| {});
        assert!(matches!(stopped, Err(FilesError::Stopped)));
        assert_eq!(manifest(&out, "csv").expect("read"), None);
        let done = write(&out, "csv", 1, set(&files), || false, |_, _| {}).expect("written");
        assert_eq!((done.written, done.unchanged), (1, 2));
        let _ = fs::remove_dir_all(out);
    }

    #[test]
    fn a_manifest_that_names_what_is_outside_touches_nothing_there() {
        assert!(is_inside("a/b") && !is_inside("../a") && !is_inside("/a") && !is_inside(""));
    }
}
