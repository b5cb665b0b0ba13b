//! One Point Ledger: the service and its command line.

pub mod connectors;
