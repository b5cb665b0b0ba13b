//! Integration tests: the real router, real databases, real TLS to the sandbox bank.

#![allow(clippy::unwrap_used)]
// These tests stand outside the service: they have a clock and play browsers.
#![allow(clippy::disallowed_methods)]

mod abuse;
mod access_then;
mod api;
mod as_of;
mod audit;
mod auditing;
mod authorization;
mod backup;
mod bank_faults;
mod berlin_group;
mod callback;
mod cases;
mod certificates;
mod child;
mod cold;
mod connector_requirements;
mod copies;
mod crowd;
mod data_set;
mod deltas;
mod designated;
mod enable_banking;
mod erasure;
mod events_cli;
mod every_bank;
mod evidence;
mod exporting;
mod factors;
mod faults;
mod fencing;
mod files;
mod flow;
mod hardening;
mod id_token;
mod image;
mod insights;
mod interop;
mod kill;
#[cfg(feature = "kurrent")]
mod kurrent;
mod limits;
mod load;
mod misbehaviour;
mod mutations;
mod notary;
mod open_banking_uk;
mod operating;
mod own;
mod planner;
mod programs;
mod reading;
mod redeciding;
mod refreshing;
mod registration;
mod renewal;
mod replicas;
mod resilience_of_banks;
mod restart;
mod restores;
mod revocation;
mod rolling;
mod rotation;
mod schema;
mod several;
mod store;
mod store_cli;
mod supply_chain;
mod support;
mod witnesses;
