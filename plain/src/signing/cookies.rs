//! Cookies that a visitor can read, and can't make up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Signer;
use crate::http::{Cookie, Request, Response, Result};

/// What a cookie's signature is made for; the name of the cookie is a part of what is signed, so that
/// the value of one can't be put into another.
const PURPOSE: &str = "plain.cookie";

/// How far the clocks of two computers may differ.
const CLOCKS: Duration = Duration::from_secs(60);

impl Request {
    /// The value of the cookie `name`, if [`Response::set_signed_cookie`] of this application made
    /// it, no longer ago than `max_age` where one is given. Anything else reads as no cookie.
    ///
    /// A browser forgets a cookie after its `Max-Age`; who keeps a copy does not, so give the age
    /// here too where it matters.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use plain::http::{Request, Response, Result};
    ///
    /// const A_MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    ///
    /// async fn referrer(request: &Request) -> Result<Response> {
    ///     let by = request.get_signed_cookie("invited_by", Some(A_MONTH))?;
    ///     let mut response = Response::text(by.unwrap_or("nobody").to_owned());
    ///     response.set_signed_cookie(request, ("invited_by", "ada"))?;
    ///     Ok(response)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Signer::new`]; none that a visitor can bring about.
    pub fn get_signed_cookie(&self, name: &str, max_age: Option<Duration>) -> Result<Option<&str>> {
        let Some(signed) = self.cookie(name).and_then(Signed::parse) else {
            return Ok(None);
        };
        let signer = Signer::new(self.services(), PURPOSE)?;
        let is_ours = signer.verify(&signed.parts(name), signed.signature);
        let is_good = is_ours && signed.is_fresh(SystemTime::now(), max_age);
        Ok(is_good.then_some(signed.value))
    }
}

impl Response {
    /// Sets a cookie as [`set_cookie`](Response::set_cookie) does, with the time and a signature
    /// behind its value, by which [`Request::get_signed_cookie`] knows that it was set here.
    ///
    /// The visitor can read the value. What they must not see belongs into a session.
    ///
    /// # Errors
    ///
    /// Those of [`set_cookie`](Response::set_cookie) and [`Signer::new`].
    pub fn set_signed_cookie<'c>(
        &mut self,
        request: &Request,
        cookie: impl Into<Cookie<'c>>,
    ) -> Result<()> {
        let mut cookie = cookie.into();
        let signer = Signer::new(request.services(), PURPOSE)?;
        let made_at = seconds(SystemTime::now()).to_string();
        let parts = parts(cookie.name(), cookie.value(), &made_at);
        let signature = signer.sign(&parts);
        let signed = format!("{}:{made_at}:{signature}", cookie.value());
        cookie.set_value(signed);
        self.set_cookie(cookie)
    }
}

/// What a signed cookie holds: `VALUE:SECONDS:SIGNATURE`.
struct Signed<'r> {
    value: &'r str,
    made_at: &'r str,
    signature: &'r str,
}

impl<'r> Signed<'r> {
    fn parse(text: &'r str) -> Option<Self> {
        let (rest, signature) = text.rsplit_once(':')?;
        let (value, made_at) = rest.rsplit_once(':')?;
        Some(Self {
            value,
            made_at,
            signature,
        })
    }

    fn parts<'s>(&'s self, name: &'s str) -> [&'s [u8]; 3] {
        parts(name, self.value, self.made_at)
    }

    fn is_fresh(&self, now: SystemTime, max_age: Option<Duration>) -> bool {
        let Ok(made_at) = self.made_at.parse::<u64>() else {
            return false;
        };
        let now = seconds(now);
        let from_tomorrow = made_at > now.saturating_add(CLOCKS.as_secs());
        let too_old = max_age.is_some_and(|most| now.saturating_sub(made_at) >= most.as_secs());
        !from_tomorrow && !too_old
    }
}

/// What is signed.
fn parts<'s>(name: &'s str, value: &'s str, made_at: &'s str) -> [&'s [u8]; 3] {
    [name.as_bytes(), value.as_bytes(), made_at.as_bytes()]
}

/// Since the epoch; none for a clock that was set to before it.
fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;
    use crate::packages::{Installer, Package};
    use crate::test::{Client, TestApp};
    use crate::urls::{path, urls};
    use crate::views::View;

    const KEY: &str = "the key of now, which is long enough for one";
    const FORMER: &str = "the key of before, which is long enough too";
    const AN_HOUR: Duration = Duration::from_secs(60 * 60);

    /// `GET` shows the two cookies, `POST` sets the first.
    struct Cookies;

    impl View for Cookies {
        async fn get(&self, request: &Request) -> Result<Response> {
            let cookies = ["theme", "other"].map(|name| {
                let value = request.get_signed_cookie(name, Some(AN_HOUR))?;
                Ok(value.unwrap_or("none").to_owned())
            });
            let cookies: Result<Vec<_>> = cookies.into_iter().collect();
            Ok(Response::text(cookies?.join(" ")))
        }

        async fn post(&self, request: &Request) -> Result<Response> {
            let mut response = Response::no_content();
            let cookie = Cookie::build(("theme", "dark:blue")).http_only(true);
            response.set_signed_cookie(request, cookie)?;
            Ok(response)
        }
    }

    struct Site;

    impl Package for Site {
        fn name(&self) -> &'static str {
            "site"
        }

        fn install(&self, to: &mut Installer) -> Result<()> {
            to.urls(urls([path("", Cookies)]));
            Ok(())
        }
    }

    async fn app(key: &str, former: &[&str]) -> TestApp {
        let app = TestApp::of([Site.boxed()]);
        let app = app.setting("SECRET_KEY", key);
        app.setting("SECRET_KEY_FALLBACKS", former).start().await
    }

    async fn signed(client: &Client<App>) -> String {
        let response = client.post("/").await;
        let header = response.header("set-cookie").unwrap();
        let (pair, attributes) = header.split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; Path=/");
        pair.strip_prefix("theme=").unwrap().to_owned()
    }

    async fn read(app: &TestApp, cookies: &str) -> String {
        let response = app.client().get("/").header("cookie", cookies).await;
        assert_eq!(response.status(), 200, "{response:?}");
        response.text().to_owned()
    }

    #[tokio::test]
    async fn a_signed_cookie_comes_back_and_can_be_read_by_the_visitor() {
        let app = app(KEY, &[]).await;
        let client = app.client();
        assert!(signed(&client).await.starts_with("dark:blue:"));
        assert_eq!(client.get("/").await.text(), "dark:blue none");
    }

    #[tokio::test]
    async fn what_was_not_signed_for_this_cookie_is_no_cookie() {
        let app = app(KEY, &[]).await;
        let good = signed(&app.client()).await;
        assert_eq!(read(&app, &format!("theme={good}")).await, "dark:blue none");
        assert_eq!(read(&app, &format!("other={good}")).await, "none none");
        let (value, rest) = good.split_at(9);
        let last = good.split_at(good.len() - 1).0;
        for bad in [
            "dark:blue".to_owned(),
            String::new(),
            ":".to_owned(),
            "::".to_owned(),
            format!("dark:grey{rest}"),
            format!("{value}0{rest}"),
            format!("{last}x"),
            format!("{last}\u{e4}"),
            format!("{good}0"),
            good.to_uppercase(),
        ] {
            assert_eq!(
                read(&app, &format!("theme={bad}")).await,
                "none none",
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn what_a_former_key_signed_holds_until_that_key_is_given_up() {
        let before = app(FORMER, &[]).await;
        let cookie = format!("theme={}", signed(&before.client()).await);
        assert_eq!(
            read(&app(KEY, &[FORMER]).await, &cookie).await,
            "dark:blue none"
        );
        assert_eq!(read(&app(KEY, &[]).await, &cookie).await, "none none");
    }

    #[tokio::test]
    async fn a_developer_needs_no_key() {
        let app = TestApp::of([Site.boxed()]);
        let client = app.setting("DEBUG", true).start().await.client();
        signed(&client).await;
        assert_eq!(client.get("/").await.text(), "dark:blue none");
    }

    #[tokio::test]
    async fn a_cookie_that_is_too_old_is_none() {
        let app = app(KEY, &[]).await;
        let now = seconds(SystemTime::now());
        let cookie = |made_at: String| {
            let signer = Signer::new(app.services(), PURPOSE).unwrap();
            let signature = signer.sign(&parts("theme", "dark", &made_at));
            format!("theme=dark:{made_at}:{signature}")
        };
        for (made_at, expected) in [
            ((now - 3_500).to_string(), "dark none"),
            ((now - 3_600).to_string(), "none none"),
            ((now + 30).to_string(), "dark none"),
            ((now + 600).to_string(), "none none"),
            (u64::MAX.to_string(), "none none"),
            ("x".to_owned(), "none none"),
            ("-1".to_owned(), "none none"),
        ] {
            let cookie = cookie(made_at);
            assert_eq!(read(&app, &cookie).await, expected, "{cookie}");
        }
    }

    #[test]
    fn without_a_limit_it_is_never_too_old() {
        let signed = Signed::parse("dark:0:00").unwrap();
        assert!(signed.is_fresh(SystemTime::now(), None));
        assert!(!signed.is_fresh(SystemTime::now(), Some(AN_HOUR)));
    }
}
