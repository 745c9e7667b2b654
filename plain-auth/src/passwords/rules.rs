//! What a password must be like: long enough, and not among the first that a stranger would try.
//!
//! No rules on digits and signs: they make passwords that are hard to remember and easy to guess
//! (NIST SP 800-63B section 3.1.1.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::email::{self, EmailAddress};
use crate::settings::{AuthSettings, MOST_LENGTH};

/// Passwords that are tried first, in lower case, one a line.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakPassword {
    /// It has too few characters.
    #[error("this password is too short: use {0} characters or more")]
    TooShort(usize),
    /// It has too many characters.
    #[error("this password is too long: use {0} characters or fewer")]
    TooLong(usize),
    /// It is the address that it goes with, or the part of it before the `@`.
    #[error("this password is the email address: choose one that others do not know")]
    IsEmail,
    /// Too many people use it.
    #[error("this password is among the first that are tried: choose one that is yours alone")]
    Common,
}

/// Refuses a `password` for the account of `email` that others would guess.
pub(crate) fn check(
    settings: &AuthSettings,
    email: &EmailAddress,
    password: &str,
) -> Result<(), WeakPassword> {
    let least = settings.auth_password_min_length;
    match password.chars().count() {
        length if length < least => return Err(WeakPassword::TooShort(least)),
        length if length > MOST_LENGTH => return Err(WeakPassword::TooLong(MOST_LENGTH)),
        _ => {}
    }
    let plain = email::canonical(password);
    let local = email.canonical().rsplit_once('@').map(|(local, _)| local);
    if plain == email.canonical() || Some(plain.as_str()) == local {
        return Err(WeakPassword::IsEmail);
    }
    if COMMON.contains(plain.as_str()) || is_one_character(&plain) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

fn is_one_character(password: &str) -> bool {
    let mut characters = password.chars();
    let first = characters.next();
    characters.all(|character| Some(character) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_would_guess_is_refused() {
        let settings = AuthSettings::default();
        let email = "adalovelace@example.com".parse::<EmailAddress>().unwrap();
        let check = |password: &str| check(&settings, &email, password);
        assert_eq!(check("sieben7"), Err(WeakPassword::TooShort(8)));
        assert_eq!(
            check("\u{fc}\u{fc}\u{fc}\u{fc}"),
            Err(WeakPassword::TooShort(8))
        );
        assert_eq!(check(&"ab".repeat(65)), Err(WeakPassword::TooLong(128)));
        assert_eq!(check("AdaLovelace@Example.com"), Err(WeakPassword::IsEmail));
        assert_eq!(check("adaLovelace"), Err(WeakPassword::IsEmail));
        assert_eq!(check("Password1"), Err(WeakPassword::Common));
        assert_eq!(check("xxxxxxxxxxxx"), Err(WeakPassword::Common));
        assert_eq!(check("correct horse"), Ok(()));
        assert_eq!(
            check("\u{5bc6}\u{7801}\u{5bc6}\u{7801}\u{5bc6}\u{7801}\u{5bc6}\u{7801}"),
            Ok(())
        );
    }

    #[test]
    fn the_list_is_in_the_form_that_passwords_are_compared_in() {
        for common in COMMON.iter() {
            assert_eq!(email::canonical(common), **common);
        }
    }
}
