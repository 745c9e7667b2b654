//! What visitors can fill in, and its rules.

use garde::Validate;
use serde::Deserialize;

/// A new note.
#[derive(Debug, Deserialize, Validate)]
pub(crate) struct NoteForm {
    #[garde(length(chars, min = 1, max = 60))]
    pub(crate) author: String,
    #[garde(length(chars, min = 1, max = 500))]
    pub(crate) text: String,
}
