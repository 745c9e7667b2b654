//! [`with_session`]: the session around views that know nothing of it.

use minijinja::Value;
use plain::http::{Request, Response, Result};
use plain::views::{Decorated, Decorator, View, decorated};

use crate::requests::get_request_session;

/// `view`, of whatever kind, with the session loaded before it runs: a form, a list, a template.
///
/// What [`SessionView`](crate::SessionView) is for handlers of one's own, this is for views whose
/// handlers are written already. Their templates see the session as `session`, and their methods get
/// it by [`get_request_session`], which then asks no database.
///
/// ```
/// use plain::urls::path;
/// use plain::views::TemplateView;
/// use plain_sessions::with_session;
///
/// struct Welcome;
///
/// impl TemplateView for Welcome {
///     fn template(&self) -> &str {
///         "welcome.html" // Hello, {{ session.name }}
///     }
/// }
///
/// let route = path("welcome", with_session(Welcome.as_view()));
/// ```
pub fn with_session<V: View>(view: V) -> Decorated<V, AroundSession> {
    decorated(view, AroundSession)
}

/// Loads the session before a view; see [`with_session`].
#[derive(Debug)]
pub struct AroundSession;

impl Decorator for AroundSession {
    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        let session = get_request_session(request).await?;
        request.add_context("session", Value::from_object(session));
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use plain::packages::{Installer, Package};
    use plain::test::TestApp;
    use plain::urls::{path, urls};
    use plain::views::TemplateView;

    use super::*;
    use crate::{SessionStore, SessionView};

    struct Welcome;

    impl TemplateView for Welcome {
        fn template(&self) -> &str {
            "welcome.html"
        }
    }

    struct Name;

    impl SessionView for Name {
        async fn post(&self, _: &Request, session: &SessionStore) -> Result<Response> {
            session.set("name", "Ada")?;
            Ok(Response::no_content())
        }
    }

    struct Site;

    impl Package for Site {
        fn name(&self) -> &'static str {
            "site"
        }

        fn install(&self, to: &mut Installer) -> Result<()> {
            to.urls(urls([
                path("", with_session(Welcome.as_view())),
                path("name", Name.as_view()),
            ]));
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_template_of_any_view_sees_the_session_which_is_loaded_once() {
        let app = TestApp::of([crate::package(), Site.boxed()])
            .middleware([crate::middleware::NAME])
            .file("templates/welcome.html", "Hello, {{ session.name }}")
            .start()
            .await;
        let client = app.client();
        assert_eq!(client.get("/").await.text(), "Hello, ");
        client.post("/name").await;
        let page = client.get("/").await;
        assert_eq!(page.text(), "Hello, Ada");
        assert_eq!(page.statements().len(), 1);
        assert_eq!(page.header("vary"), Some("Cookie"));
        assert_eq!(
            client.post("/").await.header("allow"),
            Some("GET, HEAD, OPTIONS")
        );
    }
}
