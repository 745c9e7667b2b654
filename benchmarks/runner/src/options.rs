//! What the command line says.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Measures Plain, the base and its peers in interleaved rounds, and writes `results.json`,
/// `tables.md` and `chart.svg`.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "benchmarks/run",
    after_help = "Needs wrk, and PostgreSQL's server for its cells; on \
    Debian: apt-get install wrk postgresql"
)]
pub(crate) struct Options {
    /// Which subjects to measure; the base is always among them.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "base,plain,axum,actix,cot"
    )]
    pub(crate) subjects: Vec<String>,

    /// Only the cells whose name contains one of these texts; `--list` shows the names.
    #[arg(long, value_delimiter = ',')]
    pub(crate) cells: Vec<String>,

    /// Show the names of the cells, and end.
    #[arg(long)]
    pub(crate) list: bool,

    /// A smoke run: one short round, few sessions. Its figures mean nothing.
    #[arg(long)]
    pub(crate) quick: bool,

    /// The long cells in place of the others: 10 KB of session data, 1,000,000 rows, the admin's
    /// list over them, ClearExpired. They take an hour or so.
    #[arg(long)]
    pub(crate) long: bool,

    /// Rounds of each cell.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,

    /// Seconds that each subject is loaded in a round; half of it where there is one connection.
    #[arg(long, default_value_t = 2)]
    pub(crate) seconds: u64,

    /// Sessions in the database.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) sessions: usize,

    /// Rows of the long cells.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) rows: u64,

    /// Expired rows that ClearExpired deletes; a fifth as many stay.
    #[arg(long, default_value_t = 5_000_000)]
    pub(crate) expired: u64,

    /// Connections that wrk keeps open.
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,

    /// Threads of wrk, where it has more than one connection.
    #[arg(long, default_value_t = 2)]
    pub(crate) wrk_threads: usize,

    /// Connections that the peers' pools may open; 10 is sqlx's own default. Plain has settings of
    /// its own, which stay as they are.
    #[arg(long, default_value_t = 10)]
    pub(crate) pool: u32,

    /// Where the results go.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/results"))]
    pub(crate) out: PathBuf,

    /// Also sample what the subjects do in their last round, with perf, into `perf/CELL-SUBJECT.data`
    /// beside the results; `benchmarks/flames` draws them.
    #[arg(long)]
    pub(crate) perf: bool,

    /// Also puts the tables into BENCHMARKS.md, and the chart and the numbers beside it.
    #[arg(long)]
    pub(crate) record: bool,

    /// Where databases are put while it runs; the disk there is what FULL waits for.
    #[arg(long)]
    pub(crate) scratch: Option<PathBuf>,
}

impl Options {
    /// The options, with what `--quick` changes.
    pub(crate) fn read() -> Self {
        let mut options = Self::parse();
        if options.quick {
            options.rounds = 1;
            options.seconds = 1;
            options.sessions = options.sessions.min(500);
            options.rows = options.rows.min(20_000);
            options.expired = options.expired.min(50_000);
        }
        options
    }

    /// How long a subject is loaded in a round with so many `connections`.
    pub(crate) fn duration(&self, connections: usize) -> Duration {
        let part = if connections == 1 { 2 } else { 1 };
        Duration::from_secs((self.seconds / part).max(1))
    }

    /// Whether the cell `name` is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.cells.is_empty() || self.cells.iter().any(|part| name.contains(part.as_str()))
    }
}
