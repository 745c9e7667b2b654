//! The methods that a view answers.

/// A method that a view can answer with a handler of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Method {
    /// `GET`, and `HEAD` where that has no handler of its own.
    Get = 1,
    /// `POST`
    Post = 2,
    /// `PUT`
    Put = 4,
    /// `PATCH`
    Patch = 8,
    /// `DELETE`
    Delete = 16,
    /// `HEAD`
    Head = 32,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
    ];

    /// As it is written in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }
}

/// A set of methods.
///
/// ```
/// use plain::views::{Method, Methods};
///
/// let methods = Methods::NONE.with(Method::Get).with(Method::Post);
/// assert_eq!(methods.allow(), "GET, HEAD, POST, OPTIONS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// No method at all.
    pub const NONE: Self = Self(0);

    /// The methods of `handlers` that are written.
    pub fn of(handlers: [(Method, bool); 6]) -> Self {
        let written = handlers.into_iter().filter(|(_, written)| *written);
        written.fold(Self::NONE, |methods, (method, _)| methods.with(method))
    }

    /// The set with `method` in it.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        Self(self.0 | method as u8)
    }

    /// Whether there is a handler for `method`.
    pub const fn contains(self, method: Method) -> bool {
        self.0 & method as u8 != 0
    }

    /// What is answered in the end: `HEAD` follows from `GET`, and `OPTIONS` always is.
    pub fn answered(self) -> Vec<&'static str> {
        let full = if self.contains(Method::Get) {
            self.with(Method::Head)
        } else {
            self
        };
        let handled = Method::ALL
            .into_iter()
            .filter(|method| full.contains(*method));
        handled.map(Method::as_str).chain(["OPTIONS"]).collect()
    }

    /// The value of the header `Allow` (RFC 9110 section 10.2.1).
    pub fn allow(self) -> String {
        self.answered().join(", ")
    }
}
