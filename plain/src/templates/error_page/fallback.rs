//! The page that is shown where no template can be.

use minijinja::HtmlEscape;

use super::report::Report;
use super::{message, title};
use crate::http::{Error, Request};

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;\
max-width:40rem;margin:20vh auto 2rem;padding:0 1.5rem}pre{white-space:pre-wrap}";

/// A page in one piece. In debug mode it shows the causes, and why the application's own page
/// `failure`d.
pub(super) fn page(
    request: &Request,
    error: &Error,
    report: Option<&Report>,
    failure: Option<&str>,
) -> String {
    let status = error.status();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{status}</title>\n\
         <style nonce=\"{nonce}\">{STYLE}</style>\n<h1>{title}</h1>\n<p>{message}</p>\n",
        status = status.as_u16(),
        nonce = request.csp_nonce(),
        title = title(status),
        message = HtmlEscape(&message(error)),
    );
    for cause in report.iter().flat_map(|report| &report.causes) {
        page.push_str(&format!("<pre>{}</pre>\n", HtmlEscape(cause)));
    }
    if let Some(failure) = failure {
        let failure = HtmlEscape(failure);
        page.push_str(&format!(
            "<p>The error page failed, too:</p>\n<pre>{failure}</pre>\n"
        ));
    }
    page
}
