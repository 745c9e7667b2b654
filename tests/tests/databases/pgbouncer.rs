//! Behind PgBouncer, which hands out the server's connections by transaction.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use plain::db::migrations::{Migrator, Target};
use plain::db::{ConnectOptions, Database, DatabaseUrl, Kind};
use plain::embedded::{File, Folder};
use plain::test::TestDatabase;
use plain_tests::command_line::Client;
use plain_tests::obstacle::not_tested;
use plain_tests::on_postgres;
use plain_tests::setup::Setup;
use tempfile::TempDir;

use crate::SITE;
use crate::items::{add, count, items};

on_postgres![
    statements_of_many_clients_do_not_meet_those_of_others,
    transactions_hold_their_connection,
    what_fails_leaves_the_connection_to_the_next,
    migrations_run_once,
    processes_share_migrations_sessions_and_chores,
];

/// PgBouncer before the server of `db`.
struct Bouncer {
    guard: Child,
    url: String,
    _folder: TempDir,
}

const GUARD: &str = r#""$@" >/dev/null 2>&1 & read -r _; kill -INT $!; wait"#;

impl Bouncer {
    /// Starts it with as many connections to the server as `size`; `None` where it is not installed,
    /// which is said.
    fn start(db: &TestDatabase, size: usize) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| std::path::Path::new(path).is_file());
        let Some(program) = program else {
            let missing = "PgBouncer is not installed; install it with `apt-get install pgbouncer`";
            not_tested("what holds behind PgBouncer", missing);
            return None;
        };
        let url = db.url();
        let rest = url.expose().strip_prefix("postgres://postgres:").unwrap();
        let (password, place) = rest.split_once('@').unwrap();
        let (address, name) = place.split_once('/').unwrap();
        let (host, port) = address.split_once(':').unwrap();
        let listen = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n\
             {name} = host={host} port={port} user=postgres password={password}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {listen}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {size}\n"
        );
        std::fs::write(&file, settings).unwrap();
        let mut words = Vec::new();
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(65534), None).unwrap();
            std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
            words.extend(["setpriv", "--reuid=65534", "--clear-groups"]);
        }
        words.extend([program, file.to_str().unwrap()]);
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .args(words)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", listen)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it does not listen"
            );
            thread::sleep(Duration::from_millis(10));
        }
        let url = format!("postgres://postgres@127.0.0.1:{listen}/{name}?sslmode=disable");
        Some(Self {
            guard,
            url,
            _folder: folder,
        })
    }

    /// A handle with connections of its own.
    async fn client(&self) -> Database {
        let options = ConnectOptions::to(self.url.as_str());
        Database::connect(options).await.expect("connected")
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

async fn statements_of_many_clients_do_not_meet_those_of_others() {
    let db = items(Kind::Postgres).await;
    let Some(bouncer) = Bouncer::start(&db, 2) else {
        return;
    };
    let clients = join_all((0..4).map(|_| bouncer.client())).await;
    let work = clients.iter().enumerate().map(|(client, db)| async move {
        for round in 0..25 {
            let number = i64::try_from(client * 1000 + round).unwrap();
            // Each client numbers its statements from one, so these have one name on all of them.
            let echo: i64 = match client {
                0 => db.query("SELECT $1 + 0").bind(number).scalar().await,
                1 => db.query("SELECT 1 * $1").bind(number).scalar().await,
                2 => db.query("SELECT $1 - 0").bind(number).scalar().await,
                _ => db.query("SELECT - (- $1)").bind(number).scalar().await,
            }
            .expect("a number");
            assert_eq!(echo, number);
            add(db, &number.to_string()).await.expect("added");
        }
    });
    join_all(work).await;
    assert_eq!(count(&db).await, 100);
}

async fn transactions_hold_their_connection() {
    let db = items(Kind::Postgres).await;
    let Some(bouncer) = Bouncer::start(&db, 2) else {
        return;
    };
    let (one, other) = (bouncer.client().await, bouncer.client().await);
    let mut transaction = one.begin().await.expect("begun");
    let insert = "INSERT INTO item (name) VALUES ($1)";
    transaction
        .query(insert)
        .bind("spoon")
        .execute()
        .await
        .expect("inserted");
    assert_eq!(count(&other).await, 0);
    let inside: i64 = transaction
        .query("SELECT count(*) FROM item")
        .scalar()
        .await
        .expect("it");
    assert_eq!(inside, 1);
    transaction.commit().await.expect("committed");
    assert_eq!(count(&other).await, 1);

    let mut dropped = one.begin().await.expect("begun");
    dropped
        .query("DELETE FROM item")
        .execute()
        .await
        .expect("deleted");
    drop(dropped);
    assert_eq!(count(&other).await, 1);
}

async fn what_fails_leaves_the_connection_to_the_next() {
    let db = items(Kind::Postgres).await;
    let Some(bouncer) = Bouncer::start(&db, 1) else {
        return;
    };
    let client = bouncer.client().await;
    for _ in 0..3 {
        let refused = client
            .query("SELECT nonsense")
            .execute()
            .await
            .expect_err("refused");
        assert!(!refused.is_unavailable(), "{refused}");
        let mut transaction = client.begin().await.expect("begun");
        let refused = transaction.query("SELECT nonsense").execute().await;
        assert!(refused.is_err());
        drop(transaction);
        assert_eq!(count(&client).await, 0);
    }
}

async fn migrations_run_once() {
    const MIGRATIONS: Folder = Folder {
        path: "",
        files: &[
            File {
                path: "0001_a.sql",
                contents: b"CREATE TABLE a (x INTEGER); CREATE TABLE b (x INTEGER);",
            },
            File {
                path: "0002_c.sql",
                contents: b"CREATE TABLE c (x INTEGER);",
            },
        ],
    };
    let db = TestDatabase::empty(Kind::Postgres).await;
    let Some(bouncer) = Bouncer::start(&db, 2) else {
        return;
    };
    let runs = (0..3).map(|_| async {
        let migrator = Migrator::new(bouncer.client().await, [("shop", MIGRATIONS)]).unwrap();
        migrator
            .apply(&Target::All, |_| ())
            .await
            .expect("applied")
            .len()
    });
    assert_eq!(join_all(runs).await.iter().sum::<usize>(), 2);
}

async fn processes_share_migrations_sessions_and_chores() {
    const EACH: u32 = 30;
    let db = TestDatabase::empty(Kind::Postgres).await;
    // Fewer connections than the processes have together.
    let Some(bouncer) = Bouncer::start(&db, 3) else {
        return;
    };
    let setup = Setup::at(SITE, DatabaseUrl::new(bouncer.url.clone()), "");
    let processes = [(); 3].map(|()| setup.project.start("migrate"));
    let said = processes.map(|process| process.finish().expect(0).out);
    let applied = said.concat().matches("Applied ").count();
    assert_eq!(applied, 3, "{said:?}");

    let mut servers = [(); 2].map(|()| setup.project.serve());
    let addresses = servers.each_mut().map(|server| server.address());
    let mut visitor = Client::default();
    assert_eq!(
        visitor.timed(&addresses[0], "POST", "/visits").0.status,
        200
    );
    thread::scope(|scope| {
        for address in addresses.iter().chain(&addresses) {
            let mut visitor = visitor.clone();
            scope.spawn(move || {
                for _ in 0..EACH {
                    let (answer, _) = visitor.timed(address, "POST", "/visits");
                    assert_eq!(answer.status, 200, "{answer:?}");
                    // Whose row is inserted.
                    let (answer, _) = Client::default().timed(address, "POST", "/visits");
                    assert_eq!(answer.status, 200, "{answer:?}");
                }
            });
        }
    });
    for address in &addresses {
        let (answer, _) = visitor.timed(address, "GET", "/visits");
        assert_eq!(answer.body, (4 * EACH + 1).to_string());
    }
    let count = "SELECT count(*) FROM plainsessions_session";
    let rows: i64 = db.query(count).scalar().await.unwrap();
    assert_eq!(rows, i64::from(4 * EACH + 1));
    setup
        .project
        .done("chores run plain.sessions.chores.ClearExpired");
    for server in servers {
        let log = server.stop().expect(0).err;
        assert!(!log.contains("ERROR"), "{log}");
    }
}
