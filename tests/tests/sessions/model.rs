//! The store against a plain map as model: random requests of several browsers that share sessions,
//! interleaved, failing, signing out, and compared after each of them.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::atomic::{AtomicUsize, Ordering};

use plain::db::Kind;
use plain::test::both;
use plain_tests::sessions::{
    Site, Step, Visitor, add_one, clear, cycle, fail, flush, owner, panic, pop, remove, set,
    setdefault, status, values, wait,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{cases, wait_for};

both![
    a_session_behaves_like_a_map_whatever_requests_do_to_it,
    a_session_that_is_saved_on_every_request_behaves_like_a_map_too,
];

const BROWSERS: usize = 3;

static GATES: AtomicUsize = AtomicUsize::new(0);

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    Request(Planned),
    /// The first waits, with its session loaded, until the others are done.
    Interleaved(Planned, Vec<Planned>),
    /// A browser comes to send the cookie of another.
    Share {
        from: usize,
        to: usize,
    },
    /// A browser loses its cookie.
    Forget(usize),
}

/// A request to be.
#[derive(Clone, Debug)]
struct Planned {
    browser: usize,
    steps: Vec<Step>,
    ends: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Well,
    With500,
    InAnError,
    InAPanic,
}

fn any_step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        4 => (name(), 0..9_i64).prop_map(|(name, value)| set(name, value)),
        4 => name().prop_map(add_one),
        2 => name().prop_map(remove),
        1 => name().prop_map(pop),
        2 => (name(), 0..9_i64).prop_map(|(name, value)| setdefault(name, value)),
        1 => Just(clear()),
        1 => Just(flush()),
        2 => Just(cycle()),
        1 => prop::sample::select(vec![None, Some("ada"), Some("grace")]).prop_map(owner),
    ]
}

fn any_request() -> impl Strategy<Value = Planned> {
    let ends = prop_oneof![
        6 => Just(Ending::Well),
        1 => Just(Ending::With500),
        1 => Just(Ending::InAnError),
        1 => Just(Ending::InAPanic),
    ];
    let steps = prop::collection::vec(any_step(), 0..5);
    (0..BROWSERS, steps, ends).prop_map(|(browser, steps, ends)| Planned {
        browser,
        steps,
        ends,
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    let others = prop::collection::vec(any_request(), 1..3);
    prop_oneof![
        6 => any_request().prop_map(Event::Request),
        4 => (any_request(), others).prop_map(|(slow, others)| Event::Interleaved(slow, others)),
        2 => (0..BROWSERS, 0..BROWSERS).prop_map(|(from, to)| Event::Share { from, to }),
        1 => (0..BROWSERS).prop_map(Event::Forget),
    ]
}

/// What is in a session.
#[derive(Clone, Debug, Default, PartialEq)]
struct Content {
    values: BTreeMap<String, i64>,
    owner: Option<String>,
}

impl Content {
    fn is_void(&self) -> bool {
        self.values.is_empty() && self.owner.is_none()
    }

    /// Does what a step does to the values, and tells whether that is a change to be saved.
    fn apply(&mut self, step: &Step) -> bool {
        let number = |value: &Value| value.as_i64().unwrap();
        match step {
            Step::Set(name, value) => drop(self.values.insert(name.clone(), number(value))),
            Step::AddOne(name) => *self.values.entry(name.clone()).or_default() += 1,
            Step::Remove(name) | Step::Pop(name) => return self.values.remove(name).is_some(),
            Step::SetDefault(name, _) if self.values.contains_key(name) => return false,
            Step::SetDefault(name, value) => {
                self.values.insert(name.clone(), number(value));
            }
            Step::Clear => self.values.clear(),
            Step::Owner(owner) => self.owner.clone_from(owner),
            Step::Cycle => {}
            step => unreachable!("{step:?}"),
        }
        true
    }
}

/// All that there is: sessions by number, with their present keys, and the browsers' cookies.
#[derive(Debug, Default)]
struct Model {
    sessions: BTreeMap<usize, (String, Content)>,
    cookies: [Option<String>; BROWSERS],
    next: usize,
    /// All keys that were ever given out.
    keys: Vec<String>,
}

/// What a request has seen and recorded.
#[derive(Clone, Debug)]
struct Recorded {
    sent: Option<String>,
    /// The number and key of the session that it loaded.
    loaded: Option<(usize, String)>,
    content: Content,
    changes: Vec<Step>,
    flushed: Option<usize>,
}

/// What the browser is told.
#[derive(Debug)]
enum Told {
    Nothing,
    Forget,
    /// The key that it has to know already.
    Key(String),
    /// A key that nobody knew before, of the session with this number.
    NewKey(usize),
}

impl Model {
    fn load(&self, browser: usize) -> Recorded {
        let sent = self.cookies[browser].clone();
        let live = |(key, _): &(String, Content)| Some(key) == sent.as_ref();
        let found = self.sessions.iter().find(|(_, session)| live(session));
        Recorded {
            loaded: found.map(|(number, (key, _))| (*number, key.clone())),
            content: found.map_or_else(Content::default, |(_, (_, content))| content.clone()),
            changes: Vec::new(),
            flushed: None,
            sent,
        }
    }

    fn insert(&mut self, content: Content) -> Told {
        self.next += 1;
        self.sessions.insert(self.next, (String::new(), content));
        Told::NewKey(self.next)
    }

    /// Carries out what a request recorded.
    fn commit(&mut self, recorded: Recorded, ends: Ending, saves_always: bool) -> Told {
        let forget = match recorded.sent {
            Some(_) => Told::Forget,
            None => Told::Nothing,
        };
        if let Some(number) = recorded.flushed {
            self.sessions.remove(&number);
        }
        if ends != Ending::Well {
            return match recorded.flushed {
                Some(_) => forget,
                None => Told::Nothing,
            };
        }
        let Some((number, key)) = recorded.loaded else {
            return match recorded.content.is_void() {
                true => forget,
                false => self.insert(recorded.content),
            };
        };
        if recorded.changes.is_empty() && !saves_always {
            return Told::Nothing;
        }
        let Some((present, content)) = self.sessions.get_mut(&number) else {
            return Told::Nothing;
        };
        if *present != key {
            return Told::Nothing;
        }
        for change in &recorded.changes {
            content.apply(change);
        }
        if content.is_void() {
            self.sessions.remove(&number);
            return forget;
        }
        match recorded.changes.contains(&cycle()) {
            true => Told::NewKey(number),
            false => Told::Key(key),
        }
    }
}

impl Recorded {
    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            if *step == flush() {
                let loaded = self.loaded.take().map(|(number, _)| number);
                self.flushed = loaded.or(self.flushed);
                self.content = Content::default();
                self.changes.clear();
            } else if self.content.apply(step) {
                self.changes.push(step.clone());
            }
        }
    }
}

/// The site and its model.
struct World<'a> {
    site: &'a Site,
    browsers: Vec<Visitor>,
    model: Model,
    saves_always: bool,
}

impl World<'_> {
    fn steps(planned: &Planned, gate: Option<&str>) -> Vec<Step> {
        let end = match planned.ends {
            Ending::Well => status(200),
            Ending::With500 => status(500),
            Ending::InAnError => fail(),
            Ending::InAPanic => panic(),
        };
        let steps = planned.steps.iter().cloned();
        steps.chain(gate.map(wait)).chain([end]).collect()
    }

    async fn happens(&mut self, event: Event) {
        match event {
            Event::Request(planned) => self.request(&planned).await,
            Event::Interleaved(slow, others) => self.interleaved(&slow, &others).await,
            Event::Share { from, to } => {
                let cookie = self.model.cookies[from].clone();
                match &cookie {
                    Some(key) => self.browsers[to].set_cookie("sessionid", key),
                    None => self.browsers[to].clear_cookies(),
                }
                self.model.cookies[to] = cookie;
            }
            Event::Forget(browser) => {
                self.browsers[browser].clear_cookies();
                self.model.cookies[browser] = None;
            }
        }
    }

    async fn request(&mut self, planned: &Planned) {
        let mut recorded = self.model.load(planned.browser);
        recorded.run(&planned.steps);
        let steps = Self::steps(planned, None);
        let response = self.browsers[planned.browser]
            .post_json("/run", &steps)
            .await;
        if planned.ends == Ending::Well {
            assert_eq!(values(&response), json!(recorded.content.values));
        }
        self.ends(planned, recorded).await;
    }

    async fn interleaved(&mut self, slow: &Planned, others: &[Planned]) {
        let mut recorded = self.model.load(slow.browser);
        recorded.run(&slow.steps);
        // A case that failed may have left a request at its gate.
        let gate = format!("slow {}", GATES.fetch_add(1, Ordering::Relaxed));
        let steps = Self::steps(slow, Some(&gate));
        let request = self.browsers[slow.browser].post_json("/run", &steps);
        let response = tokio::spawn(request.into_future());
        self.site.gates().arrived(&gate).await;
        for other in others {
            self.request(other).await;
        }
        self.site.gates().open(&gate);
        response.await.unwrap();
        self.ends(slow, recorded).await;
    }

    /// Carries out a request in the model, and compares the world with it.
    async fn ends(&mut self, planned: &Planned, recorded: Recorded) {
        let browser = planned.browser;
        let told = self.model.commit(recorded, planned.ends, self.saves_always);
        let key = self.browsers[browser].key();
        match told {
            Told::Nothing => {}
            Told::Forget => self.model.cookies[browser] = None,
            Told::Key(key) => self.model.cookies[browser] = Some(key),
            Told::NewKey(number) => {
                let key = key.clone().expect("a new key");
                assert!(!self.model.keys.contains(&key), "a key that is not new");
                self.model.keys.push(key.clone());
                self.model
                    .sessions
                    .get_mut(&number)
                    .unwrap()
                    .0
                    .clone_from(&key);
                self.model.cookies[browser] = Some(key);
            }
        }
        assert_eq!(key, self.model.cookies[browser]);
        self.compare().await;
    }

    /// A fresh request of each session sees what the model holds, and there are no others.
    async fn compare(&self) {
        let rows = self.site.rows().await;
        assert_eq!(rows.len(), self.model.sessions.len());
        for (key, content) in self.model.sessions.values() {
            let hash = plain_sessions::KeyHash::of(key);
            let row = rows.iter().find(|row| row.key_hash == hash.as_str());
            assert_eq!(row.unwrap().owner, content.owner);
            let response = self.site.visitor_who_sends(key).look().await;
            assert_eq!(values(&response), json!(content.values));
        }
    }
}

async fn check(kind: Kind, saves_always: bool) {
    let builder = Site::on(kind).with("SESSION_SAVE_EVERY_REQUEST", saves_always);
    let site = builder.start().await;
    let events = prop::collection::vec(any_event(), 1..16);
    proptest!(cases(100), |(events in events)| {
        let mut world = World {
            browsers: (0..BROWSERS).map(|_| site.visitor()).collect(),
            model: Model::default(),
            saves_always,
            site: &site,
        };
        wait_for(async {
            site.sql("DELETE FROM plainsessions_session").await;
            for event in events {
                world.happens(event).await;
            }
        });
    });
}

async fn a_session_behaves_like_a_map_whatever_requests_do_to_it(kind: Kind) {
    check(kind, false).await;
}

async fn a_session_that_is_saved_on_every_request_behaves_like_a_map_too(kind: Kind) {
    check(kind, true).await;
}
