//! Embeds what the framework itself shows, and the package `plain.admin`.
fn main() {
    plain_build::embed();
    plain_build::Folders::default()
        .migrations("admin/migrations")
        .templates("admin/templates")
        .assets("admin/assets")
        .named("admin")
        .embed();
}
