//! By what rows are indexed: the key a transaction is recorded under, and what a row says apart
//! from the bank's identifiers.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDate;

use crate::money::{Currency, Money};
use crate::observed::ObservedTransaction;

/// The key a row is recorded under; with an ordinal among rows of one key it names a transaction.
///
/// With a bank reference: the reference, the day and the amount. Without one: everything that was
/// said. It only has to be the same whenever the same row is recorded again after a failure; what
/// two readings have to do with each other is decided by other means.
#[must_use]
pub fn match_key(row: &ObservedTransaction) -> String {
    let amount = format!("{} {}", row.amount, row.amount.currency);
    let fields = match row.bank_reference.as_deref().filter(|reference| !reference.is_empty()) {
        Some(reference) => {
            vec!["reference".to_owned(), reference.to_owned(), row.booking_date.to_string(), amount]
        }
        None => vec![
            "fields".to_owned(),
            row.booking_date.to_string(),
            amount,
            row.original_amount
                .map(|money| format!("{money} {}", money.currency))
                .unwrap_or_default(),
            row.counterparty.clone().unwrap_or_default(),
            row.counterparty_identifier.clone().unwrap_or_default(),
            row.text.clone(),
            row.reference.clone().unwrap_or_default(),
        ],
    };
    // A separator no bank text can hold, so that two fields never run into one.
    fields.iter().map(|field| field.replace('\u{1f}', " ")).collect::<Vec<_>>().join("\u{1f}")
}

/// What a row says apart from identifiers, with spaces and letter case evened out. Rows of equal
/// content are counted, never told apart by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Content {
    pub day: NaiveDate,
    pub minor: i64,
    pub currency: Currency,
    /// 128 bits over the texts and the original amount.
    texts: (u64, u64),
}

impl Content {
    pub(super) fn of(row: &ObservedTransaction) -> Self {
        let mut first = DefaultHasher::new();
        let mut second = DefaultHasher::new();
        1_u8.hash(&mut second);
        let mut both = |text: &str| {
            evened(text, |letter| {
                letter.hash(&mut first);
                letter.hash(&mut second);
            });
            '\u{1f}'.hash(&mut first);
            '\u{1f}'.hash(&mut second);
        };
        both(&row.text);
        for field in [&row.counterparty, &row.counterparty_identifier, &row.reference] {
            both(field.as_deref().unwrap_or_default());
        }
        let original = row.original_amount.map(|Money { minor, currency }| (minor, currency));
        original.hash(&mut first);
        original.hash(&mut second);
        Self {
            day: row.booking_date,
            minor: row.amount.minor,
            currency: row.amount.currency,
            texts: (first.finish(), second.finish()),
        }
    }
}

/// Hands on a text's letters in lower case, with every run of spaces as one and none at the ends.
pub(super) fn evened(text: &str, mut each: impl FnMut(char)) {
    let mut begun = false;
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter.is_control() {
            gap = begun;
            continue;
        }
        if gap {
            each(' ');
            gap = false;
        }
        begun = true;
        letter.to_lowercase().for_each(&mut each);
    }
}

/// Whether two texts differ in nothing but spaces and letter case.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let even = |text: &str| {
        let mut letters = String::with_capacity(text.len());
        evened(text, |letter| letters.push(letter));
        letters
    };
    even(one) == even(other)
}

/// The bank's reference, if it says anything.
pub(super) fn reference(row: &ObservedTransaction) -> Option<&str> {
    row.bank_reference.as_deref().filter(|text| !text.is_empty())
}

/// The bank's identifier, if it says anything.
pub(super) fn identifier(row: &ObservedTransaction) -> Option<&str> {
    row.bank_identifier.as_deref().filter(|text| !text.is_empty())
}

/// Whether two readings bear the same name, where both bear one of the same kind: references first,
/// unless they are worth nothing.
pub(super) fn same_name(
    one: &ObservedTransaction,
    other: &ObservedTransaction,
    references: bool,
    identifiers: bool,
) -> Option<bool> {
    let by_reference = reference(one).zip(reference(other)).filter(|_| references);
    let named =
        by_reference.or_else(|| identifier(one).zip(identifier(other)).filter(|_| identifiers));
    named.map(|(one, other)| one == other)
}

/// What a row is called: by its reference, or else by its identifier.
pub(super) fn name(row: &ObservedTransaction) -> Option<&str> {
    reference(row).or_else(|| identifier(row))
}
