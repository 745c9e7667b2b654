//! Multipart forms (RFC 7578), by the crate `multer`: text fields into memory, files into spools.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::header;
use multer::{Field, Multipart};

use super::body_error::BodyError;
use super::content::Reading;
use super::form::FormData;
use super::memory::Share;
use super::request::Request;
use super::settings::HttpSettings;
use super::upload::{Spool, UploadedFile};

/// How many bytes the parser is given at a time. What it holds is of this order, and no more.
const CHUNK: usize = 64 * 1024;

/// How many bytes may pass without a part's head coming to its end. The parser searches all of
/// them again for each chunk, so this bounds the work that a hostile client can cause.
const MAX_HEAD: usize = 2 * CHUNK;

/// Reads the multipart form of `request`.
pub(super) async fn read(request: &Request) -> Result<FormData, BodyError> {
    let limits = request.limits();
    let content_type = request.header(header::CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        BodyError::Malformed("the multipart form is not valid: its type has no boundary".to_owned())
    })?;
    // A middleware may have asked for the raw bytes; then they are here, and the stream is empty.
    if let Some(bytes) = request.content().remembered() {
        let whole = futures_util::stream::iter([bytes]);
        let parts = Multipart::new(whole, boundary);
        return Collector::new(request)
            .collect(parts, &AtomicUsize::new(0))
            .await;
    }
    let head = Arc::new(AtomicUsize::new(0));
    let paced = Paced {
        reading: request.content().read(limits)?,
        gathered: BytesMut::new(),
        rest: false,
        head: head.clone(),
    };
    let parts = Multipart::new(paced, boundary);
    Collector::new(request).collect(parts, &head).await
}

/// What was read of a form so far.
struct Collector<'a> {
    request: &'a Request,
    limits: &'a HttpSettings,
    share: Share,
    fields: Vec<(String, String)>,
    fields_size: u64,
    files: Vec<UploadedFile>,
}

impl<'a> Collector<'a> {
    fn new(request: &'a Request) -> Self {
        Self {
            request,
            limits: request.limits(),
            share: Share::of(request),
            fields: Vec::new(),
            fields_size: 0,
            files: Vec::new(),
        }
    }

    async fn collect(
        mut self,
        mut parts: Multipart<'_>,
        head: &AtomicUsize,
    ) -> Result<FormData, BodyError> {
        loop {
            head.store(0, Ordering::Relaxed);
            let Some(part) = parts.next_field().await.map_err(malformed)? else {
                self.request.content().keep(self.share);
                return Ok(FormData::new(self.fields, self.files));
            };
            let Some(name) = part.name().map(unescape) else {
                return Err(BodyError::Malformed(
                    "the multipart form is not valid: a part has no name in UTF-8".to_owned(),
                ));
            };
            match part.file_name().map(unescape) {
                Some(file_name) => self.file(name, &file_name, part, head).await?,
                None => self.field(name, part, head).await?,
            }
        }
    }

    async fn field(
        &mut self,
        name: String,
        mut part: Field<'_>,
        head: &AtomicUsize,
    ) -> Result<(), BodyError> {
        if self.fields.len() >= self.limits.request_max_fields {
            return Err(BodyError::TooMany {
                what: "the form",
                counted: "fields",
                limit: self.limits.request_max_fields as u64,
                setting: "REQUEST_MAX_FIELDS",
            });
        }
        let mut value = Vec::new();
        self.fields_size += name.len() as u64;
        while let Some(chunk) = next_chunk(&mut part, head).await? {
            self.fields_size += chunk.len() as u64;
            if self.fields_size > self.limits.request_max_fields_size {
                return Err(BodyError::TooMany {
                    what: "the form",
                    counted: "bytes in its text fields",
                    limit: self.limits.request_max_fields_size,
                    setting: "REQUEST_MAX_FIELDS_SIZE",
                });
            }
            self.share.take(chunk.len())?;
            value.extend_from_slice(&chunk);
        }
        let value = String::from_utf8(value).map_err(|_| {
            BodyError::Malformed(format!("the form is not valid: `{name}` is not UTF-8"))
        })?;
        self.fields.push((name, value));
        Ok(())
    }

    async fn file(
        &mut self,
        name: String,
        file_name: &str,
        mut part: Field<'_>,
        head: &AtomicUsize,
    ) -> Result<(), BodyError> {
        if self.files.len() >= self.limits.request_max_files {
            return Err(BodyError::TooMany {
                what: "the form",
                counted: "files",
                limit: self.limits.request_max_files as u64,
                setting: "REQUEST_MAX_FILES",
            });
        }
        let content_type = part
            .content_type()
            .map_or("application/octet-stream", |found| found.as_ref())
            .to_owned();
        let mut spool = Spool::new(self.limits.request_memory_file_size);
        let mut empty = true;
        while let Some(chunk) = next_chunk(&mut part, head).await? {
            empty = false;
            let before = spool.in_memory();
            spool.write(&chunk).await.map_err(storage)?;
            match spool.in_memory() {
                kept if kept >= before => self.share.take(kept - before)?,
                kept => self.share.give_back((before - kept) as u64),
            }
        }
        // A file input in which nothing was chosen is sent as an empty file without a name.
        if file_name.is_empty() && empty {
            return Ok(());
        }
        let file = spool.finish(name, file_name, content_type).await;
        self.files.push(file.map_err(storage)?);
        Ok(())
    }
}

async fn next_chunk(part: &mut Field<'_>, head: &AtomicUsize) -> Result<Option<Bytes>, BodyError> {
    head.store(0, Ordering::Relaxed);
    loop {
        match part.chunk().await.map_err(malformed)? {
            Some(chunk) if chunk.is_empty() => {}
            chunk => return Ok(chunk),
        }
    }
}

/// Browsers escape just these in names (HTML standard, multipart/form-data encoding algorithm).
fn unescape(name: &str) -> String {
    name.replace("%22", "\"")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
}

fn malformed(error: multer::Error) -> BodyError {
    if let multer::Error::StreamReadFailed(cause) = error {
        return match cause.downcast::<BodyError>() {
            Ok(ours) => *ours,
            Err(cause) => BodyError::BrokenOff(Arc::new(cause)),
        };
    }
    BodyError::Malformed(format!("the multipart form is not valid: {error}"))
}

fn storage(cause: std::io::Error) -> BodyError {
    BodyError::Storage {
        folder: std::env::temp_dir().display().to_string(),
        cause: Arc::new(cause),
    }
}

/// Gives the parser the body in chunks of a useful size, one at a time.
///
/// The parser takes all that is ready before it looks at it, and looks at all of it again for each
/// chunk. So small chunks are gathered, and after each the stream says "not now", once.
struct Paced<'a> {
    reading: Reading<'a>,
    gathered: BytesMut,
    rest: bool,
    head: Arc<AtomicUsize>,
}

impl Paced<'_> {
    fn hand_over(&mut self, chunk: Bytes) -> Poll<Option<Result<Bytes, BodyError>>> {
        let without_head = self.head.fetch_add(chunk.len(), Ordering::Relaxed);
        if without_head > MAX_HEAD {
            return Poll::Ready(Some(Err(BodyError::Malformed(format!(
                "the multipart form is not valid: the head of a part is larger than {MAX_HEAD} bytes"
            )))));
        }
        self.rest = true;
        Poll::Ready(Some(Ok(chunk)))
    }
}

impl Stream for Paced<'_> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let next = Pin::new(&mut self.reading).poll_next(cx);
            match next {
                Poll::Ready(Some(Ok(chunk))) => {
                    if self.gathered.is_empty() && chunk.len() >= CHUNK {
                        return self.hand_over(chunk);
                    }
                    self.gathered.extend_from_slice(&chunk);
                    if self.gathered.len() < CHUNK {
                        continue;
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) if self.gathered.is_empty() => return Poll::Ready(None),
                Poll::Pending if self.gathered.is_empty() => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => {}
            }
            let chunk = self.gathered.split().freeze();
            return self.hand_over(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::super::testing::{post_chunks, request};
    use super::super::{Body, Error};
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    /// The form of the standard's example, more or less.
    const FORM: &[u8] = b"--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n\
        Sch\xc3\xb6n\r\n--XX\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\na\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\nb\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"../c%22at.jpg\"\r\n\
        Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n\xff\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\r\n--XX--\r\n";

    #[derive(Debug, PartialEq, Deserialize)]
    struct Upload {
        title: String,
        tag: Vec<String>,
    }

    fn post(body: impl Into<Body>) -> Request {
        request("POST", "/", [("content-type", TYPE)], body)
    }

    fn told(error: &Error) -> String {
        let message = error.public_message().unwrap_or("(nothing)");
        format!("{}: {message}", error.status().as_u16())
    }

    async fn assert_form(request: Request) {
        let expected = Upload {
            title: "Schön".into(),
            tag: vec!["a".into(), "b".into()],
        };
        assert_eq!(request.form::<Upload>().await.unwrap(), expected);
        let form = request.multipart().await.unwrap();
        assert_eq!(form.values("tag").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.files().len(), 1);
        let photo = form.file("photo").unwrap();
        assert_eq!(photo.name(), "c\"at.jpg");
        assert_eq!(photo.content_type(), "image/jpeg");
        assert_eq!(photo.size(), 5);
        assert_eq!(photo.bytes().await.unwrap(), b"\xff\xd8\r\n\xff"[..]);
    }

    #[tokio::test]
    async fn fields_and_files_are_read_and_an_empty_file_input_is_none() {
        assert_form(post(FORM.to_vec())).await;
    }

    #[tokio::test]
    async fn it_does_not_matter_how_the_body_is_cut() {
        for size in [1, 2, 3, 7, 64] {
            let chunks: Vec<&'static [u8]> = FORM.chunks(size).collect();
            assert_form(post_chunks(TYPE, &chunks)).await;
        }
    }

    #[tokio::test]
    async fn a_form_can_be_read_after_the_raw_bytes() {
        let request = post(FORM.to_vec());
        assert_eq!(request.bytes().await.unwrap(), FORM);
        assert_form(request).await;
    }

    #[tokio::test]
    async fn the_raw_bytes_can_not_be_read_after_the_form() {
        let request = post(FORM.to_vec());
        request.form_data().await.unwrap();
        assert_eq!(request.bytes().await.unwrap_err().status(), 500);
    }

    #[tokio::test]
    async fn a_large_file_passes_through_a_temporary_file() {
        let mut body =
            b"--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n".to_vec();
        let content: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        body.extend_from_slice(&content);
        body.extend_from_slice(b"\r\n--XX--\r\n");
        let request = post(body);
        let form = request.multipart().await.unwrap();
        assert_eq!(form.files()[0].bytes().await.unwrap(), content);
    }

    #[tokio::test]
    async fn what_is_malformed_is_refused_with_the_reason() {
        let error = |body: &'static [u8]| async {
            told(&post(body.to_vec()).form_data().await.unwrap_err())
        };
        insta::assert_snapshot!(error(b"no boundary").await, @"400: the multipart form is not valid: incomplete multipart stream");
        insta::assert_snapshot!(error(b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1").await, @r#"400: the multipart form is not valid: field "a" received with incomplete data"#);
        insta::assert_snapshot!(error(b"--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--").await, @"400: the multipart form is not valid: a part has no name in UTF-8");
        insta::assert_snapshot!(error(b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--XX--").await, @"400: the form is not valid: `a` is not UTF-8");
        let without = request("POST", "/", [("content-type", "multipart/form-data")], "");
        insta::assert_snapshot!(told(&without.form_data().await.unwrap_err()), @"400: the multipart form is not valid: its type has no boundary");
    }

    #[tokio::test]
    async fn the_limits_name_their_settings() {
        let many = |disposition: &str, count| {
            let part =
                format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n1\r\n");
            part.repeat(count) + "--XX--"
        };
        let fields = post(many("name=\"a\"", 1001))
            .form_data()
            .await
            .map(drop)
            .unwrap_err();
        insta::assert_snapshot!(told(&fields), @"413: the form has more than 1000 fields, the limit that REQUEST_MAX_FIELDS sets");
        let files = many("name=\"a\"; filename=\"b\"", 101);
        let files = post(files).form_data().await.map(drop).unwrap_err();
        insta::assert_snapshot!(told(&files), @"413: the form has more than 100 files, the limit that REQUEST_MAX_FILES sets");
        let large =
            many("name=\"a\"", 1).replace("1\r\n", &(("x".repeat(2 * 1024 * 1024 + 1)) + "\r\n"));
        let large = post(large).form_data().await.map(drop).unwrap_err();
        insta::assert_snapshot!(told(&large), @"413: the form has more than 2097152 bytes in its text fields, the limit that REQUEST_MAX_FIELDS_SIZE sets");
        let request = post(FORM.to_vec());
        request.set_body_limit(100);
        let whole = request.form_data().await.map(drop).unwrap_err();
        insta::assert_snapshot!(told(&whole), @"413: the body of the request is larger than 100 bytes, the limit that this page sets");
        let head = vec![b'x'; 1_000_000];
        let chunks: Vec<Result<Bytes, std::io::Error>> = head
            .chunks(50_000)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let head = post(Body::stream(futures_util::stream::iter(chunks)));
        insta::assert_snapshot!(told(&head.form_data().await.map(drop).unwrap_err()), @"400: the multipart form is not valid: the head of a part is larger than 131072 bytes");
    }

    #[tokio::test]
    async fn what_a_refused_form_leaves_unread_stays_for_the_server() {
        let request = post_chunks(TYPE, &[FORM, b"more"]);
        request.set_body_limit(FORM.len() as u64);
        assert_eq!(
            request.form_data().await.map(drop).unwrap_err().status(),
            413
        );
        assert!(request.take_body().is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_make_a_multipart_form_panic(
            head in "[ -~\r\n]{0,40}",
            body in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 1_usize..50,
        ) {
            let mut form = b"--XX\r\nContent-Disposition: form-data; name=".to_vec();
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(b"\r\n\r\n");
            form.extend_from_slice(&body);
            form.extend_from_slice(b"\r\n--XX--");
            let chunks: Vec<Result<Bytes, std::io::Error>> =
                form.chunks(cut).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            let request = post(Body::stream(futures_util::stream::iter(chunks)));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(request.form_data()).map(drop);
        }
    }
}
