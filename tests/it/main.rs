//! Integration tests: the real router, real databases, real TLS to the sandbox bank.

#![allow(clippy::unwrap_used)]

mod api;
mod callback;
mod flow;
mod id_token;
mod registration;
mod restart;
mod schema;
mod store;
mod support;
