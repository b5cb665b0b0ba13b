//! Banks. A connector translates between a bank's words and ours: it builds requests and reads
//! answers, and holds no HTTP client, database, retry, clock or chance. Only [`transport`] talks
//! to the network.
//!
//! A [`Bank`] is a [`Standard`] plus what differs, as data.

#[cfg(test)]
mod any_json;
mod balances;
pub mod bank;
pub mod banks;
pub mod berlin_group;
pub mod breaker;
pub mod callback;
pub mod certificate;
pub mod enable_banking;
pub mod error;
#[cfg(test)]
mod every_standard;
pub mod exchange;
pub mod form;
pub mod generator;
pub mod id_token;
pub mod jarm;
pub mod jose;
pub mod oauth;
pub mod op;
pub mod open_banking_uk;
pub mod pem;
pub mod registrar;
pub mod retry;
pub mod revocation;
pub mod row;
pub mod secret;
pub mod settings;
mod standard;
pub mod transport;
mod values;

pub use bank::{AuthorizationServer, Bank, HostRole};
pub use callback::{CallbackAnswer, CallbackProblem, ResponseType, read_callback};
pub use error::BankError;
pub use exchange::{
    Attended, BankAnswer, BankRequest, Caller, ClientCredentials, Endpoint, Method, Permit,
};
pub use jose::{PublicKeys, SigningKey};
pub use registrar::IssuedCertificate;
pub use secret::{Secret, SecretBytes};
pub use standard::Standard;
pub use values::{
    AuthorizationRequest, AuthorizationStep, CodeExchange, ConsentStatus, ConsentTerms,
    ConsentWish, ObservedAccounts, ObservedBalances, ObservedConsent, PageWish, ScopeChange,
    Tokens,
};
