//! One test, two databases.

use std::io::Write;
use std::sync::Once;

use super::postgres;
use crate::db::Kind;

/// Makes two tests of each of the named functions, one for each database that is supported.
///
/// A function takes the [`Kind`] of its database and is `async`. Its tests are called
/// `name::on_sqlite` and `name::on_postgres`; these use a PostgreSQL server that the tests start
/// from what is installed (`apt-get install postgresql`). Where none is, they say so on the standard
/// error stream and do nothing; with the environment variable `CI` set they fail.
///
/// ```
/// use plain::db::Kind;
/// use plain::test::{TestDatabase, both};
///
/// both![a_new_table_is_empty];
///
/// async fn a_new_table_is_empty(kind: Kind) {
///     let db = TestDatabase::empty(kind).await;
///     db.query("CREATE TABLE item (name TEXT)").execute().await.unwrap();
///     let count: i64 = db.query("SELECT count(*) FROM item").scalar().await.unwrap();
///     assert_eq!(count, 0);
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! both {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[test]
            fn on_sqlite() {
                $crate::test::run_on($crate::db::Kind::Sqlite, super::$test);
            }

            #[test]
            fn on_postgres() {
                $crate::test::run_on($crate::db::Kind::Postgres, super::$test);
            }
        }
    )*};
}

/// How many threads the tasks of a test have.
const THREADS: usize = 4;

/// Runs the body of a test on a database of `kind`, on a runtime of its own with four threads; see
/// [`both!`].
///
/// # Panics
///
/// Where the body does, and in continuous integration where the database is not installed.
pub fn run_on<F: Future<Output = ()>>(kind: Kind, body: impl FnOnce(Kind) -> F) {
    if !is_tested(kind) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build();
    runtime
        .expect("a test can have a runtime")
        .block_on(body(kind));
}

/// Whether tests on `kind` can run here; for a test that [`both!`] does not suit. Where they can't,
/// that is said on the standard error stream.
///
/// # Panics
///
/// In continuous integration, where they can't.
pub fn is_tested(kind: Kind) -> bool {
    let is_tested = kind != Kind::Postgres || postgres::is_installed();
    if !is_tested {
        miss();
    }
    is_tested
}

/// Says that the tests on PostgreSQL do not run.
fn miss() {
    static TOLD: Once = Once::new();
    let in_ci = std::env::var("CI").is_ok_and(|value| !matches!(&*value, "" | "false" | "0"));
    assert!(!in_ci, "{}", postgres::MISSING);
    TOLD.call_once(|| {
        let text = format!(
            "\nNOT TESTED: the half of these tests that is called `on_postgres` does nothing, since \
             {}\n\n",
            postgres::MISSING
        );
        // Directly, since what a test prints is not shown where it passes.
        let _ = std::io::stderr().write_all(text.as_bytes());
    });
}
