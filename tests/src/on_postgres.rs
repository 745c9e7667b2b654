//! Tests of what only PostgreSQL has.

/// Makes a test on PostgreSQL of each of the named functions, which are asynchronous.
///
/// What both databases have is for [`plain::test::both!`].
#[macro_export]
macro_rules! on_postgres {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[test]
            fn on_postgres() {
                plain::test::run_on(plain::db::Kind::Postgres, |_| super::$test());
            }
        }
    )*};
}
