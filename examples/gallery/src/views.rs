//! The gallery, its pictures, and how they come and go.

use garde::Validate;
use plain::prelude::*;
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use crate::models::{Picture, ending_of};
use crate::settings::{GallerySettings, folder};

/// What stands beside the file in the form.
#[derive(Debug, Deserialize, Validate)]
pub(crate) struct Upload {
    #[garde(length(chars, min = 1, max = 100))]
    title: String,
}

/// ``: all pictures, and a form for another.
pub(crate) struct Gallery;

impl FormView for Gallery {
    type Form = Upload;

    fn template(&self) -> &str {
        "gallery.html"
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        request.set_body_limit(request.settings::<GallerySettings>()?.gallery_max_size);
        Ok(None)
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let pictures = Picture::query().order("-id").limit(100);
        let pictures = pictures.all(request.database()?).await?;
        Ok(context! { pictures })
    }

    async fn form_valid(&self, request: &Request, form: Upload) -> Result<Response> {
        let Some(upload) = request.form_data().await?.file("picture") else {
            return self
                .rejected(request, Some("picture"), "Choose a picture.")
                .await;
        };
        let mut start = [0; 12];
        let read = upload.open().await?.read(&mut start).await?;
        let Some(ending) = ending_of(&start[..read]) else {
            let message = "This is no PNG, JPEG, GIF or WebP picture.";
            return self.rejected(request, Some("picture"), message).await;
        };
        Picture::keep(request, form.title, upload, ending).await?;
        Ok(Response::redirect(request.reverse("gallery", ())?))
    }
}

/// `files/<name>`: the picture itself.
pub(crate) struct PictureFile;

impl View for PictureFile {
    async fn get(&self, request: &Request) -> Result<Response> {
        let name: String = request.param("name")?;
        Response::file_in(folder(request.services())?, &name, request).await
    }
}

/// `pictures/<id>/delete`
pub(crate) struct DeletePicture;

impl View for DeletePicture {
    async fn post(&self, request: &Request) -> Result<Response> {
        let id: i64 = request.param("id")?;
        let picture = Picture::query().get(request.database()?, id).await?;
        let picture = picture.ok_or_else(|| Error::not_found("this picture is gone"))?;
        picture.delete(request).await?;
        Ok(Response::redirect(request.reverse("gallery", ())?))
    }
}
