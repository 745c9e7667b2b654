//! Carrying out what the words ask for.

use plain::db::{Database, Model};
use plain::http::{Error, Result};
use plain::services::Services;

use super::terminal::Terminal;
use super::{Change, Format, Task};
use crate::email::EmailAddress;
use crate::models::User;
use crate::passwords;
use crate::settings::AuthSettings;
use crate::users::{Role, UserError};

/// How many users are read at a time.
const PAGE: u64 = 500;

pub(super) async fn run(app: &Services, task: Task, terminal: &mut Terminal) -> Result<()> {
    match task {
        Task::Create {
            email,
            role,
            source,
        } => {
            // Before anything is typed in vain.
            let address = email.parse::<EmailAddress>()?;
            if User::find_by_email(app.database()?, &email)
                .await?
                .is_some()
            {
                return Err(UserError::Taken(address.as_str().to_owned()).answer());
            }
            let password = terminal.new_password(source)?;
            let user = User::create(app, &email, &password, role).await;
            let user = user.map_err(UserError::answer)?;
            let what = match role {
                Role::Admin => "an admin",
                Role::Member => "no admin",
            };
            terminal.line(&format!("created {}, {what}", user.email))
        }
        Task::SetPassword { email, source } => {
            let mut user = find(app.database()?, &email).await?;
            let password = terminal.new_password(source)?;
            passwords::check(
                app.settings::<AuthSettings>()?,
                &user.email.parse::<EmailAddress>()?,
                &password,
            )?;
            let set = user.set_password(app, &password, None).await;
            set.map_err(UserError::answer)?;
            terminal.line(&format!(
                "the password of {} is set, and their sessions have ended",
                user.email
            ))
        }
        Task::Change { email, to } => change(app.database()?, &email, to, terminal).await,
        Task::List { format } => list(app.database()?, format, terminal).await,
    }
}

async fn find(db: &Database, email: &str) -> Result<User> {
    let user = User::find_by_email(db, email).await?;
    user.ok_or_else(|| {
        Error::internal(format!(
            "no user has the email address {email}: `plain users list` shows all"
        ))
    })
}

async fn change(db: &Database, email: &str, to: Change, terminal: &mut Terminal) -> Result<()> {
    let mut user = find(db, email).await?;
    let done = match to {
        Change::Deactivate => {
            user.deactivate(db).await?;
            "is deactivated, and their sessions have ended"
        }
        Change::Activate => {
            user.activate(db).await?;
            "is active"
        }
        Change::GrantAdmin => {
            user.set_role(db, Role::Admin).await?;
            "is an admin"
        }
        Change::RevokeAdmin => {
            user.set_role(db, Role::Member).await?;
            "is no admin any more"
        }
    };
    terminal.line(&format!("{} {done}", user.email))
}

async fn list(db: &Database, format: Format, terminal: &mut Terminal) -> Result<()> {
    let mut users = Vec::new();
    let mut last = 0;
    loop {
        let page = User::query().gt("id", last).limit(PAGE).all(db).await?;
        let Some(user) = page.last() else {
            break;
        };
        last = user.id;
        users.extend(page);
    }
    match format {
        Format::Json => terminal.line(&serde_json::to_string_pretty(&users)?),
        Format::Table if users.is_empty() => {
            terminal.line("there are no users: `plain users create EMAIL` makes one")
        }
        Format::Table => table(&users, terminal),
    }
}

fn table(users: &[User], terminal: &mut Terminal) -> Result<()> {
    const TITLE: &str = "EMAIL";
    let longest = users.iter().map(|user| shown(&user.email).chars().count());
    let width = longest.max().unwrap_or(0).max(TITLE.len());
    terminal.line(&format!(
        "{TITLE:width$}  ADMIN  ACTIVE  CREATED     LAST SIGN-IN"
    ))?;
    for user in users {
        let yes = |value| if value { "yes" } else { "no" };
        let last = user.last_sign_in_at;
        let last = last.map_or_else(|| "never".to_owned(), |at| at.format("%F %R").to_string());
        terminal.line(&format!(
            "{:width$}  {:5}  {:6}  {}  {last}",
            shown(&user.email),
            yes(user.is_admin),
            yes(user.is_active),
            user.created_at.format("%F"),
        ))?;
    }
    Ok(())
}

/// An address as a terminal may show it: none that this package stores holds a control character.
fn shown(email: &str) -> String {
    email.chars().filter(|c| !c.is_control()).collect()
}
