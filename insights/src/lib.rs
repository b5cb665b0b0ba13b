//! What transactions mean: their categories, what recurs, what is coming.
//!
//! Everything here is a function of its arguments: no clock, no chance, no input or output. The
//! same rows give the same answers on every machine.

pub mod answer;
pub mod asking;
pub mod base;
pub mod cascade;
pub mod cashflow;
pub mod csv;
pub mod dictionary;
pub mod features;
pub mod file;
pub mod forecast;
pub mod learnt;
pub mod linear;
pub mod matching;
pub mod mcc;
pub mod movement;
pub mod notices;
pub mod packed;
pub mod phrases;
pub mod recurring;
pub mod row;
pub mod statement;
pub mod taught;
pub mod taxonomy;
pub mod text;
