//! Folds of events into read-model rows, the tables they fill and the queries over them.

pub mod database;
pub mod feed;
