//! Embeds the shop's templates and assets, and its migrations, which stand at the top of the project.

fn main() {
    plain_build::Folders::default()
        .migrations("../migrations")
        .embed();
}
