//! The canonical form of a stored event: the bytes that are hashed.
//!
//! Every field stands with its length or has a fixed one, so that no two records share a form. The
//! header holds nothing personal; the payload is what the store holds, sealed where it is about a
//! person, so destroying a key leaves every hash as it was.

/// Version of the canonical form, its first byte.
pub const RECORD_VERSION: u8 = 1;

/// Longest stream name or event type, in bytes.
pub const LONGEST_NAME: usize = 255;

/// Length of the shortest canonical form, in bytes: all names, the metadata and the payload empty.
pub const SHORTEST_RECORD: usize = 1 + 8 + 1 + 8 + 16 + 1 + 2 + 8 + 4 + 16 + 4;

/// Longest canonical form that is read, in bytes.
pub const LONGEST_RECORD: usize = 16 * 1024 * 1024;

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

/// Bytes are not the canonical form of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecord {
    /// The form is of a version that is not known here.
    #[error("the record is of form {0}, and only form {RECORD_VERSION} is known")]
    Version(u8),
    /// A field is missing or cut off.
    #[error("the record ends inside its field `{0}`")]
    Short(&'static str),
    /// Bytes stand after the payload.
    #[error("{0} bytes stand after the end of the record")]
    Long(usize),
    /// A name is not UTF-8.
    #[error("the record's field `{0}` is not UTF-8")]
    Text(&'static str),
    /// More bytes than [`LONGEST_RECORD`].
    #[error("the record has {0} bytes, and at most {LONGEST_RECORD} are read")]
    TooLong(usize),
}

/// What is left of a canonical form while it is read from the left.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], NoRecord> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NoRecord::Short(field))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], NoRecord> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(NoRecord::Short(field))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn name(&mut self, field: &'static str) -> Result<&'a str, NoRecord> {
        let [length] = self.array(field)?;
        let bytes = self.bytes(usize::from(length), field)?;
        std::str::from_utf8(bytes).map_err(|_| NoRecord::Text(field))
    }

    fn block(&mut self, field: &'static str) -> Result<&'a [u8], NoRecord> {
        let length = u32::from_be_bytes(self.array(field)?);
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX), field)
    }
}

impl<'a> Record<'a> {
    /// Reads a canonical form: the strict inverse of [`Record::write`]. Every byte is accounted
    /// for, so a record that is read and written again has the same bytes.
    ///
    /// # Errors
    /// [`NoRecord`] names the field that does not fit.
    pub fn parse(canonical: &'a [u8]) -> Result<Self, NoRecord> {
        if canonical.len() > LONGEST_RECORD {
            return Err(NoRecord::TooLong(canonical.len()));
        }
        let mut rest = Rest(canonical);
        let [form] = rest.array("form")?;
        if form != RECORD_VERSION {
            return Err(NoRecord::Version(form));
        }
        let record = Record {
            position: u64::from_be_bytes(rest.array("position")?),
            stream: rest.name("stream")?,
            version: u64::from_be_bytes(rest.array("version")?),
            event_id: rest.array("event id")?,
            event_type: rest.name("event type")?,
            schema_version: u16::from_be_bytes(rest.array("schema version")?),
            recorded_at: i64::from_be_bytes(rest.array("time")?),
            metadata: rest.block("metadata")?,
            key_id: rest.array("key id")?,
            payload: rest.block("payload")?,
        };
        if rest.0.is_empty() { Ok(record) } else { Err(NoRecord::Long(rest.0.len())) }
    }
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
        let length = SHORTEST_RECORD
            + self.stream.len()
            + self.event_type.len()
            + self.metadata.len()
            + self.payload.len();
        let mut entry = Vec::with_capacity(1 + length);
        entry.push(crate::tree::LEAF);
        self.write(&mut entry);
        crate::tree::hash(&entry)
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
        assert_eq!(Record::parse(&canonical), Ok(record));
        for length in 0..canonical.len() {
            assert!(Record::parse(&canonical[..length]).is_err(), "cut to {length} bytes");
        }
        canonical.push(0);
        assert_eq!(Record::parse(&canonical), Err(NoRecord::Long(1)));
    }

    #[test]
    fn the_shortest_form_has_the_stated_length() {
        let mut canonical = Vec::new();
        let empty: &[u8] = &[];
        Record {
            position: 0,
            stream: "",
            version: 0,
            event_id: [0; 16],
            event_type: "",
            schema_version: 0,
            recorded_at: 0,
            metadata: empty,
            key_id: NOT_SEALED,
            payload: empty,
        }
        .write(&mut canonical);
        assert_eq!(canonical.len(), SHORTEST_RECORD);
    }
}
