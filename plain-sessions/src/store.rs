//! [`SessionStore`]: the session of one request, as handlers use it.
//!
//! Reading and changing are synchronous and reach no database: the store was loaded before it was
//! handed out, and it only records what is to change. [`commit`] carries the record out, once.

pub(crate) mod commit;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plain::db::Database;
use plain::http::Error;
use plain::services::Services;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::SessionError;
use crate::json::{self, to_json};
use crate::key::{Key, UnverifiedKey};
use crate::models::Session;
use crate::settings::SessionSettings;
use crate::typed::{Name, ValueName};
pub(crate) use commit::Outcome;
use state::{Change, State};

/// A session: values under names, for one visitor. Cheap to clone; clones are the same session.
///
/// ```
/// # use plain_sessions::{SessionStore, SessionError};
/// fn visit(session: &SessionStore) -> Result<u64, SessionError> {
///     session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
///     session.set("last_page", "/cart")?;
///     Ok(session.get("visits")?.unwrap_or(0))
/// }
/// ```
#[derive(Clone)]
pub struct SessionStore {
    shared: Arc<Shared>,
}

struct Shared {
    app: Services,
    settings: Arc<SessionSettings>,
    state: Mutex<State>,
    /// Held while the row is loaded, so that it is loaded once.
    loading: tokio::sync::Mutex<()>,
}

impl SessionStore {
    /// A new, empty session outside of a request; [`save`](Self::save) gives it a key.
    ///
    /// # Errors
    ///
    /// If `plain.sessions` is not installed.
    pub fn new(app: &Services) -> Result<Self, Error> {
        Ok(Self::with_state(app, settings(app)?, State::loaded(None)))
    }

    /// The live session with this `key`, outside of a request; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If `plain.sessions` is not installed, or the database fails.
    pub async fn load(app: &Services, key: &str) -> Result<Option<Self>, Error> {
        let Some(key) = UnverifiedKey::parse(key) else {
            return Ok(None);
        };
        let store = Self::with_state(app, settings(app)?, State::unloaded());
        store.ensure_loaded(|| Some(key)).await?;
        Ok(store.session_key().is_some().then_some(store))
    }

    /// The session of a request, not loaded yet.
    pub(crate) fn unloaded(app: &Services, settings: &Arc<SessionSettings>) -> Self {
        Self::with_state(app, Arc::clone(settings), State::unloaded())
    }

    fn with_state(app: &Services, settings: Arc<SessionSettings>, state: State) -> Self {
        Self {
            shared: Arc::new(Shared {
                app: app.clone(),
                settings,
                state: Mutex::new(state),
                loading: tokio::sync::Mutex::new(()),
            }),
        }
    }

    /// Loads the row of the key that the client sent unless that is done, and notes that the session
    /// was looked at.
    pub(crate) async fn ensure_loaded(
        &self,
        sent: impl FnOnce() -> Option<UnverifiedKey>,
    ) -> Result<(), SessionError> {
        let _loading = self.shared.loading.lock().await;
        {
            let mut state = self.state();
            state.accessed = true;
            if state.is_loaded() {
                return Ok(());
            }
        }
        let row = match sent() {
            Some(key) => commit::load(self.database()?, &self.shared.settings, key).await?,
            None => None,
        };
        self.state().load(row);
        Ok(())
    }

    fn database(&self) -> Result<&Database, plain::db::Error> {
        self.shared.app.database()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change to the state is whole before anything that can panic runs.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of `name`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is no `T`.
    pub fn get<T: DeserializeOwned>(
        &self,
        name: impl ValueName<T>,
    ) -> Result<Option<T>, SessionError> {
        let name = name.name();
        self.state()
            .data()
            .get(name)
            .map(|value| read(name, value))
            .transpose()
    }

    /// Sets `name` to `value`. Of two requests that set one name, the last to be answered wins.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotStorable`] if JSON or one of the databases can't hold the value; the
    /// session is then as before.
    pub fn set<T: Serialize>(&self, name: impl ValueName<T>, value: T) -> Result<(), SessionError> {
        let name = name.name();
        let value = store(name, &value)?;
        self.state().record(Change::Set(name.to_owned(), value));
        Ok(())
    }

    /// Changes the value of `name` by `change`, in a way that no other request can get between.
    ///
    /// `change` runs at once, for what this request sees, and again on the value as it is in the
    /// database when the session is saved: 50 requests that add 1 at the same time add 50.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is no `T`, [`SessionError::NotStorable`] if what
    /// `change` returns can't be stored.
    pub fn update<T, F>(&self, name: impl ValueName<T>, change: F) -> Result<(), SessionError>
    where
        T: DeserializeOwned + Serialize + 'static,
        F: Fn(Option<T>) -> T + Send + Sync + 'static,
    {
        let name = name.name().to_owned();
        let current = self.state().data().get(&name).cloned();
        let apply = {
            let name = name.clone();
            move |value: Option<&Value>| {
                let value = value.map(|value| read(&name, value)).transpose()?;
                store(&name, &change(value))
            }
        };
        // Outside of the lock: `change` may look at the session.
        let value = apply(current.as_ref())?;
        self.state().record_update(name, value, Arc::new(apply));
        Ok(())
    }

    /// Removes the value of `name`, and tells whether there was one.
    pub fn remove(&self, name: impl Name) -> bool {
        let name = name.name();
        let mut state = self.state();
        let removed = state.data().contains_key(name);
        if removed {
            state.record(Change::Remove(name.to_owned()));
        }
        removed
    }

    /// Removes the value of `name` and returns it.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is no `T`; it then stays.
    pub fn pop<T: DeserializeOwned>(
        &self,
        name: impl ValueName<T>,
    ) -> Result<Option<T>, SessionError> {
        let name = name.name();
        let value = self
            .state()
            .data()
            .get(name)
            .map(|value| read(name, value))
            .transpose()?;
        self.remove(name);
        Ok(value)
    }

    /// The value of `name`, which is `default` from now on if there was none.
    ///
    /// What another request sets meanwhile stays.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`set`](Self::set).
    pub fn setdefault<T: DeserializeOwned + Serialize>(
        &self,
        name: impl ValueName<T>,
        default: T,
    ) -> Result<T, SessionError> {
        let name = name.name();
        let present = self
            .state()
            .data()
            .get(name)
            .map(|value| read(name, value))
            .transpose()?;
        if let Some(value) = present {
            return Ok(value);
        }
        let value = store(name, &default)?;
        self.state()
            .record(Change::SetDefault(name.to_owned(), value));
        Ok(default)
    }

    /// Sets all `values`, or none of them if one can't be stored.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotStorable`], naming the first value that can't be stored.
    pub fn extend<N, T>(&self, values: impl IntoIterator<Item = (N, T)>) -> Result<(), SessionError>
    where
        N: AsRef<str>,
        T: Serialize,
    {
        let stored = values.into_iter().map(|(name, value)| {
            let name = name.as_ref();
            Ok(Change::Set(name.to_owned(), store(name, &value)?))
        });
        let changes = stored.collect::<Result<Vec<_>, SessionError>>()?;
        let mut state = self.state();
        changes.into_iter().for_each(|change| state.record(change));
        Ok(())
    }

    /// The value of `name` as JSON, for templates.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.state().data().get(name).cloned()
    }

    /// Whether there is a value of `name`.
    pub fn contains_key(&self, name: impl Name) -> bool {
        self.state().data().contains_key(name.name())
    }

    /// The names, in alphabetical order.
    pub fn keys(&self) -> Vec<String> {
        self.state().data().keys().cloned().collect()
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> Vec<Value> {
        self.state().data().values().cloned().collect()
    }

    /// Names and values, in the order of the names.
    pub fn items(&self) -> Vec<(String, Value)> {
        self.state().data().clone().into_iter().collect()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.state().data().len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.state().data().is_empty()
    }

    /// Removes all values. The session goes on under its key if something is set afterwards or it
    /// has an owner; else it ends.
    pub fn clear(&self) {
        self.state().record(Change::Clear);
    }

    /// Ends the session: values, owner and key. What is set afterwards begins a new one.
    ///
    /// The row is deleted whatever becomes of the request: signing out is never undone.
    pub fn flush(&self) {
        self.state().flush();
    }

    /// Gives the session a new key when the request is done; values, owner and creation stay.
    ///
    /// Call it wherever a visitor gains rights, so that a key that someone knew before is worth
    /// nothing (ASVS 5.0, 7.2.4).
    pub fn cycle_key(&self) {
        self.state().rotate();
    }

    /// Whose session this is.
    pub fn owner(&self) -> Option<String> {
        self.state().owner().map(str::to_owned)
    }

    /// Says whose session this is, for who signs visitors in. Cycle the key along with it.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotStorable`] if the text holds a NUL character.
    pub fn set_owner(&self, owner: Option<&str>) -> Result<(), SessionError> {
        let name = || "owner".to_owned();
        json::check_text(owner.unwrap_or_default()).map_err(|problem| {
            SessionError::NotStorable {
                name: name(),
                problem,
            }
        })?;
        self.state().set_owner(owner.map(str::to_owned));
        Ok(())
    }

    /// Whether the session was looked at, by whatever means.
    pub fn accessed(&self) -> bool {
        self.state().accessed
    }

    /// Whether there is anything to save.
    pub fn modified(&self) -> bool {
        self.state().modified()
    }

    /// The row that the session was loaded from, or saved to; `None` if it has none.
    pub fn model_instance(&self) -> Option<Session> {
        self.state().row().map(|row| row.session.clone())
    }

    /// The session's key, once a row confirmed it or [`save`](Self::save) made it.
    pub fn session_key(&self) -> Option<Key> {
        self.state().row().map(|row| row.key.clone())
    }

    /// The name of the cookie with its key.
    pub(crate) fn cookie_name(&self) -> &str {
        &self.shared.settings.session_cookie_name
    }

    /// Whether it was looked for and is in no row.
    pub(crate) fn is_nowhere(&self) -> bool {
        let state = self.state();
        state.is_loaded() && state.row().is_none()
    }

    /// Saves a session that belongs to no request. In a request the middleware does that; who needs
    /// the key earlier can save before, and what was saved stays whatever becomes of the request.
    ///
    /// # Errors
    ///
    /// If the database fails. Nothing is saved then, and `save` can be tried again.
    pub async fn save(&self) -> Result<(), SessionError> {
        let outcome = self.commit(commit::Extent::Whole).await?;
        self.state().note_saved(outcome);
        Ok(())
    }

    /// What became of the session when it was last saved by hand.
    pub(crate) fn saved_before(&self) -> Outcome {
        self.state().saved_before().clone()
    }

    /// Carries out what was recorded.
    pub(crate) async fn commit(&self, extent: commit::Extent) -> Result<Outcome, SessionError> {
        let plan = self.state().plan(extent, &self.shared.settings);
        if plan.is_nothing() {
            return Ok(Outcome::Unchanged);
        }
        let done = commit::execute(self.database()?, &self.shared.settings, plan).await?;
        self.state().committed(&done);
        Ok(done)
    }
}

impl fmt::Debug for SessionStore {
    /// Names only: values may be anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let key = state.row().map(|row| &row.key);
        let names: Vec<_> = state.data().keys().collect();
        f.debug_struct("SessionStore")
            .field("key", &key)
            .field("names", &names)
            .finish()
    }
}

fn settings(app: &Services) -> Result<Arc<SessionSettings>, Error> {
    Ok(Arc::new(app.settings::<SessionSettings>()?.clone()))
}

fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, SessionError> {
    // serde's own message would quote the value, which may be private.
    T::deserialize(value).map_err(|_| SessionError::WrongType {
        name: name.to_owned(),
        found: json::kind(value),
        expected: std::any::type_name::<T>(),
    })
}

fn store<T: Serialize>(name: &str, value: &T) -> Result<Value, SessionError> {
    let stored = json::check_text(name).and_then(|()| to_json(value));
    stored.map_err(|problem| SessionError::NotStorable {
        name: name.to_owned(),
        problem,
    })
}

/// The values of a session.
pub(crate) type Data = Map<String, Value>;
