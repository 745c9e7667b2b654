//! The package `plain.auth`: users, and who they are in a request.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `package` | what the package brings |
//! | `settings` | its settings |
//! | `email`, `models`, `users` | accounts, and what is done with them |
//! | `passwords` | hashing, and what a password must be like |
//! | `signed_in`, `requests`, `middleware` | from a session to its user |
//! | `views`, `templates` | the user in views and pages |
//! | `attempts` | limits on guessing |
//! | `reset`, `mail` | links for a new password |
//! | `next` | where to go after signing in |
//! | `pages` | the pages |
//! | `admin` | who may open the admin, and its pages for users |
//! | `commands` | `plain users` |
//! | `chores`, `preflight` | upkeep |
//! | `test` | users in tests |

#![doc = include_str!("../README.md")]

mod admin;
mod attempts;
pub mod chores;
mod commands;
mod email;
mod for_request;
mod mail;
pub mod middleware;
mod models;
mod next;
mod package;
mod pages;
mod passwords;
mod preflight;
mod requests;
mod reset;
mod settings;
mod signed_in;
mod templates;
pub mod test;
mod users;
mod views;

plain::embedded!();

pub use email::{EmailAddress, EmailError};
pub use mail::{ConsoleMailer, Mail, Mailer, Outbox};
pub use models::User;
pub use package::package;
pub use pages::urls;
pub use passwords::WeakPassword;
pub use requests::{UserNotAvailable, get_request_user};
pub use settings::AuthSettings;
pub use signed_in::{sign_in, sign_out};
pub use users::{Role, UserError};
pub use views::{
    AuthView, Confirmed, Required, WithUser, require_admin, require_confirmed, require_user,
};
