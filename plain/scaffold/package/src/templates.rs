//! The functions that templates call.

use plain::http::Result;
use plain::templates::{TemplateRequest, Value};

use crate::settings::GreetingSettings;

/// `__module___greeting()`: what is said by default.
pub(crate) fn greeting(request: &TemplateRequest) -> Result<Value> {
    let settings: &GreetingSettings = request.services().settings()?;
    Ok(settings.__setting___greeting.as_str().into())
}
