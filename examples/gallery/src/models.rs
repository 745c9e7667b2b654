//! Pictures: a row for each, and a file that only we have named.

use chrono::{DateTime, Utc};
use plain::db::{Field, Model};
use plain::http::{Request, Result, UploadedFile};
use serde::Serialize;
use uuid::Uuid;

use crate::settings::folder;

/// A picture that somebody uploaded.
#[derive(Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Picture {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// The name of its file in the folder.
    pub(crate) file: String,
    /// In bytes.
    pub(crate) size: i64,
    pub(crate) uploaded_at: DateTime<Utc>,
}

impl Model for Picture {
    const NAME: &'static str = "Picture";
    const TABLE: &'static str = "gallery_picture";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("title"),
        Field::text("file"),
        Field::integer("size"),
        Field::time("uploaded_at"),
    ];
}

impl Picture {
    /// Keeps `upload`, whose content has the type with the ending `ending`.
    pub(crate) async fn keep(
        request: &Request,
        title: String,
        upload: &UploadedFile,
        ending: &str,
    ) -> Result<()> {
        let folder = folder(request.services())?;
        tokio::fs::create_dir_all(&folder).await?;
        let file = format!("{}.{ending}", Uuid::new_v4());
        let path = folder.join(&file);
        upload.save_to(&path).await?;
        let values = [
            ("title", title.into()),
            ("file", file.into()),
            ("size", i64::try_from(upload.size())?.into()),
            ("uploaded_at", Utc::now().into()),
        ];
        if let Err(error) = Self::query().create(request.database()?, values).await {
            tokio::fs::remove_file(&path).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Forgets it, and then its file: a file that is left is better than a row without one.
    pub(crate) async fn delete(self, request: &Request) -> Result<()> {
        let row = Self::query().filter("id", self.id);
        row.delete(request.database()?).await?;
        tokio::fs::remove_file(folder(request.services())?.join(self.file)).await?;
        Ok(())
    }
}

/// The ending of a picture's type, told by its first bytes: the client's word need not be true, and
/// what a browser would run (HTML, SVG) must not come in as a picture.
pub(crate) fn ending_of(content: &[u8]) -> Option<&'static str> {
    let types: [(&[u8], &str); 4] = [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpg"),
        (b"GIF8", "gif"),
        (b"RIFF", "webp"),
    ];
    let known = types
        .into_iter()
        .find(|(start, _)| content.starts_with(start));
    known.map(|(_, ending)| ending).filter(|ending| {
        // RIFF also holds sounds.
        *ending != "webp" || content.get(8..12) == Some(b"WEBP")
    })
}
