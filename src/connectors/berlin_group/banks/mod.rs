//! The banks of this standard: a profile each.

mod nordvik;

pub use nordvik::NORDVIK;
