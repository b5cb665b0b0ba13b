//! What reading and deciding a window of an account came to.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::FetchId;
use crate::money::Money;

/// What a bank does with its identifiers, its pending rows and its equal rows: how often, in one
/// window or over all its windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentifierHabits {
    /// A row known by every other field came again under the same reference.
    pub reference_kept: u64,
    /// A row known by every other field came again under another reference.
    pub reference_changed: u64,
    /// A reference came again with a row that is certainly another one.
    pub reference_reused: u64,
    /// As above, of transaction identifiers.
    pub identifier_kept: u64,
    /// As above, of transaction identifiers.
    pub identifier_changed: u64,
    /// As above, of transaction identifiers.
    pub identifier_reused: u64,
    /// A pending row was booked under the name it had.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_name_kept: u64,
    /// A pending row was booked under another name.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_name_changed: u64,
    /// A pending row was booked on the day it bore.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_day_kept: u64,
    /// A pending row was booked on another day.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_day_moved: u64,
    /// A pending row was still shown beside what was booked of it.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_stayed: u64,
    /// A pending row went without being booked.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_vanished: u64,
    /// Equal rows under different names proved to be so many transactions.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub equal_rows_two: u64,
    /// Equal rows under different names proved to be one transaction shown twice.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub equal_rows_one: u64,
    /// The booked balance changed by what was booked.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub balance_held: u64,
    /// The booked balance did not change by what was booked: it was old, or is another one.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub balance_broke: u64,
}

/// What windows of before did not count is not written.
fn is_none_yet(count: &u64) -> bool {
    *count == 0
}

/// Opening balance and rows against closing balance, as far as the bank gave enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum BalanceProof {
    /// The bank did not give enough to tell.
    NotGiven,
    /// The sums agree.
    Holds,
    /// They do not.
    Breaks {
        /// The first day whose sum cannot be right, as far as it can be told.
        first_day: Option<NaiveDate>,
        /// By how much the rows fall short of the balance.
        difference: Money,
    },
}

/// A window of an account was read and decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowReconciled {
    /// The run that read it.
    pub fetch_id: FetchId,
    /// The first day that was asked for; none for as far back as the bank goes.
    pub from: Option<NaiveDate>,
    /// The last day it covers.
    pub to: NaiveDate,
    /// Whether the bank's pages came to their end and every row could be read.
    pub whole: bool,
    /// Rows the bank showed.
    pub rows: u32,
    /// Of these: new ones.
    pub new: u32,
    /// Pending ones that were booked.
    pub settled: u32,
    /// Ones the bank says something else of.
    pub amended: u32,
    /// Ones put to the person.
    pub doubtful: u32,
    /// Known ones that are missing.
    pub missing: u32,
    /// The version of the rules that decided.
    pub rules: u32,
    /// What the window showed of the bank's identifiers.
    pub habits: IdentifierHabits,
    /// Whether the balances agree.
    pub balance: BalanceProof,
    /// Whether a file showed it and not a bank's interface.
    #[serde(default, skip_serializing_if = "is_false")]
    pub from_file: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}
