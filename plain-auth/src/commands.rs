//! `plain users`: accounts from the command line.
//!
//! Results go to standard output. What goes wrong is an error, which the command line shows, with
//! the exit status 1; wrong usage is 2.

mod run;
mod terminal;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command as Definition};
use plain::http::Result;
use plain::packages::Command;
use plain::services::Services;

use crate::users::Role;
use terminal::Terminal;

/// `plain users`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Users;

/// What one of the subcommands is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Task {
    Create {
        email: String,
        role: Role,
        source: PasswordSource,
    },
    List {
        format: Format,
    },
    SetPassword {
        email: String,
        source: PasswordSource,
    },
    Change {
        email: String,
        to: Change,
    },
}

/// Where a new password comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PasswordSource {
    /// The terminal, asked twice.
    Terminal,
    /// The first line of standard input.
    Stdin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Deactivate,
    Activate,
    GrantAdmin,
    RevokeAdmin,
}

impl Command for Users {
    fn definition(&self) -> Definition {
        Definition::new("users")
            .about("Makes and looks after the accounts of users")
            .subcommand_required(true)
            .subcommands([
                create(),
                list(),
                set_password(),
                change(
                    "deactivate",
                    "Closes an account: its sessions end, and nobody can sign in to it",
                ),
                change("activate", "Opens an account that was deactivated"),
                change("grant-admin", "Opens the admin to a user"),
                change("revoke-admin", "Closes the admin to a user"),
            ])
            .after_help("Example: plain users create ada@example.com --admin")
    }

    async fn run(&self, arguments: &ArgMatches, app: &Services) -> Result<ExitCode> {
        let Some(task) = Task::of(arguments) else {
            return Ok(ExitCode::from(2));
        };
        run::run(app, task, &mut Terminal::of_process()).await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Task {
    /// What the words ask for; `None` for words that clap never lets through.
    fn of(arguments: &ArgMatches) -> Option<Self> {
        let (name, arguments) = arguments.subcommand()?;
        if name == "list" {
            let format = match arguments.get_flag("json") {
                true => Format::Json,
                false => Format::Table,
            };
            return Some(Self::List { format });
        }
        let email = arguments.get_one::<String>("EMAIL")?.clone();
        let task = match name {
            "create" => Self::Create {
                email,
                role: match arguments.get_flag("admin") {
                    true => Role::Admin,
                    false => Role::Member,
                },
                source: source(arguments),
            },
            "set-password" => Self::SetPassword {
                email,
                source: source(arguments),
            },
            name => {
                let to = Change::named(name)?;
                Self::Change { email, to }
            }
        };
        Some(task)
    }
}

impl Change {
    fn named(name: &str) -> Option<Self> {
        match name {
            "deactivate" => Some(Self::Deactivate),
            "activate" => Some(Self::Activate),
            "grant-admin" => Some(Self::GrantAdmin),
            "revoke-admin" => Some(Self::RevokeAdmin),
            _ => None,
        }
    }
}

fn create() -> Definition {
    Definition::new("create")
        .about("Makes an account")
        .arg(email())
        .arg(
            Arg::new("admin")
                .long("admin")
                .action(ArgAction::SetTrue)
                .help("Open the admin to the user"),
        )
        .arg(password_stdin())
        .after_help(
            "The password is asked for twice, and not shown.\n\n\
             Example: plain users create ada@example.com --admin",
        )
}

fn list() -> Definition {
    Definition::new("list")
        .about("Lists all accounts")
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Write JSON, for programs"),
        )
        .after_help("Example: plain users list")
}

fn set_password() -> Definition {
    Definition::new("set-password")
        .about("Gives an account another password, and ends its sessions")
        .arg(email())
        .arg(password_stdin())
        .after_help("Example: plain users set-password ada@example.com")
}

fn change(name: &'static str, about: &'static str) -> Definition {
    Definition::new(name)
        .about(about)
        .arg(email())
        .after_help(format!("Example: plain users {name} ada@example.com"))
}

fn email() -> Arg {
    Arg::new("EMAIL")
        .required(true)
        .help("The email address of the account")
}

fn password_stdin() -> Arg {
    Arg::new("password-stdin")
        .long("password-stdin")
        .action(ArgAction::SetTrue)
        .help("Read the password from the first line of standard input, for scripts")
}

fn source(arguments: &ArgMatches) -> PasswordSource {
    match arguments.get_flag("password-stdin") {
        true => PasswordSource::Stdin,
        false => PasswordSource::Terminal,
    }
}
