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

/// The session of the request that a template is rendered for, if somebody looked at it before: for
/// template globals of other packages.
///
/// A template can't wait for the database, so a session that nobody asked for is not there.
///
/// ```
/// use plain::http::Result;
/// use plain::templates::{TemplateRequest, Value};
/// use plain_sessions::get_template_session;
///
/// fn visitor_name(request: &TemplateRequest) -> Result<Value> {
///     let session = get_template_session(request);
///     let name = session.map(|session| session.get::<String>("name")).transpose()?;
///     Ok(name.flatten().unwrap_or_default().into())
/// }
/// ```
pub fn get_template_session(request: &TemplateRequest) -> Option<SessionStore> {
    let Attached(session) = request.extension()?;
    session.accessed().then(|| session.clone())
}

/// `get_current_session()`: the same for templates; undefined where there is none.
pub(crate) fn get_current_session(request: &TemplateRequest) -> Result<Value> {
    Ok(get_template_session(request).map_or_else(missing, Value::from_object))
}
