//! Simulated banks that speak each standard over real TLS.
//!
//! [`Sandbox::start`] opens a local bank: one that behaves like the PSD2 interfaces of OP Financial Group
//! (certificate generator, registration, OAuth 2.0 with OpenID Connect, account information, payments
//! and confirmation of funds), or one of another [`SandboxStandard`]. It knows nothing of who calls it, keeps its state in one directory, and
//! offers [`Faults`] and the forty [`Misbehaviour`]s to make it misbehave. Every customer, account and amount is invented.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api_error;
mod bank;
mod berlin_group;
mod budget;
mod caller;
mod calls;
mod certificates;
mod chance;
mod clock;
mod control;
mod der;
mod enable_banking;
mod exchange;
mod faults;
mod form;
mod generator;
mod house;
mod household;
mod jose;
mod listener;
mod members;
mod misbehaviour;
mod oauth;
mod op;
mod open_banking_uk;
mod options;
mod paging;
mod registration_refusal;
mod revocation;
mod sandbox;
mod shared_accounts;
mod shown;
mod state;
mod storage;
mod true_ledger;
mod truth;

pub use calls::{CALLS_MAX, Call, TokenKind};
pub use clock::SandboxClock;
pub use control::{ControlError, ask as ask_control};
pub use enable_banking::Application;
pub use faults::{DeltaMutation, Faults, IdTokenMutation, TokenMutation};
pub use misbehaviour::{Misbehaviour, Misbehaviours, UnknownMisbehaviour};
pub use options::{Addresses, SandboxError, SandboxOptions, SandboxStandard};
pub use revocation::{Responder, Revocations};
pub use sandbox::Sandbox;
pub use shown::{SHOWN_ROWS_MAX, ShownRow, row_key};
pub use true_ledger::{TransactionState, TrueHistory, TrueLedger, TrueState, TrueTransaction};
pub use truth::{TrueAccount, TrueCard, TrueUser, Truth};
