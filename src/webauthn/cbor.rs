//! As much of CBOR (RFC 8949) as an authenticator writes: numbers, bytes, texts, lists and maps of known
//! length. Anything else, and anything deep or long, is refused.

/// Deepest nesting.
const DEEPEST: u32 = 4;
/// Most members of a list or map.
const MOST_MEMBERS: u64 = 64;

/// A value of the part of CBOR (RFC 8949) that authenticators write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cbor {
    /// A whole number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Cbor>),
    /// A map, in its own order.
    Map(Vec<(Cbor, Cbor)>),
    /// True, false or nothing; none of them matters here.
    Simple,
}

impl Cbor {
    /// A member of a map by a number.
    #[must_use]
    pub fn at(&self, key: i64) -> Option<&Self> {
        self.find(|found| *found == Self::Number(key))
    }

    /// A member of a map by a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Self> {
        self.find(|found| matches!(found, Self::Text(text) if text == name))
    }

    fn find(&self, wanted: impl Fn(&Self) -> bool) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        let mut found = members.iter().filter(|(key, _)| wanted(key)).map(|(_, value)| value);
        let first = found.next();
        // A name that is there twice means two things, and so nothing.
        first.filter(|_| found.next().is_none())
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The bytes, if it is those.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Reads one value; what follows it is given back.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<(Cbor, &[u8])> {
    value(bytes, DEEPEST)
}

fn value(bytes: &[u8], depth: u32) -> Option<(Cbor, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = bytes.split_first()?;
    let (kind, short) = (first >> 5, first & 0x1f);
    let (length, mut rest) = argument(short, rest)?;
    match kind {
        0 => Some((Cbor::Number(i64::try_from(length).ok()?), rest)),
        1 => Some((Cbor::Number(-1 - i64::try_from(length).ok()?), rest)),
        2 | 3 => {
            let (taken, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            let taken = taken.to_vec();
            let read = if kind == 2 {
                Cbor::Bytes(taken)
            } else {
                Cbor::Text(String::from_utf8(taken).ok()?)
            };
            Some((read, rest))
        }
        4 if length <= MOST_MEMBERS => {
            let mut list = Vec::new();
            for _ in 0..length {
                let (member, after) = value(rest, depth)?;
                list.push(member);
                rest = after;
            }
            Some((Cbor::List(list), rest))
        }
        5 if length <= MOST_MEMBERS => {
            let mut members = Vec::new();
            for _ in 0..length {
                let (key, after) = value(rest, depth)?;
                let (member, after) = value(after, depth)?;
                members.push((key, member));
                rest = after;
            }
            Some((Cbor::Map(members), rest))
        }
        7 if (20..=22).contains(&short) => Some((Cbor::Simple, rest)),
        _ => None,
    }
}

/// The number that belongs to a first byte.
fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let bytes = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(bytes)?;
    Some((number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_the_standard_are_read() {
        let table: [(&[u8], Cbor); 7] = [
            (&[0x00], Cbor::Number(0)),
            (&[0x18, 0x64], Cbor::Number(100)),
            (&[0x39, 0x01, 0x00], Cbor::Number(-257)),
            (&[0x44, 1, 2, 3, 4], Cbor::Bytes(vec![1, 2, 3, 4])),
            (&[0x64, 0x49, 0x45, 0x54, 0x46], Cbor::Text("IETF".to_owned())),
            (&[0x82, 1, 2], Cbor::List(vec![Cbor::Number(1), Cbor::Number(2)])),
            (&[0xa1, 1, 2], Cbor::Map(vec![(Cbor::Number(1), Cbor::Number(2))])),
        ];
        for (bytes, wanted) in table {
            assert_eq!(read(bytes), Some((wanted, &[][..])));
        }
        let rest = [0x01, 0xff];
        assert_eq!(read(&rest), Some((Cbor::Number(1), &rest[1..])));
    }

    #[test]
    fn what_is_cut_endless_or_deep_is_refused() {
        let deep = [0x81; 10];
        let many = [0x98, 0xff];
        for bytes in [
            &[][..],
            &[0x18],
            &[0x44, 1],
            &[0x5f, 0xff],
            &[0x9f, 0xff],
            &[0xf9, 0, 0],
            &deep,
            &many,
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
        let twice = [0xa2, 1, 2, 1, 3];
        assert_eq!(read(&twice).expect("a map").0.at(1), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
