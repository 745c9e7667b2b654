//! The list of notes, and a note.

use garde::Validate;
use plain::http::{HeaderValue, StatusCode};
use plain::prelude::*;

use crate::errors::Fault;
use crate::models::{self, NoteText};

const OFFERED: &[&str] = &["application/json", "text/csv"];

/// `notes`: all notes, and a new one.
pub(crate) struct Notes;

impl View for Notes {
    async fn get(&self, request: &Request) -> Result<Response> {
        let notes = models::Note::query().all(request.database()?).await?;
        let mut response = match request.preferred(OFFERED) {
            Some("text/csv") => Response::bytes(HeaderValue::from_static("text/csv"), csv(&notes)),
            Some(_) => Response::json(&notes)?,
            None => return Err(Fault::NotAcceptable(OFFERED).into()),
        };
        response.vary_on("Accept");
        Ok(response)
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let text: NoteText = request.json().await?;
        text.validate()?;
        let note = models::Note::create(request.database()?, text).await?;
        let address = request.reverse("note", [("id", note.id)])?;
        Ok(Response::json(&note)?
            .with_status(StatusCode::CREATED)
            .with_location(address))
    }
}

/// `notes/<id>`: one note.
pub(crate) struct Note;

impl View for Note {
    async fn get(&self, request: &Request) -> Result<Response> {
        let note = models::Note::find(request.database()?, request.param("id")?).await?;
        Ok(Response::json(&note)?.conditional(request))
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        let text: NoteText = request.json().await?;
        text.validate()?;
        models::Note::replace(request.database()?, request.param("id")?, text).await?;
        Ok(Response::no_content())
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        let id: i64 = request.param("id")?;
        let note = models::Note::query().filter("id", id);
        match note.delete(request.database()?).await? {
            0 => Err(Fault::NoSuchNote(id).into()),
            _ => Ok(Response::no_content()),
        }
    }
}

/// Notes as RFC 4180 writes tables.
fn csv(notes: &[models::Note]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let lines = notes.iter().map(|note| {
        format!(
            "{},{},{}\r\n",
            note.id,
            quoted(&note.title),
            quoted(&note.text)
        )
    });
    std::iter::once("id,title,text\r\n".to_owned())
        .chain(lines)
        .collect()
}
