//! The user in templates.

use plain::http::Result;
use plain::templates::Value;
use plain::templates::{TemplateRequest, missing};

use crate::requests::{CurrentUser, value};

/// `get_current_user()`: the user of the request, if its view has asked for it.
///
/// A template can't wait for the database, so a user that nobody asked for is not there.
pub(crate) fn get_current_user(request: &TemplateRequest) -> Result<Value> {
    let known = request
        .extension::<CurrentUser>()
        .and_then(CurrentUser::known);
    Ok(known.map_or_else(missing, |user| value(user.as_ref())))
}
