//! The small part of DER (ITU-T X.690) that qualified statements and RSA private keys need.

/// Universal tag of an INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// Universal tag of an OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// Universal tag of an OBJECT IDENTIFIER.
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
/// Universal tag of a UTF8String.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// Universal tag of a constructed SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;

/// One element: tag, definite length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        let length_bytes: Vec<u8> =
            length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        bytes.push(0x80 | length_bytes.len() as u8);
        bytes.extend_from_slice(&length_bytes);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A SEQUENCE of already encoded elements.
pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A UTF8String.
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(UTF8_STRING, text.as_bytes())
}

/// An OBJECT IDENTIFIER of at least two arcs.
pub(crate) fn object_identifier(arcs: &[u64]) -> Vec<u8> {
    let mut content = Vec::new();
    let first = arcs.first().copied().unwrap_or(0) * 40 + arcs.get(1).copied().unwrap_or(0);
    for arc in std::iter::once(first).chain(arcs.iter().skip(2).copied()) {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        content.extend(groups.into_iter().rev());
    }
    element(OBJECT_IDENTIFIER, &content)
}

/// Splits the first element off: its tag, its content and what follows it.
pub(crate) fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let count = usize::from(*first & 0x7f);
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let (length_bytes, rest) = rest.split_at(count);
        let length = length_bytes.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
        (length, rest)
    };
    (rest.len() >= length).then(|| {
        let (content, after) = rest.split_at(length);
        (*tag, content, after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_encode_large_arcs() {
        // 0.4.0.19495.2 as printed in ETSI TS 119 495
        assert_eq!(
            object_identifier(&[0, 4, 0, 19495, 2]),
            [0x06, 0x06, 0x04, 0x00, 0x81, 0x98, 0x27, 0x02]
        );
    }

    #[test]
    fn long_lengths_survive_the_way_out_and_back() {
        let encoded = element(OCTET_STRING, &[7; 300]);
        assert_eq!(&encoded[..4], [OCTET_STRING, 0x82, 0x01, 0x2c]);
        let (tag, content, rest) = split(&encoded).unwrap();
        assert_eq!((tag, content.len(), rest.len()), (OCTET_STRING, 300, 0));
        assert!(split(&encoded[..200]).is_none());
    }
}
