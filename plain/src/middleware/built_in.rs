//! The built-in middleware, which stands around all that `MIDDLEWARE` lists.

use super::{Csrf, DefaultHeaders, HostValidation, HttpsRedirect, Link, TrustedProxies};
use crate::settings::{Settings, SettingsError};

/// The built-in middleware in order, outermost first.
///
/// # Errors
///
/// If one of their groups of settings is not declared.
pub(crate) fn built_in(settings: &Settings) -> Result<Vec<Link>, SettingsError> {
    Ok(vec![
        Link::new(TrustedProxies::NAME, TrustedProxies::new(settings)?),
        Link::new(DefaultHeaders::NAME, DefaultHeaders::new(settings)?),
        Link::new(HostValidation::NAME, HostValidation::new(settings)?),
        Link::new(HttpsRedirect::NAME, HttpsRedirect::new(settings)?),
        Link::new(Csrf::NAME, Csrf::new(settings)?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::request;
    use crate::http::{Error, Response};
    use crate::middleware::{
        Chain, CsrfSettings, HeaderSettings, HostSettings, HttpsSettings, ProxySettings,
    };
    use crate::settings::{CoreSettings, Loader};

    fn chain(debug: bool) -> Chain {
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
        let links = built_in(&loader.load().unwrap()).unwrap();
        Chain::new(links, |_, error: Error| Response::new(error.status()))
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
