//! What can happen in a run of reading.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{AccountId, BankId, ConsentId, FetchId, UserId};
use crate::observed::QuarantinedRow;

events! {
    /// What can happen in a run of reading.
    FetchEvent {
        /// The run began.
        Started(FetchStarted) = "fetch.started" 1,
        /// The bank answered; its words are kept.
        Answered(Answered) = "fetch.answered" 1,
        /// A call got no usable answer.
        CallFailed(CallFailed) = "fetch.call_failed" 2,
        /// Rows of an answer could not be translated and are kept aside.
        RowsQuarantined(RowsQuarantined) = "fetch.rows_quarantined" 1,
        /// The bank told of accounts that the consent does not cover; nothing of them is kept.
        AccountsLeftOut(AccountsLeftOut) = "fetch.accounts_left_out" 1,
        /// An account's window was read to its end and decided.
        WindowRead(WindowRead) = "fetch.window_read" 2,
        /// The run reached its end.
        Completed(FetchCompleted) = "fetch.completed" 1,
        /// The run gave up.
        Failed(FetchFailed) = "fetch.failed" 1,
    }
}

/// A run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchStarted {
    /// This run.
    pub fetch_id: FetchId,
    /// On whose leave.
    pub consent_id: ConsentId,
    /// Whose accounts.
    pub user_id: UserId,
    /// From which bank.
    pub bank_id: BankId,
    /// Why: `first_read`, `asked_by_person` or `scheduled`.
    pub purpose: String,
    /// Whether the person was present (Delegated Regulation (EU) 2018/389, article 36(5)).
    pub attended: bool,
    /// How often the bank lets anybody read a resource without the person in 24 hours, by what was
    /// known of it then; absent in runs of before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unattended_a_day: Option<u32>,
}

/// What a call was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    /// The list of accounts.
    Accounts,
    /// The list of cards.
    Cards,
    /// What one account is, where the list only names it.
    Details {
        /// What the bank calls it in this consent.
        bank_reference: String,
    },
    /// The balances of an account or card, where they do not come with the list.
    Balances {
        /// Whose.
        account_id: AccountId,
    },
    /// One page of an account's or card's transactions.
    Transactions {
        /// Whose.
        account_id: AccountId,
        /// What the bank calls the account in this consent.
        bank_reference: String,
        /// Which page, from 0.
        page: u32,
    },
}

/// The bank answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which answer of the run, from 0.
    pub answer: u32,
    /// What was asked for.
    pub subject: Subject,
    /// The class of endpoint, such as `account_transactions`.
    pub endpoint: String,
    /// Our name for the request.
    pub request_id: String,
    /// The bank's name for it, if it gave one.
    pub bank_request_id: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Whether the request said that the person was present.
    pub attended: bool,
    /// SHA-256 (hex) of the certificate shown to the bank.
    pub certificate_fingerprint: String,
    /// When the request was sent.
    pub sent_at: DateTime<Utc>,
    /// When the answer was complete here.
    pub received_at: DateTime<Utc>,
    /// SHA-256 (hex) of the body.
    pub body_digest: String,
    /// The body's exact bytes, base64 (RFC 4648, section 4).
    pub body: String,
    /// How the next page is asked for, if there is one.
    pub continuation: Option<String>,
}

/// A call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailed {
    /// What was asked for.
    pub subject: Subject,
    /// The class of endpoint.
    pub endpoint: String,
    /// Our name for the request.
    pub request_id: String,
    /// Why, as a stable code.
    pub code: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Whether the request said that the person was present.
    pub attended: bool,
    /// When the request was sent; none if it was not, or in the first form of this event.
    #[serde(default)]
    pub sent_at: Option<DateTime<Utc>>,
    /// How long the bank asks to wait, in whole seconds and within `plan::wait`'s limits.
    #[serde(default)]
    pub retry_after_seconds: Option<u32>,
}

/// A call that a run may have made just before its process died.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";
/// Why a call never left us, as stable codes: such calls cost nothing at the bank.
pub const NEVER_SENT: [&str; 5] = [
    "bank_circuit_open",
    "bank_crowded",
    "bank_request_not_sent",
    "bank_host_not_allowed",
    "bank_client_certificate",
];

impl CallFailed {
    /// Whether the bank may have counted the call.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        !NEVER_SENT.contains(&self.code.as_str())
    }
}

/// Rows kept aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsQuarantined {
    /// Which answer they are in.
    pub answer: u32,
    /// Which rows, and why.
    pub rows: Vec<QuarantinedRow>,
}

/// Accounts left out. The answer that tells of them is not kept: what the consent does not open is no
/// business of this platform's. That it came is in the log as a call that failed, with
/// [`NOT_COVERED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsLeftOut {
    /// What was asked for.
    pub subject: Subject,
    /// How many they are.
    pub accounts: u32,
    /// Our name for the request.
    pub request_id: String,
    /// SHA-256 (hex) of the answer's bytes.
    pub body_digest: String,
}

/// Why an answer about accounts that a consent does not cover is of no use, as a stable code.
pub const NOT_COVERED: &str = "bank_accounts_not_covered";

/// A window was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRead {
    /// Of which account.
    pub account_id: AccountId,
    /// Whether the bank's pages came to their end.
    pub whole: bool,
    /// Rows the bank showed.
    pub rows_seen: u32,
    /// Rows that were new.
    pub rows_new: u32,
    /// Rows kept aside.
    pub rows_quarantined: u32,
    /// First day that the bank was asked for and may be trusted to have shown whole.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// Last such day.
    #[serde(default)]
    pub to: Option<NaiveDate>,
}

/// The run ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchCompleted {
    /// Accounts and cards read.
    pub accounts: u32,
    /// Rows the bank showed.
    pub rows_seen: u32,
    /// Rows that were new.
    pub rows_new: u32,
}

/// The run gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchFailed {
    /// Why, as a stable code.
    pub code: String,
}
