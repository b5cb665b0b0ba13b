//! Embeds the single-page application.
fn main() {}
