//! Assets: the static files of all installed packages under the project's.
//!
//! [`Assets`] finds a file by its name, as templates are found, and gives it a URL that changes
//! with its content: `asset("app.css")` in a template is `/assets/app.3f2a1b9c.css`, which browsers
//! may keep for a year. The plain name works too, and is asked about each time.
//!
//! What stands in a file is served as it is: a `url(...)` in a style sheet is not rewritten, so it
//! names the plain file, relative to the style sheet.

mod endpoint;
mod fingerprint;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use bytes::Bytes;
use http::HeaderValue;

use crate::embedded::Folder;
use crate::http::BoxError;
use crate::layered::{FileError, LayeredFiles};
use crate::mode::Mode;
use crate::nearest::hint;
use crate::urls::push_path;
use fingerprint::Fingerprint;

pub(crate) use endpoint::urls;

/// Where assets are mounted.
const ASSETS_URL: &str = "/assets/";

/// The assets of an application. One of what it shares with its parts.
pub struct Assets {
    store: Store,
    /// What the project and the packages are called in messages.
    searched: String,
}

enum Store {
    /// Each is read when it is used.
    Files(LayeredFiles),
    /// All of them, by their plain names.
    Loaded(HashMap<String, Asset>),
}

/// Why an asset has no URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssetError {
    /// No package and not the project has it.
    #[error("no asset is named `{name}`: {hint}; searched: {searched}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, or those that there are.
        hint: String,
        /// The project and the packages.
        searched: String,
    },
    /// A file is there and can't be read.
    #[error(transparent)]
    Unreadable(BoxError),
}

impl From<FileError> for AssetError {
    fn from(error: FileError) -> Self {
        Self::Unreadable(Box::new(error))
    }
}

/// One file, ready to be sent.
#[derive(Clone)]
struct Asset {
    contents: Bytes,
    content_type: HeaderValue,
    fingerprint: Fingerprint,
}

impl Assets {
    /// The assets of `packages`, in the order in which they are installed, under the `project`
    /// folder, which need not exist. In [`Mode::Debug`] they are read on each use, else once, now.
    ///
    /// # Errors
    ///
    /// If a file of the project can't be read.
    pub(crate) fn new(
        mode: Mode,
        packages: &[(&str, Folder)],
        project: Option<&Path>,
    ) -> Result<Self, AssetError> {
        let files = LayeredFiles::new(mode, packages, project)?;
        let searched: Vec<_> = files.labels().collect();
        Ok(Self {
            searched: searched.join(", "),
            store: match mode {
                Mode::Debug => Store::Files(files),
                Mode::Production => Store::Loaded(load(&files)?),
            },
        })
    }

    /// The URL of the asset `name`, with a fingerprint of its content.
    ///
    /// ```
    /// use plain::assets::Assets;
    /// use plain::http::{Request, Response, Result};
    ///
    /// fn logo(request: &Request) -> Result<Response> {
    ///     let assets: &Assets = request.services().require()?;
    ///     Ok(Response::redirect(assets.url("logo.svg")?)) // to /assets/logo.9a4487cc.svg
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AssetError::Unknown`] if there is no such file.
    pub fn url(&self, name: &str) -> Result<String, AssetError> {
        let Some(asset) = self.find(name)? else {
            return Err(self.unknown(name)?);
        };
        let mut url = ASSETS_URL.to_owned();
        push_path(&mut url, &asset.fingerprint.put_into(name));
        Ok(url)
    }

    fn find(&self, name: &str) -> Result<Option<Cow<'_, Asset>>, FileError> {
        match &self.store {
            Store::Loaded(assets) => Ok(assets.get(name).map(Cow::Borrowed)),
            Store::Files(files) => {
                let contents = files.read(name)?;
                Ok(contents.map(|contents| Cow::Owned(Asset::new(name, contents))))
            }
        }
    }

    fn unknown(&self, name: &str) -> Result<AssetError, FileError> {
        let names = match &self.store {
            Store::Files(files) => files.names()?,
            Store::Loaded(assets) => assets.keys().cloned().collect(),
        };
        Ok(AssetError::Unknown {
            name: name.to_owned(),
            hint: hint(name, names.iter().map(String::as_str)),
            searched: self.searched.clone(),
        })
    }
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assets({})", self.searched)
    }
}

impl Asset {
    fn new(name: &str, contents: Cow<'static, [u8]>) -> Self {
        Self {
            fingerprint: Fingerprint::of(&contents),
            content_type: crate::http::content_type(Path::new(name)),
            contents: match contents {
                Cow::Borrowed(embedded) => Bytes::from_static(embedded),
                Cow::Owned(read) => read.into(),
            },
        }
    }
}

fn load(files: &LayeredFiles) -> Result<HashMap<String, Asset>, FileError> {
    let mut assets = HashMap::new();
    for name in files.names()? {
        if let Some(contents) = files.read(&name)? {
            let asset = Asset::new(&name, contents);
            assets.insert(name, asset);
        }
    }
    Ok(assets)
}

#[cfg(test)]
mod tests;
