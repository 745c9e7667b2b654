//! The nearest known name to one that is unknown, for "did you mean".

use strsim::damerau_levenshtein;

/// The known name that `name` most likely stands for: the one with the fewest differing letters,
/// if those are at most a third of it.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = |near: &str| (near.len().max(name.len()) / 3).max(1);
    known
        .into_iter()
        .filter(|near| near.len().abs_diff(name.len()) <= tolerated(near))
        .map(|near| (damerau_levenshtein(name, near), near))
        .filter(|(distance, near)| *distance <= tolerated(near))
        .min()
        .map(|(_, near)| near)
}

/// The end of an error message on an unknown `name`: the nearest of the known ones as a question,
/// else all of them.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("known: {}", list(&known)),
    }
}

/// The names one after the other, cut short where there are too many to read.
fn list(names: &[&str]) -> String {
    const SHOWN: usize = 30;
    let shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_known_one() {
        let known = ["int", "str", "order", "order_edit"];
        assert_eq!(nearest("itn", known), Some("int"));
        assert_eq!(nearest("oder", known), Some("order"));
        assert_eq!(nearest("customer_list", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_hint_lists_what_is_known_where_nothing_is_near() {
        assert_eq!(hint("itn", ["int", "str"]), "did you mean `int`?");
        assert_eq!(hint("colour", ["str", "int"]), "known: `int`, `str`");
        assert_eq!(hint("colour", []), "there is none");
    }
}
