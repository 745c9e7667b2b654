//! What the compiler says to who forgot a line: the trait to implement, and how.
//!
//! Each program is checked by `rustc` against the libraries that were built for this test, which
//! takes a second. Only our own words are compared: the rest is the compiler's, and changes with it.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the libraries that this test is linked with.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().to_owned()
}

/// The library of the crate `name` that was built last.
fn library(name: &str) -> PathBuf {
    let start = format!("lib{name}-");
    let files = fs::read_dir(libraries()).unwrap().map(Result::unwrap);
    let files = files.filter(|file| {
        let file = file.file_name().into_string().unwrap();
        file.starts_with(&start) && file.ends_with(".rlib")
    });
    let newest = files.max_by_key(|file| file.metadata().unwrap().modified().unwrap());
    newest
        .unwrap_or_else(|| panic!("{name} is not built"))
        .path()
}

/// What the compiler says of a program with `items`.
fn complaint(items: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program.rs");
    let head = "#![allow(unused)]\nuse plain::http::{Request, Response, Result};\n";
    fs::write(&program, format!("{head}{items}\nfn main() {{}}\n")).unwrap();
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--edition=2024", "--emit=metadata", "--out-dir"])
        .arg(folder.path())
        .arg("-L")
        .arg(format!("dependency={}", libraries().display()))
        .arg(&program);
    for name in ["plain", "plain_sessions", "plain_auth"] {
        rustc.arg("--extern").arg(external(name, &library(name)));
    }
    let output = rustc.output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "this compiles: {items}");
    complaint
}

fn external(name: &str, library: &Path) -> String {
    format!("{name}={}", library.display())
}

/// Holds the first error about `items` against `expected`: its message, and lines under it.
#[track_caller]
fn assert_told(items: &str, expected: &[&str]) {
    let complaint = complaint(items);
    let first = complaint.split("\nerror").next().unwrap();
    for line in expected {
        assert!(
            first.contains(line),
            "`{line}` is not said in:\n{complaint}"
        );
    }
}

#[test]
fn a_url_without_a_view_is_told_of_as_view_and_of_the_trait() {
    assert_told(
        "struct Cart;\nfn urls() { plain::urls::path(\"cart\", Cart); }",
        &[
            "error[E0277]: `Cart` is not a view",
            "`path` takes a view",
            "note: a `SessionView`, `AuthView`, `TemplateView`, `FormView`, ... becomes one with `.as_view()`",
            "note: else implement `plain::views::View` for it: `impl View for Cart { async fn get(&self, request: &Request) -> Result<Response> { .. } }`",
        ],
    );
}

#[test]
fn what_is_no_view_is_told_the_line_to_add() {
    assert_told(
        "struct Cart;\nfn needs(_: impl plain::views::View) {}\nfn wrong() { needs(Cart) }",
        &[
            "error[E0277]: `Cart` is not a view",
            "note: implement `plain::views::View` for it: `impl View for Cart { async fn get(&self, request: &Request) -> Result<Response> { .. } }`",
        ],
    );
}

#[test]
fn what_is_no_session_view_is_told_the_line_to_add() {
    assert_told(
        "struct Cart;\nfn needs(_: impl plain_sessions::SessionView) {}\nfn wrong() { needs(Cart) }",
        &[
            "error[E0277]: `Cart` is not a session view",
            "note: implement `plain_sessions::SessionView` for it: `impl SessionView for Cart { async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> { .. } }`",
        ],
    );
}

#[test]
fn what_is_no_view_for_users_is_told_the_line_to_add() {
    assert_told(
        "struct Cart;\nfn needs(_: impl plain_auth::AuthView) {}\nfn wrong() { needs(Cart) }",
        &[
            "error[E0277]: `Cart` is not a view for users",
            "note: implement `plain_auth::AuthView` for it: `impl AuthView for Cart { async fn get(&self, request: &Request, user: &User) -> Result<Response> { .. } }`",
        ],
    );
}

#[test]
fn what_is_at_no_end_of_a_url_is_told_that_views_are() {
    assert_told(
        "struct Cart;\nfn end() -> std::sync::Arc<dyn plain::urls::Endpoint> { std::sync::Arc::new(Cart) }",
        &[
            "error[E0277]: `Cart` does not answer the requests of a URL",
            "note: implement `plain::views::View` for it; `path` makes an endpoint of a view",
        ],
    );
}

#[test]
fn what_is_no_package_is_told_the_lines_to_add() {
    assert_told(
        "struct Shop;\nfn main_() { plain::main([Box::new(Shop) as Box<dyn plain::packages::Package>]); }",
        &[
            "error[E0277]: `Shop` is not a package",
            "note: implement `plain::packages::Package` for it: `impl Package for Shop { fn name(&self) -> &'static str { \"shop\" } fn install(&self, to: &mut Installer) -> Result<()> { Ok(()) } }`",
        ],
    );
}

#[test]
fn a_struct_that_no_row_becomes_is_told_of_the_derive() {
    assert_told(
        "struct Item;\nasync fn items(db: &plain::db::Database) -> plain::db::Result<Vec<Item>> {\n\
         db.query(\"SELECT 1\").fetch_all().await\n}",
        &[
            "error[E0277]: a row can't be read into `Item`",
            "note: write `#[derive(plain::db::FromRow)]` over the struct",
        ],
    );
}

#[test]
fn what_names_no_value_of_a_session_is_told_how_a_key_is_written() {
    assert_told(
        "fn put(session: &plain_sessions::SessionStore) {\n\
         session.set(String::from(\"cart\"), 7_u32).unwrap();\n}",
        &[
            "error[E0277]: `std::string::String` does not name a session value of type `_`",
            "note: name it by a text such as \"cart\", or by a key of the type: `const CART: SessionKey<_> = SessionKey::new(\"cart\");`",
        ],
    );
}

#[test]
fn what_names_no_parameters_of_a_url_is_told_how_they_are_given() {
    assert_told(
        "fn order(request: &Request) -> Result<String> { request.reverse(\"order\", 5) }",
        &[
            "error[E0277]: `{integer}` does not say which values stand in a URL",
            "note: give `()` for none, a pair such as `(\"id\", 5)`, a list of pairs, or a tuple of pairs for values of different types",
        ],
    );
}

#[test]
fn what_takes_no_statements_is_told_what_does() {
    assert_told(
        "async fn count<M: plain::db::Model>(request: &Request) -> plain::db::Result<u64> {\n\
         M::query().count(request).await\n}",
        &[
            "error[E0277]: statements can't be sent to `&plain::http::Request`",
            "note: pass `request.database()?` (a `&Database`), or `&mut *transaction` within a transaction",
        ],
    );
}

#[test]
fn what_answers_no_requests_is_told_of_functions_and_applications() {
    assert_told(
        "struct Site;\nfn visitor() { plain::test::Client::new(Site); }",
        &[
            "error[E0277]: `Site` does not answer HTTP requests",
            "note: pass a `plain::App`, or a function: `async fn answer(request: http::Request<Body>, connection: Connection) -> Response { .. }`",
        ],
    );
}

#[test]
fn what_an_installer_is_given_is_told_the_trait_that_it_lacks() {
    for (call, told) in [
        ("to.settings::<Shop>()", "`Shop` is not a group of settings"),
        ("to.chore(\"shop.x\", Shop)", "`Shop` is not a chore"),
        ("to.check(\"shop.x\", Shop)", "`Shop` is not a check"),
        ("to.command(Shop)", "`Shop` is not a command"),
        ("to.admin(Shop)", "`Shop` is not a viewset"),
        ("to.sign_in(Shop)", "`Shop` signs nobody in"),
        (
            "to.middleware(\"shop.x\", |_| Ok(Shop))",
            "`Shop` is not a middleware",
        ),
    ] {
        assert_told(
            &format!("struct Shop;\nfn install(to: &mut plain::packages::Installer) {{ {call}; }}"),
            &[&format!("error[E0277]: {told}"), "note: implement `plain::"],
        );
    }
}

#[test]
fn a_model_without_its_implementation_is_told_the_lines_to_add() {
    assert_told(
        "struct Item;\nstruct Page;\nimpl plain::views::ListView for Page {\n\
         type Model = Item;\nfn template(&self) -> &str { \"\" }\n}",
        &[
            "error[E0277]: `Item` is not a model",
            "note: implement `plain::db::Model` for it: `impl Model for Item {",
        ],
    );
}
