use std::sync::{Arc, Mutex};

use plain::db::migrations::{Migrator, Target};
use plain::db::{ConnectOptions, observe};
use serde_json::json;

use super::*;
use crate::EMBEDDED;
use crate::store::state::{Change, State};

mod sequence;

async fn database(folder: &tempfile::TempDir) -> Database {
    let options = ConnectOptions::sqlite_file(folder.path().join("db"));
    let db = Database::connect(options).await.unwrap();
    let packages = [("plain.sessions", EMBEDDED.migrations)];
    let migrator = Migrator::new(db.clone(), packages).unwrap();
    migrator.apply(&Target::All, |_| ()).await.unwrap();
    db
}

/// A source of keys that gives `keys`, in order.
fn keys<const N: usize>(keys: [Key; N]) -> impl Fn() -> Key + Send + Sync + 'static {
    let keys = Mutex::new(keys.into_iter());
    move || {
        let mut keys = keys.lock().unwrap();
        keys.next().expect("no further key is asked for")
    }
}

async fn saved(
    db: &Database,
    state: &State,
    new_key: impl Fn() -> Key + Send + Sync + 'static,
) -> Arc<Row> {
    let settings = Arc::new(SessionSettings::default());
    let plan = state.plan(Extent::Whole, &settings);
    let outcome = execute_with(db, &settings, plan, new_key).await;
    match outcome.unwrap() {
        Outcome::Saved(row) => row,
        outcome => panic!("{outcome:?}"),
    }
}

fn with_name(mut state: State, name: &str) -> State {
    state.record(Change::Set("name".to_owned(), json!(name)));
    state
}

#[tokio::test]
async fn a_clash_of_keys_is_retried_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let (taken, free) = (Key::generate(), Key::generate());
    let new = || with_name(State::loaded(None), "Ada");
    let first = saved(&db, &new(), keys([taken.clone()])).await;

    let clashing = keys([taken.clone(), taken.clone(), free.clone()]);
    let (second, statements) = observe(saved(&db, &new(), clashing)).await;
    assert_eq!(
        (first.key.clone(), second.key.clone()),
        (taken.clone(), free.clone())
    );
    assert_eq!(statements.len(), 3);
    assert_ne!(first.session.id, second.session.id);

    let mut rotated = State::loaded(Some(second.clone()));
    rotated.rotate();
    let other = Key::generate();
    let clashing = keys([taken.clone(), free.clone(), other.clone()]);
    let third = saved(&db, &rotated, clashing).await;
    assert_eq!(
        (third.key.clone(), third.session.id),
        (other, second.session.id)
    );
    assert!(found(&db, &free).await.is_none());
    let untouched = found(&db, &taken).await.unwrap();
    assert_eq!(untouched.session.id, first.session.id);
}

#[tokio::test]
async fn a_generator_that_repeats_itself_is_an_error_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let taken = Key::generate();
    let repeat = || {
        let taken = taken.clone();
        move || taken.clone()
    };
    let first = with_name(State::loaded(None), "Ada");
    let row = saved(&db, &first, repeat()).await;

    let mut rotated = with_name(State::loaded(Some(row)), "Grace");
    rotated.rotate();
    for state in [first, rotated] {
        let settings = Arc::new(SessionSettings::default());
        let plan = state.plan(Extent::Whole, &settings);
        let error = execute_with(&db, &settings, plan, repeat())
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "no unused session key was found in 8 tries: the operating system's random \
             generator repeats itself"
        );
    }
    let row = found(&db, &taken).await.unwrap();
    assert_eq!(row.session.session_data["name"], "Ada");
    let count = db.query("SELECT COUNT(*) FROM plainsessions_session");
    assert_eq!(count.scalar::<i64>().await.unwrap(), 1);
}

async fn found(db: &Database, key: &Key) -> Option<Arc<Row>> {
    let key = UnverifiedKey::parse(key.expose()).unwrap();
    load(db, &SessionSettings::default(), key).await.unwrap()
}

#[test]
fn a_session_that_is_only_looked_at_is_copied_only_where_it_may_be_renewed() {
    let now = now();
    let session = Session {
        id: 1,
        key_hash: String::new(),
        session_data: Data::from_iter([("name".to_owned(), json!("Ada"))]),
        created_at: now,
        expires_at: now,
        owner: None,
        condition: Condition::Whole,
    };
    let key = Key::generate();
    let state = State::loaded(Some(Arc::new(Row { key, session })));
    let renewing = SessionSettings {
        session_save_every_request: true,
        ..SessionSettings::default()
    };
    let plan = state.plan(Extent::Whole, &SessionSettings::default());
    assert!(plan.is_nothing());
    let plan = state.plan(Extent::Whole, &renewing);
    assert!(matches!(plan.save, Save::Keep(_)));
}
