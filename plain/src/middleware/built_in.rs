//! The built-in middleware, which stands around all that `MIDDLEWARE` lists.

use super::csrf::Csrf;
use super::headers::DefaultHeaders;
use super::hosts::HostValidation;
use super::https::HttpsRedirect;
use super::proxy::TrustedProxies;
use crate::http::{Request, Response, Result};
use crate::settings::{Settings, SettingsError};

/// All built-in middleware. None of it waits for anything, so that no futures are made for it.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    proxies: TrustedProxies,
    headers: DefaultHeaders,
    hosts: HostValidation,
    https: HttpsRedirect,
    csrf: Csrf,
}

impl BuiltIn {
    /// Made from the groups of settings of its parts.
    ///
    /// # Errors
    ///
    /// If one of them is not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            proxies: TrustedProxies::new(settings)?,
            headers: DefaultHeaders::new(settings)?,
            hosts: HostValidation::new(settings)?,
            https: HttpsRedirect::new(settings)?,
            csrf: Csrf::new(settings)?,
        })
    }

    /// What is known of the proxies in front.
    pub(crate) fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// Sees each request first.
    pub(super) fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        // The others go by the scheme that a proxy tells.
        self.proxies.apply(request);
        self.hosts.check(request)?;
        if let Some(redirect) = self.https.check(request) {
            return Ok(Some(redirect));
        }
        self.csrf.check(request)?;
        Ok(None)
    }

    /// Sees each response last, refusals and pages of errors, too.
    pub(super) fn after_response(&self, request: &Request, response: &mut Response) {
        self.headers.apply(request, response);
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::middleware::{
        CsrfSettings, HeaderSettings, HostSettings, HttpsSettings, ProxySettings,
    };
    use crate::settings::{CoreSettings, Loader};

    /// That of a shop which is served as `shop.example`.
    pub(in crate::middleware) fn of_shop(debug: bool) -> BuiltIn {
        let mut loader = Loader::new();
        loader
            .declare::<CoreSettings>("plain")
            .and_then(|loader| loader.declare::<ProxySettings>("plain"))
            .and_then(|loader| loader.declare::<HeaderSettings>("plain"))
            .and_then(|loader| loader.declare::<HostSettings>("plain"))
            .and_then(|loader| loader.declare::<HttpsSettings>("plain"))
            .and_then(|loader| loader.declare::<CsrfSettings>("plain"))
            .unwrap();
        loader.overrides([
            ("DEBUG", serde_json::json!(debug)),
            ("SECRET_KEY", "long and random".into()),
            ("ALLOWED_HOSTS", serde_json::json!(["shop.example"])),
        ]);
        BuiltIn::new(&loader.load().unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use crate::http::testing::request;
    use crate::http::{Error, Response};
    use crate::middleware::Chain;

    fn chain(debug: bool) -> Chain {
        let to_response = |_: &_, error: Error| Response::new(error.status());
        Chain::new(super::testing::of_shop(debug), Vec::new(), to_response)
    }

    async fn answer(debug: bool, method: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = request(method, "/", headers.iter().copied(), "");
        let view = async |_: &mut _| Ok(Response::text("seen"));
        chain(debug).handle(&mut request, view).await
    }

    #[tokio::test]
    async fn hosts_are_validated_before_the_redirect_and_that_before_csrf() {
        let cross = ("sec-fetch-site", "cross-site");
        assert_eq!(
            answer(false, "POST", &[("host", "evil.example"), cross])
                .await
                .status(),
            400
        );
        assert_eq!(
            answer(false, "POST", &[("host", "shop.example"), cross])
                .await
                .status(),
            308
        );
        assert_eq!(
            answer(true, "POST", &[("host", "shop.example"), cross])
                .await
                .status(),
            403
        );
        assert_eq!(
            answer(true, "POST", &[("host", "shop.example")])
                .await
                .status(),
            200
        );
    }

    #[tokio::test]
    async fn refusals_carry_the_default_headers_too() {
        let response = answer(false, "GET", &[("host", "evil.example")]).await;
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }
}
