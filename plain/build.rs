//! Embeds what the framework itself shows.
fn main() {
    plain_build::embed();
}
