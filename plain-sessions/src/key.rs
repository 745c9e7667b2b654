//! Session keys: credentials, whose type says how far they can be trusted.
//!
//! [`Key`] is one that we made, or that a live row confirmed. [`UnverifiedKey`] is one that a
//! client sent. Only the former can be written to, so a key that was made up by a client is never
//! adopted. Neither shows itself in `Debug`.

use std::fmt;

use data_encoding::HEXLOWER;
use plain::db::Value;
use sha2::{Digest, Sha256};

/// The characters of a key.
const LENGTH: usize = 32;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A session key that is ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A new key: 32 characters of `[a-z0-9]`, about 165 random bits.
    pub(crate) fn generate() -> Self {
        let mut text = String::with_capacity(LENGTH);
        let mut bytes = [0; LENGTH];
        while text.len() < LENGTH {
            // Without random bytes no key is safe; the request ends as a 500.
            getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
            let missing = LENGTH - text.len();
            text.extend(bytes.into_iter().filter_map(character).take(missing));
        }
        Self(text)
    }

    /// The key itself, for the cookie of the client whose session it is.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database knows it by.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.hash().fingerprint())
    }
}

/// The character that a random byte stands for, if any.
///
/// 252 is the largest multiple of 36 that a byte holds. The four bytes from there on stand for
/// nothing, so that no character is likelier than another.
fn character(byte: u8) -> Option<char> {
    const FAIR: u8 = 252;
    (byte < FAIR).then(|| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
}

/// A well-formed key that a client sent, and that no row confirmed yet.
#[derive(Clone)]
pub(crate) struct UnverifiedKey(String);

impl UnverifiedKey {
    /// Takes what a client sent, if it is formed like a key: nothing else reaches the database.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_known = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
        let formed = text.len() == LENGTH && text.bytes().all(is_known);
        formed.then(|| Self(text.to_owned()))
    }

    pub(crate) fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }

    /// The key, now that a live row has confirmed it.
    pub(crate) fn confirmed(self) -> Key {
        Key(self.0)
    }
}

impl fmt::Debug for UnverifiedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedKey({})", self.hash().fingerprint())
    }
}

/// The SHA-256 of a key: what the database holds. It is of no use as a cookie.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The characters of a fingerprint.
    pub const FINGERPRINT_LENGTH: usize = 8;

    /// The hash of a key as it stands in a cookie.
    pub fn of(key: &str) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(key)))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 8 digits: how logs and pages name a session.
    pub fn fingerprint(&self) -> &str {
        &self.0[..Self::FINGERPRINT_LENGTH]
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({})", self.fingerprint())
    }
}

impl From<&KeyHash> for Value {
    fn from(hash: &KeyHash) -> Self {
        Value::Text(hash.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn two_thousand_keys_do_not_repeat() {
        let keys: HashSet<_> = (0..2_000).map(|_| Key::generate().0).collect();
        assert_eq!(keys.len(), 2_000);
        assert!(keys.iter().all(|key| UnverifiedKey::parse(key).is_some()));
    }

    #[test]
    fn no_character_is_likelier_than_another() {
        let characters: Vec<_> = (0..=255).filter_map(character).collect();
        for known in ALPHABET {
            let count = characters
                .iter()
                .filter(|it| **it == char::from(*known))
                .count();
            assert_eq!(count, 7, "{}", char::from(*known));
        }
    }

    #[test]
    fn only_thirty_two_characters_of_the_alphabet_are_formed_like_a_key() {
        let good = "abcdefghijklmnopqrstuvwxyz012345";
        assert!(UnverifiedKey::parse(good).is_some());
        for bad in [
            "",
            "short",
            &good.to_uppercase(),
            &good.replace('a', "\0"),
            &good.replace('a', "ä"),
            &format!("{good}x"),
            &"x".repeat(10_000),
        ] {
            assert!(UnverifiedKey::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_the_fingerprint_and_never_the_key() {
        let key = Key::generate();
        let shown = format!("{key:?} {:?}", UnverifiedKey(key.0.clone()));
        assert!(!shown.contains(key.expose()) && shown.contains(key.hash().fingerprint()));
    }
}
