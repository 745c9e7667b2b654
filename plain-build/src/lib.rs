//! Embeds a package's migrations, templates and assets into its crate, from its build script.
