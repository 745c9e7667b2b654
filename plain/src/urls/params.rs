//! The parameters that `reverse` takes.

use std::fmt::Display;

/// Names and values for the placeholders of a pattern: `()` for none, a pair, a list of pairs, or,
/// for values of different types, a tuple of pairs.
///
/// ```
/// use plain::urls::UrlParams;
///
/// assert!(().into_pairs().is_empty());
/// assert_eq!([("id", 5)].into_pairs(), [("id".to_owned(), "5".to_owned())]);
/// assert_eq!((("id", 5), ("slug", "tea")).into_pairs().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which values stand in a URL",
    label = "no names and values",
    note = "give `()` for none, a pair such as `(\"id\", 5)`, a list of pairs, or a tuple of pairs for values of different types"
)]
pub trait UrlParams {
    /// Each name with the text of its value.
    fn into_pairs(self) -> Vec<(String, String)>;
}

fn pair<V: Display>((name, value): (&str, V)) -> (String, String) {
    (name.to_owned(), value.to_string())
}

impl UrlParams for () {
    fn into_pairs(self) -> Vec<(String, String)> {
        Vec::new()
    }
}

impl<V: Display> UrlParams for (&str, V) {
    fn into_pairs(self) -> Vec<(String, String)> {
        vec![pair(self)]
    }
}

impl<V: Display, const N: usize> UrlParams for [(&str, V); N] {
    fn into_pairs(self) -> Vec<(String, String)> {
        self.into_iter().map(pair).collect()
    }
}

impl<V: Display> UrlParams for &[(&str, V)] {
    fn into_pairs(self) -> Vec<(String, String)> {
        self.iter()
            .map(|(name, value)| pair((name, value)))
            .collect()
    }
}

impl UrlParams for Vec<(String, String)> {
    fn into_pairs(self) -> Vec<(String, String)> {
        self
    }
}

impl<A: Display, B: Display> UrlParams for ((&str, A), (&str, B)) {
    fn into_pairs(self) -> Vec<(String, String)> {
        vec![pair(self.0), pair(self.1)]
    }
}

impl<A: Display, B: Display, C: Display> UrlParams for ((&str, A), (&str, B), (&str, C)) {
    fn into_pairs(self) -> Vec<(String, String)> {
        vec![pair(self.0), pair(self.1), pair(self.2)]
    }
}
