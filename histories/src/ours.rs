//! What is judged: the reconciliation of the domain and its rivals, behind one method.

use domain::account::AccountEvent;
use domain::id::TransactionId;
use domain::reconcile::{Answer, Question, Sighted, reconcile};

use crate::books::{fetch, identify};

/// What an algorithm is asked beside the question of the domain.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// For each known row, whether the bank calls its account now what it did then.
    pub same_account: &'a [bool],
}

/// An algorithm that takes rows for transactions.
pub trait Algorithm: Sync {
    /// Its name in tables.
    fn name(&self) -> &'static str;
    /// What it makes of a window.
    fn decide(&self, question: &Question<'_>, beside: &Beside<'_>) -> Answer;
}

/// The domain's own.
#[derive(Clone, Copy, Debug)]
pub struct Ours;

impl Algorithm for Ours {
    fn name(&self) -> &'static str {
        "one-point-ledger"
    }

    fn decide(&self, question: &Question<'_>, _beside: &Beside<'_>) -> Answer {
        reconcile(question)
    }
}

/// The events of an answer, as the ledger would append them.
#[must_use]
pub fn events(
    answer: &Answer,
    rows: &[Sighted<'_>],
    account: usize,
    read: u64,
) -> Vec<AccountEvent> {
    let name = |key: &str, ordinal: u32| -> TransactionId { identify(account, key, ordinal) };
    answer.events(rows, fetch(read), name)
}
