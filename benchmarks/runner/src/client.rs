//! A client that looks at answers: for seeding and for checking, not for load.

use anyhow::{Context, Result, ensure};
use contract::COOKIE;
use ureq::Agent;
use ureq::http::Response;

/// Talks to one subject, over connections that stay open.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
}

/// What a subject answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    /// Each `Set-Cookie` as far as `name=value` goes.
    pub(crate) cookies: Vec<String>,
    /// Each `Set-Cookie` whole.
    pub(crate) set_cookies: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        ensure!(self.status == 200, "status {}: {}", self.status, self.body);
        serde_json::from_str(&self.body).with_context(|| format!("no JSON: {}", self.body))
    }

    /// The cookie of the session, as it is sent back.
    pub(crate) fn session_cookie(&self) -> Result<&str> {
        let prefix = format!("{COOKIE}=");
        let found = self
            .cookies
            .iter()
            .find(|cookie| cookie.starts_with(&prefix));
        let found = found.with_context(|| format!("no session cookie: {self:?}"))?;
        Ok(found)
    }
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(std::time::Duration::from_secs(60)))
            .build();
        Self {
            agent: agent.into(),
            url: url.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str, cookie: Option<&str>) -> Result<Answer> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("X-Forwarded-For", "192.0.2.7")
            .header("X-Forwarded-Proto", "https");
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        read(request.call()?)
    }

    /// Posts a form, which may be empty.
    pub(crate) fn post(&self, path: &str, cookie: Option<&str>, form: &str) -> Result<Answer> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("X-Forwarded-For", "192.0.2.7")
            .header("X-Forwarded-Proto", "https")
            .header("Sec-Fetch-Site", "same-origin");
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        if form.is_empty() {
            return read(request.send_empty()?);
        }
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        read(request.send(form)?)
    }
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer> {
    let all = |name: &str| -> Vec<String> {
        let values = response.headers().get_all(name).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect()
    };
    let set_cookies = all("set-cookie");
    let pair = |cookie: &String| cookie.split(';').next().unwrap_or_default().to_owned();
    Ok(Answer {
        status: response.status().as_u16(),
        content_type: all("content-type").concat(),
        location: all("location").pop(),
        cookies: set_cookies.iter().map(pair).collect(),
        set_cookies,
        body: response.body_mut().read_to_string()?,
    })
}
