//! What every test here stands on.

pub mod log;
pub mod place;
pub mod postgres;
pub mod story;
