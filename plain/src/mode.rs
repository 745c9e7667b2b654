//! Whether the application is being developed or serves strangers: the setting `DEBUG` as a value.

use crate::settings::CoreSettings;

/// What the setting `DEBUG` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A developer's own machine: files are read from disk each time, errors show what happened.
    Debug,
    /// Strangers may be looking: what is embedded is served, errors show nothing inner.
    Production,
}

impl Mode {
    /// What `settings` say.
    pub(crate) fn of(settings: &CoreSettings) -> Self {
        if settings.debug {
            Self::Debug
        } else {
            Self::Production
        }
    }

    /// Whether this is [`Mode::Debug`].
    pub const fn is_debug(self) -> bool {
        matches!(self, Self::Debug)
    }
}
