//! Embeds the migrations of the package.

fn main() {
    plain_build::embed();
}
