//! Amounts as files write them, read exactly.

use domain::money::{Currency, LONGEST_AMOUNT_TEXT, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::{Broken, Problem};

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

impl DecimalMark {
    fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// Reads an amount: groups of digits, a minus before, behind or as parentheses, a plus.
pub(crate) fn read(text: &str, mark: DecimalMark, currency: Currency) -> Result<Money, MoneyError> {
    if text.len() > LONGEST_AMOUNT_TEXT * 2 {
        return Err(MoneyError::Length);
    }
    let text = text.trim();
    let (inner, bracketed) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let mut digits = String::with_capacity(inner.len());
    let (mut minus, mut fraction) = (u8::from(bracketed), false);
    let last = inner.chars().count().saturating_sub(1);
    for (at, letter) in inner.chars().enumerate() {
        match letter {
            '0'..='9' => digits.push(letter),
            '-' | '\u{2212}' if at == 0 || at == last => minus += 1,
            '+' if at == 0 => {}
            letter if letter == mark.sign() && !fraction => {
                fraction = true;
                digits.push('.');
            }
            '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' if !fraction => {}
            _ => return Err(MoneyError::NotDecimal),
        }
    }
    // `1234,` is whole, as MT940 writes it, and `,50` is a half.
    let digits = digits.strip_suffix('.').unwrap_or(&digits);
    let digits = if digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() };
    let money = Money::parse(&digits, currency)?;
    match minus {
        0 => Ok(money),
        1 => money.negated(),
        _ => Err(MoneyError::NotDecimal),
    }
}

/// The same, with the line it stands at.
pub(crate) fn at(
    line: u32,
    text: &str,
    mark: DecimalMark,
    currency: Currency,
) -> Result<Money, Broken> {
    read(text, mark, currency).map_err(|error| Problem::Amount(error).at(line))
}

/// The decimal mark that amounts are written with, if they tell: a mark with other than three
/// digits behind it, or the second kind of mark in one amount.
pub(crate) fn mark_of<'t>(texts: impl Iterator<Item = &'t str>) -> Option<DecimalMark> {
    let mut seen = None;
    for text in texts {
        let Some(at) = text.rfind(['.', ',']) else { continue };
        let mark =
            if text.as_bytes()[at] == b'.' { DecimalMark::Point } else { DecimalMark::Comma };
        let behind = text[at + 1..].chars().filter(char::is_ascii_digit).count();
        let both = text.contains('.') && text.contains(',');
        let twice = text.matches(['.', ',']).filter(|other| *other == &text[at..=at]).count() > 1;
        if !twice && (behind != 3 || both) {
            match seen {
                None => seen = Some(mark),
                Some(other) if other != mark => return None,
                Some(_) => {}
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them_and_nothing_is_guessed() {
        use DecimalMark::{Comma, Point};
        let table = [
            ("-25,90", Comma, Ok(-2590)),
            ("1 234,50", Comma, Ok(123_450)),
            ("1\u{a0}234,50-", Comma, Ok(-123_450)),
            ("1.234,5", Comma, Ok(123_450)),
            ("1,234.50", Point, Ok(123_450)),
            ("(12.00)", Point, Ok(-1200)),
            ("\u{2212}7,00", Comma, Ok(-700)),
            ("-0,00", Comma, Ok(0)),
            ("1234,", Comma, Ok(123_400)),
            (",50", Comma, Ok(50)),
            ("--1", Point, Err(MoneyError::NotDecimal)),
            ("1,2,3", Comma, Err(MoneyError::NotDecimal)),
            ("12 EUR", Comma, Err(MoneyError::NotDecimal)),
            ("1.234", Point, Err(MoneyError::Decimals)),
            ("", Comma, Err(MoneyError::Length)),
        ];
        for (text, mark, expected) in table {
            let read = read(text, mark, Currency::EUR).map(|money| money.minor);
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn the_mark_is_told_by_amounts_that_tell() {
        let mark = |texts: &[&str]| mark_of(texts.iter().copied());
        assert_eq!(mark(&["1.234", "12,50"]), Some(DecimalMark::Comma));
        assert_eq!(mark(&["1,234.56"]), Some(DecimalMark::Point));
        assert_eq!(mark(&["1.234", "7"]), None, "it may be a thousand");
        assert_eq!(mark(&["1.50", "2,50"]), None, "they do not agree");
    }
}
