//! One Point Ledger: the service and its command line.

pub mod access;
pub mod api;
pub mod app;
pub mod audit;
pub mod backup;
pub mod callback;
pub mod cli;
pub mod connectors;
pub mod consent;
pub mod editing;
pub mod erasure;
pub mod importing;
pub mod leasing;
pub mod ledger;
pub mod notary;
pub mod planner;
pub mod registration;
pub mod renewal;
pub mod service;
pub mod settings;
pub mod sync;
pub mod telemetry;
pub mod tokens;
pub mod vault;
pub mod world;
