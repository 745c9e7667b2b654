//! The model [`User`]: a row of the table of users.

use chrono::{DateTime, SubsecRound, Utc};
use plain::db::{self, Database, Field, Model};
use serde::Serialize;

use crate::email;

/// Someone with an account.
///
/// It does not hold the hash of the password, so no page, no JSON and no log can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, plain::db::FromRow)]
#[non_exhaustive]
pub struct User {
    /// The number of the row; numbers are not used again.
    pub id: i64,
    /// The email address as it was typed.
    pub email: String,
    /// The form of it that addresses are compared in; see [`EmailAddress`](crate::EmailAddress).
    pub email_canonical: String,
    /// Whether the admin is open to them.
    pub is_admin: bool,
    /// Whether they can sign in.
    pub is_active: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the password was last set; sessions from before are over.
    pub password_changed_at: DateTime<Utc>,
    /// When they last signed in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

impl User {
    /// The user with the number `id`.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn find(db: &Database, id: i64) -> Result<Option<Self>, db::Error> {
        Self::query().get(db, id).await
    }

    /// The user with this email address, in whatever spelling.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn find_by_email(db: &Database, address: &str) -> Result<Option<Self>, db::Error> {
        let address = email::canonical(address);
        Self::query()
            .filter("email_canonical", address)
            .first(db)
            .await
    }

    /// How sessions name them as their owner.
    pub fn session_owner(&self) -> String {
        self.id.to_string()
    }
}

impl Model for User {
    const NAME: &'static str = "User";
    const TABLE: &'static str = "plainauth_user";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("email"),
        Field::text("email_canonical"),
        Field::boolean("is_admin"),
        Field::boolean("is_active"),
        Field::time("created_at"),
        Field::time("password_changed_at"),
        Field::time("last_sign_in_at").nullable(),
    ];
}

/// A user with the hash of the password, for who checks one.
#[derive(plain::db::FromRow)]
pub(crate) struct Credentials {
    #[sqlx(flatten)]
    pub(crate) user: User,
    /// A PHC string.
    pub(crate) password_hash: String,
}

macro_rules! credentials_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, email, email_canonical, is_admin, is_active, created_at, \
             password_changed_at, last_sign_in_at, password_hash FROM plainauth_user WHERE ",
            $condition
        )
    };
}

impl Credentials {
    /// Those of the account with this address, in its canonical form.
    pub(crate) async fn find_by_email(
        db: &Database,
        canonical: &str,
    ) -> Result<Option<Self>, db::Error> {
        // PostgreSQL can't take the character, so no address has it.
        let canonical = canonical.replace('\0', " ");
        let query = db.query(credentials_where!("email_canonical = $1"));
        query.bind(canonical).fetch_optional().await
    }

    /// Those of the user with the number `id`.
    pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Self>, db::Error> {
        let query = db.query(credentials_where!("id = $1"));
        query.bind(id).fetch_optional().await
    }
}

/// The time now, as precise as both databases store it.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
