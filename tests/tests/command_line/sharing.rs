//! Several servers on one SQLite file.

use std::thread;

use plain_tests::command_line::{Answer, Process};

use crate::support::migrated;

/// Counts a visit at `address`, of the visitor with `cookie`.
fn post(server: &mut Process, cookie: &str) -> Answer {
    server.request("POST", "/visits", &[("Cookie", cookie)])
}

#[test]
fn two_servers_read_and_write_the_sessions_of_one_file_at_the_same_time() {
    const EACH: u32 = 100;
    let project = migrated();
    let mut servers = [project.serve(), project.serve()];
    let cookie = {
        let first = servers[0].request("POST", "/visits", &[]);
        first.cookie().unwrap().to_owned()
    };
    // The other server knows the session at once.
    let seen = servers[1].request("GET", "/visits", &[("Cookie", &cookie)]);
    assert_eq!(seen.body, "1");
    thread::scope(|scope| {
        for server in &mut servers {
            let cookie = cookie.clone();
            scope.spawn(move || {
                for _ in 0..EACH {
                    let answer = post(server, &cookie);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    // A new visitor now and then, who needs a row.
                    assert_eq!(server.request("POST", "/visits", &[]).status, 200);
                }
            });
        }
    });
    for server in &mut servers {
        let seen = server.request("GET", "/visits", &[("Cookie", &cookie)]);
        assert_eq!(seen.body, (2 * EACH + 1).to_string());
    }
    for server in servers {
        let log = server.stop().expect(0).err;
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[test]
fn a_migration_beside_a_server_is_no_trouble_to_either() {
    let project = migrated();
    let mut server = project.serve();
    let cookie = post(&mut server, "a=b").cookie().unwrap().to_owned();
    project.done("migrate --check");
    project.done("chores run plain.sessions.chores.ClearExpired");
    let seen = server.request("GET", "/visits", &[("Cookie", &cookie)]);
    assert_eq!(seen.body, "1");
    server.stop().expect(0);
}

#[test]
fn sessions_outlive_a_restart_of_the_server() {
    let project = migrated();
    let mut server = project.serve();
    let cookie = post(&mut server, "a=b").cookie().unwrap().to_owned();
    server.stop().expect(0);
    let mut server = project.serve();
    let seen = server.request("GET", "/visits", &[("Cookie", &cookie)]);
    assert_eq!(seen.body, "1");
    // Even of one that had no time to say good-bye.
    post(&mut server, &cookie);
    server.signal("KILL");
    server.finish();
    let seen = project
        .serve()
        .request("GET", "/visits", &[("Cookie", &cookie)]);
    assert_eq!(seen.body, "2");
}
