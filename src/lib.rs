//! One Point Ledger: the service and its command line.

pub mod ledger;
pub mod vault;
pub mod world;
