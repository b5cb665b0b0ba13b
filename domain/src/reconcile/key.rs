//! By what rows are indexed: the key a transaction is recorded under, and what a row says apart
//! from the bank's identifiers.

use std::fmt::Write as _;
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
    // A log's rows go this way by the million: one text is written, and nothing is copied for it.
    let mut key = String::with_capacity(USUAL_KEY);
    let Money { currency, .. } = row.amount;
    match row.bank_reference.as_deref().filter(|reference| !reference.is_empty()) {
        Some(reference) => {
            key.push_str("reference");
            field(&mut key, reference);
            shown(&mut key, format_args!("{}", row.booking_date));
            shown(&mut key, format_args!("{} {currency}", row.amount));
        }
        None => {
            key.push_str("fields");
            shown(&mut key, format_args!("{}", row.booking_date));
            shown(&mut key, format_args!("{} {currency}", row.amount));
            match &row.original_amount {
                Some(money) => shown(&mut key, format_args!("{money} {}", money.currency)),
                None => key.push(SEPARATOR),
            }
            field(&mut key, row.counterparty.as_deref().unwrap_or_default());
            field(&mut key, row.counterparty_identifier.as_deref().unwrap_or_default());
            field(&mut key, &row.text);
            field(&mut key, row.reference.as_deref().unwrap_or_default());
        }
    }
    key
}

/// The reference a transaction was recorded under, of its key.
pub(super) fn recorded_reference(match_key: &str) -> Option<&str> {
    let mut parts = match_key.split(SEPARATOR);
    parts.next().filter(|kind| *kind == "reference")?;
    parts.next()
}

/// Day and amount a transaction was recorded with, of its key.
pub(super) fn recorded_as(match_key: &str) -> Option<(&str, &str)> {
    let mut parts = match_key.split(SEPARATOR);
    if parts.next()? == "reference" {
        parts.next()?;
    }
    parts.next().zip(parts.next())
}

/// Bytes of a key, about.
const USUAL_KEY: usize = 96;
/// No bank text can hold it, so that two fields never run into one.
const SEPARATOR: char = '\u{1f}';

fn field(key: &mut String, text: &str) {
    key.push(SEPARATOR);
    let mut parts = text.split(SEPARATOR);
    key.extend(parts.next());
    for part in parts {
        key.push(' ');
        key.push_str(part);
    }
}

/// What holds no separator: numbers, days and codes.
fn shown(key: &mut String, what: std::fmt::Arguments<'_>) {
    key.push(SEPARATOR);
    // Writing to a text does not fail.
    let _ = key.write_fmt(what);
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

/// Whether both bear an identifier of the bank's, and not the same one.
pub(super) fn other_identifier(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
    identifier(one).zip(identifier(other)).is_some_and(|(one, other)| one != other)
}

/// What a row is called: by its reference, or else by its identifier.
pub(super) fn name(row: &ObservedTransaction) -> Option<&str> {
    reference(row).or_else(|| identifier(row))
}

#[cfg(test)]
mod tests {
    use crate::money::{Currency, Money};
    use crate::observed::{ObservedTransaction, RowState};

    use super::match_key;

    /// Keys stand in read models and decide what a transaction is called: they never change.
    #[test]
    fn keys_stay_as_they_are() {
        let mut row = ObservedTransaction {
            bank_reference: Some("A\u{1f}B".to_owned()),
            bank_identifier: None,
            state: RowState::Booked,
            booking_date: "2026-01-05".parse().expect("a day"),
            value_date: None,
            payment_date: None,
            amount: Money::new(-100, Currency::EUR),
            amount_text: String::new(),
            original_amount: None,
            counterparty: Some("Kauppa\u{1f}".to_owned()),
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: "\u{1f}ostos".to_owned(),
            reference: Some("RF18".to_owned()),
            bank_type: None,
            unmapped: None,
        };
        assert_eq!(match_key(&row), "reference\u{1f}A B\u{1f}2026-01-05\u{1f}-1.00 EUR");
        row.bank_reference = Some(String::new());
        let fields = "\u{1f}Kauppa \u{1f}\u{1f} ostos\u{1f}RF18";
        let start = "fields\u{1f}2026-01-05\u{1f}-1.00 EUR\u{1f}";
        assert_eq!(match_key(&row), format!("{start}{fields}"));
        row.original_amount = Some(Money::new(2_500, Currency::parse("SEK").expect("a currency")));
        assert_eq!(match_key(&row), format!("{start}25.00 SEK{fields}"));
    }
}
