//! Checkpoints: the size and root of the tree, signed (C2SP tlog-checkpoint and signed-note).

use crate::text;
use crate::tree::Hash;

pub use crate::key::{CosigningKey, KeyError, KeyKind, SigningKey, VerifierKey};

/// Longest origin, in bytes.
pub const LONGEST_ORIGIN: usize = 255;

/// Longest note that is read, in bytes. Sixteen post-quantum signatures fit.
pub const LONGEST_NOTE: usize = 128 * 1024;

/// Most signature lines in a note.
pub const MOST_SIGNATURES: usize = 64;

/// Largest tree: its proofs have at most 63 hashes.
pub const LARGEST_TREE: u64 = 1 << 63;

/// The tree at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: one line, not empty.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines, each with its newline.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, text::base64_of(&self.root))
    }

    /// Reads the text that is signed. Extension lines are refused: nobody could check them.
    ///
    /// # Errors
    /// [`NoteError::Body`] with what is wrong.
    pub fn parse_body(body: &str) -> Result<Self, NoteError> {
        let lines = body.strip_suffix('\n').ok_or(NoteError::Body("does not end in a newline"))?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Body("has fewer than three lines"));
        };
        if lines.next().is_some() {
            return Err(NoteError::Body("has extension lines, which are not accepted"));
        }
        if origin.is_empty()
            || origin.len() > LONGEST_ORIGIN
            || origin.chars().any(char::is_control)
        {
            return Err(NoteError::Body("has an origin that is empty, too long, or not text"));
        }
        let size = text::decimal(size)
            .filter(|size| *size <= LARGEST_TREE)
            .ok_or(NoteError::Body("has a size that is no plain number up to 2^63"))?;
        let root = text::hash_from_base64(root)
            .ok_or(NoteError::Body("has a root that is not 32 bytes in base64"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A note cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`LONGEST_NOTE`].
    #[error("the note has {0} bytes, and at most {LONGEST_NOTE} are read")]
    TooLong(usize),
    /// Not text, blank line, signature lines.
    #[error("the note is malformed: it {0}")]
    Form(&'static str),
    /// The text is no checkpoint.
    #[error("the checkpoint {0}")]
    Body(&'static str),
    /// None of the signatures is by a key that was given.
    #[error("no signature is by a known key")]
    NoKnownKey,
    /// A signature under the name and identifier of a known key is not that key's.
    #[error("the signature in the name of {0} is wrong")]
    WrongSignature(String),
}

/// A note whose signatures were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The known keys that signed it, each once, in the order in which they were given.
    pub signers: Vec<VerifierKey>,
}

/// A note taken apart, its signatures not looked at.
struct Parts<'a> {
    body: &'a str,
    /// Name, identifier, signature.
    signatures: Vec<(&'a str, [u8; 4], Vec<u8>)>,
}

fn take_apart(note: &str) -> Result<Parts<'_>, NoteError> {
    if note.len() > LONGEST_NOTE {
        return Err(NoteError::TooLong(note.len()));
    }
    if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Form("holds a control character"));
    }
    let divide = note.rfind("\n\n").ok_or(NoteError::Form("has no blank line"))?;
    let (body, lines) = (&note[..=divide], &note[divide + 2..]);
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Form("does not end in a newline"))?;
    if lines.split('\n').count() > MOST_SIGNATURES {
        return Err(NoteError::Form("has too many signatures"));
    }
    let signatures = lines
        .split('\n')
        .map(signature)
        .collect::<Option<Vec<_>>>()
        .ok_or(NoteError::Form("has a line that is no signature"))?;
    Ok(Parts { body, signatures })
}

fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
        return None;
    }
    let bytes = text::from_base64(signature)?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some((name, *id, signature.to_vec()))
}

/// Opens a signed checkpoint with the keys that are trusted. Signatures by other keys are ignored,
/// as C2SP signed-note demands; at least one must be by a given key, and every one in a given key's
/// name must be right.
///
/// # Errors
/// [`NoteError`].
pub fn open_note(note: &str, keys: &[VerifierKey]) -> Result<Opened, NoteError> {
    let parts = take_apart(note)?;
    let checkpoint = Checkpoint::parse_body(parts.body)?;
    let mut signers = Vec::new();
    for key in keys {
        let mut signed = false;
        for (name, id, signature) in &parts.signatures {
            if *name == key.name() && *id == key.id() {
                if !key.verifies(parts.body, signature) {
                    return Err(NoteError::WrongSignature(key.name().to_owned()));
                }
                signed = true;
            }
        }
        if signed && !signers.contains(key) {
            signers.push(key.clone());
        }
    }
    if signers.is_empty() { Err(NoteError::NoKnownKey) } else { Ok(Opened { checkpoint, signers }) }
}

/// Reads what a note says without looking at its signatures: nothing follows from it.
///
/// # Errors
/// [`NoteError`], but never about a key.
pub fn read_unproven(note: &str) -> Result<Checkpoint, NoteError> {
    Checkpoint::parse_body(take_apart(note)?.body)
}
