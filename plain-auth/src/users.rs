//! What is done with accounts: making them, new passwords, closing and opening them.

use chrono::{DateTime, TimeDelta, Utc};
use plain::db::{self, Database, Model};
use plain::http::Error;
use plain::services::Services;
use plain_sessions::{Session, SessionStore};

use crate::email::{EmailAddress, EmailError};
use crate::models::{Credentials, User, now};
use crate::passwords::{self, Hasher, WeakPassword};
use crate::settings::AuthSettings;

/// What an account is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// What all who are signed in are.
    Member,
    /// The admin too.
    Admin,
}

/// Why something could not be done with an account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// The address is none.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// Others would guess the password.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The address has an account.
    #[error("there is an account with the email address {0} already: use another address")]
    Taken(String),
    /// The password was changed, or the account deleted, while this was being done.
    #[error("the account was changed at the same time: load it again, and try again")]
    Changed,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// Something else failed, such as hashing the password.
    #[error("{0}")]
    Failed(Error),
}

impl UserError {
    /// The answer to a request that it ended.
    pub(crate) fn answer(self) -> Error {
        match self {
            Self::Failed(error) => error,
            other => other.into(),
        }
    }
}

impl User {
    /// Makes an account.
    ///
    /// # Errors
    ///
    /// [`UserError`]; nothing was made then.
    pub async fn create(
        app: &Services,
        email: &str,
        password: &str,
        role: Role,
    ) -> Result<Self, UserError> {
        let email = email.parse::<EmailAddress>()?;
        passwords::check(settings(app)?, &email, password)?;
        let hash = hash(app, password).await?;
        let now = now();
        let insert = app.database()?.query(
            "INSERT INTO plainauth_user (email, email_canonical, password_hash, is_admin, \
             is_active, created_at, password_changed_at) VALUES ($1, $2, $3, $4, $5, $6, $6) \
             ON CONFLICT (email_canonical) DO NOTHING \
             RETURNING id, email, email_canonical, is_admin, is_active, created_at, \
             password_changed_at, last_sign_in_at",
        );
        let made = insert
            .bind(email.as_str())
            .bind(email.canonical())
            .bind(hash)
            .bind(role == Role::Admin)
            .bind(true)
            .bind(now)
            .fetch_optional()
            .await?;
        made.ok_or_else(|| UserError::Taken(email.as_str().to_owned()))
    }

    /// Gives the account another password, and ends its sessions: all but `kept`, if one is given.
    ///
    /// `self` is afterwards as the database has it.
    ///
    /// # Errors
    ///
    /// [`UserError`]; [`UserError::Changed`] if another password was set since `self` was loaded.
    pub async fn set_password(
        &mut self,
        app: &Services,
        password: &str,
        kept: Option<&SessionStore>,
    ) -> Result<(), UserError> {
        let email = self.email.parse::<EmailAddress>()?;
        passwords::check(settings(app)?, &email, password)?;
        let hash = hash(app, password).await?;
        let changed_at = next_change(self.password_changed_at, now());
        let db = app.database()?;
        let update = db.query(
            "UPDATE plainauth_user SET password_hash = $1, password_changed_at = $2 \
             WHERE id = $3 AND password_changed_at = $4",
        );
        let update = update
            .bind(hash)
            .bind(changed_at)
            .bind(self.id)
            .bind(self.password_changed_at);
        if update.execute().await? == 0 {
            return Err(UserError::Changed);
        }
        self.password_changed_at = changed_at;
        let owner = self.session_owner();
        match kept {
            Some(kept) => Session::end_others(db, &owner, kept).await?,
            None => Session::end_all(db, &owner).await?,
        };
        Ok(())
    }

    /// Closes the account: nobody can sign in to it, and its sessions end at once.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn deactivate(&mut self, db: &Database) -> Result<(), db::Error> {
        // First, so that nobody signs in between.
        self.set_active(db, false).await?;
        Session::end_all(db, &self.session_owner()).await?;
        Ok(())
    }

    /// Opens an account that was closed.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn activate(&mut self, db: &Database) -> Result<(), db::Error> {
        self.set_active(db, true).await
    }

    /// Makes them an admin, or takes that away.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn set_role(&mut self, db: &Database, role: Role) -> Result<(), db::Error> {
        let is_admin = role == Role::Admin;
        let this = Self::query().filter("id", self.id);
        this.update(db, [("is_admin", is_admin.into())]).await?;
        self.is_admin = is_admin;
        Ok(())
    }

    async fn set_active(&mut self, db: &Database, is_active: bool) -> Result<(), db::Error> {
        let this = Self::query().filter("id", self.id);
        this.update(db, [("is_active", is_active.into())]).await?;
        self.is_active = is_active;
        Ok(())
    }
}

impl Credentials {
    /// Stores the hash of the same password anew, with the parameters that the settings have now.
    pub(crate) async fn renew_hash(&self, app: &Services, password: &str) -> Result<(), Error> {
        let hash = Hasher::of(app)?.hash(app, password).await?;
        // Whoever changed it meanwhile has stored a newer one.
        let update = app.database()?.query(
            "UPDATE plainauth_user SET password_hash = $1 WHERE id = $2 AND password_hash = $3",
        );
        let update = update.bind(hash).bind(self.user.id);
        update.bind(&self.password_hash).execute().await?;
        Ok(())
    }
}

/// When the password changed. Never the time of the change before, even if a clock was set back:
/// that time is how sessions tell under which password they began.
fn next_change(last: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    now.max(last + TimeDelta::microseconds(1))
}

fn settings(app: &Services) -> Result<&AuthSettings, UserError> {
    app.settings()
        .map_err(|error| UserError::Failed(error.into()))
}

async fn hash(app: &Services, password: &str) -> Result<String, UserError> {
    let hasher = Hasher::of(app).map_err(UserError::Failed)?;
    hasher.hash(app, password).await.map_err(UserError::Failed)
}
