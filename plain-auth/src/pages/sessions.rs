//! One's own sessions: seeing them, and ending them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plain::context;
use plain::db::Model;
use plain::http::{Error, Request, Response, Result};
use plain_sessions::{Session, SessionSettings, SessionStore, get_request_session};
use serde::{Deserialize, Serialize};

use super::confirm_url;
use crate::models::User;
use crate::settings::AuthSettings;
use crate::signed_in::{is_confirmed, sign_out};
use crate::views::{AuthView, WithUser};

pub(super) fn page() -> WithUser<Page> {
    Page.as_view()
}

/// The page, for who is signed in.
pub(super) struct Page;

/// For how long after signing in, or giving the password, sessions can be ended without giving it again.
const CONFIRMED_FOR: Duration = Duration::from_secs(15 * 60);

/// What the page can be asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    End,
    EndOthers,
    EndAll,
}

#[derive(Deserialize)]
struct Form {
    action: Action,
    session: Option<i64>,
}

/// A session as the page shows it.
#[derive(Serialize)]
struct Row {
    id: i64,
    fingerprint: String,
    created_at: DateTime<Utc>,
    saved_at: DateTime<Utc>,
    is_this: bool,
}

impl AuthView for Page {
    async fn get(&self, request: &Request, user: &User) -> Result<Response> {
        let this = get_request_session(request).await?;
        let stored = Session::for_owner(request.database()?, &user.session_owner()).await?;
        let settings = request.settings::<SessionSettings>()?;
        let rows: Vec<Row> = stored.iter().map(|it| row(settings, &this, it)).collect();
        let others = rows.iter().filter(|row| !row.is_this).count();
        request.render("auth/sessions.html", context! { sessions => rows, others })
    }

    async fn post(&self, request: &Request, user: &User) -> Result<Response> {
        let form: Form = request.form().await?;
        let db = request.database()?;
        let owner = user.session_owner();
        let this = get_request_session(request).await?;
        // Anybody may sign out here. To throw others out, a session that was stolen is not enough
        // (ASVS 7.5.2).
        if form.action == Action::End && form.session.is_some() && form.session == number(&this) {
            return out(request).await;
        }
        if !is_confirmed(&this, CONFIRMED_FOR) {
            return Ok(Response::redirect(confirm_url(request)?));
        }
        match form.action {
            Action::End => {
                let id = form
                    .session
                    .ok_or_else(|| Error::bad_request("name the session to end"))?;
                let named = Session::query()
                    .filter("owner", owner.as_str())
                    .filter("id", id);
                if named.delete(db).await? == 0 {
                    return Err(Error::not_found("This session has ended already."));
                }
            }
            Action::EndOthers => {
                Session::end_others(db, &owner, &this).await?;
            }
            Action::EndAll => {
                Session::end_all(db, &owner).await?;
                return out(request).await;
            }
        }
        Ok(Response::redirect(request.reverse("auth:sessions", ())?))
    }
}

async fn out(request: &Request) -> Result<Response> {
    sign_out(request).await?;
    let settings = request.settings::<AuthSettings>()?;
    Ok(Response::redirect(&settings.auth_sign_out_redirect))
}

fn row(settings: &SessionSettings, this: &SessionStore, session: &Session) -> Row {
    Row {
        id: session.id,
        fingerprint: session.fingerprint().to_owned(),
        created_at: session.created_at,
        // A session ends a fixed time after it was last saved.
        saved_at: session.created_at.max(session.expires_at - settings.age()),
        is_this: number(this) == Some(session.id),
    }
}

fn number(session: &SessionStore) -> Option<i64> {
    session.model_instance().map(|row| row.id)
}
