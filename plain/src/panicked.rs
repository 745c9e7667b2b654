//! A panic that was caught, as an error.

use std::any::Any;

use tokio::task::JoinError;

/// Something panicked; its text is what it said.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(crate) struct Panicked(String);

impl Panicked {
    /// Reads what `catch_unwind` or a task caught.
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self(text.unwrap_or("without a message").to_owned())
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
