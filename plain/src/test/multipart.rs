//! The body of a form with files (RFC 7578).

use std::fmt::Write as _;

/// One field of a form with files.
///
/// ```
/// use plain::test::Part;
///
/// let parts = [Part::text("title", "A cat"), Part::file("photo", "cat.png", "image/png", vec![1, 2])];
/// # let _ = parts;
/// ```
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    file: Option<(String, String)>,
    content: Vec<u8>,
}

impl Part {
    /// A text field.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            file: None,
            content: text.into().into_bytes(),
        }
    }

    /// A file, as a browser sends it for `<input type="file" name="...">`.
    pub fn file(
        name: impl Into<String>,
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            name: name.into(),
            file: Some((file_name.into(), content_type.into())),
            content: content.into(),
        }
    }

    fn head(&self) -> String {
        let mut head = format!(
            "Content-Disposition: form-data; name=\"{}\"",
            escape(&self.name)
        );
        if let Some((file_name, content_type)) = &self.file {
            let file_name = escape(file_name);
            // Writing to a string never fails.
            let _ = write!(
                head,
                "; filename=\"{file_name}\"\r\nContent-Type: {content_type}"
            );
        }
        head
    }
}

/// The header `Content-Type` and the body of a form with `parts`.
pub(super) fn encode(parts: impl IntoIterator<Item = Part>) -> (String, Vec<u8>) {
    let boundary = format!("----plain{}", crate::random::token());
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{boundary}\r\n{}\r\n\r\n", part.head()).bytes());
        body.extend(part.content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// Quotes and line breaks as browsers write them (the HTML standard, "multipart form data").
fn escape(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_or_a_line_break_in_a_name_adds_no_header() {
        let part = Part::file("a\"b", "x\r\ny", "text/plain", "");
        assert_eq!(
            part.head(),
            "Content-Disposition: form-data; name=\"a%22b\"; filename=\"x%0D%0Ay\"\r\n\
             Content-Type: text/plain"
        );
    }
}
