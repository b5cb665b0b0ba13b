//! The canonical form of a stored event: the bytes that are hashed.
//!
//! Every field stands with its length or has a fixed one, so that no two records share a form. The
//! header holds nothing personal; the payload is what the store holds, sealed where it is about a
//! person, so destroying a key leaves every hash as it was.

/// Version of the canonical form, its first byte.
pub const RECORD_VERSION: u8 = 1;

/// Longest stream name or event type, in bytes.
pub const LONGEST_NAME: usize = 255;

/// Identifier of the key a payload is sealed under when it is not sealed at all.
pub const NOT_SEALED: [u8; 16] = [0; 16];

/// A stored event as the tree sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Place in the log: 1, 2, 3 …
    pub position: u64,
    /// Name of the stream.
    pub stream: &'a str,
    /// Place in the stream: 1, 2, 3 …
    pub version: u64,
    /// Identifier made by whoever appended it.
    pub event_id: [u8; 16],
    /// Kind of event.
    pub event_type: &'a str,
    /// Version of the payload's form.
    pub schema_version: u16,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    /// Who caused it, and in what chain: bytes without anything personal.
    pub metadata: &'a [u8],
    /// The key the payload is sealed under, or [`NOT_SEALED`].
    pub key_id: [u8; 16],
    /// The stored payload.
    pub payload: &'a [u8],
}

impl Record<'_> {
    /// Writes the canonical form at the end of `out`.
    ///
    /// # Panics
    /// If a name is longer than [`LONGEST_NAME`]; names come from closed lists.
    pub fn write(&self, out: &mut Vec<u8>) {
        assert!(self.stream.len() <= LONGEST_NAME && self.event_type.len() <= LONGEST_NAME);
        out.push(RECORD_VERSION);
        out.extend_from_slice(&self.position.to_be_bytes());
        out.push(self.stream.len() as u8);
        out.extend_from_slice(self.stream.as_bytes());
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.event_id);
        out.push(self.event_type.len() as u8);
        out.extend_from_slice(self.event_type.as_bytes());
        out.extend_from_slice(&self.schema_version.to_be_bytes());
        out.extend_from_slice(&self.recorded_at.to_be_bytes());
        out.extend_from_slice(&(self.metadata.len() as u32).to_be_bytes());
        out.extend_from_slice(self.metadata);
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&(self.payload.len() as u32).to_be_bytes());
        out.extend_from_slice(self.payload);
    }

    /// The leaf hash of the record (RFC 6962, section 2.1).
    #[must_use]
    pub fn leaf_hash(&self) -> crate::tree::Hash {
        let mut canonical = Vec::with_capacity(128 + self.metadata.len() + self.payload.len());
        self.write(&mut canonical);
        crate::tree::leaf_hash(&canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_fixed() {
        let record = Record {
            position: 7,
            stream: "consent-1",
            version: 2,
            event_id: [1; 16],
            event_type: "consent.granted",
            schema_version: 1,
            recorded_at: 1_767_225_600_000_000,
            metadata: b"{}",
            key_id: NOT_SEALED,
            payload: b"{\"a\":1}",
        };
        let mut canonical = Vec::new();
        record.write(&mut canonical);
        assert_eq!(canonical.len(), 1 + 8 + 10 + 8 + 16 + 16 + 2 + 8 + 6 + 16 + 11);
        let hex: String = record.leaf_hash().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "cfd4a1825ea58ba3416b52407f5306fd60bf32135991ccb3dc33fdb899519986");
    }
}
