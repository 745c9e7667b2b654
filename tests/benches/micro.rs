//! How long the parts of a request take, and how often they allocate memory:
//! `cargo bench -p plain-tests --bench micro`.
//!
//! Times are of this machine at this moment and are compared with nothing; what is compared is in
//! `allocations`.

use divan::{AllocProfiler, Bencher};
use plain_tests::costs;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = costs::NAMES)]
fn cost(bencher: Bencher<'_, '_>, name: &str) {
    let mut work = costs::work(name);
    bencher.bench_local(&mut work);
}
