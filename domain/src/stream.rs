//! The numbered events of one aggregate.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// What kind of aggregate a stream belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// A person.
    User,
    /// A registration with a bank.
    Registration,
    /// A permission.
    Consent,
    /// The tokens of a permission.
    Grant,
    /// A run of reading.
    Fetch,
    /// A file that a person brought.
    Import,
    /// The exchange rates of a source.
    Rates,
    /// An account or card.
    Account,
    /// Refusals at the door.
    Incident,
    /// A role somebody was given.
    Role,
    /// What a person says of how their money is to be read.
    Guidance,
    /// The keys that checkpoints are signed with.
    Signing,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 12] = [
        Self::User,
        Self::Registration,
        Self::Consent,
        Self::Grant,
        Self::Fetch,
        Self::Import,
        Self::Rates,
        Self::Account,
        Self::Incident,
        Self::Role,
        Self::Guidance,
        Self::Signing,
    ];

    /// The word a stream's name begins with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Registration => "registration",
            Self::Consent => "consent",
            Self::Grant => "grant",
            Self::Fetch => "fetch",
            Self::Import => "import",
            Self::Rates => "rates",
            Self::Account => "account",
            Self::Incident => "incident",
            Self::Role => "role",
            Self::Guidance => "guidance",
            Self::Signing => "signing",
        }
    }
}

/// The name of a stream: its category and the identifier of its aggregate. It says nothing about
/// a person: identifiers are drawn at random or derived under a key that can be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// What kind of aggregate.
    pub category: Category,
    /// Which one.
    pub id: Uuid,
}

impl StreamId {
    /// Names a stream.
    #[must_use]
    pub const fn new(category: Category, id: Uuid) -> Self {
        Self { category, id }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> StreamName {
        let word = self.category.word().as_bytes();
        let mut name = StreamName { bytes: [b'-'; _], length: word.len() + 1 + Hyphenated::LENGTH };
        name.bytes[..word.len()].copy_from_slice(word);
        self.id.hyphenated().encode_lower(&mut name.bytes[word.len() + 1..]);
        name
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name().as_str())
    }
}

/// Most bytes of a category's word.
const LONGEST_WORD: usize = 16;

/// A stream's name where it is made: every event of a log is sealed to one, so no memory is asked for.
#[derive(Clone, Copy, Debug)]
pub struct StreamName {
    bytes: [u8; LONGEST_WORD + 1 + Hyphenated::LENGTH],
    length: usize,
}

impl StreamName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Words and hyphenated identifiers are ASCII.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// The text is no stream name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream name is a category, a hyphen and a UUID, such as consent-018f…")]
pub struct NoStreamName;

impl FromStr for StreamId {
    type Err = NoStreamName;
    fn from_str(text: &str) -> Result<Self, NoStreamName> {
        let (word, id) = text.split_once('-').ok_or(NoStreamName)?;
        let category = Category::ALL
            .into_iter()
            .find(|category| category.word() == word)
            .ok_or(NoStreamName)?;
        Ok(Self::new(category, Uuid::parse_str(id).map_err(|_| NoStreamName)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for category in Category::ALL {
            let stream = StreamId::new(category, Uuid::from_u128(7));
            assert_eq!(stream.to_string().parse(), Ok(stream));
            assert_eq!(stream.to_string(), format!("{}-{}", category.word(), stream.id));
            assert!(category.word().len() <= LONGEST_WORD);
        }
        assert_eq!("nothing-1".parse::<StreamId>(), Err(NoStreamName));
    }
}
