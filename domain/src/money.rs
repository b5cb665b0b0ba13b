//! Money as whole minor units with a currency. No float ever touches an amount.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most characters a bank's amount text may have; longer text is refused unread.
pub const LONGEST_AMOUNT_TEXT: usize = 24;

/// Currencies of ISO 4217 that have no minor unit.
const WITHOUT_MINOR_UNIT: [&[u8; 3]; 15] = [
    b"BIF", b"CLP", b"DJF", b"GNF", b"ISK", b"JPY", b"KMF", b"KRW", b"PYG", b"RWF", b"UGX", b"VND",
    b"VUV", b"XAF", b"XOF",
];

/// Currencies of ISO 4217 whose minor unit is a thousandth.
const WITH_THOUSANDTHS: [&[u8; 3]; 7] = [b"BHD", b"IQD", b"JOD", b"KWD", b"LYD", b"OMR", b"TND"];

/// An ISO 4217 alphabetic currency code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Reads a three-letter code.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] unless the text is exactly three capital ASCII letters.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) => {
                Ok(Self([*a, *b, *c]))
            }
            _ => Err(MoneyError::Currency),
        }
    }

    /// The code as text.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals the minor unit stands for (ISO 4217, column "minor unit").
    #[must_use]
    pub fn decimals(&self) -> u32 {
        if WITHOUT_MINOR_UNIT.contains(&&self.0) {
            0
        } else if WITH_THOUSANDTHS.contains(&&self.0) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An amount: signed whole minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Money {
    /// Signed whole minor units (cents for the euro).
    pub minor: i64,
    /// The currency the units are of.
    pub currency: Currency,
}

/// Why a text is no amount, or an operation is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The currency is not three capital letters.
    #[error("the currency is not a three-letter code of ISO 4217")]
    Currency,
    /// Nothing, or longer than [`LONGEST_AMOUNT_TEXT`].
    #[error("the amount is empty or longer than {LONGEST_AMOUNT_TEXT} characters")]
    Length,
    /// Something other than a sign, ASCII digits and one point.
    #[error("the amount is not a plain decimal number")]
    NotDecimal,
    /// More decimals than the currency has.
    #[error("the amount has more decimals than its currency")]
    Decimals,
    /// Zero with a minus sign.
    #[error("the amount is a negative zero")]
    NegativeZero,
    /// Too large for 64 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Two different currencies were to be added.
    #[error("the amounts are of two currencies")]
    Mixed,
}

impl Money {
    /// An amount of `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal number such as `-25.90`. Trailing zeros beyond the currency's decimals are
    /// allowed, because banks vary the number of decimals; any other digit there is refused.
    ///
    /// # Errors
    /// [`MoneyError`] says which rule the text breaks; nothing is rounded or guessed.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        if text.is_empty() || text.len() > LONGEST_AMOUNT_TEXT {
            return Err(MoneyError::Length);
        }
        let (negative, digits) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dangling_point = digits.contains('.') && fraction.is_empty();
        if whole.is_empty() || dangling_point || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        let decimals = currency.decimals() as usize;
        let kept = fraction.len().min(decimals);
        if fraction.as_bytes()[kept..].iter().any(|digit| *digit != b'0') {
            return Err(MoneyError::Decimals);
        }
        let mut minor: i64 = 0;
        let padding = std::iter::repeat_n(b'0', decimals - kept);
        for digit in whole.bytes().chain(fraction.bytes().take(kept)).chain(padding) {
            minor = minor
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(i64::from(digit - b'0')))
                .ok_or(MoneyError::TooLarge)?;
        }
        match (negative, minor) {
            (true, 0) => Err(MoneyError::NegativeZero),
            (true, _) => Ok(Self::new(-minor, currency)),
            (false, _) => Ok(Self::new(minor, currency)),
        }
    }

    /// The same amount with the other sign, for standards that sign card rows the other way.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] for the one value without a counterpart.
    pub fn negated(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(minor, self.currency))
    }
}

/// Writes the exact decimal number, without the currency.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let absolute = self.minor.unsigned_abs();
        if decimals == 0 {
            return write!(formatter, "{sign}{absolute}");
        }
        let width = decimals as usize;
        write!(formatter, "{sign}{}.{:0width$}", absolute / unit, absolute % unit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_banks_write_and_refuses_the_rest() {
        let table = [
            ("25.90", Ok(2590)),
            ("-25.9", Ok(-2590)),
            ("+7", Ok(700)),
            ("7.10000", Ok(710)),
            ("0.00", Ok(0)),
            ("1,000.00", Err(MoneyError::NotDecimal)),
            ("1e400", Err(MoneyError::NotDecimal)),
            ("NaN", Err(MoneyError::NotDecimal)),
            ("-0", Err(MoneyError::NegativeZero)),
            ("١٢", Err(MoneyError::NotDecimal)),
            ("7.", Err(MoneyError::NotDecimal)),
            (".7", Err(MoneyError::NotDecimal)),
            ("--7", Err(MoneyError::NotDecimal)),
            ("1.23456", Err(MoneyError::Decimals)),
            ("999999999999999999999", Err(MoneyError::TooLarge)),
            ("123456789012345678901234567890", Err(MoneyError::Length)),
            ("", Err(MoneyError::Length)),
        ];
        for (text, expected) in table {
            let read = Money::parse(text, Currency::EUR).map(|money| money.minor);
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn decimals_follow_the_currency() {
        let yen = Currency::parse("JPY").expect("a currency");
        let dinar = Currency::parse("KWD").expect("a currency");
        assert_eq!(Money::parse("1200", yen).map(|money| money.minor), Ok(1200));
        assert_eq!(Money::parse("1.234", dinar).map(|money| money.minor), Ok(1234));
        assert_eq!(Money::new(-5, dinar).to_string(), "-0.005");
        assert_eq!(Currency::parse("eur"), Err(MoneyError::Currency));
    }

    proptest! {
        #[test]
        fn text_and_amount_agree_both_ways(minor in -(1_i64 << 60)..(1_i64 << 60)) {
            let money = Money::new(minor, Currency::EUR);
            prop_assert_eq!(Money::parse(&money.to_string(), Currency::EUR), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::EUR);
        }

        #[test]
        fn adding_is_exact_or_refused(a: i64, b: i64) {
            let sum = Money::new(a, Currency::EUR).plus(Money::new(b, Currency::EUR));
            prop_assert_eq!(sum.ok().map(|money| money.minor), a.checked_add(b));
        }
    }
}
