//! Integration tests: the real router, real databases, real TLS to the sandbox bank.

#![allow(clippy::unwrap_used)]

mod callback;
mod id_token;
mod registration;
mod schema;
mod store;
mod support;
