//! Seeded histories of banks and people with known truth, and the score of algorithms that read
//! them. Everything comes from the seed: no clock, no chance, no IO.

pub mod audit;
pub mod bank;
pub mod books;
mod called;
pub mod campaign;
pub mod chance;
pub mod evidence;
mod exchange;
pub mod explain;
pub mod history;
pub mod life;
pub mod maker;
pub mod misbehaviour;
pub mod missed;
pub mod ours;
pub mod plan;
pub mod replay;
pub mod rivals;
pub mod said;
pub mod score;
pub mod standing;
pub mod study;
