//! `ClearExpired` deletes millions of rows while visitors read and write.

use std::fmt::{self, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::Goal;
use super::rows::settle;
use crate::cell::{Cell, Route, Store};
use crate::data::{Copy, Data};
use crate::load::{Load, Seen};
use crate::options::Options;
use crate::report::median;
use crate::sql::Sql;
use crate::subject::{Running, Setup, Subject};

const CHORE: &str = "plain.sessions.chores.ClearExpired";

/// How long one look at the visitors' latency takes.
const LOOK: Duration = Duration::from_secs(3);

/// What a connection waits between two requests: visitors think. Without a wait the load takes all
/// of the processor, and what is measured is how two share it.
const THINKING: [Duration; 2] = [Duration::from_millis(20), Duration::ZERO];

/// How the chore is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Way {
    /// `plain chores run`: a process beside the server.
    Command,
    /// By the server itself, when its schedule says so.
    Server,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "command",
            Self::Server => "server",
        })
    }
}

/// What visitors notice of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Clear {
    store: &'static str,
    way: Way,
    expired: u64,
    /// Seconds from its start to its end, under load.
    seconds: f64,
    looks: Vec<Looks>,
}

#[derive(Debug, Clone, Serialize)]
struct Looks {
    /// Milliseconds that a visitor thinks.
    thinking: u128,
    calm: Vec<Seen>,
    beside: Vec<Seen>,
}

pub(super) fn measure(
    name: &'static str,
    store: Store,
    way: Way,
    data: &mut Data<'_>,
    options: &Options,
) -> Result<Clear> {
    eprintln!("clear-{name}-{way}");
    let plain = Subject::named("plain")?;
    let cell = Cell {
        name: format!("clear-{name}"),
        route: Route::Write,
        store,
        connections: options.connections,
        session_bytes: 0,
    };
    let copy = data.copy(plain, &cell)?;
    fill(store, &copy.url, options.expired)?;
    let mut looks = Vec::new();
    let quiet = start(plain, &cell, &copy, options, "never")?;
    let calm = if options.quick { 1 } else { 5 };
    for thinking in THINKING {
        look(&quiet, &copy, options, thinking)?; // warms up
        let calm = (0..calm).map(|_| look(&quiet, &copy, options, thinking));
        looks.push(Looks {
            thinking: thinking.as_millis(),
            calm: calm.collect::<Result<_>>()?,
            beside: Vec::new(),
        });
    }
    let (running, mut chore) = match way {
        Way::Command => {
            let chore = run(plain, &cell, &copy, options)?;
            (quiet, Some(chore))
        }
        Way::Server => {
            drop(quiet);
            (start(plain, &cell, &copy, options, "* * * * *")?, None)
        }
    };
    let mut left = Left::begin(&copy, chore.is_none())?;
    let since = Instant::now();
    // In turns, so that both kinds of visitors meet all of the work; what a look begins or ends
    // without the chore is not counted.
    'looking: loop {
        for (thinking, looks) in THINKING.into_iter().zip(&mut looks) {
            let seen = look(&running, &copy, options, thinking)?;
            if left.is_done(chore.as_mut())? {
                break 'looking;
            }
            looks.beside.push(seen);
        }
        let limit = Duration::from_secs(2 * 60 * 60);
        ensure!(
            since.elapsed() < limit,
            "the chore does not come to its end"
        );
    }
    let seconds = since.elapsed().as_secs_f64();
    Ok(Clear {
        store: name,
        way,
        expired: options.expired,
        seconds,
        looks,
    })
}

/// Rows of sessions that are over, and a fifth as many that live, in the order of their creation.
fn fill(store: Store, url: &str, expired: u64) -> Result<()> {
    let alive = expired / 5;
    let all = expired + alive;
    let sqlite = store != Store::Postgres;
    let mut sql = Sql::connect(url)?;
    // Every sixth lives.
    sql.run(&match sqlite {
        true => format!(
            "INSERT INTO plainsessions_session (key_hash, session_data, created_at, expires_at)
             SELECT lower(hex(randomblob(32))), one.session_data, one.created_at,
                 CASE WHEN i % 6 = 0 THEN one.expires_at
                 ELSE strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now',
                     '-' || (1 + abs(random()) % 1000000) || ' seconds') END
             FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {all})
                   SELECT i FROM n) AS numbers,
                  (SELECT * FROM plainsessions_session LIMIT 1) AS one"
        ),
        false => format!(
            "INSERT INTO plainsessions_session (key_hash, session_data, created_at, expires_at)
             SELECT md5(random()::text) || md5(random()::text), one.session_data, one.created_at,
                 CASE WHEN i % 6 = 0 THEN one.expires_at
                 ELSE now() - (1 + random() * 1000000) * interval '1 second' END
             FROM generate_series(1, {all}) AS n(i),
                  (SELECT * FROM plainsessions_session LIMIT 1) AS one"
        ),
    })?;
    settle(&mut sql, sqlite)
}

fn start(
    plain: Subject,
    cell: &Cell,
    copy: &Copy,
    options: &Options,
    schedule: &str,
) -> Result<Running> {
    let schedule = format!(r#"{{"{CHORE}": "{schedule}"}}"#);
    let variables = [("PLAIN_CHORES_SCHEDULE", schedule)];
    plain.start(&Setup {
        variables: &variables,
        ..Setup::of(cell, copy, options)
    })
}

/// The chore as a process beside the server.
struct Chore(Child);

impl Drop for Chore {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(plain: Subject, cell: &Cell, copy: &Copy, options: &Options) -> Result<Chore> {
    let mut command = plain.command(&Setup::of(cell, copy, options));
    command.args(["chores", "run", CHORE]).stderr(Stdio::null());
    Ok(Chore(command.spawn()?))
}

/// Whether there is still something to delete.
struct Left {
    sql: Sql,
}

impl Left {
    /// Waits until the server has begun, where it is the server that runs the chore.
    fn begin(copy: &Copy, by_server: bool) -> Result<Self> {
        let mut left = Self {
            sql: Sql::connect(&copy.url)?,
        };
        let before = left.oldest()?;
        let deadline = Instant::now() + Duration::from_secs(90);
        while by_server && left.oldest()? == before {
            ensure!(
                Instant::now() < deadline,
                "the server does not begin with the chore"
            );
            thread::sleep(Duration::from_millis(100));
        }
        Ok(left)
    }

    /// The row that goes first. Not all are counted: that would be a load of its own.
    fn oldest(&mut self) -> Result<i64> {
        self.sql.number(
            "SELECT coalesce((SELECT id FROM plainsessions_session \
             ORDER BY expires_at LIMIT 1), 0)",
        )
    }

    fn is_done(&mut self, chore: Option<&mut Chore>) -> Result<bool> {
        if let Some(Chore(process)) = chore {
            let Some(status) = process.try_wait()? else {
                return Ok(false);
            };
            ensure!(status.success(), "the chore ended with {status}");
            return Ok(true);
        }
        // Visitors' sessions all end later than any that is over.
        let now = chrono::Utc::now().to_rfc3339();
        let expired = format!(
            "SELECT count(*) FROM (SELECT 1 FROM plainsessions_session \
             WHERE expires_at <= '{now}' LIMIT 1) AS one"
        );
        Ok(self.sql.number(&expired)? == 0)
    }
}

fn look(running: &Running, copy: &Copy, options: &Options, thinking: Duration) -> Result<Seen> {
    let load = Load {
        what: "mixed",
        connections: options.connections,
        threads: options.wrk_threads,
        duration: LOOK,
        pause: thinking,
        ..Load::of(Route::Write, &running.url, &copy.cookies)
    };
    let seen = load.run()?;
    running.empty_log()?;
    Ok(seen)
}

impl Looks {
    fn ratio(&self) -> f64 {
        let p99 = |seen: &[Seen]| median(seen.iter().map(|seen| seen.p99 as f64));
        p99(&self.beside) / p99(&self.calm)
    }
}

impl Clear {
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "### ClearExpired on {} expired rows, {}, run by the {}\n\nFour reads, then a write, on \
             all connections. It took {:.0} s. Medians of looks of {} s, in milliseconds.\n\n\
             | a visitor thinks | | requests a second | p50 | p99 | worst | failed |\n\
             | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
            self.expired,
            self.store,
            self.way,
            self.seconds,
            LOOK.as_secs()
        );
        for looks in &self.looks {
            for (what, seen) in [("calm", &looks.calm), ("beside it", &looks.beside)] {
                let of = |what: fn(&Seen) -> f64| median(seen.iter().map(what));
                let worst = seen.iter().map(|seen| seen.max).max().unwrap_or(0);
                let failed: u64 = seen.iter().map(|seen| seen.failed + seen.broken).sum();
                let _ = writeln!(
                    text,
                    "| {} ms | {what} | {:.0} | {:.2} | {:.2} | {:.2} | {failed} |",
                    looks.thinking,
                    of(Seen::per_second),
                    of(|seen| seen.p50 as f64 / 1e3),
                    of(|seen| seen.p99 as f64 / 1e3),
                    worst as f64 / 1e3,
                );
            }
        }
        text
    }

    pub(super) fn goals(&self) -> Vec<Goal> {
        let goal = |looks: &Looks| {
            let what = format!(
                "p99 beside ClearExpired, {}, by the {}, thinking {} ms, times calm",
                self.store, self.way, looks.thinking
            );
            let ratio = looks.ratio();
            (what, "≤ 2".to_owned(), format!("{ratio:.2}"), ratio <= 2.0)
        };
        self.looks.iter().map(goal).collect()
    }
}
