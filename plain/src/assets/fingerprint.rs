//! The part of an asset's URL that changes with its content.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Hexadecimal digits in a URL: enough to tell the versions of one file apart.
const IN_URL: usize = 8;

/// The SHA-256 of a content, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(contents: &[u8]) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(contents)))
    }

    /// As an entity tag (RFC 9110 section 8.8.3).
    pub(super) fn tag(&self) -> String {
        format!("\"{}\"", &self.0[..2 * IN_URL])
    }

    /// `css/app.css` as `css/app.3f2a1b9c.css`.
    pub(super) fn put_into(&self, name: &str) -> String {
        let short = self.short();
        match split_extension(name) {
            Some((stem, extension)) => format!("{stem}.{short}.{extension}"),
            None => format!("{name}.{short}"),
        }
    }

    /// Whether `short` is what stands in the URL of this content.
    pub(super) fn is(&self, short: &str) -> bool {
        self.short() == short
    }

    fn short(&self) -> &str {
        &self.0[..IN_URL]
    }
}

/// The plain name in `css/app.3f2a1b9c.css`, and the fingerprint; `None` if it has none.
pub(super) fn take_out(name: &str) -> Option<(String, &str)> {
    let (start, end) = name.rsplit_once('.')?;
    if is_short(end) {
        return Some((start.to_owned(), end));
    }
    let (stem, short) = start.rsplit_once('.')?;
    is_short(short).then(|| (format!("{stem}.{end}"), short))
}

fn is_short(text: &str) -> bool {
    text.len() == IN_URL
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last extension of the file, which may stand in folders with dots in their names.
fn split_extension(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.')
        .filter(|(_, extension)| !extension.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_put_before_the_extension_and_taken_out_again() {
        let fingerprint = Fingerprint::of(b"");
        for (name, full) in [
            ("app.css", "app.e3b0c442.css"),
            ("css/app.min.css", "css/app.min.e3b0c442.css"),
            ("v1.2/LICENSE", "v1.2/LICENSE.e3b0c442"),
            ("app.deadbeef.css", "app.deadbeef.e3b0c442.css"),
        ] {
            assert_eq!(fingerprint.put_into(name), full);
            assert_eq!(take_out(full), Some((name.to_owned(), "e3b0c442")));
            assert!(fingerprint.is("e3b0c442"));
        }
        assert_eq!(take_out("app.css"), None);
        assert_eq!(take_out("app.E3B0C442.css"), None);
        assert_eq!(take_out("app"), None);
    }
}
