//! Embeds what the framework itself shows.
fn main() {}
