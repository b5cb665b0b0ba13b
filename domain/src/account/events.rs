//! What can happen to an account. What becomes of its transactions stands in [`crate::transaction`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{AccountId, BankId, ConsentId, FetchId, TransactionId, UserId};
use crate::money::{Currency, Money};
use crate::observed::{AccountKind, BalanceKind, Evidence, ObservedTransaction};
use crate::redecide::{HistoryRedecided, Redecided};
use crate::transaction::{
    Amended, Categorised, DoubtResolved, Doubted, Hidden, Merged, Missed, Noted, Parted, Returned,
    Settled, Split, WindowReconciled, Withdrawn,
};

events! {
    /// What can happen to an account.
    AccountEvent {
        /// It was seen for the first time.
        Opened(Opened) = "account.opened" 1,
        /// A consent showed it, under a reference of the bank's that may be new.
        Linked(Linked) = "account.linked" 1,
        /// The bank describes it differently than before.
        Described(Described) = "account.described" 1,
        /// A balance differs from the last one known.
        BalanceObserved(BalanceObserved) = "account.balance_observed" 1,
        /// A transaction that was not known before.
        TransactionRecorded(TransactionRecorded) = "account.transaction_recorded" 1,
        /// A pending transaction was booked.
        TransactionSettled(Settled) = "account.transaction_settled" 1,
        /// The bank says something else of a transaction.
        TransactionAmended(Amended) = "account.transaction_amended" 1,
        /// A whole window did not show a transaction.
        TransactionMissed(Missed) = "account.transaction_missed" 1,
        /// A transaction is gone at the bank.
        TransactionWithdrawn(Withdrawn) = "account.transaction_withdrawn" 1,
        /// A missing transaction is shown again.
        TransactionReturned(Returned) = "account.transaction_returned" 1,
        /// A row may be a known transaction, and may not.
        TransactionDoubted(Doubted) = "account.transaction_doubted" 1,
        /// A doubt was settled.
        DoubtResolved(DoubtResolved) = "account.doubt_resolved" 1,
        /// Two transactions are one.
        TransactionsMerged(Merged) = "account.transactions_merged" 1,
        /// A joining was undone.
        TransactionsParted(Parted) = "account.transactions_parted" 1,
        /// Newer rules said something else of the past, and a person accepted it.
        TransactionsRedecided(Redecided) = "account.transactions_redecided" 1,
        /// A person chose a category.
        TransactionCategorised(Categorised) = "account.transaction_categorised" 1,
        /// A person wrote a note.
        TransactionNoted(Noted) = "account.transaction_noted" 1,
        /// A person took a transaction off the lists, or put it back.
        TransactionHidden(Hidden) = "account.transaction_hidden" 1,
        /// A person split a transaction.
        TransactionSplit(Split) = "account.transaction_split" 1,
        /// The person took it out of sight.
        PutAway(PutAway) = "account.put_away" 1,
        /// It is in sight again.
        BroughtBack(BroughtBack) = "account.brought_back" 1,
        /// A window was read and decided.
        WindowReconciled(WindowReconciled) = "account.window_reconciled" 1,
        /// The whole past is as a version of the rules decides it.
        HistoryRedecided(HistoryRedecided) = "account.history_redecided" 1,
    }
}

/// An account was seen first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Our identifier of it.
    pub account_id: AccountId,
    /// Whose it is here.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// What kind.
    pub kind: AccountKind,
    /// IBAN, or masked card number.
    pub identifier: String,
    /// The currency it is kept in.
    pub currency: Currency,
    /// The product name.
    pub name: String,
    /// The owner or owners.
    pub owner: Option<String>,
    /// BIC of the keeping bank.
    pub servicer: Option<String>,
}

/// A consent shows the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The consent that shows it now.
    pub consent_id: ConsentId,
    /// What the bank calls the account in it.
    pub bank_reference: String,
}

/// A new description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The product name.
    pub name: String,
    /// The owner or owners.
    pub owner: Option<String>,
}

/// A balance of this kind differs from the last one known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceObserved {
    /// Which of the balances that banks state.
    pub kind: BalanceKind,
    /// How much; below zero where the account is overdrawn.
    pub amount: Money,
    /// The bank's text of the amount.
    pub amount_text: String,
    /// When the bank said so.
    pub observed_at: DateTime<Utc>,
    /// In which run.
    pub fetch_id: FetchId,
}

/// A transaction was not known before, and counts from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRecorded {
    /// Our identifier of it.
    pub transaction_id: TransactionId,
    /// What the bank said.
    pub observed: ObservedTransaction,
    /// Among rows equal in every field, which one this is, from 0.
    pub ordinal: u32,
    /// Where it was read.
    pub evidence: Evidence,
}

/// The account, its rows and all they come to are no longer shown, and count in nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAway {
    /// The account.
    pub account_id: AccountId,
}

/// The account is shown and counts as before, with everything the person said of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtBack {
    /// The account.
    pub account_id: AccountId,
}
