//! Canonical records, the RFC 6962 Merkle tree over them, signed checkpoints, proofs, exported
//! bundles, and what checks them without a network, a database or any of the service's code.

pub mod bundle;
pub mod checkpoint;
pub mod key;
pub mod policy;
pub mod proof;
pub mod record;
pub mod succession;
pub mod text;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verify;
pub mod witness;
