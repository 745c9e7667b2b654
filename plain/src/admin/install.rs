//! How packages bring what they have for the admin.

use super::access::{AdminAccess, Decision};
use super::backend::{Backend, Entry};
use super::model::ModelBackend;
use super::objects::{ObjectBackend, ObjectViewset};
use super::viewset::Viewset;
use crate::packages::{Installer, Item};

impl Installer {
    /// Brings the admin's pages for a model.
    ///
    /// A package that is installed without `plain.admin` may bring them all the same; they are then
    /// not shown.
    pub fn admin(&mut self, viewset: impl Viewset) -> &mut Self {
        match ModelBackend::new(viewset) {
            Ok(backend) => self.admin_pages(Box::new(backend)),
            Err(problem) => {
                self.problem(problem);
                self
            }
        }
    }

    /// Brings the admin's pages for objects that are in no table.
    pub fn admin_objects(&mut self, viewset: impl ObjectViewset) -> &mut Self {
        self.admin_pages(Box::new(ObjectBackend::new(viewset)))
    }

    /// Brings the decision on who may open the admin. One installed package may.
    pub fn admin_access(&mut self, access: impl AdminAccess) -> &mut Self {
        self.collect(Item::AdminAccess, "admin", Decision::new(access))
    }

    fn admin_pages(&mut self, backend: Box<dyn Backend>) -> &mut Self {
        let package = self.package();
        let path = backend.face().meta.path().to_owned();
        self.collect(Item::AdminPage, path, Entry { package, backend })
    }
}
