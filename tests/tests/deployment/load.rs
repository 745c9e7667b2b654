//! Clients that never pause, and what they are answered.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long is waited for answers.
const LIMIT: Duration = Duration::from_secs(180);

/// How many answers there were, by their status.
type Answers = BTreeMap<String, usize>;

/// Clients that ask again and again until they are stopped.
pub(crate) struct Load {
    clients: Vec<(Child, JoinHandle<()>)>,
    answers: Arc<(Mutex<Answers>, Condvar)>,
}

impl Load {
    /// Starts `clients`, each a curl that asks for many URLs.
    pub(crate) fn start(clients: impl IntoIterator<Item = Command>) -> Self {
        let answers = Arc::default();
        let start = |mut curl: Command| {
            // To the stream that is not buffered, so that answers are counted as they come.
            let shown = "%{stderr}%{http_code}\\n";
            curl.args(["--output", "/dev/null", "--write-out", shown]);
            let mut client = curl.stderr(Stdio::piped()).spawn().unwrap();
            let lines = BufReader::new(client.stderr.take().unwrap()).lines();
            let answers: Arc<(Mutex<Answers>, Condvar)> = Arc::clone(&answers);
            let reader = thread::spawn(move || {
                for status in lines.map_while(Result::ok) {
                    let (counted, changed) = &*answers;
                    *counted.lock().unwrap().entry(status).or_default() += 1;
                    changed.notify_all();
                }
            });
            (client, reader)
        };
        Self {
            clients: clients.into_iter().map(start).collect(),
            answers: Arc::clone(&answers),
        }
    }

    /// Waits until there are `count` more answers.
    pub(crate) fn wait_for_more(&self, count: usize) {
        let (counted, changed) = &*self.answers;
        let total = |answers: &Answers| answers.values().sum::<usize>();
        let answers = counted.lock().unwrap();
        let enough = total(&answers) + count;
        let waited = changed.wait_timeout_while(answers, LIMIT, |now| total(now) < enough);
        let (answers, waited) = waited.unwrap();
        assert!(!waited.timed_out(), "no more answers: {answers:?}");
    }

    /// Stops the clients, and returns what they were answered.
    pub(crate) fn stop(mut self) -> Answers {
        for (client, reader) in self.clients.drain(..) {
            let mut client = client;
            client.kill().unwrap();
            client.wait().unwrap();
            reader.join().unwrap();
        }
        self.answers.0.lock().unwrap().clone()
    }
}
