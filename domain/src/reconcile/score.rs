//! How alike two readings are, in parts of a thousand.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::key::{evened, same_text};
use crate::observed::ObservedTransaction;
use crate::transaction::Reason;

/// Points for the same amount; the rest is for days and words.
const FOR_AMOUNT: u32 = 450;
const FOR_DAYS: u32 = 200;
const FOR_WORDS: u32 = 350;
/// The same amount in the currency of the purchase is nearly as good.
const FOR_ORIGINAL: u32 = 420;
/// Beyond this difference an amount speaks for nothing (parts in a thousand).
const MOST_DRIFT: u32 = 600;
/// What an amount keeps of its points for each part in a thousand it differs.
const DRIFT_COSTS: u32 = 1;
/// Letters of a word that count: banks cut words short.
const WORD_LETTERS: usize = 5;
/// Words of a text that count.
const MOST_WORDS: usize = 16;

/// Two readings that may be of one transaction: an earlier and a later one.
pub(super) struct Pair<'a> {
    pub before: &'a ObservedTransaction,
    pub after: &'a ObservedTransaction,
    /// Days from the earlier reading's day to the later one's.
    pub days: i64,
}

impl<'a> Pair<'a> {
    pub(super) fn of(before: &'a ObservedTransaction, after: &'a ObservedTransaction) -> Self {
        let days = after.booking_date.signed_duration_since(before.booking_date).num_days();
        Self { before, after, days }
    }

    pub(super) fn same_direction(&self) -> bool {
        self.before.amount.currency == self.after.amount.currency
            && (self.before.amount.minor < 0) == (self.after.amount.minor < 0)
    }

    /// By how much the amounts differ, in parts of a thousand of the larger one.
    pub(super) fn drift(&self) -> u32 {
        let (one, other) = (self.before.amount.minor, self.after.amount.minor);
        let larger = one.unsigned_abs().max(other.unsigned_abs()).max(1);
        let parts = u128::from(one.abs_diff(other)) * 1_000 / u128::from(larger);
        // A cent in a million is a difference, too.
        u32::try_from(parts).unwrap_or(u32::MAX).max(u32::from(one != other))
    }

    /// The purchase's own day is named by both and is the same.
    fn same_purchase_day(&self) -> bool {
        let days = |row: &ObservedTransaction| row.payment_date.or(row.value_date);
        self.after.payment_date == Some(self.before.booking_date)
            || (days(self.before).is_some() && days(self.before) == days(self.after))
    }
}

/// How alike a pair is.
pub(super) struct Weighed {
    /// All in all.
    pub score: u32,
    /// The words alone.
    pub alike: u32,
    /// Whether the amount is the same, in the account's or the purchase's currency.
    pub exact: bool,
    pub reasons: Vec<Reason>,
}

/// Weighs amount, days and words.
pub(super) fn weigh(pair: &Pair<'_>) -> Weighed {
    let mut reasons = Vec::new();
    let (for_amount, exact) = amount(pair, &mut reasons);
    let for_days = days(pair, &mut reasons);
    let alike = words_alike(pair, &mut reasons);
    let score = for_amount + for_days + alike * FOR_WORDS / 1_000;
    Weighed { score, alike, exact, reasons }
}

fn amount(pair: &Pair<'_>, reasons: &mut Vec<Reason>) -> (u32, bool) {
    if !pair.same_direction() {
        return (0, false);
    }
    if pair.before.amount == pair.after.amount {
        reasons.push(Reason::SameAmount);
        return (FOR_AMOUNT, true);
    }
    let per_mille = pair.drift();
    reasons.push(Reason::AmountDiffers { per_mille });
    if pair.before.original_amount.is_some()
        && pair.before.original_amount == pair.after.original_amount
    {
        reasons.push(Reason::SameOriginalAmount);
        return (FOR_ORIGINAL, true);
    }
    if per_mille > MOST_DRIFT {
        return (0, false);
    }
    (FOR_AMOUNT.saturating_sub(100 + per_mille * DRIFT_COSTS), false)
}

fn days(pair: &Pair<'_>, reasons: &mut Vec<Reason>) -> u32 {
    let days = i32::try_from(pair.days).unwrap_or(i32::MAX);
    reasons.push(Reason::DaysApart { days });
    if pair.same_purchase_day() {
        return FOR_DAYS;
    }
    match pair.days {
        0 => FOR_DAYS,
        1 => 195,
        2 => 185,
        3 => 170,
        4 => 150,
        5 => 130,
        6 => 105,
        7 => 80,
        8..=10 => 50,
        -1 => 150,
        -2 => 80,
        _ => 0,
    }
}

fn words_alike(pair: &Pair<'_>, reasons: &mut Vec<Reason>) -> u32 {
    let (before, after) = (pair.before, pair.after);
    if let (Some(one), Some(other)) = (&before.counterparty, &after.counterparty)
        && !one.trim().is_empty()
        && same_text(one, other)
    {
        reasons.push(Reason::SameCounterparty);
        return 1_000;
    }
    let per_mille = overlap(&words(before), &words(after));
    if per_mille > 0 {
        reasons.push(Reason::TextAlike { per_mille });
    }
    per_mille
}

/// The beginnings of a row's words, hashed and sorted; numbers only if there is nothing else.
pub(super) fn words(row: &ObservedTransaction) -> Vec<u64> {
    let mut all = Vec::new();
    let mut numbers = Vec::new();
    for text in [row.counterparty.as_deref().unwrap_or_default(), &row.text] {
        let mut even = String::with_capacity(text.len());
        evened(text, |letter| even.push(letter));
        for word in even.split(|letter: char| !letter.is_alphanumeric()) {
            if word.chars().nth(1).is_none() {
                continue;
            }
            let number = word.chars().all(|letter| letter.is_ascii_digit());
            let mut hasher = DefaultHasher::new();
            for letter in word.chars().take(if number { usize::MAX } else { WORD_LETTERS }) {
                letter.hash(&mut hasher);
            }
            let words = if number { &mut numbers } else { &mut all };
            if words.len() < MOST_WORDS {
                words.push(hasher.finish());
            }
        }
    }
    let mut words = if all.is_empty() { numbers } else { all };
    words.sort_unstable();
    words.dedup();
    words
}

/// How much two sets of words have in common: mostly how far the smaller is within the larger.
fn overlap(one: &[u64], other: &[u64]) -> u32 {
    let common = one.iter().filter(|word| other.binary_search(word).is_ok()).count();
    let smaller = one.len().min(other.len());
    if smaller == 0 || common == 0 {
        return 0;
    }
    let all = one.len() + other.len() - common;
    let per_mille = common * 700 / smaller + common * 300 / all;
    u32::try_from(per_mille).unwrap_or(1_000)
}
