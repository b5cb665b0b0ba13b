//! Exported bundles: records with everything an outsider needs to check them, in one directory.
//!
//! | file | holds |
//! |---|---|
//! | `bundle.json` | the [`Manifest`]: kind, origin, positions, and every other file with its length |
//! | `records.bin` | for each record its length (4 bytes, big-endian) and its canonical form |
//! | `hashes.bin` | for each record its leaf hash, 32 bytes, in the same order |
//! | `proofs.bin` | in a part: for each record its position (8 bytes, big-endian), the number of hashes (1 byte) and the inclusion path to the one checkpoint |
//! | `keys.txt` | the keys the log says it signs with; nothing follows from them |
//! | `checkpoints/SIZE.txt` | signed checkpoints |
//!
//! A whole bundle holds positions 1, 2, 3 … without a gap. A part holds some positions, ascending,
//! and cannot show that nothing is left out.

mod manifest;
mod read;
mod write;

use std::path::PathBuf;

pub use manifest::{FORMAT, FileEntry, Kind, Manifest, checkpoint_file};
pub(crate) use read::next_hash;
pub use read::{Bundle, FrameError, Frames, PathEntry, Paths};
pub use write::BundleWriter;

/// Name of the manifest.
pub const MANIFEST: &str = "bundle.json";
/// Name of the file with the records.
pub const RECORDS: &str = "records.bin";
/// Name of the file with the leaf hashes.
pub const HASHES: &str = "hashes.bin";
/// Name of the file with the inclusion paths of a part.
pub const PROOFS: &str = "proofs.bin";
/// Name of the file with the log's keys.
pub const KEYS: &str = "keys.txt";
/// Name of the folder with the checkpoints.
pub const CHECKPOINTS: &str = "checkpoints";

/// Most checkpoints in a bundle.
pub const MOST_CHECKPOINTS: usize = 10_000;
/// Longest `bundle.json`, in bytes.
pub const LONGEST_MANIFEST: usize = 4 * 1024 * 1024;
/// Longest `keys.txt`, in bytes.
pub const LONGEST_KEYS: usize = 64 * 1024;

/// A bundle cannot be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file system refuses.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something stands where the bundle should be written.
    #[error("{} is there already; choose another name or remove it", .0.display())]
    Exists(PathBuf),
    /// The manifest is not one.
    #[error("bundle.json {0}")]
    Manifest(String),
    /// A listed file is missing, is no plain file, or has other contents.
    #[error("{name} {wrong}")]
    File {
        /// Its name within the bundle.
        name: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// The writer was given what does not belong there.
    #[error("{0}")]
    Refused(String),
}
