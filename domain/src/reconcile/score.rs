//! How alike two readings are, in parts of a thousand.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::key::evened;
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

/// A reading with what is compared of it, worked out once.
pub(super) struct Reading<'a> {
    pub row: &'a ObservedTransaction,
    /// The beginnings of its words, hashed and sorted.
    pub words: Vec<u64>,
    /// The other side's name, hashed.
    party: Option<u64>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(row: &'a ObservedTransaction) -> Self {
        let party = row.counterparty.as_deref().filter(|name| !name.trim().is_empty());
        let party = party.map(|name| {
            let mut hasher = DefaultHasher::new();
            evened(name, |letter| letter.hash(&mut hasher));
            hasher.finish()
        });
        Self { row, words: words(row), party }
    }
}

/// How alike two readings of perhaps one transaction are: an earlier and a later one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    /// All in all.
    pub score: u32,
    /// The words alone.
    pub alike: u32,
    /// Whether the amount is the same, in the account's or the purchase's currency.
    pub exact: bool,
    /// Whether both amounts are in one currency and of one sign.
    pub same_direction: bool,
    /// By how much the amounts differ, in parts of a thousand of the larger one.
    pub drift: u32,
    /// Days from the earlier reading's day to the later one's.
    pub days: i64,
    /// Whether both name the day of the purchase, and the same one.
    pub same_purchase_day: bool,
    /// Whether both name the day it was paid, and not the same one.
    pub other_purchase_day: bool,
    same_party: bool,
    same_original: bool,
}

/// Weighs amount, days and words.
pub(super) fn weigh(before: &Reading<'_>, after: &Reading<'_>) -> Weighed {
    let (one, other) = (before.row, after.row);
    let days = other.booking_date.signed_duration_since(one.booking_date).num_days();
    let same_party = before.party.is_some() && before.party == after.party;
    let mut weighed = Weighed {
        score: 0,
        alike: if same_party { 1_000 } else { overlap(&before.words, &after.words) },
        exact: false,
        same_direction: one.amount.currency == other.amount.currency
            && (one.amount.minor < 0) == (other.amount.minor < 0),
        drift: drift(one.amount.minor, other.amount.minor),
        days,
        same_purchase_day: same_purchase_day(one, other),
        other_purchase_day: one.payment_date.is_some()
            && other.payment_date.is_some()
            && one.payment_date != other.payment_date,
        same_party,
        same_original: one.original_amount.is_some()
            && one.original_amount == other.original_amount,
    };
    let for_amount = weighed.for_amount();
    weighed.exact = for_amount >= FOR_ORIGINAL;
    weighed.score = for_amount + weighed.for_days() + weighed.alike * FOR_WORDS / 1_000;
    weighed
}

impl Weighed {
    fn for_amount(&self) -> u32 {
        if !self.same_direction {
            0
        } else if self.drift == 0 {
            FOR_AMOUNT
        } else if self.same_original {
            FOR_ORIGINAL
        } else if self.drift > MOST_DRIFT {
            0
        } else {
            FOR_AMOUNT.saturating_sub(100 + self.drift * DRIFT_COSTS)
        }
    }

    fn for_days(&self) -> u32 {
        if self.same_purchase_day {
            return FOR_DAYS;
        }
        // Each further day costs more, so that of two orders the steady one is the likelier.
        match self.days {
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

    /// The grounds, for people.
    pub(super) fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(4);
        if self.drift == 0 && self.same_direction {
            reasons.push(Reason::SameAmount);
        } else {
            reasons.push(Reason::AmountDiffers { per_mille: self.drift });
        }
        if self.drift > 0 && self.same_original {
            reasons.push(Reason::SameOriginalAmount);
        }
        reasons.push(Reason::DaysApart { days: i32::try_from(self.days).unwrap_or(i32::MAX) });
        if self.same_party {
            reasons.push(Reason::SameCounterparty);
        } else if self.alike > 0 {
            reasons.push(Reason::TextAlike { per_mille: self.alike });
        }
        reasons
    }
}

fn drift(one: i64, other: i64) -> u32 {
    let larger = one.unsigned_abs().max(other.unsigned_abs()).max(1);
    let parts = u128::from(one.abs_diff(other)) * 1_000 / u128::from(larger);
    // A cent in a million is a difference, too.
    u32::try_from(parts).unwrap_or(u32::MAX).max(u32::from(one != other))
}

/// Both name the day of the purchase, and the same one.
fn same_purchase_day(before: &ObservedTransaction, after: &ObservedTransaction) -> bool {
    let named = |row: &ObservedTransaction| row.payment_date.or(row.value_date);
    after.payment_date == Some(before.booking_date)
        || (named(before).is_some() && named(before) == named(after))
}

/// The beginnings of a row's words, hashed and sorted; numbers only if there is nothing else.
fn words(row: &ObservedTransaction) -> Vec<u64> {
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
