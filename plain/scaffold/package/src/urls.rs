//! The pages, for the project to include.

use plain::urls::{Urls, include, path, urls as list};

use crate::views::Greetings;

/// The pages of this package, under names of the namespace `__module__`. The project says where they
/// stand: `include("greetings", __module__::urls())`.
pub fn urls() -> Urls {
    let pages = list([path("", Greetings).name("greetings")]);
    list([include("", pages).namespace("__module__")])
}
