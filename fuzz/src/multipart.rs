//! Multipart forms, in pieces of any size.

use std::cell::RefCell;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use plain::http::Body;
use tokio::runtime::{Builder, Runtime};

use crate::request::post;

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().build().unwrap());
}

/// The promise: a form does not hold more than was sent, in whatever pieces it came, and the pieces
/// make no difference.
pub(crate) fn read(bytes: &[u8]) {
    let Some((size, body)) = bytes.split_first() else {
        return;
    };
    let body = Bytes::copy_from_slice(body);
    let whole = parts(&body, body.len().max(1));
    assert_eq!(parts(&body, usize::from(*size).max(1)), whole);
    if let Ok(parts) = whole {
        let held: usize = parts.iter().map(|part| part.1).sum();
        assert!(held <= body.len());
    }
}

/// The names and sizes of the parts, or the status of the refusal.
fn parts(body: &Bytes, size: usize) -> Result<Vec<(String, usize)>, u16> {
    let chunks: Vec<_> = body
        .chunks(size)
        .map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)))
        .collect();
    let form = HeaderValue::from_static("multipart/form-data; boundary=XX");
    let request = post("content-type", form, Body::stream(stream::iter(chunks)));
    RUNTIME.with_borrow(|runtime| {
        let data = runtime.block_on(request.form_data());
        let data = data.map_err(|error| error.status().as_u16())?;
        let fields = data
            .fields()
            .map(|(name, value)| (name.to_owned(), value.len()));
        let files = data
            .files()
            .iter()
            .map(|file| (file.field().to_owned(), file.size() as usize));
        Ok(fields.chain(files).collect())
    })
}
