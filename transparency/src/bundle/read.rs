//! Reading a bundle with bounded memory.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{
    BundleError, HASHES, KEYS, LONGEST_KEYS, LONGEST_MANIFEST, MANIFEST, Manifest, PROOFS, RECORDS,
};
use crate::checkpoint::LONGEST_NOTE;
use crate::record::{LONGEST_RECORD, SHORTEST_RECORD};
use crate::succession::{MOST_SUCCESSIONS, Succession, SuccessionError, WORD};
use crate::text;
use crate::tlog_proof::LONGEST_INCLUSION_PATH;
use crate::tree::Hash;

/// Bytes read at a time.
const READ_AHEAD: usize = 1 << 18;

/// A bundle whose manifest was read.
#[derive(Debug)]
pub struct Bundle {
    folder: PathBuf,
    manifest: Manifest,
}

impl Bundle {
    /// Opens a bundle: reads its manifest, nothing else.
    ///
    /// # Errors
    /// [`BundleError::Manifest`], or [`BundleError::File`] if there is none.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let json = read_text(folder, MANIFEST, LONGEST_MANIFEST)?;
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::parse(&json)? })
    }

    /// What the bundle says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Compares the lengths of all listed files with the manifest: one [`BundleError::File`] for
    /// each file that is missing or has another length.
    #[must_use]
    pub fn wrong_lengths(&self) -> Vec<BundleError> {
        let wrong = |entry: &super::FileEntry| match plain_length(&self.folder, &entry.name) {
            Err(error) => Some(error),
            Ok(bytes) if bytes != entry.bytes => Some(file_error(
                &entry.name,
                &format!("has {bytes} bytes, and bundle.json says {}", entry.bytes),
            )),
            Ok(_) => None,
        };
        self.manifest.files.iter().filter_map(wrong).collect()
    }

    /// The length that `records.bin` really has, in bytes; 0 if it is no plain file.
    #[must_use]
    pub fn records_length(&self) -> u64 {
        plain_length(&self.folder, RECORDS).unwrap_or(0)
    }

    /// Files that lie in the bundle's folder and are not listed. Nothing looks at them.
    #[must_use]
    pub fn unlisted(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (folder, prefix) in
            [(self.folder.clone(), ""), (self.folder.join(super::CHECKPOINTS), "checkpoints/")]
        {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in entries.take(super::MOST_CHECKPOINTS * 2) {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let known = name == MANIFEST || name == super::CHECKPOINTS;
                if !known && self.manifest.file(&name).is_none() {
                    names.push(name);
                }
            }
        }
        names.sort();
        names
    }

    /// The canonical records, one after another.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn records(&self) -> Result<Frames<BufReader<File>>, BundleError> {
        Ok(Frames::new(self.open_file(RECORDS)?))
    }

    /// The leaf hashes, 32 bytes each, one after another.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn hashes(&self) -> Result<BufReader<File>, BundleError> {
        self.open_file(HASHES)
    }

    /// The inclusion paths of a part.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn paths(&self) -> Result<Paths<BufReader<File>>, BundleError> {
        Ok(Paths { source: self.open_file(PROOFS)? })
    }

    /// A checkpoint's note, compared with the digest in the manifest.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn checkpoint(&self, size: u64) -> Result<String, BundleError> {
        self.small_file(&super::checkpoint_file(size), LONGEST_NOTE)
    }

    /// The keys the log says it signs with, compared with the digest in the manifest.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn keys(&self) -> Result<String, BundleError> {
        self.small_file(KEYS, LONGEST_KEYS)
    }

    /// How the log's keys took each other's place, as the bundle tells it; each is signed by the key
    /// before it and by itself. A line that is none, or more than can be read, is an error.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn successions(&self) -> Result<Vec<Succession>, BundleError> {
        let keys = self.keys()?;
        let lines: Vec<&str> = keys.lines().filter(|line| line.starts_with(WORD)).collect();
        if lines.len() > MOST_SUCCESSIONS {
            return Err(file_error(KEYS, "holds too many successions"));
        }
        let read = |line: &str| {
            line.parse().map_err(|error: SuccessionError| file_error(KEYS, &error.to_string()))
        };
        lines.into_iter().map(read).collect()
    }

    fn small_file(&self, name: &str, longest: usize) -> Result<String, BundleError> {
        let contents = read_text(&self.folder, name, longest)?;
        let digest: Hash = Sha256::digest(&contents).into();
        let listed = self.manifest.file(name).and_then(|entry| entry.sha256.as_deref());
        if listed != Some(&text::hex_of(&digest)) {
            return Err(file_error(name, "is not the file that bundle.json lists"));
        }
        Ok(contents)
    }

    fn open_file(&self, name: &str) -> Result<BufReader<File>, BundleError> {
        plain_length(&self.folder, name)?;
        let file = File::open(self.folder.join(name))
            .map_err(|error| file_error(name, &format!("cannot be read: {error}")))?;
        Ok(BufReader::with_capacity(READ_AHEAD, file))
    }
}

fn file_error(name: &str, wrong: &str) -> BundleError {
    BundleError::File { name: name.to_owned(), wrong: wrong.to_owned() }
}

/// The length of a plain file; a link or a device is none.
fn plain_length(folder: &Path, name: &str) -> Result<u64, BundleError> {
    match fs::symlink_metadata(folder.join(name)) {
        Ok(found) if found.is_file() => Ok(found.len()),
        Ok(_) => Err(file_error(name, "is no plain file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(file_error(name, "is missing")),
        Err(error) => Err(file_error(name, &format!("cannot be read: {error}"))),
    }
}

fn read_text(folder: &Path, name: &str, longest: usize) -> Result<String, BundleError> {
    if plain_length(folder, name)? > longest as u64 {
        return Err(file_error(name, &format!("has more than {longest} bytes")));
    }
    let mut contents = String::new();
    File::open(folder.join(name))
        .and_then(|file| file.take(longest as u64).read_to_string(&mut contents))
        .map_err(|error| file_error(name, &format!("cannot be read as text: {error}")))?;
    Ok(contents)
}

/// `records.bin` is not a row of records from some place on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A length that no record has.
    #[error("a length of {0} bytes stands there, which no record has")]
    Length(u32),
    /// The file ends inside.
    #[error("the file ends in the middle")]
    Cut,
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Io(std::io::Error),
}

/// Fills `buffer`: true if there was so much, false if the source was at its end.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<bool, FrameError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(FrameError::Cut),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(FrameError::Io(error)),
        }
    }
    Ok(true)
}

/// The next hash of a row of them; nothing at the end.
///
/// # Errors
/// [`FrameError`].
pub(crate) fn next_hash(source: &mut impl Read) -> Result<Option<Hash>, FrameError> {
    let mut hash = [0; 32];
    Ok(fill(source, &mut hash)?.then_some(hash))
}

/// Reads canonical records out of `records.bin`, one at a time into the same memory.
pub struct Frames<R> {
    source: R,
    frame: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// Reads from a source that holds nothing else.
    pub fn new(source: R) -> Self {
        Self { source, frame: Vec::new() }
    }

    /// The next record's canonical bytes; nothing at the end.
    ///
    /// # Errors
    /// [`FrameError`]; nothing that follows can be read then.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let mut length = [0; 4];
        if !fill(&mut self.source, &mut length)? {
            return Ok(None);
        }
        let length = u32::from_be_bytes(length);
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        if !(SHORTEST_RECORD..=LONGEST_RECORD).contains(&bytes) {
            return Err(FrameError::Length(length));
        }
        // Memory is taken as bytes arrive: a length alone must not take any.
        self.frame.clear();
        let limit = u64::from(length);
        let read = (&mut self.source).take(limit).read_to_end(&mut self.frame);
        match read {
            Ok(count) if count == bytes => Ok(Some(&self.frame)),
            Ok(_) => Err(FrameError::Cut),
            Err(error) => Err(FrameError::Io(error)),
        }
    }
}

/// The place and the inclusion path of a record in a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathEntry {
    /// The record's position, from 1.
    pub position: u64,
    /// From its sibling upwards.
    pub path: Vec<Hash>,
}

/// Reads `proofs.bin`.
pub struct Paths<R> {
    source: R,
}

impl<R: Read> Paths<R> {
    /// Reads from a source that holds nothing else.
    pub fn new(source: R) -> Self {
        Self { source }
    }

    /// The next entry; nothing at the end.
    ///
    /// # Errors
    /// [`FrameError`]; nothing that follows can be read then.
    pub fn next_path(&mut self) -> Result<Option<PathEntry>, FrameError> {
        let mut head = [0; 9];
        if !fill(&mut self.source, &mut head)? {
            return Ok(None);
        }
        let [a, b, c, d, e, f, g, h, count] = head;
        if usize::from(count) > LONGEST_INCLUSION_PATH {
            return Err(FrameError::Length(u32::from(count)));
        }
        let mut path = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            path.push(next_hash(&mut self.source)?.ok_or(FrameError::Cut)?);
        }
        Ok(Some(PathEntry { position: u64::from_be_bytes([a, b, c, d, e, f, g, h]), path }))
    }
}
