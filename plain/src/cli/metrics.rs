//! Serving the metrics, beside what a command does.

use tokio::task::JoinHandle;

use crate::app::App;
use crate::http::{
    Body, Connection, Error, HeaderValue, Method, Response, Result, StatusCode, header,
};
use crate::metrics::{self, MetricsSettings};
use crate::server::{Server, ServerError, ServerSettings, Shutdown};

/// Serves `/metrics` for as long as it lives, on a thread of its own: a server that is held up by
/// its visitors still tells by how much.
pub(super) struct MetricsServer {
    shutdown: Shutdown,
    _task: JoinHandle<()>,
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.shutdown.end();
    }
}

/// Listens where `METRICS_BIND` says; `None` if it says nothing.
pub(super) fn serve(app: &App) -> Result<Option<MetricsServer>> {
    let Some(address) = app.settings().get::<MetricsSettings>()?.address() else {
        return Ok(None);
    };
    let settings = ServerSettings {
        server_bind: address,
        server_threads: 1,
        access_log: false,
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).map_err(explain)?;
    let shutdown = server.shutdown();
    tracing::info!(target: "plain::metrics", "metrics at {}/metrics", server.url());
    let task = tokio::spawn(async move {
        if let Err(error) = server.run(answer).await {
            tracing::error!(target: "plain::metrics", %error, "the metrics are no longer served");
        }
    });
    Ok(Some(MetricsServer {
        shutdown,
        _task: task,
    }))
}

/// The same error with the setting that is at fault here.
fn explain(error: ServerError) -> Error {
    Error::internal(match error {
        ServerError::InUse { bind, .. } => {
            format!("METRICS_BIND: {bind} is in use: choose a port that nothing else listens on")
        }
        error => format!("METRICS_BIND: {error}"),
    })
}

async fn answer(request: http::Request<Body>, _: Connection) -> Response {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    if !is_read || request.uri().path() != "/metrics" {
        let answer = Response::text("The metrics are at /metrics.\n");
        return answer.with_status(StatusCode::NOT_FOUND);
    }
    let content_type = HeaderValue::from_static(metrics::CONTENT_TYPE);
    Response::text(metrics::render()).with_header(header::CONTENT_TYPE, content_type)
}
