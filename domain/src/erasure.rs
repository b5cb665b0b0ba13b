//! The end of everything sealed about a person: their data key is destroyed, and this says so.
//! Nothing here is personal, since it stays readable for ever.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::id::UserId;

/// Longest reason, in bytes.
pub const LONGEST_REASON: usize = 40;

/// Who asked for an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestedBy {
    /// The person themselves, signed in and with their password.
    Person,
    /// Whoever runs the service, at the command line.
    Operator,
}

impl RequestedBy {
    /// The stable word kept in rows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
        }
    }

    /// Who a word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Person, Self::Operator].into_iter().find(|by| by.word() == word)
    }
}

/// Why a person's data was erased, as a code: it can be read for ever, so it is no place for words
/// about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ErasureReason(String);

/// The text is no reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a reason is a code of 1 to {LONGEST_REASON} lower-case letters, digits and underscores, such as \
     `asked_by_letter`: it stays readable for ever and must not tell anything about the person"
)]
pub struct NoReason;

impl ErasureReason {
    /// The person asked for it themselves.
    #[must_use]
    pub fn asked_by_person() -> Self {
        Self("asked_by_person".to_owned())
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErasureReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ErasureReason {
    type Err = NoReason;
    fn from_str(text: &str) -> Result<Self, NoReason> {
        let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if begins && text.len() <= LONGEST_REASON && text.bytes().all(sign) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoReason)
        }
    }
}

impl<'de> Deserialize<'de> for ErasureReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A person's data key was destroyed: nothing sealed under it opens again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Whose: an identifier drawn at random, which names nobody any more.
    pub user_id: UserId,
    /// The destroyed key.
    pub key_id: Uuid,
    /// Who asked.
    pub requested_by: RequestedBy,
    /// Why.
    pub reason: ErasureReason,
    /// When the key was destroyed.
    pub key_destroyed_at: DateTime<Utc>,
    /// Consents that stood or waited and were ended.
    pub consents_ended: u32,
    /// Banks' authorizations that are withdrawn here while the bank did not confirm that it knows.
    pub banks_not_told: u32,
    /// Tokens and other secrets of the person that were deleted.
    pub secrets_deleted: u32,
    /// Sessions that were ended.
    pub sessions_ended: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_code_and_never_words_about_a_person() {
        for good in ["a", "asked_by_letter", "case_4711"] {
            assert_eq!(good.parse::<ErasureReason>().map(|reason| reason.0), Ok(good.to_owned()));
        }
        let long = "a".repeat(LONGEST_REASON + 1);
        for bad in ["", "_a", "4a", "Asked", "asked by Maija", "maija@example.fi", "é", &long] {
            assert_eq!(bad.parse::<ErasureReason>(), Err(NoReason), "{bad}");
            let quoted = serde_json::Value::from(bad);
            assert!(serde_json::from_value::<ErasureReason>(quoted).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_word_reads_back() {
        for by in [RequestedBy::Person, RequestedBy::Operator] {
            assert_eq!(RequestedBy::of_word(by.word()), Some(by));
        }
        assert_eq!(RequestedBy::of_word("bank"), None);
    }
}
