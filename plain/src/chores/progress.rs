//! How far a chore is, for a person who waits for it.

use std::fmt::Display;
use std::future::Future;

use tokio::sync::watch;

tokio::task_local! {
    static WATCHER: watch::Sender<String>;
}

/// Says how far the chore is that calls it: `plain chores run` shows it on a terminal. It costs next
/// to nothing where nobody looks.
///
/// ```
/// # async fn delete_a_batch() -> u64 { 0 }
/// # async fn delete_all() {
/// let mut deleted = 0;
/// loop {
///     match delete_a_batch().await {
///         0 => break,
///         rows => deleted += rows,
///     }
///     plain::chores::progress(format_args!("{deleted} rows deleted"));
/// }
/// # }
/// ```
pub fn progress(text: impl Display) {
    // Without a watcher there is nobody to tell.
    let _ = WATCHER.try_with(|watcher| watcher.send_replace(text.to_string()));
}

/// Does `work` while `watcher` is told how far it is.
pub(crate) async fn watched<F: Future>(watcher: watch::Sender<String>, work: F) -> F::Output {
    WATCHER.scope(watcher, work).await
}

/// `work` as another task does it: for who watches this one.
pub(super) fn watched_as_here<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let watcher = WATCHER.try_with(Clone::clone);
    async move {
        match watcher {
            Ok(watcher) => watched(watcher, work).await,
            Err(_) => work.await,
        }
    }
}
