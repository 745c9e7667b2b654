//! Finding a session by what an operator has of it.

use plain::db::QuerySet;

use crate::key::KeyHash;
use crate::models::Session;

/// What says that the rest is an owner, whatever it looks like.
const OWNER: &str = "owner:";

/// The characters of a whole key.
const KEY: usize = 32;

/// From this length on, a run of the characters of a key may be most of one. What is missing of a
/// shorter piece can't be guessed.
const TELLING: usize = 24;

/// The fewest digits of a hash that are looked for.
const PREFIX: usize = 4;

/// Sessions whose fingerprint (or more of the key's hash) or owner is `text`, in which keys were
/// replaced by [`without_keys`].
pub(super) fn by_key_or_fingerprint(query: QuerySet<Session>, text: &str) -> QuerySet<Session> {
    if let Some(owner) = text.strip_prefix(OWNER) {
        return query.filter("owner", owner.trim());
    }
    if !is_hex(text) || !(PREFIX..=64).contains(&text.len()) {
        return query.filter("owner", text);
    }
    let all = || QuerySet::clone(&query);
    query
        .clone()
        .any([begins_with(all(), text), all().filter("owner", text)])
}

/// A range, so that the index on the hash serves it.
fn begins_with(query: QuerySet<Session>, prefix: &str) -> QuerySet<Session> {
    let from = query.gte("key_hash", prefix);
    match next(prefix) {
        Some(next) => from.lt("key_hash", next),
        None => from,
    }
}

/// The first text of hexadecimal digits behind all that begin with `prefix`, if there is one.
fn next(prefix: &str) -> Option<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let kept = prefix.trim_end_matches('f');
    let (rest, last) = kept.split_at_checked(kept.len().checked_sub(1)?)?;
    let digit = DIGITS
        .iter()
        .position(|digit| last.as_bytes() == [*digit])?;
    let following = DIGITS.get(digit + 1)?;
    Some(format!("{rest}{}", char::from(*following)))
}

/// What stands for `text` in addresses and pages: a text that holds a key, or most of one, becomes
/// the hash of that.
///
/// An owner that looks like a key is found as `owner:...`.
pub(super) fn without_keys(text: &str) -> String {
    if text.starts_with(OWNER) {
        return text.to_owned();
    }
    let of_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let runs = text.split(|c| !of_key(c));
    let telling = runs.filter(|run| run.len() >= TELLING);
    let mut secrets = telling.filter(|run| run.len() == KEY || !is_hex(run));
    match secrets.next() {
        Some(secret) => KeyHash::of(secret).as_str().to_owned(),
        None => text.to_owned(),
    }
}

fn is_hex(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    !text.is_empty() && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASTED: &str = "abcdefghijklmnopqrstuvwxyz012345";

    #[test]
    fn a_key_becomes_its_hash_however_it_is_pasted() {
        let hash = KeyHash::of(PASTED).as_str().to_owned();
        for text in [
            PASTED.to_owned(),
            format!("sessionid={PASTED}"),
            format!("Cookie: theme=dark; sessionid={PASTED}; other=1"),
            format!("\"{PASTED}\""),
        ] {
            assert_eq!(without_keys(&text), hash, "{text}");
        }
        assert_eq!(without_keys(&hash), hash);
    }

    #[test]
    fn most_of_a_key_is_not_kept_either() {
        for length in TELLING..KEY {
            let kept = without_keys(&PASTED[..length]);
            assert!(!kept.contains(&PASTED[..length]), "{kept}");
        }
        assert!(!without_keys(&format!("{PASTED}x")).contains(PASTED));
    }

    #[test]
    fn fingerprints_and_owners_stay_as_they_are() {
        for text in [
            "3f2a90bc",
            "ada@example.com",
            "42",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "owner:67e5504410b1426f9247bb680e5fe0c8",
        ] {
            assert_eq!(without_keys(text), text);
        }
    }

    #[test]
    fn the_text_behind_a_prefix_is_the_next_number() {
        let cases = [("3f2a", "3f2b"), ("39", "3a"), ("3f", "4"), ("0fff", "1")];
        for (prefix, expected) in cases {
            assert_eq!(next(prefix).as_deref(), Some(expected));
        }
        assert_eq!(next("ffff"), None);
    }
}
