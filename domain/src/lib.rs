//! Aggregates, events, money and reconciliation. Pure: no clock, no chance, no IO.

pub mod account;
pub mod categorisation;
pub mod consent;
pub mod event;
pub mod fetch;
pub mod grant;
pub mod id;
pub mod incident;
pub mod money;
pub mod observed;
pub mod reconcile;
pub mod stream;
pub mod tpp_registration;
pub mod upcast;
pub mod user;
