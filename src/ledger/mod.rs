//! The ledger.
pub mod store;
