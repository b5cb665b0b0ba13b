//! International bank account numbers (ISO 13616-1).

/// Shortest and longest IBAN in use.
const LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;

/// Whether a text is an IBAN without spaces: its form, and its check digits (ISO 7064, MOD 97-10).
#[must_use]
pub fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !LENGTHS.contains(&bytes.len()) {
        return false;
    }
    let (head, rest) = bytes.split_at(4);
    let form = head[..2].iter().all(u8::is_ascii_uppercase)
        && head[2..].iter().all(u8::is_ascii_digit)
        && rest.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let remainder = rest.iter().chain(head).fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    form && remainder == 1
}

/// An account's number without spaces. What is an IBAN but for a currency behind it loses that.
pub(crate) fn account_number(text: &str) -> Option<String> {
    let plain: String = text.split_whitespace().collect();
    let upper = plain.to_ascii_uppercase();
    if is_iban(&upper) {
        return Some(upper);
    }
    if upper.is_ascii() && upper.len() > 3 {
        let (number, currency) = upper.split_at(upper.len() - 3);
        let letters = currency.bytes().all(|byte| byte.is_ascii_uppercase());
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        if letters && (is_iban(number) || digits) {
            return Some(number.to_owned());
        }
    }
    Some(plain).filter(|number| !number.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_count() {
        assert!(is_iban("FI2112345600000785") && is_iban("GB29NWBK60161331926819"));
        assert!(
            !is_iban("FI2112345600000786") && !is_iban("FI21") && !is_iban("fi2112345600000785")
        );
    }

    #[test]
    fn a_currency_behind_the_number_is_no_part_of_it() {
        let number = |text| account_number(text).unwrap_or_default();
        assert_eq!(number("FI21 1234 5600 0007 85 EUR"), "FI2112345600000785");
        assert_eq!(number("0123456789EUR"), "0123456789");
        assert_eq!(number("12-34-56 0001"), "12-34-560001");
    }
}
