//! What templates call: a function and a filter.

use plain::http::Result;
use plain::templates::{TemplateRequest, Value};

use crate::settings::GreetingSettings;

/// `__module___greeting()`: what is said by default.
pub(crate) fn greeting(request: &TemplateRequest) -> Result<Value> {
    let settings: &GreetingSettings = request.services().settings()?;
    Ok(settings.__setting___greeting.as_str().into())
}

/// `text|__module___exclaimed`: with an exclamation mark, unless it ends a sentence.
pub(crate) fn exclaimed(text: String) -> String {
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => text + "!",
    }
}
