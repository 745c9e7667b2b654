//! Forms in the body of a request, and queries.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderValue;
use plain::http::Body;
use serde::Deserialize;

use crate::request::post;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "reading is what is tried")]
struct Order {
    id: u32,
    name: String,
    price: Option<f64>,
    gift: Option<bool>,
    #[serde(default)]
    tags: Vec<String>,
}

/// The promise: what a form was read as, is read again from what it is written as.
pub(crate) fn read(bytes: &[u8]) {
    let fields = fields(bytes);
    let written = serde_html_form::to_string(&fields).unwrap();
    assert_eq!(self::fields(written.as_bytes()), fields);
}

fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let body = Body::from(Bytes::copy_from_slice(bytes));
    let request = post("content-type", form, body);
    let data = request.form_data().now_or_never();
    // A body that is there is read at once.
    let Ok(data) = data.unwrap() else {
        return Vec::new();
    };
    let _ = data.parse::<Order>();
    let _ = data.parse::<HashMap<String, String>>();
    let _ = data.parse::<Vec<(String, String)>>();
    let fields = data.fields();
    fields
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
