//! What transactions mean: their categories, what recurs, what is coming.
//!
//! Everything here is a function of its arguments: no clock, no chance, no input or output. The
//! same rows give the same answers on every machine.

pub mod answer;
pub mod base;
pub mod cascade;
pub mod csv;
pub mod dictionary;
pub mod features;
pub mod file;
pub mod learnt;
pub mod linear;
pub mod mcc;
pub mod packed;
pub mod phrases;
pub mod row;
pub mod statement;
pub mod taxonomy;
pub mod text;
