//! The command line from outside: real processes in project folders of their own.
//!
//! | module | what it states |
//! | --- | --- |
//! | `settings_file`, `environment` | what a wrong setting is answered with |
//! | `packages` | what fits and does not fit together |
//! | `migrate`, `migration_files` | the tables and their history |
//! | `database_files` | databases that can't be used |
//! | `pages`, `sharing`, `stop` | the server |
//! | `logs`, `request_ids`, `slow`, `metrics` | what an operator sees |
//! | `backup`, `chores`, `worker`, `preflight`, `lists` | the other commands |
//! | `developer`, `dev`, `dev_sockets`, `scaffold` | what is used while a site is written: from its first file on |
//! | `words`, `streams` | usage, exit statuses, and output that goes to programs |
//! | `program`, `fresh_project` | the program `plain`, which builds projects and runs them |

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod backup;
mod chores;
mod database_files;
mod dev;
mod dev_sockets;
mod developer;
mod environment;
mod fresh_project;
mod lists;
mod logs;
mod metrics;
mod migrate;
mod migration_files;
mod packages;
mod pages;
mod preflight;
mod program;
mod request_ids;
mod scaffold;
mod settings_file;
mod sharing;
mod slow;
mod stop;
mod streams;
mod support;
mod words;
mod worker;
