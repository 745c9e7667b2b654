//! Connecting the database, and waiting for one that is away where the settings say so.

use std::time::{Duration, Instant};

use super::console::Console;
use crate::app::App;
use crate::db::{Create, Database, DatabaseSettings, Error};
use crate::http::Result;

/// The first pause between two attempts; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Connects the database of `app`; one that is away is asked again, for as long as
/// DATABASE_CONNECT_WAIT says.
pub(super) async fn connect<'a>(
    app: &'a App,
    create: Create,
    console: &mut Console,
) -> Result<&'a Database> {
    let wait = app.settings().get::<DatabaseSettings>()?.connect_wait();
    let deadline = Instant::now() + wait;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match app.connect(create).await {
            Ok(database) => return Ok(database),
            Err(error) => error,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !may_come(&error) {
            return Err(error.into());
        }
        if pause == FIRST_PAUSE {
            let seconds = wait.as_secs_f64();
            console.note(format_args!("Waiting up to {seconds} s: {error}"));
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether the database may be there later; a wrong password or certificate will not mend itself.
fn may_come(error: &Error) -> bool {
    matches!(error, Error::Connect { .. } | Error::Unavailable(_))
}
