//! Names in the layers that no installed package declares, and settings that stand where they set
//! nothing.

use figment::value::Value;

use super::error::SettingsError;
use super::loader::{Loader, PREFIX, declaring};
use super::{Origin, names};

impl Loader {
    /// Finds the names that nobody declared, in all layers.
    pub(super) fn strangers(&self) -> Vec<SettingsError> {
        let mut errors = Vec::new();
        for (path, values) in &self.inputs.files {
            for (name, located) in values {
                let origin = Origin::File {
                    path: path.clone(),
                    line: located.line,
                };
                match self.declaring(name) {
                    None => errors.push(self.unknown(name, "", Some(&located.value), origin)),
                    Some(_) => errors.extend(self.misplaced(name, &located.value, origin)),
                }
            }
        }
        for name in self
            .inputs
            .environment
            .keys()
            .filter_map(|name| name.to_str())
        {
            match name.strip_prefix(PREFIX) {
                Some(setting) if self.declaring(setting).is_none() => {
                    let origin = Origin::Environment {
                        variable: name.to_owned(),
                    };
                    errors.push(self.unknown(setting, PREFIX, None, origin));
                }
                _ => {}
            }
        }
        for name in self
            .inputs
            .code
            .keys()
            .filter(|name| self.declaring(name).is_none())
        {
            errors.push(self.unknown(name, "", None, Origin::Code));
        }
        errors
    }

    fn unknown(
        &self,
        name: &str,
        prefix: &str,
        value: Option<&Value>,
        origin: Origin,
    ) -> SettingsError {
        let hint = self.unknown_hint(name, prefix, value);
        SettingsError::Unknown {
            setting: name.to_owned(),
            origin: Some(origin),
            hint,
        }
    }

    fn unknown_hint(&self, name: &str, prefix: &str, value: Option<&Value>) -> String {
        if let Some(group) = declaring(&self.linked, name) {
            return format!(
                "it belongs to the package {}",
                how_to_install(group.package)
            );
        }
        let known = self
            .groups
            .iter()
            .chain(&self.linked)
            .flat_map(|group| &group.fields);
        match names::nearest(name, known.map(|field| field.name.as_str())) {
            Some(near) => {
                let hint = names::did_you_mean(name, near, prefix);
                match declaring(&self.linked, near) {
                    Some(group) => {
                        format!(
                            "{hint} That belongs to the package {}",
                            how_to_install(group.package)
                        )
                    }
                    None => hint,
                }
            }
            None if matches!(value, Some(Value::Dict(..))) => {
                "settings are not grouped: write them at the top of the file, without [tables]"
                    .to_owned()
            }
            None => "remove it, or install the package that declares it".to_owned(),
        }
    }

    /// Finds settings that TOML has put into a table because they stand below its heading.
    fn misplaced(&self, table: &str, value: &Value, origin: Origin) -> Vec<SettingsError> {
        let keys = value.as_dict().into_iter().flatten().map(|(key, _)| key);
        keys.filter(|key| self.declaring(key).is_some())
            .map(|key| SettingsError::Misplaced {
                setting: key.clone(),
                table: table.to_owned(),
                origin: origin.clone(),
            })
            .collect()
    }
}

fn how_to_install(package: &str) -> String {
    format!("{package}, which is linked but not installed: add \"{package}\" to INSTALLED_PACKAGES")
}
