//! Finnish account numbers, reference numbers and amounts.

use crate::chance::Chance;

/// An invented account number of a bank group: `FI`, check digits (ISO 13616), 14 digits of which the
/// last is a Luhn digit (Finance Finland, structure of Finnish account numbers).
pub(super) fn iban(bank: &str, chance: &mut Chance) -> String {
    let mut digits = bank.to_owned();
    while digits.len() < 13 {
        digits.push(char::from(b'0' + chance.between(0, 9) as u8));
    }
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(digit - b'0');
            let doubled = if index % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    digits.push(char::from(b'0' + ((10 - sum % 10) % 10) as u8));
    format!("FI{:02}{digits}", check_digits("FI", &digits))
}

/// The check digits of an account number (ISO 13616).
pub(super) fn check_digits(country: &str, body: &str) -> u32 {
    98 - remainder_97(&format!("{body}{country}00"))
}

/// An invented account number of a payee, always the same for the same name, with its BIC.
pub(super) fn payee_account(name: &str) -> (String, &'static str) {
    let mut chance = Chance::new(0, name);
    let (bank, bic) = *chance.choose(&[
        ("1", "NDEAFIHH"),
        ("5", "OKOYFIHH"),
        ("8", "DABAFIHH"),
        ("36", "SBANFIHH"),
    ]);
    (iban(bank, &mut chance), bic)
}

/// A Finnish reference number: the base with its 7-3-1 check digit, padded to 20 digits
/// (Finance Finland, reference numbers).
pub(super) fn reference(base: u64) -> String {
    let text = base.to_string();
    let digit = check_digit(text.as_bytes());
    format!("{:0>20}", format!("{text}{digit}"))
}

fn check_digit(digits: &[u8]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// True for a valid Finnish reference number of 4 to 20 digits, with or without leading zeros.
pub(crate) fn is_reference(text: &str) -> bool {
    let digits = text.trim_start_matches('0').as_bytes();
    if text.len() > 20 || digits.len() < 4 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (base, last) = digits.split_at(digits.len() - 1);
    check_digit(base) == u32::from(last[0] - b'0')
}

/// True for an account number with right check digits (ISO 13616), without spaces.
pub(crate) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = (5..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    shape && remainder_97(&format!("{}{}", &text[4..], &text[..4])) == 1
}

/// True for a valid Finnish account number.
pub(crate) fn is_finnish_iban(text: &str) -> bool {
    text.starts_with("FI") && text.len() == 18 && is_iban(text)
}

fn remainder_97(text: &str) -> u32 {
    text.chars().fold(0, |rest, letter| {
        let value = letter.to_digit(36).unwrap_or(0);
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    })
}

/// Cents as the bank writes an amount: `-12.30`.
pub(crate) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        assert!(is_iban("FI2112345600000785"));
        assert!(!is_iban("FI2212345600000785"));
        assert!(is_reference("00000000000000001232"));
        assert!(!is_reference("1233"));
        let mut chance = Chance::new(1, "iban");
        for _ in 0..100 {
            assert!(is_finnish_iban(&iban("5", &mut chance)));
            assert!(is_reference(&reference(chance.between(100, 9_999_999) as u64)));
        }
    }

    #[test]
    fn amounts_keep_their_sign_below_one_euro() {
        for (cents, text) in [(-5, "-0.05"), (0, "0.00"), (123_456, "1234.56")] {
            assert_eq!(money(cents), text);
        }
    }
}
