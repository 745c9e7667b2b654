//! `plain request --user EMAIL`: a session for one request, which ends with it.

use plain::http::{Error, HeaderValue, Result};
use plain::packages::{SignIn, SignedIn};
use plain::services::Services;
use plain_sessions::{SessionSettings, SessionStore};

use crate::models::User;
use crate::signed_in::begin;

/// Signs in by e-mail address.
pub(crate) struct ByEmail;

impl SignIn for ByEmail {
    async fn sign_in(&self, email: &str, app: &Services) -> Result<SignedIn> {
        let user = User::find_by_email(app.database()?, email).await?;
        let user = user.ok_or_else(|| {
            Error::internal(format!(
                "no user has the email address {email}: `plain users list` shows all"
            ))
        })?;
        if !user.is_active {
            return Err(Error::internal(format!(
                "{email} is deactivated and can't sign in: `plain users activate {email}` changes that"
            )));
        }
        let session = SessionStore::new(app)?;
        begin(&session, &user)?;
        session.save().await?;
        let name = &app.settings::<SessionSettings>()?.session_cookie_name;
        let key = session.session_key();
        let key = key.ok_or_else(|| Error::internal("the session was not saved"))?;
        let cookie = HeaderValue::try_from(format!("{name}={}", key.expose()))?;
        Ok(SignedIn::new(cookie, async move {
            session.flush();
            Ok(session.save().await?)
        }))
    }
}

#[cfg(test)]
mod tests {
    use plain::packages::{Installer, Package};
    use plain::test::TestApp;
    use plain::urls::{path, urls};
    use plain::views::View;
    use plain_sessions::Session;

    use super::*;
    use crate::get_request_user;
    use crate::test::{FAST, create_user};

    const ADA: &str = "ada@example.com";

    /// A project whose page says who asks.
    struct Project;
    struct Who;

    impl View for Who {
        async fn get(&self, request: &plain::http::Request) -> Result<plain::http::Response> {
            let user = get_request_user(request).await?;
            let name = user.map_or("nobody".to_owned(), |user| user.email);
            Ok(plain::http::Response::text(name))
        }
    }

    impl Package for Project {
        fn name(&self) -> &'static str {
            "project"
        }

        fn install(&self, to: &mut Installer) -> Result<()> {
            to.urls(urls([path("", Who)]));
            Ok(())
        }
    }

    async fn site() -> TestApp {
        TestApp::of([plain_sessions::package(), crate::package(), Project.boxed()])
            .middleware([plain_sessions::middleware::NAME, crate::middleware::NAME])
            .settings(FAST)
            .start()
            .await
    }

    async fn refusal(email: &str, site: &TestApp) -> String {
        let refused = ByEmail.sign_in(email, site.services()).await;
        refused.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_request_is_made_as_the_user_and_leaves_no_session() {
        let site = site().await;
        let ada = create_user(site.services(), ADA).await.unwrap();
        let signed_in = ByEmail.sign_in(ADA, site.services()).await.unwrap();
        assert_eq!(format!("{signed_in:?}"), "SignedIn { .. }");
        let cookie = signed_in.cookie.to_str().unwrap().to_owned();
        let client = site.client();
        assert_eq!(client.get("/").header("cookie", &cookie).await.text(), ADA);

        signed_in.sign_out.await.unwrap();
        assert_eq!(
            client.get("/").header("cookie", &cookie).await.text(),
            "nobody"
        );
        let left = Session::for_owner(site.database(), &ada.session_owner()).await;
        assert!(left.unwrap().is_empty());
    }

    #[tokio::test]
    async fn whom_nobody_knows_and_who_is_deactivated_can_not_be() {
        let site = site().await;
        assert_eq!(
            refusal(ADA, &site).await,
            "no user has the email address ada@example.com: `plain users list` shows all"
        );
        let mut ada = create_user(site.services(), ADA).await.unwrap();
        ada.deactivate(site.database()).await.unwrap();
        assert_eq!(
            refusal(ADA, &site).await,
            "ada@example.com is deactivated and can't sign in: `plain users activate \
             ada@example.com` changes that"
        );
    }
}
