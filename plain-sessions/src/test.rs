//! Sessions in tests: what stands in the session of a [`Client`], and putting something there.
//!
//! ```no_run
//! use plain::test::Client;
//! use plain::App;
//! use plain_sessions::test::{get_client_session, save_client_session};
//!
//! # async fn example(app: App) -> plain::http::Result<()> {
//! let client = Client::new(app.clone());
//! let session = get_client_session(&client, app.services()).await?;
//! session.set("name", "Ada")?;
//! save_client_session(&client, &session).await?;
//! assert!(client.get("/").await.text().contains("Ada"));
//! # Ok(())
//! # }
//! ```

use plain::http::{Error, Result};
use plain::server::Handler;
use plain::services::Services;
use plain::test::Client;

use crate::settings::SessionSettings;
use crate::store::SessionStore;

/// The session that the cookie of `client` names, as it stands in the database; a new one if there
/// is none.
///
/// # Errors
///
/// If `plain.sessions` is not installed, or the database fails.
pub async fn get_client_session<H: Handler>(
    client: &Client<H>,
    app: &Services,
) -> Result<SessionStore> {
    let settings = app.settings::<SessionSettings>()?;
    let stored = match client.cookie(&settings.session_cookie_name) {
        Some(key) => SessionStore::load(app, &key).await?,
        None => None,
    };
    stored.map_or_else(|| SessionStore::new(app), Ok)
}

/// Saves `session`, and gives `client` its cookie.
///
/// # Errors
///
/// If the database fails.
pub async fn save_client_session<H: Handler>(
    client: &Client<H>,
    session: &SessionStore,
) -> Result<()> {
    session.save().await.map_err(Error::from)?;
    let name = session.cookie_name();
    match session.session_key() {
        Some(key) => client.set_cookie(name, key.expose()),
        None => client.remove_cookie(name),
    }
    Ok(())
}
