//! Passwords: hashed by Argon2id, off the threads that requests run on, and never more at a time
//! than memory is set aside for.
//!
//! An attempt takes the same work whether the account exists or not. What a password must be like
//! is decided in [`rules`].

mod rules;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use plain::http::{Error, Result};
use plain::services::Services;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use crate::settings::{AuthSettings, MOST_ITERATIONS, MOST_LENGTH, MOST_MEMORY_KIB};
pub use rules::WeakPassword;
pub(crate) use rules::check;

/// How long an attempt waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(10);

/// The place where an application hashes passwords. One of what it shares with its parts.
#[derive(Debug, Default)]
pub(crate) struct Hasher {
    turns: OnceLock<Arc<Semaphore>>,
    operations: Arc<AtomicU64>,
}

/// What holding a password against its hash showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and the hash was made with other parameters than the settings have now.
    RightAndOutdated,
}

impl Hasher {
    /// The hasher of the application.
    pub(crate) fn of(app: &Services) -> Result<&Self> {
        Ok(app.require::<Self>()?)
    }

    /// How many times a password was hashed, to be stored or compared.
    pub(crate) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// The hash of `password` as it is stored, in the PHC string format.
    pub(crate) async fn hash(&self, app: &Services, password: &str) -> Result<String> {
        let settings = settings(app)?;
        let params = settings.argon2();
        let password = composed(password);
        self.work(settings, move || {
            let hash = argon2(params).hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(Error::from)
        })
        .await?
    }

    /// Holds `password` against the `stored` hash. Without one it does the same work in vain, so
    /// that the time does not tell.
    pub(crate) async fn verify(
        &self,
        app: &Services,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verdict> {
        let settings = settings(app)?;
        let params = settings.argon2();
        let too_long = password.chars().count() > MOST_LENGTH;
        let password = if too_long {
            String::new()
        } else {
            composed(password)
        };
        let stored = stored.filter(|_| !too_long).and_then(readable);
        self.work(settings, move || match stored {
            Some(stored) => hold(&password, &stored, &params),
            None => {
                // Only the work matters.
                let _ = argon2(params).hash_password(password.as_bytes());
                Verdict::Wrong
            }
        })
        .await
    }

    /// Does `work` on a thread of its own, when it is its turn.
    async fn work<T: Send + 'static>(
        &self,
        settings: &AuthSettings,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn(settings).await?;
        self.operations.fetch_add(1, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(move || {
            // Held until the memory is free again, also where nobody waits for the result any more.
            let _turn = turn;
            work()
        });
        Ok(done.await?)
    }

    async fn turn(&self, settings: &AuthSettings) -> Result<OwnedSemaphorePermit> {
        let turns = self
            .turns
            .get_or_init(|| Arc::new(Semaphore::new(settings.auth_hashing_concurrency)));
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
        match turn {
            Ok(turn) => Ok(turn?),
            Err(_) => Err(Error::service_unavailable(
                "too many people sign in right now: try again in a moment",
            )),
        }
    }
}

fn settings(app: &Services) -> Result<&AuthSettings> {
    Ok(app.settings()?)
}

fn argon2(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// One spelling of each accented letter, so that a password typed on another system is the same.
fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// A stored hash, unless it is none or would take more than any that this package stores.
fn readable(stored: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(stored).ok();
    let hash = hash.filter(|hash| {
        let params = Params::try_from(hash);
        params.is_ok_and(|it| it.m_cost() <= MOST_MEMORY_KIB && it.t_cost() <= MOST_ITERATIONS)
    });
    if hash.is_none() {
        tracing::error!(
            "a stored password hash can't be read, so its owner can't sign in; set a new password \
             with `plain users set-password`"
        );
    }
    hash
}

fn hold(password: &str, stored: &PasswordHash, params: &Params) -> Verdict {
    if argon2(params.clone())
        .verify_password(password.as_bytes(), stored)
        .is_err()
    {
        return Verdict::Wrong;
    }
    let current = Params::try_from(stored).is_ok_and(|stored| {
        (stored.m_cost(), stored.t_cost(), stored.p_cost())
            == (params.m_cost(), params.t_cost(), params.p_cost())
    });
    let same_algorithm = stored.algorithm.as_str() == argon2::ARGON2ID_IDENT.as_str();
    if current && same_algorithm {
        Verdict::Right
    } else {
        Verdict::RightAndOutdated
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;
    use plain::test::TestApp;

    use super::*;
    use crate::test::FAST;

    async fn app() -> TestApp {
        let app = TestApp::of([plain_sessions::package(), crate::package()]);
        let app = app.setting("AUTH_HASHING_CONCURRENCY", 1);
        FAST.into_iter()
            .fold(app, |app, (name, value)| app.setting(name, value))
            .start()
            .await
    }

    #[tokio::test]
    async fn no_more_passwords_are_hashed_at_a_time_than_set() {
        let app = app().await;
        let app = app.services();
        let hasher = Hasher::of(app).unwrap();
        let turn = hasher.turn(app.settings().unwrap()).await.unwrap();
        let mut waiting = pin!(hasher.hash(app, "a password"));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(hasher.operations(), 0);
        drop(turn);
        assert!(waiting.await.unwrap().starts_with("$argon2id$"));
        assert_eq!(hasher.operations(), 1);
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let app = app().await;
        let app = app.services();
        let hasher = Hasher::of(app).unwrap();
        let stored = hasher.hash(app, "a password").await.unwrap();
        let again = hasher.hash(app, "a password").await.unwrap();
        assert_ne!(stored, again);
        let verify = async |password: &str, stored: &str| {
            hasher.verify(app, password, Some(stored)).await.unwrap()
        };
        assert_eq!(verify("a password", &stored).await, Verdict::Right);
        assert_eq!(verify("A password", &stored).await, Verdict::Wrong);
        assert_eq!(verify("a password ", &stored).await, Verdict::Wrong);
        assert_eq!(verify("", &stored).await, Verdict::Wrong);
        let other_kind = stored.replace("argon2id", "argon2i");
        assert_eq!(verify("a password", &other_kind).await, Verdict::Wrong);
    }
}
