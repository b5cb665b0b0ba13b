//! `bundle.json`: what the bundle says about itself. It has exactly one spelling, so that no byte of
//! it can be changed unseen.

use serde::{Deserialize, Serialize};

use super::{BundleError, CHECKPOINTS, HASHES, KEYS, MOST_CHECKPOINTS, PROOFS, RECORDS};
use crate::checkpoint::LARGEST_TREE;
use crate::text;

/// The version of the bundle's form.
pub const FORMAT: u32 = 1;

/// How much of the log a bundle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Everything from position 1 to the last.
    Whole,
    /// Some records, each with its own proof.
    Part,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path within the bundle.
    pub name: String,
    /// What it is, for whoever reads the manifest.
    pub what: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal, for the files whose contents the tree does not cover.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// What a bundle says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Whole or part.
    pub kind: Kind,
    /// The log it comes from: the origin of its checkpoints.
    pub origin: String,
    /// Position of the first record; 0 if there is none.
    pub first: u64,
    /// Position of the last record; 0 if there is none.
    pub last: u64,
    /// How many records.
    pub records: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// Every other file: records, hashes, proofs (in a part), keys, checkpoints by size.
    pub files: Vec<FileEntry>,
}

/// The name of the file with the checkpoint of a size.
#[must_use]
pub fn checkpoint_file(size: u64) -> String {
    format!("{CHECKPOINTS}/{size}.txt")
}

/// What the file of a name is.
pub(super) fn what(name: &str) -> &'static str {
    match name {
        RECORDS => "records: 4 bytes length (big-endian) and the canonical form, one after another",
        HASHES => "leaf hashes: 32 bytes for each record, in the same order",
        PROOFS => "inclusion paths: 8 bytes position (big-endian), 1 byte count, 32 bytes a hash",
        KEYS => "the keys the log says it signs with; for information, not to be trusted",
        _ => "signed checkpoint",
    }
}

impl Manifest {
    /// The one spelling.
    ///
    /// # Errors
    /// [`BundleError::Manifest`] if it cannot be written down.
    pub fn to_json(&self) -> Result<String, BundleError> {
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|error| BundleError::Manifest(error.to_string()))?;
        json.push('\n');
        Ok(json)
    }

    /// Reads a manifest and refuses every one that [`super::BundleWriter`] would not have written.
    ///
    /// # Errors
    /// [`BundleError::Manifest`].
    pub fn parse(json: &str) -> Result<Self, BundleError> {
        let wrong = |text: &str| BundleError::Manifest(text.to_owned());
        let manifest: Self = serde_json::from_str(json)
            .map_err(|error| BundleError::Manifest(format!("is not a manifest: {error}")))?;
        if manifest.to_json()? != json {
            return Err(wrong("is not spelled as it is written by an export"));
        }
        if manifest.format != FORMAT {
            return Err(BundleError::Manifest(format!(
                "is of format {}, and only format {FORMAT} is known",
                manifest.format
            )));
        }
        if !manifest.counts_fit() {
            return Err(wrong("has positions and counts that do not fit each other"));
        }
        manifest.check_files()?;
        Ok(manifest)
    }

    fn counts_fit(&self) -> bool {
        let (first, last, records) = (self.first, self.last, self.records);
        if self.last > LARGEST_TREE
            || (records == 0) != (last == 0)
            || (records == 0) != (first == 0)
        {
            return false;
        }
        match self.kind {
            Kind::Whole => records == last && (records == 0 || first == 1),
            Kind::Part => {
                self.checkpoints == 1
                    && (records == 0 || (first <= last && records - 1 <= last - first))
            }
        }
    }

    fn check_files(&self) -> Result<(), BundleError> {
        let fixed: &[&str] = match self.kind {
            Kind::Whole => &[RECORDS, HASHES, KEYS],
            Kind::Part => &[RECORDS, HASHES, PROOFS, KEYS],
        };
        let wrong = |text: String| BundleError::Manifest(text);
        let checkpoints = self.files.get(fixed.len()..).unwrap_or_default();
        let sizes = self.checkpoint_sizes();
        let named = fixed.iter().zip(&self.files).all(|(name, entry)| *name == entry.name);
        if self.files.len() < fixed.len() || !named || sizes.len() != checkpoints.len() {
            return Err(wrong("lists other files than belong to a bundle".to_owned()));
        }
        if sizes.len() > MOST_CHECKPOINTS || sizes.len() as u64 != self.checkpoints {
            return Err(wrong("lists too many checkpoints or counts them wrongly".to_owned()));
        }
        if !sizes.is_sorted_by(|a, b| a < b) {
            return Err(wrong("does not list the checkpoints by their size".to_owned()));
        }
        for entry in &self.files {
            let covered = [RECORDS, HASHES, PROOFS].contains(&entry.name.as_str());
            let digest = entry.sha256.as_deref().map(text::from_hex::<32>);
            let digest_fits =
                if covered { digest.is_none() } else { matches!(digest, Some(Some(_))) };
            if entry.what != what(&entry.name) || !digest_fits {
                return Err(wrong(format!("describes {} wrongly", entry.name)));
            }
        }
        if self
            .files
            .get(1)
            .is_some_and(|hashes| Some(hashes.bytes) != self.records.checked_mul(32))
        {
            return Err(wrong(format!("gives {HASHES} a length that does not fit the records")));
        }
        Ok(())
    }

    /// The sizes of the listed checkpoints, in the order of the list.
    #[must_use]
    pub fn checkpoint_sizes(&self) -> Vec<u64> {
        let size = |entry: &FileEntry| {
            let name = entry.name.strip_prefix(CHECKPOINTS)?.strip_prefix('/')?;
            text::decimal(name.strip_suffix(".txt")?)
        };
        self.files.iter().filter_map(size).collect()
    }

    /// The entry of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileEntry> {
        self.files.iter().find(|entry| entry.name == name)
    }
}
