//! The nearest known name to one that nobody declared.

use strsim::damerau_levenshtein;

/// Returns the known name that `name` most likely stands for.
///
/// That is one of which at most a third of the letters differ, else the only one that ends in
/// `_<name>`, since leaving out a package's prefix is the other common slip.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_uppercase();
    let known: Vec<&str> = known.collect();
    misspelt(&name, &known).or_else(|| without_prefix(&name, &known))
}

/// Asks whether `name` was meant as `near`, which is written with `prefix` where it was found.
pub(super) fn did_you_mean(name: &str, near: &str, prefix: &str) -> String {
    match near == name.to_ascii_uppercase() {
        true => format!("names are upper case: write {prefix}{near}"),
        false => format!("did you mean {prefix}{near}?"),
    }
}

fn misspelt<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let tolerated = |near: &str| (near.len().min(name.len()) / 3).max(1);
    known
        .iter()
        .filter(|near| near.len().abs_diff(name.len()) <= tolerated(near))
        .map(|near| (damerau_levenshtein(name, near), *near))
        .filter(|(distance, near)| *distance <= tolerated(near))
        .min()
        .map(|(_, near)| near)
}

fn without_prefix<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let ending = format!("_{name}");
    let mut matches = known
        .iter()
        .filter(|near| !name.is_empty() && near.ends_with(&ending));
    match (matches.next(), matches.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = [
        "DEBUG",
        "SECRET_KEY",
        "SESSION_COOKIE_AGE",
        "OTHER_SECRET_KEY",
    ];

    #[test]
    fn a_misspelt_name_finds_the_known_one() {
        for (name, near) in [
            ("DBUG", Some("DEBUG")),
            ("SECRET_KYE", Some("SECRET_KEY")),
            ("secret_key", Some("SECRET_KEY")),
            ("COOKIE_AGE", Some("SESSION_COOKIE_AGE")),
            ("KEY", None),
            ("UNRELATED", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, KNOWN.into_iter()), near, "{name}");
        }
    }
}
