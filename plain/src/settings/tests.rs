//! The rules of loading, with error texts word for word.

mod errors;
mod layers;
mod round_trip;
mod shown;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

/// One field of each kind.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct ShopSettings {
    /// Whether visitors
    /// may come in.
    ///
    /// At night they may not.
    shop_open: bool,
    shop_page_size: u64,
    shop_port: u16,
    shop_offset: i64,
    shop_rate: f64,
    shop_name: String,
    shop_owner: Option<String>,
    shop_floor: Option<i8>,
    shop_tags: Vec<String>,
    shop_limits: BTreeMap<String, u32>,
    shop_mode: Mode,
    shop_banner: Banner,
    shop_token: Secret<String>,
    shop_codes: Vec<Secret<u32>>,
    /// Networks of trusted proxies.
    #[schemars(with = "Vec<String>")]
    shop_networks: Vec<IpNet>,
    #[schemars(with = "String")]
    shop_network: IpNet,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Mode {
    Quiet,
    Busy,
    #[serde(untagged)]
    Custom(bool),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Banner {
    Shown(bool),
    Text(String),
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self {
            shop_open: true,
            shop_page_size: 20,
            shop_port: 8000,
            shop_offset: -5,
            shop_rate: 0.5,
            shop_name: "Shop".to_owned(),
            shop_owner: None,
            shop_floor: None,
            shop_tags: Vec::new(),
            shop_limits: BTreeMap::from([("visitors".to_owned(), 5)]),
            shop_mode: Mode::Quiet,
            shop_banner: Banner::Shown(false),
            shop_token: Secret::new("default-token".to_owned()),
            shop_codes: Vec::new(),
            shop_networks: Vec::new(),
            shop_network: "127.0.0.0/8".parse().expect("a network"),
        }
    }
}

impl SettingsGroup for ShopSettings {
    const UNPREFIXED: &'static [&'static str] = &["SHOP_NAME"];

    fn check(&self, problems: &mut Problems) {
        if self.shop_page_size == 0 {
            problems.add("SHOP_PAGE_SIZE", "must be at least 1");
        }
        if self.shop_token.expose().len() < 4 {
            problems.add("SHOP_TOKEN", "must have at least 4 characters");
        }
        if self.shop_owner.is_none() && !self.shop_open {
            problems.add_among(
                &["SHOP_OWNER", "SHOP_OPEN"],
                "must be set where SHOP_OPEN is false",
            );
        }
    }
}

/// A group of a package that is linked but not installed.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct CartSettings {
    cart_size: u32,
}

impl SettingsGroup for CartSettings {}

/// A loader of the shop's settings with `settings.toml` and the environment as given.
fn loader(file: &str, environment: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new();
    loader.declare::<ShopSettings>("shop").expect("one group");
    loader.linked_only::<CartSettings>("shop.cart");
    let path = PathBuf::from("settings.toml");
    match file::parse(&path, file) {
        Ok(values) => loader.inputs.files.push((path, values)),
        Err(error) => loader.file_errors.push(error),
    }
    loader.environment(environment.iter().copied());
    loader
}

fn shop(file: &str, environment: &[(&str, &str)]) -> Settings {
    loader(file, environment).load().expect("valid settings")
}

fn errors(file: &str, environment: &[(&str, &str)]) -> String {
    loader(file, environment)
        .load()
        .expect_err("problems")
        .to_string()
}
