//! What comes back through the browser, and what becomes of it.

use domain::id::{BankId, ConsentId};
use serde::Serialize;
use uuid::Uuid;

use crate::connectors::BankError;
use crate::vault::sessions::Session;

/// What a browser brought back.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// Whose address it came to.
    pub bank_id: &'a BankId,
    /// The query, without `?`.
    pub query: &'a str,
    /// The fragment, without `#`.
    pub fragment: &'a str,
    /// The session of the browser.
    pub session: Option<&'a Session>,
    /// The name of the request here.
    pub request_id: Uuid,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finished {
    /// `connected`, `refused`, or `waiting` where the bank has not come to an end yet.
    pub outcome: &'static str,
    /// The consent that came to this.
    pub connection_id: ConsentId,
    /// The position of the last event, as text.
    pub position: String,
}

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// It is not an answer at all.
    #[error("the address is not a complete answer of a bank ({0})")]
    Malformed(&'static str),
    /// Its state was never issued, or to another bank.
    #[error("this answer was not asked for")]
    StateUnknown,
    /// It belongs to another browser or person.
    #[error("this answer belongs to another browser")]
    OtherBrowser,
    /// It came too late.
    #[error("this answer came too late")]
    Ended,
    /// It was used before.
    #[error("this answer was used before")]
    Used,
    /// A check failed.
    #[error("the bank's answer is not trusted ({0})")]
    NotTrusted(String),
    /// The bank failed.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Something of ours failed.
    #[error("the answer could not be worked on: {0}")]
    Here(String),
}

impl CallbackError {
    /// The stable code the page words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::StateUnknown => "state_unknown",
            Self::OtherBrowser => "other_browser",
            Self::Ended => "expired",
            Self::Used => "already_used",
            Self::NotTrusted(_) => "answer_not_trusted",
            Self::Bank(_) => "bank_error",
            Self::Here(_) => "internal",
        }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Ended => 410,
            Self::Used => 409,
            Self::Bank(_) => 502,
            Self::Here(_) => 500,
            _ => 400,
        }
    }
}

/// No random bytes: nothing was sent.
pub(super) const NO_CHANCE: BankError = BankError::NotSent { what: "no_chance" };

pub(super) fn here(error: impl std::fmt::Display) -> CallbackError {
    CallbackError::Here(error.to_string())
}
