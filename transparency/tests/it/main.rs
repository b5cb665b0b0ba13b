//! Tests of the proofs from outside: against a second implementation, against mutations, and through
//! the real program.

mod dependencies;
mod folders;
mod golden;
mod mutations;
mod notes;
mod parsing;
mod parts;
mod policies;
mod program;
mod python;
mod second;
mod successions;
mod support;
mod tiles;
mod trees;
mod witness;
