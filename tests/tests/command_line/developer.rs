//! What a developer asks for: the next migration, a schema, documentation, completions.

use insta::assert_snapshot;
use plain_tests::command_line::Project;
use serde_json::{Value, json};

use crate::support::{migrated, site, site_with_migrations};

/// The site whose migrations are in its own folder, which the program knows from `SITE_MIGRATIONS`.
fn with_migrations() -> Project {
    site_with_migrations(&[("0001_notes.sql", "CREATE TABLE note (text TEXT);\n")])
}

#[test]
fn the_next_migration_is_a_file_that_can_be_applied_as_it_is() {
    let project = with_migrations();
    let created = project.run("migrations create Add-Price").expect(0);
    assert_eq!(created.out, "migrations/0002_add_price.sql\n");
    assert_snapshot!(created.err, @"Write its SQL, then run `plain migrate`.");
    let text = std::fs::read_to_string(project.path("migrations/0002_add_price.sql")).unwrap();
    assert!(
        text.starts_with("-- 0002_add_price: what it does, and why.\n"),
        "{text}"
    );
    let applied = project.done("migrate site");
    assert_eq!(
        applied,
        "Applied site 0001_notes\nApplied site 0002_add_price\n"
    );
}

#[test]
fn a_migration_that_the_databases_word_differently_is_two_files_with_one_number() {
    let project = with_migrations();
    assert_eq!(
        project.done("migrations create tables --split"),
        "migrations/0002_tables.sqlite.sql\nmigrations/0002_tables.postgres.sql\n"
    );
    assert_eq!(
        project.done("migrations create more --package site"),
        "migrations/0003_more.sql\n"
    );
    let applied = project.done("migrate site");
    assert!(
        applied.contains("Applied site 0002_tables\nApplied site 0003_more\n"),
        "{applied}"
    );
}

#[test]
fn only_a_package_of_the_project_gets_a_migration() {
    let project = with_migrations();
    let elsewhere = project
        .run("migrations create x --package plain.sessions")
        .expect(1);
    assert!(
        elsewhere.err.contains("are not in this project but in"),
        "{}",
        elsewhere.err
    );
    let unknown = project.run("migrations create x --package sit").expect(2);
    assert!(
        unknown.err.contains("did you mean `site`?"),
        "{}",
        unknown.err
    );
    project.run("migrations create ../evil").expect(2);
    assert!(!project.path("evil.sql").exists());
}

#[test]
fn the_schema_knows_every_setting_of_the_installed_packages() {
    let schema: Value = serde_json::from_str(&site().done("settings schema")).unwrap();
    assert_eq!(schema["properties"]["SITE_PAGE_SIZE"]["type"], "integer");
    assert_eq!(schema["properties"]["SITE_PAGE_SIZE"]["default"], 20);
    assert_eq!(
        schema["properties"]["SITE_PAGE_SIZE"]["description"],
        "How many notes a page shows."
    );
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["SESSION_COOKIE_AGE"].is_object());
}

#[test]
fn the_documentation_of_a_package_is_its_readme() {
    let project = site();
    let readme =
        std::fs::read_to_string(crate::support::workspace().join("plain-sessions/README.md"));
    assert_eq!(project.done("docs plain.sessions"), readme.unwrap());
    let list: Value = serde_json::from_str(&project.done("docs --json")).unwrap();
    assert_eq!(list[2], json!({ "package": "site", "title": null }));
    let table = project.done("docs");
    assert!(
        table.contains("plain.sessions  Sessions in the database"),
        "{table}"
    );
    let none = project.run("docs site").expect(1);
    assert_snapshot!(none.err, @r#"error: site brings no documentation; its author adds one by `.docs(include_str!("../README.md"))` in `install`"#);
    let unknown = project.run("docs plain.session").expect(2);
    assert_snapshot!(unknown.err, @"error: plain.session is no installed package; did you mean `plain.sessions`?");
}

#[test]
fn completions_know_the_commands_of_packages() {
    let project = site();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.done(&format!("shell-completions {shell}"));
        for word in ["migrate", "greet", "shell-completions", "deploy"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
    }
    // The shell itself takes it, and completes a word by it.
    project.write("plain.bash", project.done("shell-completions bash"));
    let script = "source plain.bash; COMP_WORDS=(plain mig); COMP_CWORD=1; _plain plain mig plain; \
                  echo \"${COMPREPLY[@]}\"";
    let completed = std::process::Command::new("bash")
        .args(["-c", script])
        .current_dir(project.path(""))
        .output()
        .unwrap();
    let completed = String::from_utf8(completed.stdout).unwrap();
    assert_eq!(completed, "migrate migrations\n");
}

#[test]
fn a_request_tells_what_it_cost_apart_from_the_response() {
    let project = migrated();
    let visit = project.run("request /visits --method POST").expect(0);
    assert!(visit.out.ends_with("\n\ncounted"), "{}", visit.out);
    assert!(visit.err.contains("1 query, "), "{}", visit.err);
    assert!(
        visit
            .err
            .contains("1 row     INSERT INTO plainsessions_session"),
        "{}",
        visit.err
    );
    let json: Value =
        serde_json::from_str(&project.done("request /visits --method POST --json")).unwrap();
    assert_eq!(
        (&json["status"], &json["body"]),
        (&json!(200), &json!("counted"))
    );
    assert_eq!(json["database"]["count"], 1);
    assert_eq!(json["database"]["alike"][0]["times"], 1);
    let nobody = project.run("request / --user ada@example.com").expect(1);
    assert_snapshot!(nobody.err, @"error: no installed package knows users; install plain.auth, or leave --user out");
}
