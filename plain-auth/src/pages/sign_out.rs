//! Signing out: a POST only, so that no link or image can do it.

use plain::http::{Request, Response, Result};
use plain::views::View;

use crate::settings::AuthSettings;
use crate::signed_in::sign_out;

pub(super) struct Page;

impl View for Page {
    async fn post(&self, request: &Request) -> Result<Response> {
        sign_out(request).await?;
        let settings = request.settings::<AuthSettings>()?;
        Ok(Response::redirect(&settings.auth_sign_out_redirect))
    }
}
