//! Takes the time of each work.

use divan::Bencher;
use micro::costs::{Bench, Prepare, WORKS};

/// As applications have it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

#[divan::bench(args = WORKS.map(Work))]
fn works(bencher: Bencher<'_, '_>, work: &Work) {
    let Work((_, prepare)) = work;
    let bench = Bench::start();
    bencher.bench_local(prepare(&bench));
}

struct Work((&'static str, Prepare));

/// How it is called in the table.
impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self((name, _)) = self;
        f.write_str(name)
    }
}
