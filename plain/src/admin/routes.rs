//! The addresses of the admin.

use super::guard::{Page, guarded};
use super::pages::{actions, application, chores, detail, form, list, remove, start};
use crate::urls::{Url, Urls, include, path, urls as list_of};

/// The pages of the admin, to be mounted where it suits:
/// `include("admin", plain::admin::urls())`.
///
/// Their names begin with `admin:`. An object whose id is `create`, `action` or `task` has no
/// address in it.
pub fn urls() -> Urls {
    let pages = list_of([
        page("", "start", start::Start),
        page("settings", "settings", application::Settings),
        page("preflight", "preflight", application::Preflight),
        page("migrations", "migrations", application::Migrations),
        page("chores", "chores", chores::Chores),
        page("urls", "urls", application::UrlList),
        page("packages", "packages", application::PackageList),
        page("<slug:viewset>", "list", list::ListPage),
        page("<slug:viewset>/create", "create", form::Create),
        page("<slug:viewset>/action", "action", actions::RunAction),
        page("<slug:viewset>/task", "task", actions::RunTask),
        page("<slug:viewset>/<id>", "detail", detail::DetailPage),
        page(
            "<slug:viewset>/<id>/action",
            "object-action",
            actions::RunObjectAction,
        ),
        page("<slug:viewset>/<id>/reveal", "reveal", detail::RevealValues),
        page("<slug:viewset>/<id>/update", "update", form::Update),
        page("<slug:viewset>/<id>/delete", "delete", remove::Delete),
    ]);
    list_of([include("", pages).namespace("admin")])
}

/// The only way to a page leads through the door.
fn page(pattern: &str, name: &str, page: impl Page) -> Url {
    path(pattern, guarded(page)).name(name)
}
