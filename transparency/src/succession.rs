//! Changing the key of a log: the old key signs the new one, and the new one signs that it takes over.
//!
//! A succession is one line of text, the same in a policy, in `keys.txt` of a bundle, in a witness's
//! state and in the event that records it:
//!
//! ```text
//! succession FROM OLD-VKEY NEW-VKEY OLD-SIGNATURE NEW-SIGNATURE
//! ```
//!
//! `FROM` is the number of events up to which the old key speaks. A checkpoint over more has to be
//! signed by the new one for whoever knows the succession; the old one may stand beside it for a while,
//! for those who do not know it yet.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{KeyError, KeyKind, LARGEST_TREE, SigningKey, VerifierKey};
use crate::text;

/// Longest line, in bytes.
pub const LONGEST_SUCCESSION: usize = 2_048;
/// Most successions that are read of one log.
pub const MOST_SUCCESSIONS: usize = 64;
/// The word a line begins with.
pub const WORD: &str = "succession";

/// A line is no succession.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// Not the five words after the first.
    #[error(
        "a succession is written `succession FROM OLD-KEY NEW-KEY OLD-SIGNATURE NEW-SIGNATURE`"
    )]
    Form,
    /// One of its keys is none.
    #[error("a key of the succession: {0}")]
    Key(#[from] KeyError),
    /// Two names, one key twice, or a witness's key.
    #[error("a succession joins two different keys of one log")]
    Keys,
    /// The old key did not sign the new one.
    #[error("the old key did not sign this succession")]
    NotByOld,
    /// Whoever has the old key does not have the new one.
    #[error("the new key did not sign this succession")]
    NotByNew,
}

/// One key of a log in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    from: u64,
    old: VerifierKey,
    new: VerifierKey,
    signatures: [Vec<u8>; 2],
}

/// What both keys sign. It has more lines than a checkpoint, so neither can pass for the other.
fn statement(from: u64, old: &VerifierKey, new: &VerifierKey) -> String {
    format!("one-point-ledger key succession/v1\n{}\n{from}\n{old}\n{new}\n", old.name())
}

fn joinable(old: &VerifierKey, new: &VerifierKey) -> bool {
    old.name() == new.name()
        && old.public() != new.public()
        && [old, new].iter().all(|key| key.kind() == KeyKind::Log)
}

impl Succession {
    /// Lets a key take the place of another from more than `from` events on.
    ///
    /// # Errors
    /// [`SuccessionError::Keys`] for keys of two names.
    pub fn sign(from: u64, old: &SigningKey, new: &SigningKey) -> Result<Self, SuccessionError> {
        let (former, later) = (old.verifier_key(), new.verifier_key());
        if !joinable(&former, &later) {
            return Err(SuccessionError::Keys);
        }
        let text = statement(from, &former, &later);
        let signatures = [old.signature(&text), new.signature(&text)];
        Ok(Self { from, old: former, new: later, signatures })
    }

    /// How many events the old key speaks for.
    #[must_use]
    pub fn from(&self) -> u64 {
        self.from
    }

    /// The key that was.
    #[must_use]
    pub fn old(&self) -> &VerifierKey {
        &self.old
    }

    /// The key that takes its place.
    #[must_use]
    pub fn new_key(&self) -> &VerifierKey {
        &self.new
    }
}

impl fmt::Display for Succession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = self.signatures.each_ref().map(|bytes| text::base64_of(bytes));
        write!(out, "{WORD} {} {} {} {old} {new}", self.from, self.old, self.new)
    }
}

impl FromStr for Succession {
    type Err = SuccessionError;

    /// Reads a line and looks at both signatures.
    fn from_str(line: &str) -> Result<Self, SuccessionError> {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let [WORD, from, old, new, by_old, by_new] = words[..] else {
            return Err(SuccessionError::Form);
        };
        let signature = |word| text::from_base64(word).ok_or(SuccessionError::Form);
        let from = text::decimal(from).filter(|from| *from <= LARGEST_TREE);
        let from =
            from.filter(|_| line.len() <= LONGEST_SUCCESSION).ok_or(SuccessionError::Form)?;
        let (old, new): (VerifierKey, VerifierKey) = (old.parse()?, new.parse()?);
        let signatures = [signature(by_old)?, signature(by_new)?];
        if !joinable(&old, &new) {
            return Err(SuccessionError::Keys);
        }
        let text = statement(from, &old, &new);
        if !old.verifies(&text, &signatures[0]) {
            return Err(SuccessionError::NotByOld);
        }
        if !new.verifies(&text, &signatures[1]) {
            return Err(SuccessionError::NotByNew);
        }
        Ok(Self { from, old, new, signatures })
    }
}

/// A succession does not fit the keys that are trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFollowed {
    /// Its old key is not trusted.
    #[error("the succession is by a key nobody here trusts")]
    Unknown,
    /// The old key signed two successors.
    #[error("a key of the log signed two successors: one of them is not the log's")]
    Twice,
    /// More than [`MOST_SUCCESSIONS`].
    #[error("more than {MOST_SUCCESSIONS} changes of keys are not followed")]
    TooMany,
    /// It goes back: to a key that was given up, or to before the old key began.
    #[error("the succession goes back to a key that was given up, or to before its key began")]
    Back,
}

/// A key and the checkpoints it speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    key: VerifierKey,
    /// Only over more events than this; nothing for a key that is trusted by itself.
    after: Option<u64>,
    /// Only over so many events; nothing for a key that was not given up.
    until: Option<u64>,
    /// What took its place.
    next: Option<VerifierKey>,
}

/// The keys of logs that are trusted, each for the sizes it speaks for: those somebody names, and
/// those that took their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    spans: Vec<Span>,
    followed: Vec<Succession>,
}

impl Lineage {
    /// Begins with the keys somebody names.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = VerifierKey>) -> Self {
        let mut lineage = Self::default();
        keys.into_iter().for_each(|key| lineage.trust(key));
        lineage
    }

    /// Trusts one more key by itself.
    pub fn trust(&mut self, key: VerifierKey) {
        if !self.keys().any(|known| *known == key) {
            self.spans.push(Span { key, after: None, until: None, next: None });
        }
    }

    /// Lets a succession count. The same one again changes nothing.
    ///
    /// # Errors
    /// [`NotFollowed`].
    pub fn follow(&mut self, succession: &Succession) -> Result<(), NotFollowed> {
        let Succession { from, old, new, .. } = succession;
        if self.followed.contains(succession) {
            return Ok(());
        }
        let at = self.spans.iter().position(|span| span.key == *old).ok_or(NotFollowed::Unknown)?;
        let before = &self.spans[at];
        if before.next.is_some() {
            return Err(NotFollowed::Twice);
        }
        if self.followed.len() == MOST_SUCCESSIONS {
            return Err(NotFollowed::TooMany);
        }
        let later = self.spans.iter().find(|span| span.key == *new);
        let given_up = later.and_then(|span| span.until).is_some_and(|until| until <= *from);
        if before.after.is_some_and(|after| *from < after) || given_up {
            return Err(NotFollowed::Back);
        }
        if later.is_none() {
            let after = Some(*from);
            self.spans.push(Span { key: new.clone(), after, until: None, next: None });
        }
        self.spans[at].until = Some(*from);
        self.spans[at].next = Some(new.clone());
        self.followed.push(succession.clone());
        Ok(())
    }

    /// Every key, those that were given up too: old checkpoints are theirs.
    pub fn keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.spans.iter().map(|span| &span.key)
    }

    /// What was followed, in order.
    #[must_use]
    pub fn followed(&self) -> &[Succession] {
        &self.followed
    }

    /// Whether a key speaks for the checkpoints of its log over so many events.
    #[must_use]
    pub fn speaks(&self, key: &VerifierKey, size: u64) -> bool {
        self.spans.iter().any(|span| {
            span.key == *key
                && span.after.is_none_or(|after| size > after)
                && span.until.is_none_or(|until| size <= until)
        })
    }
}
