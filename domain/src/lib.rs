//! Aggregates, events, money and reconciliation. Pure: no clock, no chance, no IO.

pub mod account;
pub mod categorisation;
pub mod consent;
pub mod designated;
pub mod erasure;
pub mod event;
pub mod fetch;
pub mod grant;
pub mod guidance;
pub mod id;
pub mod import;
pub mod incident;
pub mod money;
pub mod observed;
pub mod plan;
pub mod rates;
pub mod reconcile;
pub mod redecide;
pub mod renewal;
pub mod role;
pub mod rules;
pub mod signing;
pub mod stream;
pub mod tpp_registration;
pub mod transaction;
pub mod upcast;
pub mod user;

/// Stands for the source of this crate: a state that was folded by other code is not trusted.
pub const FINGERPRINT: i64 = include!(concat!(env!("OUT_DIR"), "/fingerprint.rs"));
