use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

/// The group as it is written to a file: as in the shop, with the secrets laid open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Values {
    shop_open: bool,
    shop_page_size: u64,
    shop_port: u16,
    shop_offset: i64,
    shop_rate: f64,
    shop_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_floor: Option<i8>,
    shop_tags: Vec<String>,
    shop_limits: BTreeMap<String, u32>,
    shop_mode: Mode,
    shop_banner: Banner,
    shop_token: String,
    shop_codes: Vec<u32>,
}

impl From<&ShopSettings> for Values {
    fn from(shop: &ShopSettings) -> Self {
        Self {
            shop_open: shop.shop_open,
            shop_page_size: shop.shop_page_size,
            shop_port: shop.shop_port,
            shop_offset: shop.shop_offset,
            shop_rate: shop.shop_rate,
            shop_name: shop.shop_name.clone(),
            shop_owner: shop.shop_owner.clone(),
            shop_floor: shop.shop_floor,
            shop_tags: shop.shop_tags.clone(),
            shop_limits: shop.shop_limits.clone(),
            shop_mode: shop.shop_mode.clone(),
            shop_banner: shop.shop_banner.clone(),
            shop_token: shop.shop_token.expose().clone(),
            shop_codes: shop.shop_codes.iter().map(|code| *code.expose()).collect(),
        }
    }
}

fn values() -> impl Strategy<Value = Values> {
    let text = || any::<String>();
    let mode = prop_oneof![
        Just(Mode::Quiet),
        Just(Mode::Busy),
        any::<bool>().prop_map(Mode::Custom),
    ];
    // A string that spells a boolean is a boolean in the environment.
    let not_a_boolean = text().prop_filter("a boolean", |it| it.parse::<bool>().is_err());
    let banner = prop_oneof![
        any::<bool>().prop_map(Banner::Shown),
        not_a_boolean.prop_map(Banner::Text),
    ];
    let numbers = (
        // TOML's integers end here.
        1..=i64::MAX.unsigned_abs(),
        any::<u16>(),
        any::<i64>(),
        any::<f64>().prop_filter("finite", |it| it.is_finite()),
        option::of(any::<i8>()),
        vec(any::<u32>(), 0..4),
    );
    let texts = (
        text(),
        text(),
        vec(text(), 0..4),
        btree_map("[a-z \".]*", any::<u32>(), 0..4),
    );
    let token = text().prop_map(|it| format!("{it}1234"));
    (any::<bool>(), numbers, texts, mode, banner, token).prop_map(
        |(open, numbers, texts, mode, banner, token)| Values {
            shop_open: open,
            shop_page_size: numbers.0,
            shop_port: numbers.1,
            shop_offset: numbers.2,
            shop_rate: numbers.3,
            shop_floor: numbers.4,
            shop_codes: numbers.5,
            shop_name: texts.0,
            shop_owner: Some(texts.1),
            shop_tags: texts.2,
            shop_limits: texts.3,
            shop_mode: mode,
            shop_banner: banner,
            shop_token: token,
        },
    )
}

/// Writes each setting as its variable is written: strings as they are, all else as JSON.
fn environment(values: &Values) -> Vec<(String, String)> {
    let json = serde_json::to_value(values).expect("JSON");
    let text = |value: &serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let pairs = json.as_object().expect("a struct").iter();
    pairs
        .map(|(name, value)| (format!("PLAIN_{name}"), text(value)))
        .collect()
}

proptest! {
    #[test]
    fn what_is_written_to_a_file_is_what_is_loaded(values in values()) {
        let file = toml::to_string(&values).expect("TOML");
        let settings = shop(&file, &[]);
        prop_assert_eq!(Values::from(settings.get::<ShopSettings>().expect("declared")), values);
    }

    #[test]
    fn what_is_written_to_the_environment_is_what_is_loaded(values in values()) {
        let variables = environment(&values);
        let variables: Vec<_> = variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let settings = shop("", &variables);
        prop_assert_eq!(Values::from(settings.get::<ShopSettings>().expect("declared")), values);
    }

    #[test]
    fn no_file_makes_loading_panic(text in any::<String>()) {
        let _ = loader(&text, &[]).load().map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_value_makes_loading_panic(
        name in "(SHOP_(OPEN|PORT|RATE|TAGS|LIMITS|MODE|BANNER|TOKEN|CODES|NETWORKS))|\\PC*",
        value in "[0-9\\[\\]{}\"'=,.a-f\\-]{0,12}|\\PC*",
    ) {
        let file = format!("{name} = {value}");
        let _ = loader(&file, &[]).load().map_err(|errors| errors.to_string());
        let variable = format!("PLAIN_{name}");
        let _ = loader("", &[(&variable, &value)]).load().map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_bytes_of_a_file_make_reading_panic(bytes in vec(any::<u8>(), 0..64)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, bytes).expect("a file");
        let _ = Loader::new().file(path).load().map_err(|errors| errors.to_string());
    }
}
