//! Embeds migrations, templates and assets into the program.

fn main() {
    plain_build::embed();
}
