//! Aggregates, events, money and reconciliation. Pure: no clock, no chance, no IO.

pub mod id;
pub mod money;
pub mod observed;
