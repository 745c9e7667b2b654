//! An application for the tests that press its server hard: pages that take long, are large, or
//! hold their thread.

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use plain::http::{Body, Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::urls::{Urls, path, urls};
use plain::views::View;

fn main() -> ExitCode {
    plain::main([Pressed.boxed()])
}

struct Pressed;

impl Package for Pressed {
    fn name(&self) -> &'static str {
        "pressed"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.urls(pages());
        Ok(())
    }
}

fn pages() -> Urls {
    urls([
        path("", Home),
        path("who", Who),
        path("task/<int:number>", Task),
        path("upload", Upload),
        path("form", Form),
        path("large", Large),
        path("never", Never),
        path("hold/<int:milliseconds>", Hold),
    ])
}

struct Home;

impl View for Home {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text("home"))
    }
}

/// Says what is known of the client.
struct Who;

impl View for Who {
    async fn get(&self, request: &Request) -> Result<Response> {
        let (scheme, address) = (request.scheme().as_str(), request.client_address());
        Ok(Response::text(format!("{scheme} {address:?}")))
    }
}

/// Takes some milliseconds, of which its number decides; the log says when it begins.
struct Task;

impl View for Task {
    async fn get(&self, request: &Request) -> Result<Response> {
        let number: u64 = request.param("number")?;
        tracing::info!("begun {number}");
        tokio::time::sleep(Duration::from_millis(5 + number % 7 * 10)).await;
        Ok(Response::text(number.to_string()))
    }
}

/// Says how large a body is that it keeps in memory meanwhile.
struct Upload;

impl View for Upload {
    async fn post(&self, request: &Request) -> Result<Response> {
        Ok(Response::text(request.bytes().await?.len().to_string()))
    }
}

/// Says how many fields a form has.
struct Form;

impl View for Form {
    async fn post(&self, request: &Request) -> Result<Response> {
        let fields = request.form_data().await?.fields().count();
        Ok(Response::text(fields.to_string()))
    }
}

/// 64 MB, made piece by piece.
struct Large;

impl View for Large {
    async fn get(&self, _: &Request) -> Result<Response> {
        const PIECE: usize = 64 * 1024;
        let pieces = (0..1024).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; PIECE])));
        let pieces = futures_util::stream::iter(pieces);
        Ok(Response::text(Body::sized_stream(
            1024 * PIECE as u64,
            pieces,
        )))
    }
}

struct Never;

impl View for Never {
    async fn get(&self, _: &Request) -> Result<Response> {
        std::future::pending().await
    }
}

/// Holds its thread, as no page should.
struct Hold;

impl View for Hold {
    async fn get(&self, request: &Request) -> Result<Response> {
        std::thread::sleep(Duration::from_millis(request.param("milliseconds")?));
        Ok(Response::text("held"))
    }
}
