//! The `opl` command.
fn main() {}
