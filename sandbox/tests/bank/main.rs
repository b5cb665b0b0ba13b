//! The sandbox bank over real sockets: TLS, client certificates, HTTP.
#![allow(clippy::unwrap_used)]

mod certificates;
mod consent_page;
mod faults;
mod funds;
mod keys;
mod misbehaviour;
mod open_banking_uk;
mod payments;
mod refusals;
mod restart;
mod support;
mod walk;
