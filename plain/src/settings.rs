//! A stub: replaced whole by the settings branch (on a conflict take the other side).
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
/// stub
pub trait SettingsGroup:
    Default + Serialize + DeserializeOwned + schemars::JsonSchema + Debug + Send + Sync + 'static
{
    /// stub
    fn check(&self, _problems: &mut Problems) {}
}
/// stub
#[derive(Debug)]
pub struct Problems;
/// stub
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct SettingsError;
/// stub
#[derive(Debug, Clone)]
pub struct Settings;
impl Settings {
    /// stub
    pub fn get<S: SettingsGroup>(&self) -> Result<&S, SettingsError> {
        Err(SettingsError)
    }
}
