use serde_json::json;

use super::*;

fn page_size(loader: &Loader) -> (u64, String) {
    let settings = loader.load().expect("valid settings");
    let entry = settings.entry("SHOP_PAGE_SIZE").expect("declared");
    (
        settings
            .get::<ShopSettings>()
            .expect("declared")
            .shop_page_size,
        entry.source.to_string(),
    )
}

#[test]
fn a_later_layer_wins_and_is_the_source() {
    let file = "\nSHOP_PAGE_SIZE = 2";
    let environment = [("PLAIN_SHOP_PAGE_SIZE", "3")];
    assert_eq!(page_size(&loader("", &[])), (20, "default".to_owned()));
    assert_eq!(
        page_size(&loader(file, &[])),
        (2, "settings.toml line 2".to_owned())
    );
    let mut loader = loader(file, &environment);
    let variable = "environment variable PLAIN_SHOP_PAGE_SIZE".to_owned();
    assert_eq!(page_size(&loader), (3, variable));
    loader.overrides([("SHOP_PAGE_SIZE", 4)]);
    assert_eq!(page_size(&loader), (4, "given in code".to_owned()));
}

#[test]
fn a_later_file_wins() {
    let mut loader = loader("SHOP_PAGE_SIZE = 2\nSHOP_PORT = 3", &[]);
    let path = PathBuf::from("local.toml");
    let values = file::parse(&path, "SHOP_PAGE_SIZE = 5").expect("TOML");
    loader.inputs.files.push((path, values));
    assert_eq!(page_size(&loader), (5, "local.toml line 1".to_owned()));
    let settings = loader.load().expect("valid settings");
    assert_eq!(
        settings.get::<ShopSettings>().expect("declared").shop_port,
        3
    );
}

#[test]
fn a_table_is_replaced_whole() {
    let file = "SHOP_LIMITS = { staff = 1 }";
    let limits = |settings: Settings| {
        settings
            .get::<ShopSettings>()
            .expect("declared")
            .shop_limits
            .clone()
    };
    assert_eq!(
        limits(shop(file, &[])),
        BTreeMap::from([("staff".to_owned(), 1)])
    );
    let environment = [("PLAIN_SHOP_LIMITS", r#"{"guests": 2}"#)];
    assert_eq!(
        limits(shop(file, &environment)),
        BTreeMap::from([("guests".to_owned(), 2)])
    );
}

#[test]
fn a_variable_without_the_prefix_counts_where_the_group_says_so_and_yields_to_the_prefixed_one() {
    let name = |environment: &[(&str, &str)]| {
        let settings = shop("SHOP_NAME = \"file\"", environment);
        let entry = settings.entry("SHOP_NAME").expect("declared");
        (entry.value_text(), entry.source.to_string())
    };
    let both = [("SHOP_NAME", "bare"), ("PLAIN_SHOP_NAME", "prefixed")];
    let expected = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(
        name(&both[..1]),
        expected("\"bare\"", "environment variable SHOP_NAME")
    );
    assert_eq!(
        name(&both),
        expected("\"prefixed\"", "environment variable PLAIN_SHOP_NAME")
    );
    let other = [("SHOP_PORT", "1"), ("DEBUG", "maybe"), ("PATH", "/bin")];
    assert_eq!(name(&other), expected("\"file\"", "settings.toml line 1"));
}

#[test]
fn the_environment_is_read_by_the_kind_of_the_setting() {
    let environment = [
        ("PLAIN_SHOP_OPEN", "false"),
        ("PLAIN_SHOP_PAGE_SIZE", "18446744073709551615"),
        ("PLAIN_SHOP_OFFSET", "-9223372036854775808"),
        ("PLAIN_SHOP_RATE", "2"),
        ("PLAIN_SHOP_NAME", "12345"),
        ("PLAIN_SHOP_OWNER", " [\"true\"] "),
        ("PLAIN_SHOP_FLOOR", "-1"),
        ("PLAIN_SHOP_TAGS", "[\"a\", \"b\"]"),
        ("PLAIN_SHOP_MODE", "Busy"),
        ("PLAIN_SHOP_BANNER", "5"),
        ("PLAIN_SHOP_TOKEN", "12345"),
        ("PLAIN_SHOP_CODES", "[1, 2]"),
        ("PLAIN_SHOP_NETWORKS", "[\"10.0.0.0/8\"]"),
    ];
    let settings = shop("", &environment);
    let shop = settings.get::<ShopSettings>().expect("declared");
    assert!(!shop.shop_open);
    assert_eq!(shop.shop_page_size, u64::MAX);
    assert_eq!(shop.shop_offset, i64::MIN);
    assert!((shop.shop_rate - 2.0).abs() < f64::EPSILON);
    assert_eq!(shop.shop_name, "12345");
    assert_eq!(shop.shop_owner.as_deref(), Some(" [\"true\"] "));
    assert_eq!(shop.shop_floor, Some(-1));
    assert_eq!(shop.shop_tags, ["a", "b"]);
    assert_eq!(shop.shop_mode, Mode::Busy);
    assert_eq!(shop.shop_banner, Banner::Text("5".to_owned()));
    assert_eq!(shop.shop_token.expose(), "12345");
    assert_eq!(
        shop.shop_codes
            .iter()
            .map(|it| *it.expose())
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(shop.shop_networks[0].to_string(), "10.0.0.0/8");
}

#[test]
fn a_union_takes_the_type_that_fits_before_a_string() {
    for (text, mode, banner) in [
        ("true", Mode::Custom(true), Banner::Shown(true)),
        ("false", Mode::Custom(false), Banner::Shown(false)),
        ("Quiet", Mode::Quiet, Banner::Text("Quiet".to_owned())),
    ] {
        let settings = shop(
            "",
            &[("PLAIN_SHOP_MODE", text), ("PLAIN_SHOP_BANNER", text)],
        );
        let shop = settings.get::<ShopSettings>().expect("declared");
        assert_eq!((&shop.shop_mode, &shop.shop_banner), (&mode, &banner));
    }
}

#[test]
fn code_may_unset_an_optional_setting() {
    let mut loader = loader("SHOP_OWNER = \"Ada\"", &[]);
    loader.overrides([("SHOP_OWNER", json!(null))]);
    let settings = loader.load().expect("valid settings");
    assert_eq!(
        settings.get::<ShopSettings>().expect("declared").shop_owner,
        None
    );
}

#[test]
fn the_packages_can_be_read_before_the_rest_is_declared() {
    let mut loader = Loader::new();
    let path = PathBuf::from("settings.toml");
    let file = "INSTALLED_PACKAGES = [\"shop\"]\nDEBUG = \"yes\"\nSHOP_PORT = 1";
    loader
        .inputs
        .files
        .push((path.clone(), file::parse(&path, file).expect("TOML")));
    let core: CoreSettings = loader.peek();
    assert_eq!(
        (core.installed_packages, core.debug),
        (vec!["shop".to_owned()], false)
    );
    loader.declare::<CoreSettings>("plain").expect("new");
    loader.declare::<ShopSettings>("shop").expect("new");
    insta::assert_snapshot!(loader.load().expect_err("DEBUG is wrong"), @r#"
    the settings have a problem:
    - DEBUG: expected a boolean, found the string "yes" (settings.toml line 2); write true or false
    "#);
}

#[test]
fn one_package_declares_several_groups_and_declaring_one_again_changes_nothing() {
    let mut loader = Loader::new();
    loader.declare::<ShopSettings>("shop").expect("new");
    loader
        .declare::<CartSettings>("shop")
        .expect("another group");
    loader
        .declare::<CartSettings>("shop")
        .expect("the same again");
    let settings = loader.load().expect("defaults are valid");
    assert_eq!(
        settings.get::<CartSettings>().expect("declared").cart_size,
        0
    );
    assert_eq!(
        settings
            .entries()
            .iter()
            .filter(|it| it.name == "CART_SIZE")
            .count(),
        1
    );
}

#[test]
fn field_names_need_not_be_renamed() {
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Plainly {
        shelf_count: u8,
    }
    impl SettingsGroup for Plainly {}

    let mut loader = Loader::new();
    loader
        .declare::<Plainly>("shop")
        .expect("new")
        .environment([("PLAIN_SHELF_COUNT", "7")]);
    let settings = loader.load().expect("valid");
    assert_eq!(settings.get::<Plainly>().expect("declared").shelf_count, 7);
    assert_eq!(settings.entries()[0].name, "SHELF_COUNT");
}
