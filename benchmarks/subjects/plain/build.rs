//! Embeds the templates that all subjects share.

fn main() {
    plain_build::Folders::default()
        .templates("../../contract/templates")
        .embed();
}
