//! Users in tests: making them, signing a [`Client`] in, and reading the mails that are sent.
//!
//! Hashing passwords as for people takes a test's time; `FAST` are settings that hash at once.
//!
//! ```no_run
//! use plain::test::TestApp;
//! use plain_auth::test::{FAST, create_user, sign_in};
//!
//! # async fn example() -> plain::http::Result<()> {
//! let packages = [plain_sessions::package(), plain_auth::package()];
//! let app = TestApp::of(packages)
//!     .middleware([plain_sessions::middleware::NAME, plain_auth::middleware::NAME])
//!     .settings(FAST)
//!     .start()
//!     .await;
//! let user = create_user(app.services(), "ada@example.com").await?;
//! let client = app.client();
//! sign_in(&client, app.services(), &user).await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use plain::http::{Error, Result};
use plain::server::Handler;
use plain::services::Services;
use plain::test::Client;
use plain_sessions::test::{get_client_session, save_client_session};
use tokio::sync::{Mutex, mpsc};

use crate::mail::{Mail, Mailer};
use crate::models::User;
use crate::passwords::Hasher;
use crate::signed_in::begin;
use crate::users::Role;

/// Settings with which a password is hashed in microseconds. Not for passwords of people.
pub const FAST: [(&str, u32); 2] = [("AUTH_ARGON2_MEMORY_KIB", 8), ("AUTH_ARGON2_ITERATIONS", 1)];

/// The password of the users that this module makes.
pub const PASSWORD: &str = "a password for tests";

/// A new user with [`PASSWORD`].
///
/// # Errors
///
/// If there is one with this address, or the database fails.
pub async fn create_user(app: &Services, email: &str) -> Result<User> {
    User::create(app, email, PASSWORD, Role::Member)
        .await
        .map_err(|error| error.answer())
}

/// A new admin with [`PASSWORD`].
///
/// # Errors
///
/// If there is one with this address, or the database fails.
pub async fn create_admin(app: &Services, email: &str) -> Result<User> {
    User::create(app, email, PASSWORD, Role::Admin)
        .await
        .map_err(|error| error.answer())
}

/// Signs `client` in as `user`, without a password and without a request.
///
/// # Errors
///
/// If `plain.sessions` is not installed, or the database fails.
pub async fn sign_in<H: Handler>(client: &Client<H>, app: &Services, user: &User) -> Result<()> {
    let session = get_client_session(client, app).await?;
    begin(&session, user)?;
    save_client_session(client, &session).await
}

/// How many times `app` hashed a password, to store it or to compare one.
///
/// # Errors
///
/// If `plain.auth` is not installed.
pub fn hash_operations(app: &Services) -> Result<u64> {
    Ok(Hasher::of(app)?.operations())
}

/// A [`Mailer`] that keeps mails for a test to read. Clones are the same.
#[derive(Clone, Debug)]
pub struct Mailbox {
    put: mpsc::UnboundedSender<Mail>,
    take: Arc<Mutex<mpsc::UnboundedReceiver<Mail>>>,
}

impl Default for Mailbox {
    fn default() -> Self {
        let (put, take) = mpsc::unbounded_channel();
        let take = Arc::new(Mutex::new(take));
        Self { put, take }
    }
}

impl Mailbox {
    /// The next mail; waits for it.
    pub async fn next(&self) -> Option<Mail> {
        self.take.lock().await.recv().await
    }

    /// Whether no mail has come that was not read.
    pub async fn is_empty(&self) -> bool {
        self.take.lock().await.is_empty()
    }
}

impl Mailer for Mailbox {
    async fn send(&self, mail: Mail) -> Result<()> {
        self.put
            .send(mail)
            .map_err(|_| Error::internal("the mailbox is gone"))
    }
}
