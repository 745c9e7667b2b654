//! What the sidebar shows: the sections with the pages that the visitor may see.

use minijinja::Value;

use super::access::Operation;
use super::backend::{Entry, not_here};
use super::changes;
use super::guard::Visit;
use super::icons;
use crate::context;
use crate::http::{Error, Result};

/// A page about the application itself.
pub(super) struct BuiltIn {
    pub(super) path: &'static str,
    title: &'static str,
    icon: &'static str,
}

/// The pages that every admin has, besides the start page and the change log.
pub(super) const BUILT_IN: [BuiltIn; 6] = [
    built_in("settings", "Settings", "sliders"),
    built_in("preflight", "Preflight", "clipboard-check"),
    built_in("migrations", "Migrations", "database"),
    built_in("chores", "Chores", "calendar-check"),
    built_in("urls", "URLs", "signpost"),
    built_in("packages", "Packages", "box"),
];

/// The section that they stand in.
const APPLICATION: &str = "Application";

const fn built_in(path: &'static str, title: &'static str, icon: &'static str) -> BuiltIn {
    BuiltIn { path, title, icon }
}

/// The navigation of a visit.
pub(super) struct Navigation;

impl Navigation {
    /// The sections as templates see them, in the order in which packages are installed; what is
    /// about the application itself stands last.
    pub(super) fn of(visit: &Visit<'_>) -> Result<Value> {
        let current = visit.request.params().get("viewset");
        let mut sections: Vec<(String, Vec<Value>)> = Vec::new();
        let mut last = Vec::new();
        for entry in visit.entries() {
            let meta = &entry.backend.face().meta;
            let address = visit
                .request
                .reverse("admin:list", [("viewset", meta.path())])?;
            let is_current = current == Some(meta.path());
            let link = link(meta.title(), meta.icon_name(), &address, is_current);
            let section = meta.section_of(entry.package);
            match sections.iter_mut().find(|(known, _)| *known == section) {
                _ if section == APPLICATION => last.push(link),
                Some((_, links)) => links.push(link),
                None => sections.push((section, vec![link])),
            }
        }
        let mut application = Vec::new();
        for page in BUILT_IN {
            let address = visit.request.reverse(&format!("admin:{}", page.path), ())?;
            let is_current = visit.request.path() == address;
            application.push(link(page.title, page.icon, &address, is_current));
        }
        application.extend(last);
        sections.push((APPLICATION.to_owned(), application));
        let sections = sections.into_iter();
        Ok(sections
            .map(|(title, links)| context! { title, links })
            .collect())
    }
}

fn link(title: &str, icon: &str, address: &str, current: bool) -> Value {
    context! { title, icon => icons::svg(icon), address, current }
}

impl Visit<'_> {
    /// The viewsets that this visitor may see, in the order in which packages are installed.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        let sees_all = self.sees_all();
        self.all_entries().filter(move |entry| {
            let is_log = entry.backend.face().meta.path() == changes::PATH;
            entry.backend.permits(&self.visitor, Operation::List) && (sees_all || !is_log)
        })
    }

    /// Whether no list and no object is closed to this visitor. The change log names objects of all
    /// lists, so it is for those only.
    pub(super) fn sees_all(&self) -> bool {
        let sees = |entry: &Entry| {
            let operations = [Operation::List, Operation::View];
            let mut operations = operations.into_iter();
            operations.all(|operation| entry.backend.permits(&self.visitor, operation))
        };
        self.all_entries().all(sees)
    }

    fn all_entries(&self) -> impl Iterator<Item = &Entry> {
        self.app().get::<Vec<Entry>>().into_iter().flatten()
    }

    /// The viewset that the address names, for one of its operations.
    ///
    /// # Errors
    ///
    /// 404 if there is none, or none for this visitor; 403 if it is not for them to do this.
    pub(super) fn entry(&self, operation: Operation) -> Result<&Entry> {
        let path: String = self.request.param("viewset")?;
        let mut entries = self.entries();
        let entry = entries.find(|entry| entry.backend.face().meta.path() == path);
        let entry = entry.ok_or_else(not_here)?;
        if entry.backend.permits(&self.visitor, operation) {
            Ok(entry)
        } else {
            Err(Error::forbidden("you are not permitted to do this here"))
        }
    }

    /// The address of the page `name` of a viewset.
    pub(super) fn address(&self, name: &str, entry: &Entry) -> Result<String> {
        let path = entry.backend.face().meta.path();
        self.request.reverse(name, [("viewset", path)])
    }

    /// The address of the page `name` of an object; `None` for an id that no address can hold.
    pub(super) fn object_address(&self, name: &str, entry: &Entry, id: &str) -> Option<String> {
        let path = entry.backend.face().meta.path();
        self.request
            .reverse(name, [("viewset", path), ("id", id)])
            .ok()
    }
}
