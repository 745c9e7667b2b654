//! The content type that the name of a file stands for.

use http::HeaderValue;

/// The content type of a file called `name`, with a charset where it is text: all text that is
/// served is UTF-8. `application/octet-stream` where the name says nothing.
pub(crate) fn of_file(name: &str) -> HeaderValue {
    let guessed = mime_guess::from_path(name).first_or_octet_stream();
    let essence = guessed.essence_str();
    let is_text = essence.starts_with("text/")
        || essence.ends_with("+xml")
        || matches!(essence, "application/javascript" | "application/xml");
    let full = match is_text {
        true => format!("{essence}; charset=utf-8"),
        false => essence.to_owned(),
    };
    HeaderValue::try_from(full).expect("names of media types are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_charset() {
        for (name, content_type) in [
            ("page.html", "text/html; charset=utf-8"),
            ("a/b.CSS", "text/css; charset=utf-8"),
            ("app.js", "text/javascript; charset=utf-8"),
            ("feed.xml", "text/xml; charset=utf-8"),
            ("icon.svg", "image/svg+xml; charset=utf-8"),
            ("mail.txt", "text/plain; charset=utf-8"),
            ("data.json", "application/json"),
            ("icon.png", "image/png"),
            ("font.woff2", "font/woff2"),
            ("page", "application/octet-stream"),
        ] {
            assert_eq!(of_file(name), content_type, "{name}");
        }
    }
}
