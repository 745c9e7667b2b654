//! What an application shares with its parts: settings, the database, templates, URLs, whatever a
//! package puts there. One value a type.
//!
//! [`Services`] is the handle that a request, a chore or a check is given. It keeps the lower parts
//! free of the higher ones: a request carries the template engine without knowing its type, and
//! `Request::render` is written where templates are.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

type Entry = Arc<dyn Any + Send + Sync>;

/// Values shared by all parts of an application, found by their type. Cheap to clone.
///
/// ```
/// use plain::services::Services;
///
/// struct Greeting(&'static str);
///
/// let mut builder = Services::builder();
/// builder.insert(Greeting("Hello"));
/// let services = builder.build();
/// assert_eq!(services.get::<Greeting>().map(|greeting| greeting.0), Some("Hello"));
/// ```
#[derive(Clone, Default)]
pub struct Services {
    entries: Arc<HashMap<TypeId, Entry>>,
}

impl Services {
    /// Starts an empty collection.
    pub fn builder() -> ServicesBuilder {
        ServicesBuilder::default()
    }

    /// The shared value of type `T`, if there is one.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.entries.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The shared value of type `T`.
    ///
    /// # Errors
    ///
    /// [`ServiceMissing`] if nothing of that type was put there when the application started.
    pub fn require<T: Any + Send + Sync>(&self) -> Result<&T, ServiceMissing> {
        self.get().ok_or(ServiceMissing(type_name::<T>()))
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("entries", &self.entries.len())
            .finish()
    }
}

/// A shared value was asked for that no part of the application provides.
#[derive(Debug, thiserror::Error)]
#[error(
    "the application shares no value of type {0}: provide it in a package's install() with `share`"
)]
pub struct ServiceMissing(&'static str);

/// Collects the values that become [`Services`].
#[derive(Default)]
pub struct ServicesBuilder {
    entries: HashMap<TypeId, Entry>,
}

impl ServicesBuilder {
    /// Puts `value` in, in place of an earlier value of its type.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) -> &mut Self {
        self.entries.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Adds `value` to the shared list of its type, a `Vec<T>`.
    pub(crate) fn collect<T: Any + Send + Sync>(&mut self, value: T) -> &mut Self {
        let empty = || Arc::new(Vec::<T>::new()) as Entry;
        let entry = self.entries.entry(TypeId::of::<Vec<T>>());
        let entry = Arc::get_mut(entry.or_insert_with(empty));
        let list = entry.and_then(|entry| entry.downcast_mut::<Vec<T>>());
        list.expect("what is still being collected has one owner")
            .push(value);
        self
    }

    /// The finished collection.
    pub fn build(self) -> Services {
        Services {
            entries: Arc::new(self.entries),
        }
    }
}

impl fmt::Debug for ServicesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServicesBuilder")
            .field("entries", &self.entries.len())
            .finish()
    }
}
