//! The session in templates.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, Value};
use plain::http::Result;
use plain::templates::{TemplateRequest, missing};

use crate::requests::Attached;
use crate::store::SessionStore;

/// `{{ session.name }}`: the value; nothing where there is none.
impl Object for SessionStore {
    /// Not a map: of a map, `name in session` would ask for the value, and there is always one.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        let name = name.as_str()?;
        let value = self.value(name);
        Some(value.map_or_else(missing, |value| Value::from(Serde(value))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.keys().into_iter().map(Value::from).collect())
    }
}

/// `get_current_session()`: the session of the request, if its view has looked at it.
///
/// A template can't wait for the database, so a session that nobody asked for is not there.
pub(crate) fn get_current_session(request: &TemplateRequest) -> Result<Value> {
    let attached = request.extension::<Attached>();
    let session = attached.filter(|Attached(session)| session.accessed());
    Ok(session.map_or_else(missing, |Attached(session)| {
        Value::from_object(session.clone())
    }))
}
