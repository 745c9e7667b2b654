//! Signatures with `SECRET_KEY`: HMAC-SHA-256 (RFC 2104), each for one purpose.
//!
//! What a former key signed (`SECRET_KEY_FALLBACKS`) is still accepted. Without a key, which only a
//! development server does without, each process makes one of its own. A signature proves where
//! something comes from; it hides nothing.

mod cookies;

use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::http::Result;
use crate::random;
use crate::services::Services;
use crate::settings::CoreSettings;

type HmacSha256 = Hmac<Sha256>;

/// What signs for an application that has no key. One of what it shares with its parts.
#[derive(Default)]
pub(crate) struct DevelopmentKey(OnceLock<[u8; 32]>);

impl DevelopmentKey {
    fn get(&self) -> &[u8] {
        self.0.get_or_init(|| {
            let mut key = [0; 32];
            random::fill(&mut key);
            key
        })
    }
}

/// The keys of an application, for one purpose.
///
/// ```
/// use plain::http::Result;
/// use plain::services::Services;
/// use plain::signing::Signer;
///
/// /// The last part of a link by which a newsletter is cancelled without signing in.
/// fn cancel_token(app: &Services, subscriber: i64) -> Result<String> {
///     Ok(Signer::new(app, "newsletter.cancel")?.sign(&[&subscriber.to_be_bytes()]))
/// }
///
/// fn is_cancel_token(app: &Services, subscriber: i64, token: &str) -> Result<bool> {
///     Ok(Signer::new(app, "newsletter.cancel")?.verify(&[&subscriber.to_be_bytes()], token))
/// }
/// ```
pub struct Signer<'a> {
    purpose: &'static str,
    /// The current one first.
    keys: Vec<&'a [u8]>,
}

impl<'a> Signer<'a> {
    /// Signs for `purpose` only, which names what for in the application, such as
    /// `"newsletter.cancel"`: what is signed for one purpose is worth nothing for another.
    ///
    /// # Errors
    ///
    /// If `app` is no whole application, but made for a test without the settings of `plain`.
    pub fn new(app: &'a Services, purpose: &'static str) -> Result<Self> {
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

    /// The signature of `parts` by the current key: 64 hexadecimal digits. Where one part ends and
    /// the next begins is signed too.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        // `new` puts the current key first.
        let key = self.keys.first().copied().unwrap_or_default();
        let signature = self.mac(key, parts).finalize().into_bytes();
        HEXLOWER.encode(&signature)
    }

    /// Whether `signature` is that of `parts`, by one of the keys; in a time that tells nothing of
    /// what would be right.
    pub fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        let Ok(signature) = HEXLOWER.decode(signature.as_bytes()) else {
            return false;
        };
        self.keys
            .iter()
            .any(|key| self.mac(key, parts).verify_slice(&signature).is_ok())
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

/// Keys are in no log.
impl std::fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
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
        assert!(!signer("a", &["key"]).verify(&[b"one", b"two"], &signature[..62]));
        assert!(!signer("a", &["key"]).verify(&[b"one", b"two"], ""));
    }

    #[test]
    fn a_signature_is_the_hmac_that_others_compute() {
        // echo -n 'a' with its length, in Python: hmac.new(b"key", struct.pack(">Q", 1) + b"a",
        // "sha256").hexdigest()
        assert_eq!(
            signer("a", &["key"]).sign(&[]),
            "2b2f847a8ddc35a0798156bcd534808ef8cf9fa165daf2d665238a9d7db0f83f"
        );
    }
}
