use std::io::Write;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use plain::test::TestApp;

use super::*;
use crate::models::User;
use crate::test::{FAST, create_user};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn app() -> TestApp {
    let app = TestApp::of([plain_sessions::package(), crate::package()]);
    FAST.into_iter()
        .fold(app, |app, (name, value)| app.setting(name, value))
        .start()
        .await
}

/// What `plain users` with these words writes, or says is wrong.
async fn users_with(
    app: &TestApp,
    words: &str,
    stdin: &'static str,
    answers: &'static [&'static str],
) -> String {
    let words = std::iter::once("users").chain(words.split(' '));
    let arguments = match Users.definition().try_get_matches_from(words) {
        Ok(arguments) => arguments,
        Err(stop) => return format!("{}: {stop}", stop.exit_code()),
    };
    let task = Task::of(&arguments).expect("a task for every subcommand");
    let written = Written::default();
    let mut terminal = Terminal::of(written.clone(), stdin, answers);
    match run::run(app.services(), task, &mut terminal).await {
        Ok(()) => String::from_utf8(written.0.lock().unwrap().clone()).unwrap(),
        Err(error) => format!("error: {error}"),
    }
}

async fn users(app: &TestApp, words: &str) -> String {
    users_with(app, words, "", &[]).await
}

#[tokio::test]
async fn an_account_is_made_with_a_password_that_is_asked_for_twice() {
    let app = app().await;
    let create = "create Ada@Example.com --admin";
    let typed = users_with(&app, create, "", &["correct horse", "correct horse"]).await;
    assert_snapshot!(typed, @"created Ada@Example.com, an admin");
    let user = User::find_by_email(app.database(), "ada@example.com")
        .await
        .unwrap()
        .unwrap();
    assert!(user.is_admin && user.is_active);
    assert!(!typed.contains("correct horse"));
    let piped = users_with(
        &app,
        "create bob@example.com --password-stdin",
        "correct horse\r\n",
        &[],
    )
    .await;
    assert_snapshot!(piped, @"created bob@example.com, no admin");
}

#[tokio::test]
async fn what_can_not_be_made_is_refused_with_what_to_do() {
    let app = app().await;
    create_user(app.services(), "ada@example.com")
        .await
        .unwrap();
    let create = async |stdin: &'static str, answers: &'static [&'static str]| match stdin {
        "" => users_with(&app, "create eve@example.com", "", answers).await,
        stdin => users_with(&app, "create eve@example.com --password-stdin", stdin, &[]).await,
    };
    assert_snapshot!(create("", &["correct horse", "correct house"]).await, @"error: the two passwords are not the same: run the command again");
    assert_snapshot!(create("", &[]).await, @"error: there is no terminal to ask for the password on (no such device): run the command in one, or pipe the password in and add --password-stdin");
    assert_snapshot!(create("\n", &[]).await, @"error: there is no password on standard input: write it on the first line");
    assert_snapshot!(create("short\n", &[]).await, @"error: this password is too short: use 8 characters or more");
    assert_snapshot!(create("password1\n", &[]).await, @"error: this password is among the first that are tried: choose one that is yours alone");
    assert_snapshot!(create("eve@example.com\n", &[]).await, @"error: this password is the email address: choose one that others do not know");
    assert_snapshot!(users(&app, "create eve").await, @"error: this is not an email address: write one like name@example.com");
    assert_snapshot!(users(&app, "create ADA@example.com").await, @"error: there is an account with the email address ADA@example.com already: use another address");
    assert_snapshot!(users(&app, "deactivate eve@example.com").await, @"error: no user has the email address eve@example.com: `plain users list` shows all");
    assert!(
        User::find_by_email(app.database(), "eve@example.com")
            .await
            .unwrap()
            .is_none()
    );
}

#[test]
fn every_help_shows_an_example() {
    let users = Users.definition();
    for command in std::iter::once(&users).chain(users.get_subcommands()) {
        let help = command.clone().render_help().to_string();
        assert!(help.contains("Example: plain users "), "{help}");
    }
}

#[tokio::test]
async fn wrong_usage_has_the_exit_status_2() {
    let app = app().await;
    for words in [
        "create",
        "remove ada@example.com",
        "list --yaml",
        "set-password a@b c@d",
    ] {
        assert!(users(&app, words).await.starts_with("2: "), "{words}");
    }
}

#[tokio::test]
async fn accounts_are_changed_and_listed() {
    let app = app().await;
    assert_snapshot!(users(&app, "list").await, @"there are no users: `plain users create EMAIL` makes one");
    assert_snapshot!(users(&app, "list --json").await, @"[]");
    create_user(app.services(), "ada@example.com")
        .await
        .unwrap();
    create_user(app.services(), "a.much.longer.address@example.com")
        .await
        .unwrap();
    assert_snapshot!(users(&app, "grant-admin ada@example.com").await, @"ada@example.com is an admin");
    assert_snapshot!(users(&app, "deactivate ADA@example.com").await, @"ada@example.com is deactivated, and their sessions have ended");
    let list = users(&app, "list").await;
    let days = format!("{}", crate::models::now().format("%F"));
    assert_snapshot!(list.replace(&days, "2026-01-31"), @"
    EMAIL                              ADMIN  ACTIVE  CREATED     LAST SIGN-IN
    ada@example.com                    yes    no      2026-01-31  never
    a.much.longer.address@example.com  no     yes     2026-01-31  never
    ");
    assert_snapshot!(users(&app, "revoke-admin ada@example.com").await, @"ada@example.com is no admin any more");
    assert_snapshot!(users(&app, "activate ada@example.com").await, @"ada@example.com is active");
    let json = users(&app, "list --json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["email"], "ada@example.com");
    assert_eq!(json[0].get("password_hash"), None);
}

#[tokio::test]
async fn a_password_that_is_set_is_another_one() {
    let app = app().await;
    let before = create_user(app.services(), "ada@example.com")
        .await
        .unwrap();
    let set = "set-password ada@example.com --password-stdin";
    assert_snapshot!(users_with(&app, set, "password1\n", &[]).await, @"error: this password is among the first that are tried: choose one that is yours alone");
    assert_snapshot!(users_with(&app, set, "correct horse\n", &[]).await, @"the password of ada@example.com is set, and their sessions have ended");
    let after = User::find(app.database(), before.id)
        .await
        .unwrap()
        .unwrap();
    assert!(before.password_changed_at < after.password_changed_at);
}
