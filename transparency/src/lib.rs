//! Canonical records and the RFC 6962 Merkle tree over them.

pub mod record;
pub mod tree;
