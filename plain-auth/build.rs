//! Embeds the migrations, templates and assets of the package.

fn main() {
    plain_build::embed();
}
