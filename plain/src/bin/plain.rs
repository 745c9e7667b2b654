//! The `plain` command.
fn main() {}
