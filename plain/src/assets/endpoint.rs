//! What answers for assets over HTTP.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::header::{self, HeaderValue};
use http::{Method, StatusCode};

use super::fingerprint::take_out;
use super::{Asset, Assets};
use crate::http::{Error, Request, Response, Result};
use crate::urls::{self, Endpoint, Urls};

/// A year, which RFC 9111 section 5.2.2.1 and browsers take for "ever"; the name changes before the
/// content does (RFC 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// To be kept, and asked about before each use.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");
const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The one URL under which all assets are.
pub(crate) fn urls() -> Urls {
    let endpoint: Arc<dyn Endpoint> = Arc::new(AssetEndpoint);
    urls::urls([urls::path("assets/<path:name>", endpoint)])
}

struct AssetEndpoint;

impl Endpoint for AssetEndpoint {
    fn call<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(std::future::ready(answer(request)))
    }

    fn methods(&self) -> Vec<&'static str> {
        vec!["GET", "HEAD", "OPTIONS"]
    }

    fn type_name(&self) -> &'static str {
        "plain::assets"
    }
}

fn answer(request: &Request) -> Result<Response> {
    match *request.method() {
        Method::GET | Method::HEAD => serve(request),
        Method::OPTIONS => Ok(Response::no_content().with_header(header::ALLOW, ALLOW)),
        _ => Err(Error::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "an asset can only be fetched",
        )
        .with_header(header::ALLOW, ALLOW)),
    }
}

fn serve(request: &Request) -> Result<Response> {
    let assets: &Assets = request.services().require()?;
    let name: String = request.param("name")?;
    let Some((asset, caching)) = find(assets, &name)? else {
        return Err(Error::not_found("nothing has this address"));
    };
    let tag = HeaderValue::try_from(asset.fingerprint.tag()).expect("hexadecimal digits are ASCII");
    let response = Response::bytes(asset.content_type.clone(), asset.contents.clone())
        .with_header(header::CACHE_CONTROL, caching)
        .with_header(header::ETAG, tag);
    Ok(response.conditional(request))
}

/// The asset at `name`, with or without a fingerprint, and how long it may be kept.
///
/// A fingerprint of another version leads to the current one, to be asked about: while a new
/// version is being rolled out, its files are asked for by pages of the old one.
fn find<'a>(assets: &'a Assets, name: &str) -> Result<Option<(Cow<'a, Asset>, HeaderValue)>> {
    if let Some((plain, short)) = take_out(name)
        && let Some(asset) = assets.find(&plain)?
    {
        let caching = match asset.fingerprint.is(short) {
            true => FOR_EVER,
            false => ASK_FIRST,
        };
        return Ok(Some((asset, caching)));
    }
    Ok(assets.find(name)?.map(|asset| (asset, ASK_FIRST)))
}
