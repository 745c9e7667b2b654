//! What can go wrong, in terms that a program can act on.

use plain::http::{Error, StatusCode};

/// A request that can't be answered as it would like to be.
///
/// It does not implement `std::error::Error`: `?` makes a 500 of what does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No note has the number.
    NoSuchNote(i64),
    /// Another note has the title.
    TitleTaken(String),
    /// The client takes none of the types that there are.
    NotAcceptable(&'static [&'static str]),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoSuchNote(id) => Error::not_found(format!("there is no note {id}"))
                .with_detail("code", "no_such_note"),
            Fault::TitleTaken(title) => {
                Error::conflict(format!("there is another note called \"{title}\""))
                    .with_detail("code", "title_taken")
            }
            Fault::NotAcceptable(offered) => Error::new(
                StatusCode::NOT_ACCEPTABLE,
                format!("this comes as {}", offered.join(" or ")),
            )
            .with_detail("code", "not_acceptable")
            .with_detail("offered", offered),
        }
    }
}
