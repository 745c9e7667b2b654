//! The addresses of this application.

use plain::urls::{Urls, include, path, urls as list};
use plain::views::FormView;

use crate::views::Home;

/// All pages.
pub(crate) fn urls() -> Urls {
    list([
        path("", Home.as_view()).name("home"),
        include("account", plain_auth::urls()),
        include("admin", plain::admin::urls()),
    ])
}
