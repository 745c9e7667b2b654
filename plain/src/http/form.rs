//! Queries and forms: pairs of names and values, read into the caller's own types.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::body_error::BodyError;
use super::error::{Error, Result};
use super::request::Request;
use super::upload::UploadedFile;

const URLENCODED: &str = "application/x-www-form-urlencoded";
pub(super) const MULTIPART: &str = "multipart/form-data";
const EITHER: &str = "application/x-www-form-urlencoded or multipart/form-data";

/// A value of a form, a query or JSON that does not fit its field: the cause of the 400 that
/// [`Request::form`], [`Request::query`] and [`Request::json`] answer with.
///
/// [`Error::find`] gets at it, to show the message beside the field. A client that prefers JSON is
/// told of it as `fields`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", field.as_ref().map_or_else(|| message.clone(), |field| format!("`{field}`: {message}")))]
#[non_exhaustive]
pub struct InvalidField {
    /// The name of the field, where one is to blame.
    pub field: Option<String>,
    /// What is wrong with its value.
    pub message: String,
}

/// The fields and files of a form, as the client sent them.
///
/// ```
/// # use plain::http::{Request, Response, Result};
/// async fn titles(request: &Request) -> Result<Response> {
///     let form = request.form_data().await?;
///     let album = form.field("album").unwrap_or("unnamed");
///     let names: Vec<&str> = form.files().iter().map(|file| file.name()).collect();
///     Ok(Response::text(format!("{album}: {}", names.join(", "))))
/// }
/// ```
#[derive(Debug)]
pub struct FormData {
    /// The fields, encoded as in a URL.
    encoded: Bytes,
    fields: Vec<(String, String)>,
    files: Vec<UploadedFile>,
}

impl FormData {
    /// Reads a form from `encoded`, as browsers encode forms without files.
    fn urlencoded(encoded: Bytes, max_fields: usize) -> Result<Self, BodyError> {
        check("the form", &encoded, max_fields)?;
        Ok(Self {
            fields: pairs(&encoded),
            encoded,
            files: Vec::new(),
        })
    }

    /// A form of these `fields` and `files`.
    pub(super) fn new(fields: Vec<(String, String)>, files: Vec<UploadedFile>) -> Self {
        let mut encoded = String::new();
        for (name, value) in &fields {
            if !encoded.is_empty() {
                encoded.push('&');
            }
            encoded.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
            encoded.push('=');
            encoded.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        Self {
            encoded: encoded.into(),
            fields,
            files,
        }
    }

    /// Names and values of the fields, in the order of the form. A name may come more than once.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of the field `name`; the last one if there are several.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.values(name).last()
    }

    /// All values of the field `name`, as of checkboxes or a `<select multiple>`.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The uploaded files, in the order of the form.
    pub fn files(&self) -> &[UploadedFile] {
        &self.files
    }

    /// The file that was uploaded in the field `name`; the first if there are several.
    pub fn file(&self, name: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.field() == name)
    }

    /// The fields as a `T`. A name that comes more than once fills a `Vec`.
    ///
    /// # Errors
    ///
    /// 400 naming the field whose value does not fit, with an [`InvalidField`] as its cause.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        parse("the form", &self.encoded)
    }
}

impl Request {
    /// The query of the URL as a `T`; a struct, mostly.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// #[derive(serde::Deserialize)]
    /// struct Search {
    ///     q: String,
    ///     #[serde(default)]
    ///     tag: Vec<String>,
    ///     page: Option<u32>,
    /// }
    ///
    /// async fn get(request: &Request) -> Result<Response> {
    ///     let search: Search = request.query()?;
    ///     Ok(Response::text(search.q))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 400 naming the field if a value does not fit or is missing, and for what is not
    /// percent-encoded UTF-8; 413 for more than `REQUEST_MAX_FIELDS` pairs.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T> {
        let query = self.query_string().as_bytes();
        check("the query", query, self.limits().request_max_fields)
            .map_err(|error| error.answer())?;
        parse("the query", query)
    }

    /// All values of `name` in the query of the URL, decoded. What is not UTF-8 is replaced.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        let all = pairs(self.query_string().as_bytes());
        let named = all.into_iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value).collect()
    }

    /// The form in the body as a `T`, whether it came URL-encoded or as multipart.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// #[derive(serde::Deserialize)]
    /// struct AddItem { item: u32, quantity: u32 }
    ///
    /// async fn post(request: &Request) -> Result<Response> {
    ///     let form: AddItem = request.form().await?;
    ///     Ok(Response::redirect(format!("/cart?added={}", form.item)))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 400 naming the field, 413 naming the limit, 415 if the body is no form.
    pub async fn form<T: DeserializeOwned>(&self) -> Result<T> {
        self.form_data().await?.parse()
    }

    /// The form in the body with its fields and files as they were sent. It is read once and
    /// remembered. A request without a body is an empty form.
    ///
    /// # Errors
    ///
    /// 400 if it is malformed, 413 naming the limit, 415 if the body is no form.
    pub async fn form_data(&self) -> Result<&FormData> {
        let form = self.content().form.get_or_init(|| self.read_form()).await;
        form.as_ref().map_err(BodyError::answer)
    }

    /// The same as [`form_data`](Self::form_data), for a view that wants multipart only.
    ///
    /// ```
    /// # use plain::http::{Error, Request, Response, Result};
    /// async fn post(request: &Request) -> Result<Response> {
    ///     let form = request.multipart().await?;
    ///     let Some(photo) = form.file("photo") else {
    ///         return Err(Error::bad_request("choose a photo"));
    ///     };
    ///     photo.save_to(format!("uploads/{}.jpg", request.param::<u32>("id")?)).await?;
    ///     Ok(Response::redirect("/"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`form_data`](Self::form_data), and 415 for a form that is not multipart.
    pub async fn multipart(&self) -> Result<&FormData> {
        self.require_type(MULTIPART, |found| found == MULTIPART)
            .map_err(|error| error.answer())?;
        self.form_data().await
    }

    async fn read_form(&self) -> Result<FormData, BodyError> {
        let content = self.content();
        let limits = self.limits();
        let found = self.require_type(EITHER, |found| found == URLENCODED || found == MULTIPART);
        match found.as_deref() {
            Ok(MULTIPART) => super::multipart::read(self).await,
            Ok(_) => {
                let encoded = content.bytes(self).await?;
                FormData::urlencoded(encoded.clone(), limits.request_max_fields)
            }
            Err(BodyError::WrongType { found: None, .. })
                if content.bytes(self).await?.is_empty() =>
            {
                Ok(FormData::new(Vec::new(), Vec::new()))
            }
            Err(error) => Err(error.clone()),
        }
    }
}

/// Refuses what a lenient decoder would silently change: broken escapes and text that isn't UTF-8.
fn check(what: &'static str, encoded: &[u8], max_fields: usize) -> Result<(), BodyError> {
    let pieces = || {
        encoded
            .split(|byte| *byte == b'&')
            .filter(|piece| !piece.is_empty())
    };
    if pieces().count() > max_fields {
        return Err(BodyError::TooMany {
            what,
            counted: "fields",
            limit: max_fields as u64,
            setting: "REQUEST_MAX_FIELDS",
        });
    }
    for piece in pieces() {
        let escapes_whole = piece.iter().enumerate().all(|(at, byte)| {
            let digits = piece.get(at + 1..at + 3);
            *byte != b'%' || digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
        });
        // Name and value are told apart by an ASCII character, so both are UTF-8 if the whole is
        // and neither escapes half a character.
        let mut name_and_value = piece.splitn(2, |byte| *byte == b'=');
        let utf8 = name_and_value.all(|part| percent_decode(part).decode_utf8().is_ok());
        if !escapes_whole || !utf8 {
            let shown = String::from_utf8_lossy(&piece[..piece.len().min(40)]);
            let reason = if escapes_whole {
                "is not UTF-8"
            } else {
                "has a % that is not followed by two hexadecimal digits"
            };
            return Err(BodyError::Malformed(format!(
                "{what} is not valid: `{shown}` {reason}"
            )));
        }
    }
    Ok(())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    serde_html_form::from_bytes(encoded).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(what: &'static str, encoded: &[u8]) -> Result<T> {
    let values = serde_html_form::Deserializer::from_bytes(encoded);
    serde_path_to_error::deserialize(values).map_err(|error| {
        let invalid = invalid_field(&error);
        Error::bad_request(format!("{what} is not valid: {invalid}")).with_cause(invalid)
    })
}

fn invalid_field(error: &serde_path_to_error::Error<serde_html_form::de::Error>) -> InvalidField {
    let message = match error.inner().to_string() {
        several if several == "unsupported value" => "it comes more than once".to_owned(),
        message => message,
    };
    let path = error.path().to_string();
    if path != "." {
        return InvalidField {
            field: Some(path),
            message,
        };
    }
    // serde tells of a missing field in words only; the path ends at the struct.
    let missing = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'));
    match missing {
        Some(field) => InvalidField {
            field: Some(field.to_owned()),
            message: "it is missing".to_owned(),
        },
        None => InvalidField {
            field: None,
            message,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::super::testing::{get, post_chunks, request};
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct AddItem {
        item: u32,
        #[serde(default)]
        tag: Vec<String>,
        note: Option<String>,
        #[serde(default)]
        gift: bool,
    }

    fn told(error: &Error) -> String {
        let message = error.public_message().unwrap_or("(nothing)");
        format!("{}: {message}", error.status().as_u16())
    }

    fn query_error(query: &str) -> String {
        let error = get(&format!("/?{query}"), []).query::<AddItem>();
        told(&error.unwrap_err())
    }

    #[test]
    fn a_query_fills_a_struct() {
        let request = get("/?item=7&tag=a&tag=b+c&note=%C3%A4&gift=on&other=1", []);
        let expected = AddItem {
            item: 7,
            tag: vec!["a".into(), "b c".into()],
            note: Some("ä".into()),
            gift: true,
        };
        assert_eq!(request.query::<AddItem>().unwrap(), expected);
        assert_eq!(request.query_values("tag"), ["a", "b c"]);
    }

    #[test]
    fn a_query_that_does_not_fit_is_refused_by_field() {
        insta::assert_snapshot!(query_error("item=x"), @"400: the query is not valid: `item`: invalid digit found in string");
        insta::assert_snapshot!(query_error("tag=x"), @"400: the query is not valid: `item`: it is missing");
        insta::assert_snapshot!(query_error("item=1&item=2"), @"400: the query is not valid: `item`: it comes more than once");
        insta::assert_snapshot!(query_error("item=1&gift=maybe"), @r#"400: the query is not valid: `gift`: invalid value: string "maybe", expected "true", "on" or "false""#);
        insta::assert_snapshot!(query_error("item=1&note=%ff"), @"400: the query is not valid: `note=%ff` is not UTF-8");
        insta::assert_snapshot!(query_error("item=1&note=100%"), @"400: the query is not valid: `note=100%` has a % that is not followed by two hexadecimal digits");
        let many = "a=&".repeat(1001);
        insta::assert_snapshot!(query_error(&many), @"413: the query has more than 1000 fields, the limit that REQUEST_MAX_FIELDS sets");
    }

    #[test]
    fn a_broken_field_is_found_in_the_error() {
        let error = get("/?item=x", []).query::<AddItem>().unwrap_err();
        let invalid = error.find::<InvalidField>().unwrap();
        assert_eq!(invalid.field.as_deref(), Some("item"));
        assert_eq!(invalid.message, "invalid digit found in string");
        let error = get("/", []).query::<AddItem>().unwrap_err();
        let invalid = error.find::<InvalidField>().unwrap();
        assert_eq!(invalid.field.as_deref(), Some("item"));
        assert_eq!(invalid.message, "it is missing");
    }

    #[tokio::test]
    async fn a_form_is_read_once_and_remembered() {
        let request = post_chunks(URLENCODED, &[b"item=7&ta", b"g=a"]);
        assert_eq!(request.form::<AddItem>().await.unwrap().item, 7);
        assert_eq!(request.form::<AddItem>().await.unwrap().tag, ["a"]);
        let data = request.form_data().await.unwrap();
        assert_eq!(data.field("item"), Some("7"));
        assert_eq!(request.text().await.unwrap(), "item=7&tag=a");
    }

    #[tokio::test]
    async fn a_request_without_a_body_is_an_empty_form() {
        let error = request("POST", "/", [], "")
            .form::<AddItem>()
            .await
            .unwrap_err();
        assert_eq!(
            told(&error),
            "400: the form is not valid: `item`: it is missing"
        );
    }

    #[tokio::test]
    async fn a_body_that_is_no_form_is_refused() {
        let json = [("content-type", "application/json")];
        let error = request("POST", "/", json, "{}")
            .form::<AddItem>()
            .await
            .unwrap_err();
        assert_eq!(
            told(&error),
            "415: this page reads a body of type application/x-www-form-urlencoded or \
             multipart/form-data, not application/json: change the header Content-Type and the \
             body to match"
        );
        assert_eq!(
            error.headers()["accept"],
            "application/x-www-form-urlencoded, multipart/form-data"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_form_panic(bytes: Vec<u8>) {
            if let Ok(form) = FormData::urlencoded(bytes.into(), 1000) {
                let _ = form.parse::<AddItem>();
                let _ = form.parse::<std::collections::HashMap<String, String>>();
            }
        }

        #[test]
        fn no_query_makes_the_request_panic(query in "[ -~&&[^ \"#<>]]{0,60}") {
            let Ok(uri) = format!("/?{query}").parse::<http::Uri>() else {
                return Ok(());
            };
            let request = get(&uri.to_string(), []);
            let _ = request.query::<AddItem>();
            let _ = request.query_values("item");
        }

        #[test]
        fn what_is_encoded_is_read_back(fields: Vec<(String, String)>) {
            let form = FormData::new(fields.clone(), Vec::new());
            let read = FormData::urlencoded(form.encoded.clone(), usize::MAX).unwrap();
            // A pair without a name or a value is encoded as `=`, and read as such.
            prop_assert_eq!(read.fields, fields);
        }
    }
}
