//! Packages: what an application is put together from.
//!
//! A [`Package`] says in one function, `install`, all that it brings. The packages that `main`
//! hands over are *linked*; those that `INSTALLED_PACKAGES` lists are *installed*, in that order. A
//! package that is linked but not installed contributes nothing.

mod command;
mod error;
mod installer;
mod registry;
mod sign_in;

pub use command::{Command, CommandEntry};
pub use error::{Item, PackageError, PackageErrors};
pub use installer::Installer;
pub(crate) use installer::{AddFilter, Contributions, MiddlewareDeclaration};
pub(crate) use registry::{FRAMEWORK, Selection, select};
pub use registry::{InstalledPackage, Packages};
pub(crate) use sign_in::SignInEntry;
pub use sign_in::{SignIn, SignedIn};

use crate::http::Result;

/// Something that can be installed into an application.
///
/// ```
/// use plain::http::Result;
/// use plain::packages::{Installer, Package};
///
/// struct Shop;
///
/// impl Package for Shop {
///     fn name(&self) -> &'static str {
///         "shop"
///     }
///
///     fn install(&self, to: &mut Installer) -> Result<()> {
///         to.requires("plain.sessions");
///         Ok(())
///     }
/// }
///
/// pub fn package() -> Box<dyn Package> {
///     Shop.boxed()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a package",
    note = "implement `plain::packages::Package` for it: `impl Package for {Self} {{ fn name(&self) -> &'static str {{ \"shop\" }} fn install(&self, to: &mut Installer) -> Result<()> {{ Ok(()) }} }}`"
)]
pub trait Package: Send + Sync + 'static {
    /// The name that `INSTALLED_PACKAGES` lists it by.
    fn name(&self) -> &'static str;

    /// Names all that the package brings. It has no other effect: it also runs for a package that
    /// is linked and not installed, so that its settings can be recognised.
    ///
    /// # Errors
    ///
    /// If the package can't be installed at all; the application then does not start.
    fn install(&self, to: &mut Installer) -> Result<()>;

    /// Itself in a box, for a list of different packages: `plain::main([Shop.boxed()])`.
    fn boxed(self) -> Box<dyn Package>
    where
        Self: Sized,
    {
        Box::new(self)
    }
}
