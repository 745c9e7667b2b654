//! What is served while there is no application: how it stands with the build.

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{StatusCode, header};
use minijinja::HtmlEscape;
use tokio::task::JoinHandle;

use crate::cli::dev_live::{Live, Pages, Problem, Status};
use crate::http::{Body, Connection, Response};
use crate::server::{Listener, Server, ServerError, ServerSettings, Shutdown};

/// A server that says how it stands.
pub(super) struct Waiting {
    pages: Pages,
    shutdown: Shutdown,
    serving: JoinHandle<()>,
}

impl Waiting {
    /// Answers on `listener`.
    pub(super) fn start(
        listener: &Listener,
        settings: &ServerSettings,
        status: Status,
    ) -> Result<Self, ServerError> {
        let handle = listener.handle().and_then(Listener::handed_down);
        let server = Server::on(handle.map_err(ServerError::Threads)?, settings)?;
        let shutdown = server.shutdown();
        let pages = Pages::new();
        pages.tell(status);
        let shown = pages.clone();
        let answer = move |_: http::Request<Body>, _: Connection| {
            let response = page(&shown.status());
            async { response }
        };
        let live = Live::new(answer, pages.clone(), &[]);
        let serving = tokio::spawn(async move {
            // That it can't be served is said by the browser.
            let _ = server.run(live).await;
        });
        Ok(Self {
            pages,
            shutdown,
            serving,
        })
    }

    /// Says how it stands from now on.
    pub(super) fn tell(&self, status: Status) {
        self.pages.tell(status);
    }

    /// Makes way for the application.
    pub(super) async fn stop(self) {
        self.pages.end();
        self.shutdown.finish();
        let _ = self.serving.await;
    }
}

fn page(status: &Status) -> Response {
    let (title, problems): (&str, &[Problem]) = match status {
        Status::Failed { title, problems } => (title.as_str(), problems.as_slice()),
        Status::Building | Status::Fine => ("The application is being built", &[]),
    };
    let mut body = String::new();
    for problem in problems {
        if let Some(place) = &problem.place {
            body += &format!("<h2>{}</h2>\n", HtmlEscape(place));
        }
        body += &format!("<pre>{}</pre>\n", HtmlEscape(&problem.text));
    }
    if problems.is_empty() {
        body += "<p>The terminal shows how far it is. This page loads again when it is done.</p>\n";
    }
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;\
         max-width:60rem;margin:3rem auto;padding:0 1.5rem}}h2{{font-size:1rem}}\
         pre{{white-space:pre-wrap}}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n\
         </html>\n",
        title = HtmlEscape(title),
    );
    Response::html(page)
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
}
