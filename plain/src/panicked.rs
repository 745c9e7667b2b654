//! A panic that was caught, as an error.

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;

use tokio::task::JoinError;

/// Something panicked; its text is what it said.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {text}")]
pub(crate) struct Panicked {
    text: String,
    place: Option<Place>,
}

/// A line of code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
}

thread_local! {
    /// Where this thread panicked last.
    static LAST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Notes where a panic happened; called by the hook that logs it.
pub(crate) fn note(place: Option<&Location<'_>>) {
    let place = place.map(|place| Place {
        file: place.file().to_owned(),
        line: place.line(),
    });
    // A thread that ends has nobody left to tell.
    let _ = LAST.try_with(|last| last.replace(place));
}

impl Panicked {
    /// Reads what `catch_unwind` or a task caught.
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self {
            text: text.unwrap_or("without a message").to_owned(),
            place: LAST.try_with(RefCell::take).unwrap_or_default(),
        }
    }

    /// Where it happened, if the hook was told.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}

/// Why a task has no result.
pub(crate) fn why_ended(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => Panicked::new(&*payload).to_string(),
        Err(_) => "broken off: its runtime stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any, resume_unwind};

    use super::*;

    #[test]
    fn it_says_what_the_panic_said() {
        let text = |panics: fn()| Panicked::new(&*catch_unwind(panics).unwrap_err()).to_string();
        assert_eq!(text(|| panic!("oh")), "panicked: oh");
        assert_eq!(text(|| panic!("{} left", 2)), "panicked: 2 left");
        assert_eq!(text(|| panic_any(7)), "panicked: without a message");
        assert_eq!(text(|| resume_unwind(Box::new("again"))), "panicked: again");
    }
}
