//! The sandbox bank over real sockets: TLS, client certificates, HTTP.
#![allow(clippy::unwrap_used)]

mod consent_page;
mod faults;
mod restart;
mod support;
mod walk;
