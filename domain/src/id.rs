//! Our own identifiers. What a bank calls a thing is evidence, never its identity.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

identifier! {
    /// A person who signed up.
    UserId,
    /// One permission a person gave at one bank.
    ConsentId,
    /// An account or card, the same one over every consent that ever showed it.
    AccountId,
    /// One real transaction.
    TransactionId,
    /// One run of reading from a bank.
    FetchId,
    /// One file that a person brought.
    ImportId,
    /// This platform's registration with one bank.
    RegistrationId,
    /// One giving of a role to somebody.
    RoleId,
    /// One token a program reads with.
    TokenId,
}

/// The short name of a bank in its profile, such as `op`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BankId(pub String);

impl fmt::Display for BankId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
