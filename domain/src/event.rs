//! The closed list of facts this ledger can hold, and how each is written and read.
//!
//! A payload is the JSON of the event's own fields; its kind and the version of its form stand
//! beside it in the record. Stored bytes never change: an older form is lifted in [`crate::upcast`].

use serde::{Deserialize, Serialize};

use crate::account::AccountEvent;
use crate::consent::ConsentEvent;
use crate::fetch::FetchEvent;
use crate::grant::GrantEvent;
use crate::guidance::GuidanceEvent;
use crate::import::ImportEvent;
use crate::incident::IncidentEvent;
use crate::rates::RatesEvent;
use crate::role::RoleEvent;
use crate::signing::SigningEvent;
use crate::stream::Category;
use crate::tpp_registration::TppRegistrationEvent;
use crate::user::UserEvent;

/// An event as the store keeps it: what kind, which form, and the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Stable name of the kind, such as `consent.granted`.
    pub event_type: &'static str,
    /// Version of the payload's form, from 1.
    pub schema_version: u16,
    /// UTF-8 JSON of the event's fields.
    pub payload: Vec<u8>,
}

/// Why stored bytes are no event of this program.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A kind this program does not know: written by a newer one.
    #[error("event type `{0}` is not known to this program; it was written by a newer one")]
    UnknownType(String),
    /// A version above the one this program writes.
    #[error("`{event_type}` has version {version}, newer than this program's")]
    UnknownVersion {
        /// The kind.
        event_type: String,
        /// The stored version.
        version: u16,
    },
    /// The bytes do not fit the form. The cause names a place, never the content.
    #[error("the payload of `{event_type}` cannot be read at line {line}, column {column}")]
    Payload {
        /// The kind.
        event_type: &'static str,
        /// Line in the payload, from 1.
        line: usize,
        /// Column in the line.
        column: usize,
    },
}

/// Declares one aggregate's events: the enum, their names and versions, and both directions.
macro_rules! events {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$variant_doc:meta])* $variant:ident($payload:ty) = $event_type:literal $version:literal, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$variant_doc])* $variant($payload), )+
        }

        impl $name {
            /// Every kind with the version this program writes.
            pub const TYPES: &'static [(&'static str, u16)] = &[$(($event_type, $version)),+];

            /// The stable name of the kind.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $event_type),+ }
            }

            /// The bytes to store.
            ///
            /// # Errors
            /// Never for the types declared here; kept so that no failure can be hidden.
            pub fn encode(&self) -> Result<$crate::event::Encoded, serde_json::Error> {
                Ok(match self {
                    $(Self::$variant(fields) => $crate::event::Encoded {
                        event_type: $event_type,
                        schema_version: $version,
                        payload: serde_json::to_vec(fields)?,
                    }),+
                })
            }

            /// Reads stored bytes of one of these kinds; `None` if the kind is another aggregate's.
            pub(crate) fn decode(
                event_type: &str,
                version: u16,
                payload: &[u8],
            ) -> Option<Result<Self, $crate::event::DecodeError>> {
                match event_type {
                    $($event_type => Some(
                        $crate::upcast::read::<$payload>($event_type, version, $version, payload)
                            .map(Self::$variant)
                    ),)+
                    _ => None,
                }
            }
        }

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }
            fn event_version(&self) -> String {
                match self { $(Self::$variant(_) => $version.to_string()),+ }
            }
        }
    };
}
pub(crate) use events;

/// Any fact of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// About a person.
    User(UserEvent),
    /// About this platform's registration with a bank.
    TppRegistration(TppRegistrationEvent),
    /// About a permission.
    Consent(ConsentEvent),
    /// About the tokens of a permission.
    Grant(GrantEvent),
    /// About a run of reading.
    Fetch(FetchEvent),
    /// About a file that a person brought.
    Import(ImportEvent),
    /// About exchange rates.
    Rates(RatesEvent),
    /// About an account and its transactions.
    Account(AccountEvent),
    /// About something refused at the door.
    Incident(IncidentEvent),
    /// About a role somebody was given.
    Role(RoleEvent),
    /// What a person says of how their money is to be read.
    Guidance(GuidanceEvent),
    /// About the keys that checkpoints are signed with.
    Signing(SigningEvent),
}

impl Event {
    /// Every kind with the version this program writes.
    pub fn types() -> impl Iterator<Item = (&'static str, u16)> {
        [
            UserEvent::TYPES,
            TppRegistrationEvent::TYPES,
            ConsentEvent::TYPES,
            GrantEvent::TYPES,
            FetchEvent::TYPES,
            ImportEvent::TYPES,
            RatesEvent::TYPES,
            AccountEvent::TYPES,
            IncidentEvent::TYPES,
            RoleEvent::TYPES,
            GuidanceEvent::TYPES,
            SigningEvent::TYPES,
        ]
        .into_iter()
        .flatten()
        .copied()
    }

    /// The bytes to store.
    ///
    /// # Errors
    /// As for the aggregate's own event.
    pub fn encode(&self) -> Result<Encoded, serde_json::Error> {
        match self {
            Self::User(event) => event.encode(),
            Self::TppRegistration(event) => event.encode(),
            Self::Consent(event) => event.encode(),
            Self::Grant(event) => event.encode(),
            Self::Fetch(event) => event.encode(),
            Self::Import(event) => event.encode(),
            Self::Rates(event) => event.encode(),
            Self::Account(event) => event.encode(),
            Self::Incident(event) => event.encode(),
            Self::Role(event) => event.encode(),
            Self::Guidance(event) => event.encode(),
            Self::Signing(event) => event.encode(),
        }
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`DecodeError`] for a kind or version of a newer program, or bytes that do not fit.
    pub fn decode(event_type: &str, version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
        macro_rules! first_of {
            ($($family:ident($events:ty)),+) => {
                $(if let Some(read) = <$events>::decode(event_type, version, payload) {
                    return read.map(Self::$family);
                })+
            };
        }
        first_of!(
            Account(AccountEvent),
            Fetch(FetchEvent),
            Import(ImportEvent),
            Rates(RatesEvent),
            Grant(GrantEvent),
            Consent(ConsentEvent),
            User(UserEvent),
            TppRegistration(TppRegistrationEvent),
            Incident(IncidentEvent),
            Role(RoleEvent),
            Guidance(GuidanceEvent),
            Signing(SigningEvent)
        );
        Err(DecodeError::UnknownType(event_type.to_owned()))
    }
}

macro_rules! into_event {
    ($($family:ident($events:ty) in $category:ident),+) => {
        impl Event {
            /// What kind of stream it belongs in.
            #[must_use]
            pub const fn category(&self) -> Category {
                match self {
                    $(Self::$family(_) => Category::$category,)+
                }
            }
        }
    $(
        impl From<$events> for Event {
            fn from(event: $events) -> Self {
                Self::$family(event)
            }
        }

        impl TryFrom<Event> for $events {
            type Error = Event;
            fn try_from(event: Event) -> Result<Self, Event> {
                match event {
                    Event::$family(inner) => Ok(inner),
                    other => Err(other),
                }
            }
        }
    )+};
}
into_event!(
    User(UserEvent) in User,
    TppRegistration(TppRegistrationEvent) in Registration,
    Consent(ConsentEvent) in Consent,
    Grant(GrantEvent) in Grant,
    Fetch(FetchEvent) in Fetch,
    Import(ImportEvent) in Import,
    Rates(RatesEvent) in Rates,
    Account(AccountEvent) in Account,
    Incident(IncidentEvent) in Incident,
    Role(RoleEvent) in Role,
    Guidance(GuidanceEvent) in Guidance,
    Signing(SigningEvent) in Signing
);
