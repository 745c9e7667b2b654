//! Names of session values, with and without the type of the value.

use std::marker::PhantomData;

/// The name of a session value together with its type.
///
/// ```
/// use plain_sessions::SessionKey;
///
/// const CART: SessionKey<Vec<u32>> = SessionKey::new("cart_items");
/// ```
pub struct SessionKey<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> SessionKey<T> {
    /// Gives the value `name` the type `T` wherever it is used.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for SessionKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SessionKey<T> {}

impl<T> std::fmt::Debug for SessionKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionKey({})", self.name)
    }
}

/// What names a session value: a text, or a [`SessionKey`].
pub trait Name {
    /// The name.
    fn name(&self) -> &str;
}

impl Name for &str {
    fn name(&self) -> &str {
        self
    }
}

impl Name for &String {
    fn name(&self) -> &str {
        self
    }
}

impl<T> Name for SessionKey<T> {
    fn name(&self) -> &str {
        self.name
    }
}

/// What names a session value of type `T`: a text, which goes with any type, or a [`SessionKey`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a session value of type `{T}`",
    note = "name it by a text such as \"cart\", or by a key of the type: `const CART: SessionKey<{T}> = SessionKey::new(\"cart\");`"
)]
pub trait ValueName<T>: Name {}

impl<T> ValueName<T> for &str {}

impl<T> ValueName<T> for &String {}

impl<T> ValueName<T> for SessionKey<T> {}
