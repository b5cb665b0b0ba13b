//! Integration tests: the real router, real databases, real TLS to the sandbox bank.

#![allow(clippy::unwrap_used)]
// These tests stand outside the service: they have a clock and play browsers.
#![allow(clippy::disallowed_methods)]

mod api;
mod callback;
mod flow;
mod id_token;
#[cfg(feature = "kurrent")]
mod kurrent;
mod registration;
mod restart;
mod schema;
mod store;
mod support;
