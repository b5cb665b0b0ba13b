//! Writing a bundle, one record at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::what;
use super::{
    BundleError, CHECKPOINTS, FORMAT, FileEntry, HASHES, KEYS, Kind, LONGEST_KEYS, MANIFEST,
    MOST_CHECKPOINTS, Manifest, PROOFS, RECORDS, checkpoint_file,
};
use crate::checkpoint::{Checkpoint, VerifierKey, read_unproven};
use crate::proof::verify_inclusion;
use crate::record::{LONGEST_NAME, LONGEST_RECORD, Record, SHORTEST_RECORD};
use crate::succession::Succession;
use crate::text;
use crate::tree::{Hash, leaf_hash};

/// The head of `keys.txt`.
const KEYS_HEAD: &str =
    "# Keys the log says it signs with. Believe your own policy, not this file.\n";

/// A file that counts what goes into it.
struct Counted {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl Counted {
    fn create(path: PathBuf) -> Result<Self, BundleError> {
        let file = BufWriter::with_capacity(1 << 17, private_file(&path)?);
        Ok(Self { path, file, bytes: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(at(&self.path))
    }

    fn finish(mut self) -> Result<u64, BundleError> {
        self.file.flush().map_err(at(&self.path))?;
        self.file.get_ref().sync_all().map_err(at(&self.path))?;
        Ok(self.bytes)
    }
}

/// Writes a bundle. Until [`BundleWriter::finish`] everything stands under `NAME.unfinished`, so that
/// half a bundle is never taken for a whole one; a writer that is dropped removes it again.
pub struct BundleWriter {
    target: PathBuf,
    unfinished: Unfinished,
    kind: Kind,
    origin: String,
    records: Counted,
    hashes: Counted,
    proofs: Option<Counted>,
    keys: String,
    /// Size, and the entry of its file.
    checkpoints: BTreeMap<u64, FileEntry>,
    /// What a part proves to.
    proven: Option<Checkpoint>,
    first: u64,
    last: u64,
    count: u64,
    canonical: Vec<u8>,
}

impl BundleWriter {
    /// Begins a bundle of everything from position 1.
    ///
    /// # Errors
    /// [`BundleError::Exists`], [`BundleError::Io`].
    pub fn create_whole(target: &Path, origin: &str) -> Result<Self, BundleError> {
        Self::create(target, Kind::Whole, origin)
    }

    /// Begins a bundle of some records, proven to be under one checkpoint.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn create_part(target: &Path, checkpoint: &str) -> Result<Self, BundleError> {
        let read = read_unproven(checkpoint).map_err(|error| refused(&error.to_string()))?;
        let mut writer = Self::create(target, Kind::Part, &read.origin)?;
        writer.store_checkpoint(&read, checkpoint)?;
        writer.proven = Some(read);
        Ok(writer)
    }

    fn create(target: &Path, kind: Kind, origin: &str) -> Result<Self, BundleError> {
        if fs::symlink_metadata(target).is_ok() {
            return Err(BundleError::Exists(target.to_owned()));
        }
        let mut name =
            target.file_name().ok_or_else(|| refused("the bundle needs a name"))?.to_owned();
        name.push(".unfinished");
        let unfinished = Unfinished::create(target.with_file_name(name))?;
        let folder = unfinished.path();
        private_folder(&folder.join(CHECKPOINTS))?;
        Ok(Self {
            target: target.to_owned(),
            kind,
            origin: origin.to_owned(),
            records: Counted::create(folder.join(RECORDS))?,
            hashes: Counted::create(folder.join(HASHES))?,
            proofs: match kind {
                Kind::Whole => None,
                Kind::Part => Some(Counted::create(folder.join(PROOFS))?),
            },
            keys: KEYS_HEAD.to_owned(),
            checkpoints: BTreeMap::new(),
            proven: None,
            first: 0,
            last: 0,
            count: 0,
            canonical: Vec::new(),
            unfinished,
        })
    }

    /// Adds the next record of a whole bundle and answers with its leaf hash.
    ///
    /// # Errors
    /// [`BundleError::Refused`] if it does not follow the one before.
    pub fn push(&mut self, record: &Record<'_>) -> Result<Hash, BundleError> {
        if self.kind != Kind::Whole {
            return Err(refused("a record of a part needs its inclusion path"));
        }
        if record.position != self.last + 1 {
            return Err(refused(&format!(
                "position {} cannot follow position {}",
                record.position, self.last
            )));
        }
        self.write(record, None)
    }

    /// Adds a record to a part, with the path to the part's checkpoint.
    ///
    /// # Errors
    /// [`BundleError::Refused`] if positions do not ascend or the path does not lead to the root.
    pub fn push_with_path(
        &mut self,
        record: &Record<'_>,
        path: &[Hash],
    ) -> Result<Hash, BundleError> {
        if self.kind != Kind::Part {
            return Err(refused("a record of a whole bundle has no path of its own"));
        }
        if record.position <= self.last {
            return Err(refused(&format!(
                "position {} cannot follow position {}",
                record.position, self.last
            )));
        }
        self.write(record, Some(path))
    }

    fn write(&mut self, record: &Record<'_>, path: Option<&[Hash]>) -> Result<Hash, BundleError> {
        let length = SHORTEST_RECORD
            + record.stream.len()
            + record.event_type.len()
            + record.metadata.len()
            + record.payload.len();
        if record.stream.len() > LONGEST_NAME
            || record.event_type.len() > LONGEST_NAME
            || length > LONGEST_RECORD
        {
            return Err(refused(&format!("the record at {} is too long", record.position)));
        }
        self.canonical.clear();
        record.write(&mut self.canonical);
        let leaf = leaf_hash(&self.canonical);
        if let (Some(path), Some(proven), Some(proofs)) = (path, &self.proven, &mut self.proofs) {
            verify_inclusion(&leaf, record.position - 1, proven.size, path, &proven.root)
                .map_err(|error| refused(&format!("the record at {}: {error}", record.position)))?;
            proofs.write(&record.position.to_be_bytes())?;
            proofs.write(&[path.len() as u8])?;
            proofs.write(&path.concat())?;
        }
        self.records.write(&(self.canonical.len() as u32).to_be_bytes())?;
        self.records.write(&self.canonical)?;
        self.hashes.write(&leaf)?;
        if self.count == 0 {
            self.first = record.position;
        }
        self.last = record.position;
        self.count += 1;
        Ok(leaf)
    }

    /// Adds a signed checkpoint to a whole bundle, at any time before the end.
    ///
    /// # Errors
    /// [`BundleError::Refused`] if it is malformed, of another log, or of a size that is there.
    pub fn checkpoint(&mut self, note: &str) -> Result<(), BundleError> {
        if self.kind != Kind::Whole {
            return Err(refused("a part has one checkpoint, given at its beginning"));
        }
        let read = read_unproven(note).map_err(|error| refused(&error.to_string()))?;
        self.store_checkpoint(&read, note)
    }

    fn store_checkpoint(&mut self, read: &Checkpoint, note: &str) -> Result<(), BundleError> {
        if read.origin != self.origin {
            return Err(refused(&format!("the checkpoint is of the log `{}`", read.origin)));
        }
        if self.checkpoints.len() == MOST_CHECKPOINTS {
            return Err(refused(&format!("a bundle has at most {MOST_CHECKPOINTS} checkpoints")));
        }
        if self.checkpoints.contains_key(&read.size) {
            return Err(refused(&format!("there is a checkpoint of size {} already", read.size)));
        }
        let entry = self.small_file(&checkpoint_file(read.size), note)?;
        self.checkpoints.insert(read.size, entry);
        Ok(())
    }

    /// Notes a key the log signs with.
    ///
    /// # Errors
    /// [`BundleError::Refused`] if there are too many.
    pub fn key(&mut self, key: &VerifierKey) -> Result<(), BundleError> {
        self.keys.push_str(&format!("{key}\n"));
        if self.keys.len() > LONGEST_KEYS {
            Err(refused("there are too many keys"))
        } else {
            Ok(())
        }
    }

    /// Notes that one of the log's keys took the place of another.
    ///
    /// # Errors
    /// [`BundleError::Refused`] if there are too many.
    pub fn succession(&mut self, succession: &Succession) -> Result<(), BundleError> {
        self.keys.push_str(&format!("{succession}\n"));
        if self.keys.len() > LONGEST_KEYS {
            Err(refused("there are too many keys"))
        } else {
            Ok(())
        }
    }

    fn small_file(&self, name: &str, contents: &str) -> Result<FileEntry, BundleError> {
        let mut file = Counted::create(self.unfinished.path().join(name))?;
        file.write(contents.as_bytes())?;
        let digest: Hash = Sha256::digest(contents).into();
        let sha256 = Some(text::hex_of(&digest));
        Ok(FileEntry {
            name: name.to_owned(),
            what: what(name).to_owned(),
            bytes: file.finish()?,
            sha256,
        })
    }

    /// Writes the manifest, makes everything durable, and gives the bundle its name.
    ///
    /// # Errors
    /// [`BundleError`]; nothing is left behind then.
    pub fn finish(self) -> Result<Manifest, BundleError> {
        let beyond = self.checkpoints.keys().next_back().is_some_and(|size| *size > self.last);
        if self.kind == Kind::Whole && beyond {
            return Err(refused("a checkpoint is over more records than the bundle holds"));
        }
        let keys = self.small_file(KEYS, &self.keys)?;
        let large = |name: &str, bytes: u64| FileEntry {
            name: name.to_owned(),
            what: what(name).to_owned(),
            bytes,
            sha256: None,
        };
        let mut files =
            vec![large(RECORDS, self.records.finish()?), large(HASHES, self.hashes.finish()?)];
        if let Some(proofs) = self.proofs {
            files.push(large(PROOFS, proofs.finish()?));
        }
        files.push(keys);
        let checkpoints = self.checkpoints.len() as u64;
        files.extend(self.checkpoints.into_values());
        let manifest = Manifest {
            format: FORMAT,
            kind: self.kind,
            origin: self.origin,
            first: self.first,
            last: self.last,
            records: self.count,
            checkpoints,
            files,
        };
        let folder = self.unfinished.path();
        let mut file = Counted::create(folder.join(MANIFEST))?;
        file.write(manifest.to_json()?.as_bytes())?;
        file.finish()?;
        sync_folder(&folder.join(CHECKPOINTS))?;
        sync_folder(folder)?;
        if fs::symlink_metadata(&self.target).is_ok() {
            return Err(BundleError::Exists(self.target));
        }
        self.unfinished.rename(&self.target)?;
        Ok(manifest)
    }
}

/// The folder a bundle is written in. Removed again unless it is renamed.
struct Unfinished(Option<PathBuf>, PathBuf);

impl Unfinished {
    fn create(path: PathBuf) -> Result<Self, BundleError> {
        match private_folder(&path) {
            Err(BundleError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::AlreadyExists =>
            {
                Err(BundleError::Exists(path))
            }
            Err(error) => Err(error),
            Ok(()) => Ok(Self(Some(path.clone()), path)),
        }
    }

    fn path(&self) -> &Path {
        &self.1
    }

    fn rename(mut self, target: &Path) -> Result<(), BundleError> {
        fs::rename(&self.1, target).map_err(at(target))?;
        self.0 = None;
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Whoever dropped the writer has an error already; a folder that stays is refused later.
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn refused(text: &str) -> BundleError {
    BundleError::Refused(text.to_owned())
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BundleError + use<> {
    let path = path.to_owned();
    move |source| BundleError::Io { path, source }
}

/// A bundle holds what the log holds: nobody but its owner may read it unasked.
fn private_file(path: &Path) -> Result<File, BundleError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(at(path))
}

fn private_folder(path: &Path) -> Result<(), BundleError> {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(at(path))
}

fn sync_folder(path: &Path) -> Result<(), BundleError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path))?;
    Ok(())
}
