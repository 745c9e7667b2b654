//! Email addresses: what counts as one, and the form that they are compared in.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// The longest address that mail can be sent to, in bytes (RFC 5321 section 4.5.3.1.3).
const MOST_BYTES: usize = 254;

/// The longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
const MOST_LOCAL_BYTES: usize = 64;

/// An email address: as it was typed, and in its canonical form.
///
/// The canonical form is what addresses are compared in, so that one address has one account: the
/// text without white space around it, in Unicode's composed form (NFC), with the domain and the
/// part before it in lower case. Mail servers may tell `Me@example.com` from `me@example.com`;
/// none that people use does, and two accounts that look alike help nobody but a fraud. So two
/// addresses with the same canonical form are equal.
///
/// ```
/// use plain_auth::EmailAddress;
///
/// let address: EmailAddress = " Ada@Example.com ".parse()?;
/// assert_eq!(address.as_str(), "Ada@Example.com");
/// assert_eq!(address.canonical(), "ada@example.com");
/// # Ok::<(), plain_auth::EmailError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EmailAddress {
    typed: String,
    canonical: String,
}

/// A text is no email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an email address: write one like name@example.com")]
pub struct EmailError;

impl FromStr for EmailAddress {
    type Err = EmailError;

    /// Takes `text` if it is formed like an address that mail can be sent to. Whether someone reads
    /// it is another question.
    ///
    /// # Errors
    ///
    /// [`EmailError`] if it has no `@` with something on both sides, holds white space, control
    /// characters, brackets or quotes, or is longer than mail allows.
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let typed = text.trim();
        let (local, domain) = typed.rsplit_once('@').ok_or(EmailError)?;
        let fits = typed.len() <= MOST_BYTES && local.len() <= MOST_LOCAL_BYTES;
        if !fits || !is_local(local) || !is_domain(domain) {
            return Err(EmailError);
        }
        Ok(Self {
            typed: typed.to_owned(),
            canonical: canonical(typed),
        })
    }
}

impl EmailAddress {
    /// The address as it was typed, which mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The form that addresses are compared in.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// The form that addresses are compared in, of any text.
pub(crate) fn canonical(text: &str) -> String {
    // Lower case can take a text out of the composed form, so it is composed last.
    text.trim()
        .nfc()
        .collect::<String>()
        .to_lowercase()
        .nfc()
        .collect()
}

fn is_local(local: &str) -> bool {
    !local.is_empty() && local.chars().all(is_ordinary)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c == '-' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_ordinary(c)))
    };
    domain.split('.').all(is_label)
}

/// What stands in an address that is not quoted (RFC 5322 section 3.2.3, RFC 6532 section 3.2).
fn is_ordinary(c: char) -> bool {
    let is_special = r#"()<>[]:;@\,""#.contains(c);
    !(c.is_whitespace() || c.is_control() || is_invisible(c) || is_special)
}

/// Characters that show nothing, or turn the direction of what follows: one address would look like
/// another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_compared_without_case_space_and_spelling_of_accents() {
        let composed = "ZO\u{cb}@B\u{dc}cher.example"
            .parse::<EmailAddress>()
            .unwrap();
        let decomposed = "\tzoe\u{308}@bu\u{308}cher.EXAMPLE "
            .parse::<EmailAddress>()
            .unwrap();
        assert_eq!(composed.canonical(), "zo\u{eb}@b\u{fc}cher.example");
        assert_eq!(composed, decomposed);
        assert_eq!(composed.as_str(), "ZO\u{cb}@B\u{dc}cher.example");
    }

    #[test]
    fn what_mail_can_not_be_sent_to_is_no_address() {
        for good in [
            "a@b",
            "a+b.c@example.com",
            "o'neil@xn--bcher-kva.example",
            "!#$%&@a-b.c",
        ] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b@c",
            "a@.b",
            "a@b.",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a\0@b",
            "a@b\r\nBcc: c@d",
            "<a@b>",
            "\"a\"@b",
            "a@[127.0.0.1]",
            "a@b_c",
            "a\u{200b}@b",
            "a\u{202e}@b",
            &long,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(text: String) {
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once);
        }
    }
}
