//! A small shop built on Plain.
fn main() {}
