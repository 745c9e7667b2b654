//! A group of settings: a struct with one field a setting, as a package declares it.

use std::any::{Any, TypeId, type_name};
use std::fmt::Debug;

use figment::value::{Dict, Value};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::kind::Kind;

/// A struct whose fields are settings.
///
/// The upper-case field names are the names of the settings, `Default` gives their defaults, the doc
/// comments describe them, and `JsonSchema` says what they hold. `#[serde(default)]` is needed, since
/// what no layer sets has its default.
///
/// ```
/// use plain::schemars::JsonSchema;
/// use plain::settings::{Problems, SettingsGroup};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema)]
/// #[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
/// #[schemars(crate = "plain::schemars")]
/// struct ShopSettings {
///     /// How many articles a page shows.
///     shop_page_size: u32,
/// }
///
/// impl Default for ShopSettings {
///     fn default() -> Self {
///         Self { shop_page_size: 20 }
///     }
/// }
///
/// impl SettingsGroup for ShopSettings {
///     fn check(&self, problems: &mut Problems) {
///         if self.shop_page_size == 0 {
///             problems.add("SHOP_PAGE_SIZE", "must be at least 1");
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of settings",
    note = "implement `plain::settings::SettingsGroup` for it: `impl SettingsGroup for {Self} {{}}`",
    note = "it also needs `Default` and `#[derive(Debug, Serialize, Deserialize, JsonSchema)]`"
)]
pub trait SettingsGroup:
    Default + Serialize + DeserializeOwned + JsonSchema + Debug + Send + Sync + 'static
{
    /// The settings of this group that the environment also sets without `PLAIN_` before the name.
    const UNPREFIXED: &'static [&'static str] = &[];

    /// Checks what types alone can't say, once all layers are read.
    ///
    /// A setting that could not be read has its default here; what is said about it is dropped.
    fn check(&self, problems: &mut Problems) {
        let _ = problems;
    }
}

/// What a group's [`check`](SettingsGroup::check) found.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

#[derive(Debug)]
pub(super) struct Problem {
    /// The settings that it is about; it is shown at the first one.
    pub(super) settings: Vec<String>,
    pub(super) text: String,
}

impl Problems {
    /// Adds a problem of one setting: a text that follows its name, such as `must be at least 1`.
    ///
    /// What was found, and where, is added to it.
    pub fn add(&mut self, setting: &str, problem: impl Into<String>) {
        self.add_among(&[setting], problem);
    }

    /// Adds a problem that the values of several settings make together, shown at the first.
    ///
    /// It is dropped where one of them could not be read, since it may then not be one.
    pub fn add_among(&mut self, settings: &[&str], problem: impl Into<String>) {
        let settings = settings.iter().map(|name| (*name).to_owned()).collect();
        self.0.push(Problem {
            settings,
            text: problem.into(),
        });
    }

    /// Iterates over the problems: the setting at which one is shown, and the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|problem| {
            (
                problem.settings.first().map_or("", String::as_str),
                problem.text.as_str(),
            )
        })
    }

    pub(super) fn into_inner(self) -> Vec<Problem> {
        self.0
    }
}

/// A group whose type is not known where it is used.
pub(super) trait Loaded: Any + Send + Sync {
    fn problems(&self) -> Problems;
    fn json(&self) -> Json;
}

impl<S: SettingsGroup> Loaded for S {
    fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems
    }

    fn json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }
}

pub(super) type ReadResult = Result<Box<dyn Loaded>, Box<figment::Error>>;

/// The declaration of a group by a package.
pub(super) struct Group {
    pub(super) package: &'static str,
    pub(super) id: TypeId,
    pub(super) type_name: &'static str,
    pub(super) fields: Vec<Field>,
    /// What the schemas of the fields refer to, if anything.
    pub(super) definitions: Option<Json>,
    read: fn(Dict) -> ReadResult,
}

/// The declaration of a setting.
pub(super) struct Field {
    /// The setting's name, in upper case.
    pub(super) name: String,
    /// The name by which serde knows the field.
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) schema: Json,
    pub(super) description: String,
    pub(super) default: Json,
    /// The environment variables that set it, the one that wins first.
    pub(super) variables: Vec<String>,
}

impl Group {
    pub(super) fn of<S: SettingsGroup>(package: &'static str) -> Self {
        let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
        let schema = settings
            .into_generator()
            .into_root_schema_for::<S>()
            .to_value();
        let defaults = S::default().json();
        let properties = schema.get("properties").and_then(Json::as_object);
        let fields = properties.into_iter().flatten().map(|(key, schema)| {
            let default = defaults.get(key).cloned().unwrap_or_default();
            Field::new(key, schema.clone(), default, S::UNPREFIXED)
        });
        Self {
            package,
            id: TypeId::of::<S>(),
            type_name: type_name::<S>(),
            fields: fields.collect(),
            definitions: schema.get("definitions").cloned(),
            read: |values| {
                let group: S = Value::from(values).deserialize()?;
                Ok(Box::new(group))
            },
        }
    }

    /// Reads the group from values by the keys of its fields; a field without one has its default.
    pub(super) fn read(&self, values: Dict) -> ReadResult {
        (self.read)(values)
    }
}

impl Field {
    fn new(key: &str, mut schema: Json, default: Json, unprefixed: &[&str]) -> Self {
        let name = key.to_ascii_uppercase();
        let kind = Kind::of(&schema);
        let mut variables = vec![format!("{}{name}", super::loader::PREFIX)];
        variables.extend(unprefixed.contains(&name.as_str()).then(|| name.clone()));
        if let Some(schema) = schema.as_object_mut() {
            // TOML has no null, and the mask of a secret is no value of it.
            match default.is_null() || kind.secret {
                true => schema.remove("default"),
                false => schema.insert("default".to_owned(), default.clone()),
            };
        }
        let description = schema
            .get("description")
            .and_then(Json::as_str)
            .unwrap_or_default();
        Self {
            description: description.to_owned(),
            name,
            key: key.to_owned(),
            kind,
            schema,
            default,
            variables,
        }
    }
}
