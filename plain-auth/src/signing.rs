//! Signatures with `SECRET_KEY`: HMAC-SHA-256 (RFC 2104), each for one purpose.
//!
//! What a former key signed (`SECRET_KEY_FALLBACKS`) is still accepted. Without a key, which only a
//! development server does without, each process makes one of its own.

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use plain::http::Result;
use plain::services::Services;
use plain::settings::CoreSettings;
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// The bytes of a signature.
pub(crate) const LENGTH: usize = 32;

/// What signs for an application that has no key. One of what it shares with its parts.
#[derive(Debug, Default)]
pub(crate) struct DevelopmentKey(OnceLock<[u8; 32]>);

/// The keys of an application, for one purpose.
pub(crate) struct Signer<'a> {
    purpose: &'static str,
    keys: Vec<&'a [u8]>,
}

impl<'a> Signer<'a> {
    /// Signs for `purpose` only: what it signs is worth nothing for another.
    pub(crate) fn new(app: &'a Services, purpose: &'static str) -> Result<Self> {
        let settings = app.settings::<CoreSettings>()?;
        let current = match &settings.secret_key {
            Some(key) => key.expose().as_bytes(),
            None => app.require::<DevelopmentKey>()?.get(),
        };
        let former = settings.secret_key_fallbacks.iter();
        let keys = std::iter::once(current).chain(former.map(|key| key.expose().as_bytes()));
        Ok(Self {
            purpose,
            keys: keys.collect(),
        })
    }

    /// The signature of `parts`, by the current key.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> [u8; LENGTH] {
        // `new` puts the current key first.
        let key = self.keys.first().copied().unwrap_or_default();
        self.mac(key, parts).finalize().into_bytes().into()
    }

    /// Whether `signature` is that of `parts`, by one of the keys; in a time that tells nothing.
    pub(crate) fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.keys
            .iter()
            .any(|key| self.mac(key, parts).verify_slice(signature).is_ok())
    }

    fn mac(&self, key: &[u8], parts: &[&[u8]]) -> HmacSha256 {
        let mut mac = HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length");
        let purpose = self.purpose.as_bytes();
        for part in std::iter::once(&purpose).chain(parts) {
            // Its length before each part: no two lists of parts read the same.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl DevelopmentKey {
    fn get(&self) -> &[u8] {
        self.0.get_or_init(|| {
            let mut key = [0; 32];
            // Without random bytes nothing can be signed safely; the request ends as a 500.
            getrandom::fill(&mut key).expect("the operating system provides random bytes");
            key
        })
    }
}

/// `bytes` as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hexadecimal digits in lower case stand for; `None` for anything else.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer<'a>(purpose: &'static str, keys: &[&'a str]) -> Signer<'a> {
        let keys = keys.iter().map(|key| key.as_bytes()).collect();
        Signer { purpose, keys }
    }

    #[test]
    fn a_signature_holds_for_its_purpose_its_parts_and_its_key_only() {
        let signature = signer("a", &["key"]).sign(&[b"one", b"two"]);
        assert!(signer("a", &["key"]).verify(&[b"one", b"two"], &signature));
        assert!(signer("a", &["new", "key"]).verify(&[b"one", b"two"], &signature));
        assert!(!signer("b", &["key"]).verify(&[b"one", b"two"], &signature));
        assert!(!signer("a", &["new"]).verify(&[b"one", b"two"], &signature));
        assert!(!signer("a", &["key"]).verify(&[b"on", b"etwo"], &signature));
        assert!(!signer("a", &["key"]).verify(&[b"one", b"two"], &signature[..31]));
        assert!(!signer("a", &["key"]).verify(&[b"one", b"two"], b""));
    }

    #[test]
    fn only_hexadecimal_digits_are_read_back() {
        assert_eq!(from_hex(&hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        for bad in ["0", "0g", "0A", "\u{e4}"] {
            assert_eq!(from_hex(bad), None, "{bad:?}");
        }
    }
}
