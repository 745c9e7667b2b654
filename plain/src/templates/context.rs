//! What a template sees of variables, in layers.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Enumerator, Object, Value};
use minijinja::{Environment, ErrorKind, State};

use super::request::TemplateRequest;

/// The name under which functions find the request, whatever a template calls its variables.
const REQUEST: &str = "__request";

/// A value that prints nothing, is false in a test, and is not defined; without an error, unlike
/// what is undefined otherwise.
///
/// For objects in which a missing key is nothing unusual, such as a session: they return it as the
/// value of the key.
///
/// ```
/// use minijinja::{Environment, UndefinedBehavior, context};
/// use plain::templates::missing;
///
/// let mut strict = Environment::new();
/// strict.set_undefined_behavior(UndefinedBehavior::Strict);
/// let name = missing();
/// let text = strict.render_str("[{{ name }}{% if name %}!{% endif %}]", context! { name });
/// assert_eq!(text.unwrap(), "[]");
/// ```
pub fn missing() -> Value {
    /// The engine makes such a value for an `if` without `else`, and gives no other way to it.
    static MISSING: LazyLock<Value> = LazyLock::new(|| {
        let engine = Environment::new();
        let nothing = engine
            .compile_expression("'' if false")
            .and_then(|expression| expression.eval(()));
        nothing.expect("an expression without variables has a value")
    });
    MISSING.clone()
}

/// The variables of one rendering: what the view gives, then what was added to the request, then
/// what each request has.
pub(super) struct Layers {
    given: Value,
    added: Vec<(Cow<'static, str>, Value)>,
    request: Arc<TemplateRequest>,
}

impl Layers {
    pub(super) fn new(
        given: Value,
        added: Vec<(Cow<'static, str>, Value)>,
        request: Arc<TemplateRequest>,
    ) -> Self {
        Self {
            given,
            added,
            request,
        }
    }

    /// The names of all variables.
    pub(super) fn names(&self) -> Vec<String> {
        let given = self.given.try_iter().into_iter().flatten();
        let given = given.filter_map(|key| key.as_str().map(str::to_owned));
        let added = self.added.iter().map(|(name, _)| name.to_string());
        let always = ["request", "csp_nonce"].map(str::to_owned);
        given.chain(added).chain(always).collect()
    }
}

impl Object for Layers {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some(value) = self
            .given
            .as_object()
            .and_then(|given| given.get_value_by_str(key))
        {
            return Some(value);
        }
        if let Some((_, value)) = self.added.iter().rev().find(|(name, _)| name == key) {
            return Some(value.clone());
        }
        match key {
            "request" | REQUEST => Some(Value::from_dyn_object(Arc::clone(&self.request))),
            "csp_nonce" => Some(self.request.csp_nonce().into()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().into_iter().map(Value::from).collect())
    }
}

impl fmt::Debug for Layers {
    /// Nothing of the values, which may be anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the context")
    }
}

/// The request that a function of a template is called for.
pub(super) fn request_of(state: &State<'_, '_>) -> Result<Arc<TemplateRequest>, minijinja::Error> {
    let found = state
        .lookup(REQUEST)
        .and_then(|value| value.downcast_object());
    found.ok_or_else(|| {
        minijinja::Error::new(
            ErrorKind::InvalidOperation,
            "this function needs a request: render the template with `request.render`",
        )
    })
}
