//! Which accounts a consent is for (Directive (EU) 2015/2366, article 67(2)(d): an account information service
//! reads designated accounts and no other).
//!
//! They are named to the bank when the consent is made, or by the bank when it is given. Where neither happens
//! the bank's list is all that says which they are.

use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::observed::ObservedAccount;

/// Most accounts a consent names.
pub const MOST_DESIGNATED: usize = 200;
/// Where the national number begins in an IBAN (ISO 13616): after the country and two check digits.
const AFTER_CHECK_DIGITS: usize = 4;
/// What stands for a digit of a card number that is not shown.
const MASKS: [char; 5] = ['*', 'x', 'X', '#', '•'];

/// One account that a consent names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Designated {
    /// Its number, or what the bank calls it in this consent.
    pub name: String,
    /// In which currency it is meant alone, where one number is several accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

impl Designated {
    /// By its number, in every currency.
    #[must_use]
    pub fn by_number(number: &str) -> Self {
        Self { name: number.to_owned(), currency: None }
    }

    /// Whether this is the account.
    #[must_use]
    pub fn is(&self, account: &ObservedAccount) -> bool {
        let meant = self.currency.is_none_or(|currency| currency == account.currency);
        let named = self.name == account.bank_reference;
        named || (meant && same_number(&self.name, &account.identifier))
    }
}

/// Whether an account is one of those a consent names; where it names none, the bank's list says so.
#[must_use]
pub fn covers(designated: &[Designated], account: &ObservedAccount) -> bool {
    designated.is_empty() || designated.iter().any(|one| one.is(account))
}

/// Whether an account that is known by the bank's name for it alone may be one of those.
#[must_use]
pub fn covers_name(designated: &[Designated], bank_reference: &str) -> bool {
    designated.is_empty() || designated.iter().any(|one| one.name == bank_reference)
}

/// Whether two texts are one account's number: as they are but for blanks and the size of letters, or one the
/// IBAN of the other, or one a card's number of which the other hides digits.
#[must_use]
pub fn same_number(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let kept = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        kept.collect::<String>().to_uppercase()
    };
    let (one, other) = (plain(one), plain(other));
    if one.is_empty() || other.is_empty() {
        return false;
    }
    one == other || is_iban_of(&one, &other) || is_iban_of(&other, &one) || same_card(&one, &other)
}

fn is_iban_of(iban: &str, national: &str) -> bool {
    let country = iban.chars().take(2).all(|letter| letter.is_ascii_uppercase());
    let whole = iban.get(AFTER_CHECK_DIGITS..).unwrap_or_default();
    country && national.len() >= AFTER_CHECK_DIGITS && whole == national
}

/// What a card's number shows at its two ends, where it hides digits between them.
#[must_use]
pub fn shown_ends(number: &str) -> Option<(String, String)> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let first = number.find(MASKS)?;
    let last = number.rfind(MASKS)?;
    let after = number.get(last..)?;
    Some((digits(number.get(..first)?), digits(after)))
}

/// Masked numbers are compared by the ends that both show; the last four digits have to be among them.
fn same_card(one: &str, other: &str) -> bool {
    let (one_ends, other_ends) = (shown_ends(one), shown_ends(other));
    let whole = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    let (head, tail) = match (&one_ends, &other_ends) {
        (Some(one), Some(other)) => return ends_fit(one, other),
        (Some(ends), None) if whole(other) => (ends, other),
        (None, Some(ends)) if whole(one) => (ends, one),
        _ => return false,
    };
    let (start, end) = head;
    end.len() >= 4 && tail.starts_with(start.as_str()) && tail.ends_with(end.as_str())
}

fn ends_fit(one: &(String, String), other: &(String, String)) -> bool {
    let heads = one.0.starts_with(&other.0) || other.0.starts_with(&one.0);
    let tails = one.1.ends_with(&other.1) || other.1.ends_with(&one.1);
    heads && tails && one.1.len().min(other.1.len()) >= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::AccountKind;

    fn account(identifier: &str, currency: Currency) -> ObservedAccount {
        ObservedAccount {
            bank_reference: "r-1".to_owned(),
            kind: AccountKind::Current,
            identifier: identifier.to_owned(),
            currency,
            name: String::new(),
            owner: None,
            servicer: None,
            balances: Vec::new(),
        }
    }

    #[test]
    fn one_number_in_every_spelling_and_no_other() {
        let same = [
            ("FI2112345600000785", "FI21 1234 5600 0007 85"),
            ("fi2112345600000785", "FI2112345600000785"),
            ("SE4550000000058398257466", "50000000058398257466"),
            ("5168 06** **** 1234", "516806******1234"),
            ("516806xxxxxx1234", "5168 06** **** 1234"),
            ("**** **** **** 1234", "516806******1234"),
            ("5168061111111234", "516806******1234"),
        ];
        for (one, other) in same {
            assert!(same_number(one, other) && same_number(other, one), "{one} {other}");
        }
        let different = [
            ("FI2112345600000785", "FI2112345600000786"),
            ("FI2112345600000785", "5600000785"),
            ("516806******1234", "516807******1234"),
            ("516806******1234", "516806******1235"),
            ("516806******234", "516806******1234"),
            ("5168061111111235", "516806******1234"),
            ("", ""),
            ("", "FI2112345600000785"),
        ];
        for (one, other) in different {
            assert!(!same_number(one, other) && !same_number(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_consent_covers_what_it_names_and_everything_only_where_it_names_nothing() {
        let euros = account("FI2112345600000785", Currency::EUR);
        assert!(covers(&[], &euros) && covers_name(&[], "r-1"));
        assert!(covers(&[Designated::by_number("FI21 1234 5600 0007 85")], &euros));
        assert!(!covers(&[Designated::by_number("FI5542345670000081")], &euros));
        assert!(covers(&[Designated::by_number("r-1")], &euros), "by the bank's name for it");
        assert!(covers_name(&[Designated::by_number("r-1")], "r-1"));
        assert!(!covers_name(&[Designated::by_number("r-2")], "r-1"));
        let kronor = Currency::parse("SEK").expect("a currency");
        let meant = Designated { name: "FI2112345600000785".to_owned(), currency: Some(kronor) };
        assert!(!covers(std::slice::from_ref(&meant), &euros));
        assert!(covers(&[meant], &account("FI2112345600000785", kronor)));
    }
}
