//! Many requests together against the same requests one by one: random plans on a few sessions,
//! some of them made from rows that have changed meanwhile. Both leave the same rows, and every
//! request is answered the same.

use std::sync::{Arc, Mutex, PoisonError};

use plain::db::Kind;
use plain::test::{TestDatabase, is_tested};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::store::state::{Change, State};

const SESSIONS: usize = 3;

/// What a request does to its session.
#[derive(Clone, Debug)]
enum Step {
    Set(&'static str, i64),
    AddOne(&'static str),
    /// An update that fails where the value is even.
    AddOneToOdd(&'static str),
    Remove(&'static str),
    SetDefault(&'static str, i64),
    Clear,
    Owner(Option<&'static str>),
    Cycle,
    Flush,
}

#[derive(Clone, Debug)]
struct Request {
    /// Whose session it is; the last has none yet.
    visitor: usize,
    /// Whether it loaded its session before all batches, and not just before its own.
    is_slow: bool,
    steps: Vec<Step>,
    fails: bool,
}

fn any_step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["a", "b"]);
    prop_oneof![
        4 => (name(), 0..9_i64).prop_map(|(name, value)| Step::Set(name, value)),
        4 => name().prop_map(Step::AddOne),
        1 => name().prop_map(Step::AddOneToOdd),
        2 => name().prop_map(Step::Remove),
        2 => (name(), 0..9_i64).prop_map(|(name, value)| Step::SetDefault(name, value)),
        1 => Just(Step::Clear),
        1 => prop::sample::select(vec![None, Some("ada")]).prop_map(Step::Owner),
        2 => Just(Step::Cycle),
        1 => Just(Step::Flush),
    ]
}

fn any_batches() -> impl Strategy<Value = Vec<Vec<Request>>> {
    let request = (
        0..=SESSIONS,
        prop::bool::weighted(0.3),
        prop::collection::vec(any_step(), 0..4),
        prop::bool::weighted(0.1),
    );
    let request = request.prop_map(|(visitor, is_slow, steps, fails)| Request {
        visitor,
        is_slow,
        steps,
        fails,
    });
    let batch = prop::collection::vec(request, 2..7);
    prop::collection::vec(batch, 1..4)
}

fn number(value: Option<&Value>) -> i64 {
    value.and_then(Value::as_i64).unwrap_or(0)
}

fn record(state: &mut State, step: &Step) {
    match step {
        Step::Set(name, value) => state.record(Change::Set((*name).to_owned(), json!(value))),
        Step::SetDefault(name, value) => {
            state.record(Change::SetDefault((*name).to_owned(), json!(value)));
        }
        Step::Remove(name) => state.record(Change::Remove((*name).to_owned())),
        Step::Clear => state.record(Change::Clear),
        Step::Owner(owner) => state.set_owner(owner.map(str::to_owned)),
        Step::Cycle => state.rotate(),
        Step::Flush => state.flush(),
        Step::AddOne(name) => {
            let value = json!(number(state.data().get(*name)) + 1);
            let apply = |value: Option<&Value>| Ok(json!(number(value) + 1));
            state.record_update((*name).to_owned(), value, Arc::new(apply));
        }
        Step::AddOneToOdd(name) => {
            let name = (*name).to_owned();
            let value = json!(number(state.data().get(&name)) + 1);
            let apply = {
                let name = name.clone();
                move |value: Option<&Value>| match number(value) {
                    odd if odd % 2 == 1 => Ok(json!(odd + 1)),
                    _ => Err(SessionError::WrongType {
                        name: name.clone(),
                        found: "an even number",
                        expected: "an odd one",
                    }),
                }
            };
            state.record_update(name, value, Arc::new(apply));
        }
    }
}

/// A database, and the rows that its visitors have seen.
struct Side {
    db: TestDatabase,
    settings: Arc<SessionSettings>,
    /// The row of each visitor at the beginning, and at the last answer.
    first: Vec<Arc<Row>>,
    last: Vec<Option<Arc<Row>>>,
    together: bool,
}

/// What both sides have alike: neither numbers nor times.
type Comparable = (String, Value, Option<String>);

fn comparable(session: &Session) -> Comparable {
    let data = Value::Object(session.session_data.clone());
    (session.key_hash.clone(), data, session.owner.clone())
}

impl Side {
    async fn new(kind: Kind, together: bool, settings: &Arc<SessionSettings>) -> Self {
        let packages = [("plain.sessions", EMBEDDED.migrations)];
        Self {
            db: TestDatabase::migrated(kind, packages).await,
            settings: Arc::clone(settings),
            first: Vec::new(),
            last: Vec::new(),
            together,
        }
    }

    /// Begins anew, with a session under each of `keys`.
    async fn reset(&mut self, keys: &[Key]) {
        let all = self.db.query("DELETE FROM plainsessions_session");
        all.execute().await.unwrap();
        self.first.clear();
        for key in keys {
            let key = key.clone();
            let mut state = State::loaded(None);
            record(&mut state, &Step::Set("a", 1));
            let row = saved(&self.db, &state, move || key.clone()).await;
            self.first.push(row);
        }
        self.last = self.first.iter().cloned().map(Some).collect();
    }

    /// Carries out a batch, and returns what each request is told.
    async fn batch(&mut self, requests: &[Request], keys: &[Key]) -> Vec<String> {
        let commits = requests.iter().zip(keys).map(|(request, key)| {
            let row = match request.is_slow {
                true => self.first.get(request.visitor).cloned(),
                false => self.last.get(request.visitor).cloned().flatten(),
            };
            let mut state = State::loaded(row);
            for step in &request.steps {
                record(&mut state, step);
            }
            let extent = match request.fails {
                true => Extent::FlushOnly,
                false => Extent::Whole,
            };
            let key = key.clone();
            Arc::new(Commit {
                plan: state.plan(extent, &self.settings),
                settings: Arc::clone(&self.settings),
                new_key: Box::new(move || key.clone()),
            })
        });
        let commits: Vec<_> = commits.collect();
        let answers = match self.together {
            true => {
                let mut work = self.db.begin().await.unwrap();
                let answers = together::run(&mut work, &commits).await.unwrap();
                work.commit().await.unwrap();
                answers
            }
            false => {
                let mut answers = Vec::new();
                for commit in &commits {
                    let mut work = self.db.begin().await.unwrap();
                    answers.push(alone::run(&mut work, commit).await);
                    work.commit().await.unwrap();
                }
                answers
            }
        };
        let mut told = Vec::new();
        for (request, answer) in requests.iter().zip(answers) {
            let last = self.last.get_mut(request.visitor);
            told.push(match &answer {
                Ok(Some(Outcome::Saved(row))) => {
                    assert_eq!(row.session.key_hash, row.key.hash().as_str());
                    format!("saved {:?}", comparable(&row.session))
                }
                answer => format!("{answer:?}"),
            });
            let Some(last) = last else { continue };
            match answer {
                Ok(Some(Outcome::Saved(row))) => *last = Some(row),
                Ok(Some(Outcome::Removed)) => *last = None,
                _ => {}
            }
        }
        told
    }

    async fn rows(&self) -> Vec<Comparable> {
        let all = self.db.query(select!("true"));
        let mut sessions: Vec<Session> = all.fetch_all().await.unwrap();
        // A row that was saved is found by its number again.
        for row in self.last.iter().flatten() {
            let stored = sessions
                .iter()
                .find(|it| it.key_hash == row.session.key_hash);
            if let Some(stored) = stored {
                assert_eq!(stored.id, row.session.id);
            }
        }
        sessions.sort_by(|one, other| one.key_hash.cmp(&other.key_hash));
        sessions.iter().map(comparable).collect()
    }
}

fn check(kind: Kind, settings: SessionSettings) {
    if !is_tested(kind) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let settings = Arc::new(settings);
    let sides = runtime.block_on(async {
        (
            Side::new(kind, true, &settings).await,
            Side::new(kind, false, &settings).await,
        )
    });
    // A case that fails is tried again in smaller forms.
    let sides = Mutex::new(sides);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    };
    proptest!(config, |(batches in any_batches())| {
        let (many, one) = &mut *sides.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = (0..SESSIONS).map(|_| Key::generate()).collect();
        runtime.block_on(async {
            many.reset(&keys).await;
            one.reset(&keys).await;
            for batch in &batches {
                let keys: Vec<_> = batch.iter().map(|_| Key::generate()).collect();
                assert_eq!(many.batch(batch, &keys).await, one.batch(batch, &keys).await);
                assert_eq!(many.rows().await, one.rows().await);
            }
        });
    });
}

fn renewing() -> SessionSettings {
    SessionSettings {
        session_save_every_request: true,
        ..SessionSettings::default()
    }
}

#[test]
fn together_is_the_same_as_one_by_one_in_the_same_order() {
    check(Kind::Sqlite, SessionSettings::default());
}

#[test]
fn together_is_the_same_as_one_by_one_on_postgres() {
    check(Kind::Postgres, SessionSettings::default());
}

#[test]
fn together_is_the_same_as_one_by_one_where_each_request_renews_its_session() {
    check(Kind::Sqlite, renewing());
}

#[test]
fn together_is_the_same_as_one_by_one_where_each_request_renews_on_postgres() {
    check(Kind::Postgres, renewing());
}
