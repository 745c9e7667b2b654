//! Embeds the migrations, templates and assets.

fn main() {
    plain_build::embed();
}
