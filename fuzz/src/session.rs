//! A row of the session table, as anything may have left it there.

use std::sync::OnceLock;

use plain::db::{ConnectOptions, Database, Value};
use plain_sessions::Session;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

struct Stage {
    runtime: Runtime,
    database: Database,
    _folder: TempDir,
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = ConnectOptions::sqlite_file(folder.path().join("db"));
        let database = runtime.block_on(Database::connect(options)).unwrap();
        Stage {
            runtime,
            database,
            _folder: folder,
        }
    })
}

/// The promise: a row is never an error, and one that can't be read is empty and nobody's.
///
/// The first byte says of which kinds the columns are, of which lines hold the values.
pub(crate) fn read(bytes: &[u8]) {
    let Some((kinds, rest)) = bytes.split_first() else {
        return;
    };
    let mut lines = rest.splitn(4, |byte| *byte == b'\n');
    let mut column = |shift: u8| value(kinds >> shift & 3, lines.next().unwrap_or_default());
    let columns = [column(0), column(2), column(4), column(6)];
    // What the binding of values refuses was never written.
    let stage = stage();
    let query = stage
        .database
        .query(
            "SELECT 1 AS id, 'an-unlikely-hash' AS key_hash, $1 AS owner, $2 AS created_at, \
             $3 AS expires_at, $4 AS session_data",
        )
        .bind_all(columns.clone());
    match stage.runtime.block_on(query.fetch_one::<Session>()) {
        Ok(session) => check(&session, &columns),
        Err(plain::db::Error::Value { .. }) => {}
        Err(error) => panic!("a row is an error: {error}"),
    }
}

fn check(session: &Session, [owner, .., data]: &[Value; 4]) {
    assert_eq!(session.fingerprint(), "an-unlik");
    if !session.session_data.is_empty() {
        let (Value::Text(_) | Value::Bytes(_)) = data else {
            panic!("{data:?} has become {:?}", session.session_data);
        };
        assert!(serde_json::to_string(&session.session_data).is_ok());
    }
    if session.owner.is_some() {
        assert_ne!(*owner, Value::Null);
    }
    assert!(!format!("{session:?}").is_empty());
}

fn value(kind: u8, bytes: &[u8]) -> Value {
    match kind {
        0 => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        1 => Value::Bytes(bytes.to_vec()),
        2 => {
            let mut number = [0; 8];
            let length = bytes.len().min(8);
            number[..length].copy_from_slice(&bytes[..length]);
            Value::Integer(i64::from_le_bytes(number))
        }
        _ => Value::Null,
    }
}
