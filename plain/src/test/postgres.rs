//! Databases of a PostgreSQL server that is started once a process, from what is installed.

mod installed;
mod process;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use self::installed::Installed;
pub use self::process::PostgresServer;
use crate::db::{ConnectOptions, Database, DatabaseUrl, Error, Sql};

/// What to do where there is no server.
pub(super) const MISSING: &str = "PostgreSQL's server is not installed: there is no `initdb` on \
     PATH or in /usr/lib/postgresql/*/bin; install it with `apt-get install postgresql`";

/// Whether PostgreSQL's server is installed on this computer.
pub(super) fn is_installed() -> bool {
    INSTALLED.is_some()
}

static INSTALLED: LazyLock<Option<Installed>> = LazyLock::new(Installed::find);

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// No test outlives a power failure.
const HASTY: [&str; 3] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// The server, and the thread that makes and drops its databases, one at a time.
struct Server {
    process: PostgresServer,
    orders: mpsc::UnboundedSender<Order>,
}

enum Order {
    Create {
        name: String,
        template: Option<String>,
        done: oneshot::Sender<Result<(), Error>>,
    },
    Drop {
        name: String,
    },
}

/// A database of the server; dropped when this is.
#[derive(Debug)]
pub(super) struct PostgresDatabase {
    name: String,
}

impl PostgresDatabase {
    /// The name of a database that [`create`](Self::create) makes.
    ///
    /// # Panics
    ///
    /// If the server is not installed, or can't be started.
    pub(super) fn reserve() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        LazyLock::force(&SERVER);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            name: format!("test_{number}"),
        }
    }

    /// Its address.
    pub(super) fn url(&self) -> DatabaseUrl {
        SERVER.process.url(&self.name)
    }

    /// Makes it: a copy of `template`, or empty.
    pub(super) async fn create(&self, template: Option<&Self>) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        let order = Order::Create {
            name: self.name.clone(),
            template: template.map(|template| template.name.clone()),
            done,
        };
        SERVER.orders.send(order).expect(LIVES);
        answer.await.expect(LIVES)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // Nobody waits for it; where the process ends first, the whole server goes.
        let _ = SERVER.orders.send(Order::Drop { name });
    }
}

/// How long making a copy of a database may take.
const LONGEST_COPY: Duration = Duration::from_secs(120);

const LIVES: &str = "the thread that makes databases lives as long as the process";

impl Server {
    fn start() -> Self {
        let process = PostgresServer::start_with(&HASTY);
        let (orders, received) = mpsc::unbounded_channel();
        let url = process.url("postgres");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a thread can have a runtime");
            runtime.block_on(carry_out(url, received));
        });
        Self { process, orders }
    }
}

async fn carry_out(url: DatabaseUrl, mut orders: mpsc::UnboundedReceiver<Order>) {
    // To copy a database takes its time where the computer is busy.
    let options = ConnectOptions::to(url).statement_timeout(LONGEST_COPY);
    let admin = Database::connect(options).await;
    let admin = admin.expect("the server is ready");
    while let Some(order) = orders.recv().await {
        match order {
            Order::Create {
                name,
                template,
                done,
            } => {
                let template = template.as_deref().unwrap_or("template1");
                let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
                let created = admin.query(Sql::trusted(sql)).execute().await;
                // Who asked may be gone.
                let _ = done.send(created.map(|_| ()));
            }
            Order::Drop { name } => {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let dropped = admin.query(Sql::trusted(sql)).execute().await;
                if let Err(error) = dropped {
                    tracing::warn!(%error, "a test's database was not dropped");
                }
            }
        }
    }
}
