//! What a crate holds after its files changed, built by cargo itself.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The three types that the written code names, so that a build takes a moment.
const PLAIN: &str = r#"
pub mod embedded {
    pub struct Embedded { pub migrations: Folder, pub templates: Folder, pub assets: Folder }
    pub struct Folder { pub path: &'static str, pub files: &'static [File] }
    pub struct File { pub path: &'static str, pub contents: &'static [u8] }
}
"#;

const MAIN: &str = r#"
static EMBEDDED: plain::embedded::Embedded = include!(concat!(env!("OUT_DIR"), "/plain_embedded.rs"));
fn main() {
    for folder in [&EMBEDDED.migrations, &EMBEDDED.templates, &EMBEDDED.assets] {
        assert!(std::path::Path::new(folder.path).is_absolute());
        for file in folder.files {
            println!("{}={}", file.path, String::from_utf8_lossy(file.contents));
        }
    }
}
"#;

struct Crate(tempfile::TempDir);

impl Crate {
    /// A crate `app` in a workspace of its own, whose build script says `embed`.
    fn new(embed: &str) -> Self {
        let crates = Self(tempfile::tempdir().expect("a folder"));
        let build = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
        crates.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"plain\"]\n",
        );
        crates.write(
            "plain/Cargo.toml",
            "[package]\nname = \"plain\"\nedition = \"2024\"\n",
        );
        crates.write("plain/src/lib.rs", PLAIN);
        // Not the crate itself: that would lock this workspace a second time.
        for file in ["lib.rs", "files.rs", "watch.rs", "write.rs"] {
            let source = fs::read_to_string(format!("{build}/src/{file}")).expect("a source");
            crates.write(&format!("plain-build/src/{file}"), &source);
        }
        crates.write(
            "plain-build/Cargo.toml",
            "[package]\nname = \"plain-build\"\nedition = \"2024\"\n",
        );
        crates.write(
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nedition = \"2024\"\n\n[dependencies]\nplain = { path = \"../plain\" }\n\n\
             [build-dependencies]\nplain-build = { path = \"../plain-build\" }\n",
        );
        crates.write("app/build.rs", &format!("fn main() {{ {embed} }}"));
        crates.write("app/src/main.rs", MAIN);
        crates
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// What the crate prints when it is built and run, and what cargo said.
    fn run(&self) -> (String, String) {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--offline", "--package", "app"])
            .current_dir(self.0.path())
            .env("CARGO_TARGET_DIR", self.0.path().join("target"))
            .output()
            .expect("cargo runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    fn holds(&self, expected: &str) {
        let (printed, said) = self.run();
        assert_eq!(printed, expected, "{said}");
    }

    fn is_fresh(&self) {
        let (_, said) = self.run();
        assert!(
            !said.contains("Compiling"),
            "nothing changed, but it was built: {said}"
        );
    }
}

#[test]
fn files_that_appear_change_and_disappear_rebuild_the_crate() {
    let app = Crate::new("plain_build::embed();");
    // No folder exists yet, then some do, then all.
    app.holds("");
    app.is_fresh();
    app.write("app/templates/b.html", "one");
    app.holds("b.html=one\n");
    app.write("app/templates/inner/a.html", "two");
    app.holds("b.html=one\ninner/a.html=two\n");
    app.write("app/migrations/0001_initial.sql", "three");
    app.write("app/assets/.gitkeep", "");
    app.holds("0001_initial.sql=three\nb.html=one\ninner/a.html=two\n");
    app.write("app/migrations/0001_initial.sql", "four");
    app.write("app/migrations/0002_next.sql", "five");
    app.holds("0001_initial.sql=four\n0002_next.sql=five\nb.html=one\ninner/a.html=two\n");
    app.is_fresh();
    fs::remove_dir_all(app.0.path().join("app/templates")).expect("removed");
    app.holds("0001_initial.sql=four\n0002_next.sql=five\n");
}

#[test]
fn a_folder_outside_of_the_crate_is_watched_too() {
    let app = Crate::new("plain_build::Folders::default().migrations(\"../migrations\").embed()");
    app.write("migrations/0001_initial.sql", "one");
    app.write("app/templates/.gitkeep", "");
    app.write("app/assets/.gitkeep", "");
    app.holds("0001_initial.sql=one\n");
    app.write("migrations/0002_next.sql", "two");
    app.holds("0001_initial.sql=one\n0002_next.sql=two\n");
    app.is_fresh();
}
