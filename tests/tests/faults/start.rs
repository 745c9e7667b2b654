//! The database is away when a command starts.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use plain::db::{DatabaseUrl, Kind};
use plain::test::{TestDatabase, both};
use plain_tests::command_line::Client;
use plain_tests::on_postgres;
use plain_tests::proxy::Proxy;
use plain_tests::setup::Setup;

use crate::figures::tell;
use crate::{SITE, site};

on_postgres![
    a_server_waits_for_its_database_where_it_is_told_to,
    a_password_that_is_wrong_is_not_waited_for,
];

both![a_request_without_a_server_is_answered_503_where_the_database_is_away];

/// A site whose database is at `place`, where no server is.
fn site_at(place: &str, settings: &str) -> Setup {
    let url = DatabaseUrl::new(format!("postgres://shop:hidden@{place}/shop"));
    Setup::at(SITE, url, settings)
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn every_command_that_needs_it_says_so_with_the_host_and_what_to_check() {
    let place = nobody();
    let setup = site_at(&place, "");
    let commands = [
        "migrate",
        "migrate --check",
        "migrations list",
        "server --bind 127.0.0.1:0",
        "worker",
        "chores run site.chores.Count",
    ];
    for command in commands {
        let finished = setup.project.run(command).expect(1);
        assert_eq!(finished.out, "", "{command}");
        assert!(!finished.err.contains("hidden"), "{}", finished.err);
        assert_eq!(
            finished.err.replace(&place, "HOST"),
            "error: cannot connect to the database postgres://shop:***@HOST/shop: Connection refused (os error 111); check that it runs and that DATABASE_URL is right\n",
            "{command}"
        );
    }
    let preflight = setup.project.run("preflight").expect(1).all();
    assert!(
        preflight.contains("error    database.connection: "),
        "{preflight}"
    );
    assert!(preflight.contains(&place), "{preflight}");
}

#[test]
fn a_host_that_has_no_address_is_named() {
    let setup = site_at("nobody.invalid", "");
    let finished = setup.project.run("migrate").expect(1);
    assert_snapshot!(finished.err, @"error: cannot connect to the database postgres://shop:***@nobody.invalid/shop: failed to lookup address information: Name or service not known; check that it runs and that DATABASE_URL is right");
}

#[test]
fn a_host_that_does_not_answer_is_given_up_in_time() {
    // The system accepts connections for it; nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap().to_string();
    let setup = site_at(&place, "DATABASE_TIMEOUT = 0.5\n");
    let begun = Instant::now();
    let finished = setup.project.run("migrate").expect(1);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_snapshot!(finished.err.replace(&place, "HOST"), @"error: cannot connect to the database postgres://shop:***@HOST/shop: no answer within 0.5 s; check that it runs and that DATABASE_URL is right");
}

#[test]
fn who_waited_in_vain_is_told_the_same() {
    let place = nobody();
    let setup = site_at(&place, "DATABASE_CONNECT_WAIT = 0.5\n");
    let begun = Instant::now();
    let finished = setup.project.run("server --bind 127.0.0.1:0").expect(1);
    assert!(begun.elapsed() >= Duration::from_millis(500));
    assert_snapshot!(finished.err.replace(&place, "HOST"), @"
    Waiting up to 0.5 s: cannot connect to the database postgres://shop:***@HOST/shop: Connection refused (os error 111); check that it runs and that DATABASE_URL is right
    error: cannot connect to the database postgres://shop:***@HOST/shop: Connection refused (os error 111); check that it runs and that DATABASE_URL is right
    ");
}

async fn a_server_waits_for_its_database_where_it_is_told_to() {
    let mut setup = site(Kind::Postgres, "DATABASE_CONNECT_WAIT = 600\n").await;
    let proxy = Proxy::before(setup.url());
    proxy.close();
    setup.connect_by(proxy.url());
    let mut server = setup.project.start("server --bind 127.0.0.1:0");
    server.wait_for("Waiting up to 600 s: cannot connect to the database");
    proxy.open();
    let opened = Instant::now();
    let address = server.address();
    let (answer, _) = Client::default().timed(&address, "GET", "/visits");
    assert_eq!((answer.status, &*answer.body), (200, "0"));
    tell(
        "the database is away at start, and waited for",
        1,
        "none lost",
        opened.elapsed(),
    );
    server.stop().expect(0);
}

async fn a_password_that_is_wrong_is_not_waited_for() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    let url = db.url();
    let (_, place) = url.expose().split_once('@').unwrap();
    let url = DatabaseUrl::new(format!("postgres://postgres:wrong@{place}"));
    let setup = Setup::at(SITE, url, "DATABASE_CONNECT_WAIT = 600\n");
    let refused = setup.project.run("migrate").expect(1).err;
    assert!(
        refused.contains("does not let its user in: password authentication failed"),
        "{refused}"
    );
}

async fn a_request_without_a_server_is_answered_503_where_the_database_is_away(kind: Kind) {
    let setup = match kind {
        Kind::Postgres => site_at(&nobody(), ""),
        Kind::Sqlite => Setup::new(SITE, kind, "").await,
    };
    let away = setup
        .project
        .run("request /visits --header Cookie:sessionid=abcdefghijklmnopqrstuvwxyz012345");
    let away = away.expect(1);
    assert!(
        away.out.starts_with("503 Service Unavailable\n"),
        "{}",
        away.all()
    );
    assert!(away.err.starts_with("warning: "), "{}", away.err);
    let home = setup.project.run("request /").expect(0);
    assert!(home.out.ends_with("\nhome"), "{}", home.out);
}
