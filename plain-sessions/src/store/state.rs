//! What a session is and is to become, as one request sees it. Nothing here reaches the database.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::Data;
use super::commit::{Extent, Outcome};
use crate::error::SessionError;
use crate::key::Key;
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;

/// A row, and the key that it confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) session: Session,
}

impl Row {
    pub(crate) fn is_readable(&self) -> bool {
        self.session.condition == Condition::Whole
    }
}

/// One recorded change. Saving applies the changes, in order, to the row as it is by then.
#[derive(Clone)]
pub(crate) enum Change {
    Set(String, Value),
    /// Sets what has no value by then.
    SetDefault(String, Value),
    Remove(String),
    Clear,
    Update(String, Arc<Apply>),
}

/// Makes the new value of an atomic update from the present one.
pub(crate) type Apply = dyn Fn(Option<&Value>) -> Result<Value, SessionError> + Send + Sync;

impl Change {
    /// Applies the change to `data`.
    pub(crate) fn apply(&self, data: &mut Data) -> Result<(), SessionError> {
        match self {
            Self::Set(name, value) => drop(data.insert(name.clone(), value.clone())),
            Self::SetDefault(name, value) => {
                data.entry(name.as_str()).or_insert_with(|| value.clone());
            }
            Self::Remove(name) => drop(data.remove(name)),
            Self::Clear => data.clear(),
            Self::Update(name, apply) => {
                let value = apply(data.get(name))?;
                data.insert(name.clone(), value);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(name, _) => write!(f, "Set({name})"),
            Self::SetDefault(name, _) => write!(f, "SetDefault({name})"),
            Self::Remove(name) => write!(f, "Remove({name})"),
            Self::Clear => f.write_str("Clear"),
            Self::Update(name, _) => write!(f, "Update({name})"),
        }
    }
}

/// Where the session comes from.
#[derive(Debug)]
enum Origin {
    /// Not looked up yet.
    Unloaded,
    /// No live row: a session that does not exist yet.
    Nowhere,
    /// A live row.
    Row(Arc<Row>),
}

/// The session of one request.
#[derive(Debug)]
pub(crate) struct State {
    origin: Origin,
    /// The values, where they are others than those of the row.
    data: Option<Data>,
    changes: Vec<Change>,
    owner: Option<String>,
    owner_changed: bool,
    rotate: bool,
    flushed: Option<Arc<Row>>,
    pub(crate) accessed: bool,
    /// What became of the session when it was last saved before the response.
    saved_before: Outcome,
}

/// What is to be done with the database, decided once when the response is known.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The row to delete, of a session that was flushed.
    pub(crate) flushed: Option<Arc<Row>>,
    pub(crate) save: Save,
}

/// What is to be saved.
#[derive(Clone, Debug)]
pub(crate) enum Save {
    Nothing,
    /// A session without a row, with something in it.
    Insert {
        data: Data,
        owner: Option<String>,
    },
    /// A row, with changes.
    Change(RowChange),
    /// A row that was only looked at, where the settings may ask to renew it.
    Keep(Arc<Row>),
}

/// The changes to a row.
#[derive(Clone, Debug)]
pub(crate) struct RowChange {
    pub(crate) row: Arc<Row>,
    pub(crate) changes: Vec<Change>,
    /// The new owner, where it was set.
    pub(crate) owner: Option<Option<String>>,
    pub(crate) rotate: bool,
    /// Whether nothing is left, as far as this request knows.
    pub(crate) leaves_nothing: bool,
}

impl Save {
    /// The row that it is about.
    pub(crate) fn row(&self) -> Option<&Row> {
        match self {
            Self::Nothing | Self::Insert { .. } => None,
            Self::Keep(row) => Some(row),
            Self::Change(change) => Some(&change.row),
        }
    }
}

impl RowChange {
    /// Applies the changes to the row as it now is; an error leaves it half changed.
    pub(crate) fn apply(&self, session: &mut Session) -> Result<(), SessionError> {
        for change in &self.changes {
            change.apply(&mut session.session_data)?;
        }
        if let Some(owner) = &self.owner {
            session.owner.clone_from(owner);
        }
        Ok(())
    }

    /// Whether applying them may fail.
    pub(crate) fn may_fail(&self) -> bool {
        let is_update = |change: &Change| matches!(change, Change::Update(..));
        self.changes.iter().any(is_update)
    }
}

impl Plan {
    pub(crate) fn is_nothing(&self) -> bool {
        self.flushed.is_none() && matches!(self.save, Save::Nothing)
    }
}

impl State {
    pub(crate) fn unloaded() -> Self {
        Self::at(Origin::Unloaded)
    }

    pub(crate) fn loaded(row: Option<Arc<Row>>) -> Self {
        Self::at(row.map_or(Origin::Nowhere, Origin::Row))
    }

    fn at(origin: Origin) -> Self {
        let owner = match &origin {
            Origin::Row(row) => row.session.owner.clone(),
            _ => None,
        };
        Self {
            origin,
            data: None,
            changes: Vec::new(),
            owner,
            owner_changed: false,
            rotate: false,
            flushed: None,
            accessed: false,
            saved_before: Outcome::Unchanged,
        }
    }

    /// Begins with `row`, which was looked up.
    pub(crate) fn load(&mut self, row: Option<Arc<Row>>) {
        *self = Self {
            accessed: self.accessed,
            saved_before: self.saved_before.clone(),
            ..Self::loaded(row)
        };
    }

    pub(crate) fn is_loaded(&self) -> bool {
        !matches!(self.origin, Origin::Unloaded)
    }

    pub(crate) fn row(&self) -> Option<&Arc<Row>> {
        match &self.origin {
            Origin::Row(row) => Some(row),
            _ => None,
        }
    }

    pub(crate) fn data(&self) -> &Data {
        static NONE: LazyLock<Data> = LazyLock::new(Data::new);
        match (&self.data, &self.origin) {
            (Some(data), _) => data,
            (None, Origin::Row(row)) => &row.session.session_data,
            (None, _) => &NONE,
        }
    }

    fn data_mut(&mut self) -> &mut Data {
        let origin = &self.origin;
        self.data.get_or_insert_with(|| match origin {
            Origin::Row(row) => row.session.session_data.clone(),
            _ => Data::new(),
        })
    }

    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Records `change`, which can't fail on the data of this request.
    pub(crate) fn record(&mut self, change: Change) {
        let applied = change.apply(self.data_mut());
        debug_assert!(
            applied.is_ok(),
            "only updates fail, and they go through record_update"
        );
        self.changes.push(change);
    }

    /// Records an atomic update that gives `value` for this request.
    pub(crate) fn record_update(&mut self, name: String, value: Value, apply: Arc<Apply>) {
        self.data_mut().insert(name.clone(), value);
        self.changes.push(Change::Update(name, apply));
    }

    pub(crate) fn set_owner(&mut self, owner: Option<String>) {
        self.owner = owner;
        self.owner_changed = true;
    }

    pub(crate) fn rotate(&mut self) {
        self.rotate = true;
    }

    pub(crate) fn flush(&mut self) {
        let origin = std::mem::replace(&mut self.origin, Origin::Nowhere);
        // Flushing twice must not forget the row of the first time.
        let flushed = match origin {
            Origin::Row(row) => Some(row),
            _ => self.flushed.take(),
        };
        *self = Self {
            flushed,
            accessed: self.accessed,
            saved_before: self.saved_before.clone(),
            ..Self::loaded(None)
        };
    }

    /// Notes what became of the session before the response was known.
    pub(crate) fn note_saved(&mut self, outcome: Outcome) {
        if !matches!(outcome, Outcome::Unchanged) {
            self.saved_before = outcome;
        }
    }

    pub(crate) fn saved_before(&self) -> &Outcome {
        &self.saved_before
    }

    pub(crate) fn modified(&self) -> bool {
        self.flushed.is_some() || self.changed()
    }

    fn changed(&self) -> bool {
        !self.changes.is_empty() || self.owner_changed || self.rotate
    }

    fn is_void(&self) -> bool {
        self.data().is_empty() && self.owner.is_none()
    }

    /// Whether nothing is in `row` and it is nobody's; that we can't read it says nothing.
    fn is_over(&self, row: &Row) -> bool {
        self.is_void() && row.is_readable()
    }

    pub(crate) fn plan(&self, extent: Extent, settings: &SessionSettings) -> Plan {
        let save = match extent {
            Extent::Whole => self.save(settings),
            Extent::FlushOnly => Save::Nothing,
        };
        Plan {
            flushed: self.flushed.clone(),
            save,
        }
    }

    fn save(&self, settings: &SessionSettings) -> Save {
        match &self.origin {
            Origin::Unloaded => Save::Nothing,
            Origin::Nowhere if self.is_void() => Save::Nothing,
            Origin::Nowhere => Save::Insert {
                data: self.data().clone(),
                owner: self.owner.clone(),
            },
            Origin::Row(row) if !(self.changed() || self.is_over(row)) => match settings.renews() {
                true => Save::Keep(Arc::clone(row)),
                false => Save::Nothing,
            },
            Origin::Row(row) => Save::Change(RowChange {
                row: Arc::clone(row),
                changes: self.changes.clone(),
                owner: self.owner_changed.then(|| self.owner.clone()),
                rotate: self.rotate,
                leaves_nothing: self.is_void(),
            }),
        }
    }

    /// Takes note of what was carried out, so that what comes next begins there.
    pub(crate) fn committed(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Unchanged => {}
            Outcome::Saved(row) => self.load(Some(Arc::clone(row))),
            Outcome::Removed | Outcome::Vanished => self.load(None),
        }
    }
}
