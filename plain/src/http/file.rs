//! Responses that are files: streamed from disk, in parts and under conditions.

use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{self, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::body::Body;
use super::conditional::{Verdict, Version};
use super::error::{Error, Result};
use super::range::Part;
use super::request::Request;
use super::response::Response;

/// How many bytes are read from disk at a time.
const CHUNK: usize = 64 * 1024;

impl Response {
    /// The file at `path`, as `request` asks for it: conditions, a range, `HEAD`.
    ///
    /// It is streamed and never in memory whole. The content type follows from the name's ending;
    /// `ETag` and `Last-Modified` from the time of its last change. `path` must not come from the
    /// client; for that there is [`file_in`](Self::file_in).
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// async fn get(request: &Request) -> Result<Response> {
    ///     let id: u32 = request.param("id")?;
    ///     let response = Response::file(format!("invoices/{id}.pdf"), request).await?;
    ///     Ok(response.download_as(&format!("Invoice {id}.pdf")))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 if there is no file at `path`, 500 if it can't be read.
    pub async fn file(path: impl AsRef<Path>, request: &Request) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let content_type = content_type(&path);
        send(open(path).await?, content_type, request).await
    }

    /// The file at `relative`, which the client may have chosen, in the folder `folder`; see
    /// [`file`](Self::file).
    ///
    /// Nothing outside of the folder is ever served: not by `..`, not as an absolute path, and not
    /// through a symbolic link that leads out.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// async fn get(request: &Request) -> Result<Response> {
    ///     let path: String = request.param("path")?; // of "downloads/<path:path>"
    ///     Response::file_in("downloads", &path, request).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 if there is no such file inside of `folder`, 500 if it can't be read.
    pub async fn file_in(
        folder: impl AsRef<Path>,
        relative: &str,
        request: &Request,
    ) -> Result<Self> {
        if !stays_inside(relative) {
            return Err(missing());
        }
        let folder = folder.as_ref().to_owned();
        let path = folder.join(relative);
        let content_type = content_type(&path);
        let path = blocking(move || inside(&folder, &path)).await?;
        send(open(path).await?, content_type, request).await
    }

    /// Makes the browser save the response as a file called `name` rather than show it (RFC 6266).
    #[must_use]
    pub fn download_as(self, name: &str) -> Self {
        self.with_header(header::CONTENT_DISPOSITION, attachment(name))
    }
}

/// An open file and what is known of it.
struct Opened {
    file: std::fs::File,
    size: u64,
    modified: Option<SystemTime>,
}

async fn open(path: PathBuf) -> Result<Opened> {
    blocking(move || {
        // Looked at before it is opened: opening a pipe would wait for its other end.
        regular(&std::fs::metadata(&path)?)?;
        let file = std::fs::File::open(&path)?;
        let metadata = file.metadata()?;
        regular(&metadata)?;
        Ok(Opened {
            file,
            size: metadata.len(),
            modified: metadata.modified().ok(),
        })
    })
    .await
}

fn regular(metadata: &Metadata) -> io::Result<()> {
    match metadata.is_file() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

async fn send(opened: Opened, content_type: HeaderValue, request: &Request) -> Result<Response> {
    let mut response = Response::bytes(content_type, Body::empty());
    if let Some(modified) = opened.modified {
        let headers = response.headers_mut();
        headers.insert(header::LAST_MODIFIED, last_modified(modified));
        headers.insert(header::ETAG, tag(modified, opened.size));
    }
    let version = Version::of(response.headers());
    match version.verdict(request) {
        Verdict::NotModified => return Ok(response.not_modified()),
        Verdict::Failed => return Ok(response.emptied(http::StatusCode::PRECONDITION_FAILED)),
        Verdict::Send => {}
    }
    let (mut response, range) = match version.part(request, opened.size) {
        Part::Unsatisfiable => return Ok(response.unsatisfiable(opened.size)),
        Part::Whole => (response.with_ranges_accepted(), 0..opened.size),
        Part::Slice(range) => (response.partial(&range, opened.size), range),
    };
    let mut file = tokio::fs::File::from_std(opened.file);
    if range.start > 0 {
        file.seek(io::SeekFrom::Start(range.start)).await?;
    }
    let size = range.end - range.start;
    let chunks = ReaderStream::with_capacity(file.take(size), CHUNK);
    response.set_body(Body::sized_stream(size, chunks));
    Ok(response)
}

/// Runs `work` on a thread that may wait for a disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await? {
        Ok(done) => Ok(done),
        Err(error) if is_missing(&error) => Err(missing().with_cause(error)),
        Err(error) => Err(error.into()),
    }
}

/// Whether the error says that there is no such file, or that there can't be one.
fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(
        error.kind(),
        NotFound | NotADirectory | InvalidInput | InvalidFilename
    )
}

fn missing() -> Error {
    Error::not_found("nothing has this address")
}

/// Whether `relative` names nothing but folders and files below where it starts.
fn stays_inside(relative: &str) -> bool {
    let mut components = Path::new(relative).components();
    !relative.is_empty()
        && !relative.contains(['\0', '\\'])
        && components.all(|component| matches!(component, Component::Normal(_)))
}

/// The path without symbolic links, if it lies in `folder`.
fn inside(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    let path = path.canonicalize()?;
    match path.starts_with(folder) {
        true => Ok(path),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The media type by the ending of the name; text is taken to be UTF-8.
pub(crate) fn content_type(path: &Path) -> HeaderValue {
    let guessed = mime_guess::from_path(path).first_or_octet_stream();
    let mut text = guessed.essence_str().to_owned();
    if guessed.type_() == "text" || guessed.suffix().is_some_and(|suffix| suffix == "xml") {
        text.push_str("; charset=utf-8");
    }
    HeaderValue::try_from(text).expect("media types are visible ASCII")
}

fn last_modified(modified: SystemTime) -> HeaderValue {
    // What a date of HTTP can hold ends with the year 9999.
    let last = UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799);
    let text = httpdate::fmt_http_date(modified.clamp(UNIX_EPOCH, last));
    HeaderValue::try_from(text).expect("dates of HTTP are visible ASCII")
}

fn tag(modified: SystemTime, size: u64) -> HeaderValue {
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    HeaderValue::try_from(format!("\"{:x}-{size:x}\"", since.as_nanos()))
        .expect("hexadecimal digits are visible ASCII")
}

/// Everything but the `attr-char` of RFC 8187 section 3.2.1.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `name` for all clients, and again in full for those that know RFC 8187, if it needs that.
fn attachment(name: &str) -> HeaderValue {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let plain: String = name
        .chars()
        // Some clients decode a percent sign in the plain name (RFC 6266 appendix D).
        .map(|c| {
            if matches!(c, ' '..='~') && !matches!(c, '"' | '%') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        text.push_str("; filename*=UTF-8''");
        text.extend(utf8_percent_encode(&name, NOT_ATTR_CHAR));
    }
    HeaderValue::try_from(text).expect("only visible ASCII was kept")
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use http_body_util::BodyExt;

    use super::super::testing::{get, request};
    use super::*;

    async fn content(mut response: Response) -> Vec<u8> {
        let body = response.take_body().into_data_stream();
        body.try_collect::<Vec<_>>().await.unwrap().concat()
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("served")).unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        std::fs::write(folder.path().join("served/a b.txt"), "0123456789").unwrap();
        folder
    }

    #[tokio::test]
    async fn a_file_is_sent_with_its_type_size_and_version() {
        let folder = folder();
        let path = folder.path().join("served/a b.txt");
        let response = Response::file(&path, &get("/", [])).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(response.header("accept-ranges"), Some("bytes"));
        assert_eq!(response.body().len(), Some(10));
        let tag = response.header("etag").unwrap().to_owned();
        let date = response.header("last-modified").unwrap().to_owned();
        assert_eq!(content(response).await, b"0123456789");

        let known = get("/", [("if-none-match", tag.as_str())]);
        let response = Response::file(&path, &known).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.body().len()),
            (304, Some(0))
        );
        let known = get("/", [("if-modified-since", date.as_str())]);
        assert_eq!(Response::file(&path, &known).await.unwrap().status(), 304);
        let other = get("/", [("if-match", "\"x\"")]);
        assert_eq!(Response::file(&path, &other).await.unwrap().status(), 412);
    }

    #[tokio::test]
    async fn a_part_of_a_file_is_read_from_where_it_starts() {
        let folder = folder();
        let path = folder.path().join("served/a b.txt");
        let part = get("/", [("range", "bytes=3-5")]);
        let response = Response::file(&path, &part).await.unwrap();
        assert_eq!(response.status(), 206);
        assert_eq!(response.header("content-range"), Some("bytes 3-5/10"));
        assert_eq!(response.body().len(), Some(3));
        assert_eq!(content(response).await, b"345");
        let beyond = get("/", [("range", "bytes=10-")]);
        assert_eq!(Response::file(&path, &beyond).await.unwrap().status(), 416);
        let head = request("HEAD", "/", [("range", "bytes=3-5")], "");
        let response = Response::file(&path, &head).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.body().len()),
            (200, Some(10))
        );
    }

    #[tokio::test]
    async fn a_file_that_shrinks_while_it_is_sent_breaks_off() {
        let folder = folder();
        let path = folder.path().join("served/a b.txt");
        let mut response = Response::file(&path, &get("/", [])).await.unwrap();
        std::fs::write(&path, "01").unwrap();
        let error = response.take_body().collect().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the body ended 8 bytes before the end that was announced"
        );
    }

    #[tokio::test]
    async fn what_is_no_file_is_missing() {
        let folder = folder();
        for path in [
            "nothing",
            "served",
            "secret/below",
            "a\0b",
            &"x".repeat(5000),
        ] {
            let error = Response::file(folder.path().join(path), &get("/", [])).await;
            assert_eq!(error.unwrap_err().status(), 404, "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_of_the_folder_is_served() {
        let folder = folder();
        let served = folder.path().join("served");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", served.join("link")).unwrap();
            std::os::unix::fs::symlink("a b.txt", served.join("inner")).unwrap();
            let inner = Response::file_in(&served, "inner", &get("/", [])).await;
            assert_eq!(inner.unwrap().status(), 200);
        }
        let absolute = folder.path().join("secret");
        for path in [
            "../secret",
            "x/../../secret",
            absolute.to_str().unwrap(),
            "link",
            "",
            ".",
            "a\0",
            "..\\secret",
            "/",
            "./../secret",
        ] {
            let response = Response::file_in(&served, path, &get("/", [])).await;
            assert_eq!(response.unwrap_err().status(), 404, "{path}");
        }
        let response = Response::file_in(&served, "a b.txt", &get("/", [])).await;
        assert_eq!(content(response.unwrap()).await, b"0123456789");
    }

    #[test]
    fn a_download_is_named_for_old_and_new_clients() {
        for (name, header) in [
            ("a.pdf", "attachment; filename=\"a.pdf\""),
            ("Rechnung 1.pdf", "attachment; filename=\"Rechnung 1.pdf\""),
            (
                "€ \"1\".pdf",
                "attachment; filename=\"_ _1_.pdf\"; filename*=UTF-8''%E2%82%AC%20%221%22.pdf",
            ),
            ("../a\r\nX: y", "attachment; filename=\".._a__X: y\""),
            (
                "100%.txt",
                "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt",
            ),
        ] {
            assert_eq!(attachment(name), header);
        }
    }
}
