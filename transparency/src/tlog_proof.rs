//! A proof that one record is in the log, as a text that is complete in itself (C2SP tlog-proof).

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{LARGEST_TREE, LONGEST_NOTE, read_unproven};
use crate::proof::{ProofError, verify_inclusion};
use crate::text;
use crate::tree::Hash;

/// The first line.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Most hashes in an inclusion path.
pub const LONGEST_INCLUSION_PATH: usize = 63;

/// Most bytes of extra data.
pub const MOST_EXTRA: usize = 64 * 1024;

/// Longest text of a proof that is read, in bytes.
pub const LONGEST_TLOG_PROOF: usize = LONGEST_NOTE + MOST_EXTRA * 4 / 3 + 8 * 1024;

/// A leaf's place, its path, and the signed checkpoint the path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data for the application. Nothing signs it.
    pub extra: Option<Vec<u8>>,
    /// Place of the leaf, from 0: the record's position less one.
    pub index: u64,
    /// The inclusion path, from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// The signed note, byte for byte.
    pub checkpoint: String,
}

/// A text is no proof of this form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// More than [`LONGEST_TLOG_PROOF`].
    #[error("the proof has {0} bytes, and at most {LONGEST_TLOG_PROOF} are read")]
    TooLong(usize),
    /// A line does not fit.
    #[error("line {line} of the proof {wrong}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// The checkpoint at its end is malformed.
    #[error(transparent)]
    Checkpoint(#[from] crate::checkpoint::NoteError),
}

impl TlogProof {
    /// Whether the path leads from a leaf's hash to a checkpoint's root. The checkpoint is the one
    /// that came out of opening [`TlogProof::checkpoint`] with trusted keys.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(
        &self,
        leaf: &Hash,
        checkpoint: &crate::checkpoint::Checkpoint,
    ) -> Result<(), ProofError> {
        verify_inclusion(leaf, self.index, checkpoint.size, &self.path, &checkpoint.root)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(out, "extra {}", text::base64_of(extra))?;
        }
        writeln!(out, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(out, "{}", text::base64_of(hash))?;
        }
        write!(out, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(proof: &str) -> Result<Self, TlogProofError> {
        if proof.len() > LONGEST_TLOG_PROOF {
            return Err(TlogProofError::TooLong(proof.len()));
        }
        let wrong = |line: usize, wrong: &'static str| TlogProofError::Line { line, wrong };
        let (head, checkpoint) =
            proof.split_once("\n\n").ok_or(wrong(1, "is not followed by a blank line"))?;
        let mut lines = head.split('\n').zip(1_usize..).peekable();
        if lines.next() != Some((FIRST_LINE, 1)) {
            return Err(wrong(1, "is not `c2sp.org/tlog-proof@v1`"));
        }
        let mut extra = None;
        if let Some((data, line)) =
            lines.peek().and_then(|(text, line)| Some((text.strip_prefix("extra ")?, *line)))
        {
            let bytes = text::from_base64(data).ok_or(wrong(line, "is not base64"))?;
            if bytes.len() > MOST_EXTRA {
                return Err(wrong(line, "has too much extra data"));
            }
            extra = Some(bytes);
            lines.next();
        }
        let (index, line) = lines.next().unwrap_or(("", 2));
        let index = index
            .strip_prefix("index ")
            .and_then(text::decimal)
            .filter(|index| *index < LARGEST_TREE)
            .ok_or(wrong(line, "is not `index` and a plain number"))?;
        let mut path = Vec::new();
        for (hash, line) in lines {
            if path.len() == LONGEST_INCLUSION_PATH {
                return Err(wrong(line, "is one hash too many: a path has at most 63"));
            }
            path.push(
                text::hash_from_base64(hash).ok_or(wrong(line, "is not 32 bytes in base64"))?,
            );
        }
        read_unproven(checkpoint)?;
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }
}
