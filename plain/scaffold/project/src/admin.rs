//! The data in the admin.

use plain::admin::{Form, Input, List, Meta, Viewset};

use crate::models::Note;

/// The notes.
pub(crate) struct NoteAdmin;

impl Viewset for NoteAdmin {
    type Model = Note;

    fn meta(&self) -> Meta {
        Meta::new("Notes").description("What visitors left.")
    }

    fn list(&self) -> List<Note> {
        List::fields(["author", "text", "created_at"])
            .order("-created_at")
            .search_fields(["author", "text"])
    }

    fn update(&self) -> Option<Form<Note>> {
        Some(Form::fields(["author", "text"]).input("text", Input::Area))
    }
}
