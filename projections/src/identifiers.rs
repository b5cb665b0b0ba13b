//! Identifiers in rows, and what else a column holds as text.
//!
//! A row of a transaction names four identifiers, and its indexes name them again, so they are written
//! in 22 letters and digits instead of 36: base64 without padding (RFC 4648, section 4) of the 16 bytes,
//! over the letters of section 5 in the order of ASCII, so that texts sort as the identifiers do. Not as
//! bytes: SQLite sorts texts and numbers of an index by a short comparison of the first column, and
//! anything else by a longer one that takes half as much time again.

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use chrono::NaiveDate;
use domain::id::{
    AccountId, ConsentId, FetchId, RegistrationId, RoleId, TokenId, TransactionId, UserId,
};
use domain::role::Role;
use uuid::Uuid;

use crate::database::{Rows, Value};
use crate::exceptions::ExceptionKind;

/// Letters and digits of a written identifier.
const LETTERS: usize = 22;

const IN_ORDER: GeneralPurpose = GeneralPurpose::new(
    match &Alphabet::new("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") {
        Ok(letters) => letters,
        Err(_) => panic!("64 letters"),
    },
    NO_PAD,
);

/// Calls `with` with an identifier as it is written.
fn written<T>(id: Uuid, with: impl FnOnce(&str) -> T) -> T {
    let mut letters = [0; LETTERS];
    // Sixteen bytes are always 22 letters of ASCII.
    let length = IN_ORDER.encode_slice(id.as_bytes(), &mut letters).unwrap_or_default();
    with(std::str::from_utf8(&letters[..length]).unwrap_or_default())
}

/// Reads an identifier, also one that is written with hyphens, as the vault does.
fn read(text: &str) -> Option<Uuid> {
    if text.len() != LETTERS {
        return text.parse().ok();
    }
    let mut bytes = [0; 18];
    let length = IN_ORDER.decode_slice(text, &mut bytes).ok()?;
    Uuid::from_slice(&bytes[..length]).ok()
}

/// A value as people read it: an identifier of one of the ledger's own things with hyphens (RFC 9562).
pub(crate) fn spelt(column: &str, value: Value) -> Value {
    let own = column == "same_as" || (column.ends_with("_id") && column != "bank_id");
    match &value {
        Value::Text(text) if own => match read(text) {
            Some(id) => Value::Text(id.to_string()),
            None => value,
        },
        _ => value,
    }
}

/// What a column can hold as text.
pub trait Written: Sized {
    /// Reads it; none if the text is no such thing.
    fn read(text: &str) -> Option<Self>;
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        written(id, |text| Self::Text(text.to_owned()))
    }
}

impl From<Option<Uuid>> for Value {
    fn from(id: Option<Uuid>) -> Self {
        id.map_or(Self::NullText, Self::from)
    }
}

impl Written for Uuid {
    fn read(text: &str) -> Option<Self> {
        read(text)
    }
}

macro_rules! identifiers {
    ($($name:ident),+) => {$(
        impl From<$name> for Value {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl From<Option<$name>> for Value {
            fn from(id: Option<$name>) -> Self {
                id.map(|id| id.0).into()
            }
        }

        impl Written for $name {
            fn read(text: &str) -> Option<Self> {
                read(text).map(Self)
            }
        }
    )+};
}
identifiers!(AccountId, ConsentId, FetchId, RegistrationId, RoleId, TokenId, TransactionId, UserId);

macro_rules! texts {
    ($($name:ident),+) => {$(
        impl Written for $name {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}
texts!(NaiveDate, Role, ExceptionKind);

impl Rows {
    /// Adds an identifier to the row that is being added.
    pub(crate) fn id(&mut self, id: Uuid) {
        written(id, |text| self.text(text));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::{LETTERS, Written as _, spelt, written};
    use crate::database::Value;

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in any::<[u8; 16]>()) {
            let id = Uuid::from_bytes(bytes);
            let text = written(id, str::to_owned);
            prop_assert_eq!(text.len(), LETTERS);
            prop_assert_eq!(Uuid::read(&text), Some(id));
            prop_assert_eq!(Uuid::read(&id.to_string()), Some(id));
        }

        #[test]
        fn texts_sort_as_identifiers_do(one in any::<[u8; 16]>(), mut other in any::<[u8; 16]>(), from in 0..16_usize) {
            // Near ones too.
            other[..from].copy_from_slice(&one[..from]);
            let [one, other] = [one, other].map(Uuid::from_bytes);
            let [first, second] = [one, other].map(|id| written(id, str::to_owned));
            prop_assert_eq!(one.cmp(&other), first.cmp(&second));
        }

        #[test]
        fn no_other_text_is_an_identifier(text in "[A-Za-z0-9_+=-]{0,40}") {
            if let Some(id) = Uuid::read(&text) {
                prop_assert!(written(id, |short| short == text) || text.len() > LETTERS, "{}", text);
            }
        }
    }

    #[test]
    fn people_read_identifiers_with_hyphens_and_other_words_as_they_are() {
        let id: Uuid = "fb5ae40a-ae5f-6fcf-3fd0-e21228fe0110".parse().expect("an identifier");
        for column in ["user_id", "same_as"] {
            assert_eq!(spelt(column, id.into()), id.to_string().into());
        }
        for (column, value) in
            [("text", id.into()), ("bank_id", "op".into()), ("user_id", 7_i64.into())]
        {
            assert_eq!(spelt(column, Value::clone(&value)), value);
        }
    }

    #[test]
    fn an_identifier_takes_22_letters() {
        let id: Uuid = "fb5ae40a-ae5f-6fcf-3fd0-e21228fe0110".parse().expect("an identifier");
        assert_eq!(written(id, str::to_owned), "ypfZ1etUQwwzoD7H9Es03-");
    }
}
