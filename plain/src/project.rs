//! The folder of the project: where relative paths in settings begin.

use std::path::{Path, PathBuf};

use crate::services::Services;

/// The folder of the project, as the application shares it.
pub(crate) struct Project(pub(crate) PathBuf);

impl Services {
    /// `path` as seen from the folder of the project, where `settings.toml` stands; from the
    /// current folder outside of an application. An absolute path stays as it is.
    ///
    /// For a folder or file that a setting names, wherever the program was started:
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// async fn get(request: &Request) -> Result<Response> {
    ///     let folder = request.services().project_path("downloads");
    ///     let name: String = request.param("name")?;
    ///     Response::file_in(folder, &name, request).await
    /// }
    /// ```
    pub fn project_path(&self, path: impl AsRef<Path>) -> PathBuf {
        match self.get::<Project>() {
            Some(Project(root)) => root.join(path),
            None => path.as_ref().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_at_the_project_if_there_is_one_and_it_is_not_absolute() {
        let mut builder = Services::builder();
        builder.insert(Project("/srv/shop".into()));
        let services = builder.build();
        assert_eq!(services.project_path("a/b"), Path::new("/srv/shop/a/b"));
        assert_eq!(services.project_path("/a"), Path::new("/a"));
        let none = Services::default();
        assert_eq!(none.project_path("a"), Path::new("a"));
    }
}
