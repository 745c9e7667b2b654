use std::ffi::OsString;
use std::fs;

use insta::assert_snapshot;
use serde_json::json;

use super::*;

#[test]
fn all_problems_are_reported_at_once() {
    let file = r#"
SHOP_OPEN = "on"
SHOP_PAGE_SIZE = 0
SHOP_PRT = 80
"#;
    let environment = [("PLAIN_SHOP_PORT", "65536"), ("PLAIN_SHOP_NAEM", "x")];
    assert_snapshot!(errors(file, &environment), @r#"
    the settings have 5 problems:
    - SHOP_OPEN: expected a boolean, found the string "on" (settings.toml line 2); write true or false
    - SHOP_PORT: expected an integer from 0 to 65535, found "65536" (environment variable PLAIN_SHOP_PORT); for example PLAIN_SHOP_PORT=8000
    - SHOP_PRT: unknown setting (settings.toml line 4); did you mean SHOP_PORT?
    - SHOP_NAEM: unknown setting (environment variable PLAIN_SHOP_NAEM); did you mean PLAIN_SHOP_NAME?
    - SHOP_PAGE_SIZE: must be at least 1 (found 0, settings.toml line 3)
    "#);
}

#[test]
fn a_value_of_another_type_in_the_file_is_refused() {
    let file = r#"
SHOP_OPEN = 1
SHOP_PAGE_SIZE = "20"
SHOP_PORT = 70000
SHOP_OFFSET = 1.5
SHOP_RATE = nan
SHOP_NAME = 5
SHOP_OWNER = 1979-05-27
SHOP_FLOOR = "first"
SHOP_TAGS = ["a", 1]
SHOP_LIMITS = { visitors = "many" }
SHOP_MODE = "Loud"
SHOP_BANNER = 1
SHOP_NETWORKS = ["10.0.0.0/8", "here"]
SHOP_NETWORK = "here"
"#;
    assert_snapshot!(errors(file, &[]), @r#"
    the settings have 14 problems:
    - SHOP_BANNER: expected a boolean or a string, found the integer 1 (settings.toml line 13); for example SHOP_BANNER = false
    - SHOP_FLOOR: expected an integer from -128 to 127, found the string "first" (settings.toml line 9); for example SHOP_FLOOR = 1
    - SHOP_LIMITS: expected an integer from 0 to 4294967295, found the string "many" under "visitors" (settings.toml line 11); for example SHOP_LIMITS = { "visitors" = 5 }
    - SHOP_MODE: expected a boolean or one of "Quiet", "Busy", found the string "Loud" (settings.toml line 12); for example SHOP_MODE = "Quiet"
    - SHOP_NAME: expected a string, found the integer 5 (settings.toml line 7); put it in quotes
    - SHOP_NETWORK: invalid IP address syntax, found the string "here" (settings.toml line 15); for example SHOP_NETWORK = "127.0.0.0/8"
    - SHOP_NETWORKS: invalid IP address syntax, found the string "here" as item 2 (settings.toml line 14); it is described as: Networks of trusted proxies.
    - SHOP_OFFSET: expected an integer, found the number 1.5 (settings.toml line 5); for example SHOP_OFFSET = -5
    - SHOP_OPEN: expected a boolean, found the integer 1 (settings.toml line 2); write true or false
    - SHOP_OWNER: expected a string, found a date (settings.toml line 8); put it in quotes
    - SHOP_PAGE_SIZE: expected an integer of 0 or more, found the string "20" (settings.toml line 3); write it without the quotes
    - SHOP_PORT: expected an integer from 0 to 65535, found the integer 70000 (settings.toml line 4); for example SHOP_PORT = 8000
    - SHOP_RATE: expected a finite number, found the number NaN (settings.toml line 6); for example SHOP_RATE = 0.5
    - SHOP_TAGS: expected a string, found the integer 1 as item 2 (settings.toml line 10); for example SHOP_TAGS = ["a", "b"]
    "#);
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark_and_end_lines_as_windows_does() {
    let settings = shop("\u{feff}SHOP_PORT = 1\r\nSHOP_NAME = \"A\"\r\n", &[]);
    assert_eq!(
        settings
            .entry("SHOP_NAME")
            .expect("declared")
            .source
            .to_string(),
        "settings.toml line 2"
    );
}

#[test]
fn deep_nesting_is_refused_and_overflows_nothing() {
    let deep = "[".repeat(100_000);
    assert!(errors(&format!("SHOP_TAGS = {deep}"), &[]).contains("is not TOML"));
    assert!(errors("", &[("PLAIN_SHOP_TAGS", &deep)]).contains("expected a list of strings"));
}

#[test]
fn a_table_where_one_value_is_expected_is_refused() {
    let file = "[SHOP_PAGE_SIZE]\nvalue = 5\n[SHOP_TAGS]\na = 1\n[[SHOP_NAME]]\n";
    assert_snapshot!(errors(file, &[]), @r#"
    the settings have 3 problems:
    - SHOP_NAME: expected a string, found a list (settings.toml line 5); for example SHOP_NAME = "Shop"
    - SHOP_PAGE_SIZE: expected an integer of 0 or more, found a table (settings.toml line 1); for example SHOP_PAGE_SIZE = 20
    - SHOP_TAGS: expected a list of strings, found a table (settings.toml line 3); for example SHOP_TAGS = ["a", "b"]
    "#);
}

#[test]
fn a_text_that_is_no_value_of_the_kind_is_refused() {
    let environment = [
        ("PLAIN_SHOP_OPEN", "on"),
        ("PLAIN_SHOP_PAGE_SIZE", "-1"),
        ("PLAIN_SHOP_PORT", ""),
        ("PLAIN_SHOP_OFFSET", "99999999999999999999"),
        ("PLAIN_SHOP_RATE", "half"),
        ("PLAIN_SHOP_FLOOR", "1000"),
        ("PLAIN_SHOP_TAGS", "a,b"),
        ("PLAIN_SHOP_LIMITS", r#"{"visitors": -1}"#),
        ("PLAIN_SHOP_MODE", "quiet"),
        ("PLAIN_SHOP_NETWORKS", r#"["here"]"#),
        ("PLAIN_SHOP_NETWORK", "10.0.0.0/33"),
    ];
    assert_snapshot!(errors("", &environment), @r#"
    the settings have 11 problems:
    - SHOP_FLOOR: expected an integer from -128 to 127, found "1000" (environment variable PLAIN_SHOP_FLOOR); for example PLAIN_SHOP_FLOOR=1
    - SHOP_LIMITS: expected an integer from 0 to 4294967295, found the integer -1 under "visitors" (environment variable PLAIN_SHOP_LIMITS); write JSON, for example PLAIN_SHOP_LIMITS='{"visitors": 5}'
    - SHOP_MODE: expected a boolean or one of "Quiet", "Busy", found "quiet" (environment variable PLAIN_SHOP_MODE); for example PLAIN_SHOP_MODE=Quiet
    - SHOP_NETWORK: invalid IP address syntax, found the string "10.0.0.0/33" (environment variable PLAIN_SHOP_NETWORK); for example PLAIN_SHOP_NETWORK=127.0.0.0/8
    - SHOP_NETWORKS: invalid IP address syntax, found the string "here" as item 1 (environment variable PLAIN_SHOP_NETWORKS); it is described as: Networks of trusted proxies.
    - SHOP_OFFSET: expected an integer from -9223372036854775808 to 9223372036854775807, found "99999999999999999999" (environment variable PLAIN_SHOP_OFFSET); for example PLAIN_SHOP_OFFSET=-5
    - SHOP_OPEN: expected a boolean, found "on" (environment variable PLAIN_SHOP_OPEN); write true or false
    - SHOP_PAGE_SIZE: expected an integer of 0 or more, found "-1" (environment variable PLAIN_SHOP_PAGE_SIZE); for example PLAIN_SHOP_PAGE_SIZE=20
    - SHOP_PORT: expected an integer from 0 to 65535, found "" (environment variable PLAIN_SHOP_PORT); for example PLAIN_SHOP_PORT=8000
    - SHOP_RATE: expected a number, found "half" (environment variable PLAIN_SHOP_RATE); for example PLAIN_SHOP_RATE=0.5
    - SHOP_TAGS: expected a list of strings, found "a,b" (environment variable PLAIN_SHOP_TAGS); write JSON, for example PLAIN_SHOP_TAGS='["a", "b"]'
    "#);
}

#[test]
fn only_true_and_false_are_booleans_in_the_environment() {
    for text in [
        "on", "off", "yes", "no", "1", "0", "True", "FALSE", "", " true", "t",
    ] {
        let shown = errors("", &[("PLAIN_SHOP_OPEN", text)]);
        let line = format!(
            "the settings have a problem:\n- SHOP_OPEN: expected a boolean, found {text:?} \
             (environment variable PLAIN_SHOP_OPEN); write true or false"
        );
        assert_eq!(shown, line);
    }
}

#[test]
fn a_wrong_value_given_in_code_is_refused() {
    let mut loader = loader("", &[]);
    loader.overrides([
        ("SHOP_NAME", json!(null)),
        ("SHOP_PORT", json!("80")),
        ("SHOP_TAGS", json!({ "a": 1 })),
        ("SHOP_PRT", json!(1)),
    ]);
    assert_snapshot!(loader.load().expect_err("problems"), @r#"
    the settings have 4 problems:
    - SHOP_NAME: expected a string, found null (given in code); for example "Shop"
    - SHOP_PORT: expected an integer from 0 to 65535, found the string "80" (given in code); for example 8000
    - SHOP_TAGS: expected a list of strings, found a table (given in code); for example ["a", "b"]
    - SHOP_PRT: unknown setting (given in code); did you mean SHOP_PORT?
    "#);
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let file = "\
SHOP_PAGESIZE = 1
shop_open = true
TAGS = []
NOTHING_LIKE_IT = 1

[shop]
open = true
";
    let environment = [
        ("PLAIN_SHOP_OPNE", "1"),
        ("PLAIN_shop_port", "1"),
        ("PLAIN_", "1"),
        ("PLAIN_\u{1b}[31m", "1"),
    ];
    assert_snapshot!(errors(file, &environment), @r#"
    the settings have 9 problems:
    - NOTHING_LIKE_IT: unknown setting (settings.toml line 4); remove it, or install the package that declares it
    - SHOP_PAGESIZE: unknown setting (settings.toml line 1); did you mean SHOP_PAGE_SIZE?
    - TAGS: unknown setting (settings.toml line 3); did you mean SHOP_TAGS?
    - shop: unknown setting (settings.toml line 6); settings are not grouped: write them at the top of the file, without [tables]
    - shop_open: unknown setting (settings.toml line 2); names are upper case: write SHOP_OPEN
    - "": unknown setting (environment variable PLAIN_); remove it, or install the package that declares it
    - "\u{1b}[31m": unknown setting (environment variable PLAIN_\u{1b}[31m); remove it, or install the package that declares it
    - SHOP_OPNE: unknown setting (environment variable PLAIN_SHOP_OPNE); did you mean PLAIN_SHOP_OPEN?
    - shop_port: unknown setting (environment variable PLAIN_shop_port); names are upper case: write PLAIN_SHOP_PORT
    "#);
}

#[test]
fn a_setting_of_a_package_that_is_not_installed_is_unknown_and_says_so() {
    let environment = [("PLAIN_CART_SIZ", "1")];
    assert_snapshot!(errors("CART_SIZE = 5", &environment), @r#"
    the settings have 2 problems:
    - CART_SIZE: unknown setting (settings.toml line 1); it belongs to the package shop.cart, which is linked but not installed: add "shop.cart" to INSTALLED_PACKAGES
    - CART_SIZ: unknown setting (environment variable PLAIN_CART_SIZ); did you mean PLAIN_CART_SIZE? That belongs to the package shop.cart, which is linked but not installed: add "shop.cart" to INSTALLED_PACKAGES
    "#);
}

#[test]
fn a_setting_below_the_heading_of_a_table_is_refused() {
    let file = "[SHOP_LIMITS]\nvisitors = 1\nSHOP_PORT = 2";
    assert_snapshot!(errors(file, &[]), @"
    the settings have a problem:
    - SHOP_PORT: stands in the table SHOP_LIMITS (settings.toml line 1), where it sets nothing; move it above the first [table] of the file
    ");
}

#[test]
fn what_a_check_finds_is_shown_with_the_value_and_its_source() {
    let file = "SHOP_OPEN = false\nSHOP_TOKEN = \"abc\"";
    let environment = [("PLAIN_SHOP_PAGE_SIZE", "0")];
    assert_snapshot!(errors(file, &environment), @"
    the settings have 3 problems:
    - SHOP_PAGE_SIZE: must be at least 1 (found 0, environment variable PLAIN_SHOP_PAGE_SIZE)
    - SHOP_TOKEN: must have at least 4 characters (settings.toml line 2)
    - SHOP_OWNER: must be set where SHOP_OPEN is false
    ");
}

#[test]
fn a_check_is_not_believed_about_a_setting_that_could_not_be_read() {
    let file = "SHOP_OPEN = false\nSHOP_OWNER = 5\nSHOP_PAGE_SIZE = 0";
    assert_snapshot!(errors(file, &[]), @"
    the settings have 2 problems:
    - SHOP_OWNER: expected a string, found the integer 5 (settings.toml line 2); put it in quotes
    - SHOP_PAGE_SIZE: must be at least 1 (found 0, settings.toml line 3)
    ");
}

#[test]
fn no_error_shows_a_secret_or_the_value_of_an_unknown_name() {
    let secret = "hunter2";
    for (file, environment) in [
        (
            "SHOP_TOKEN = [\"hunter2\"]",
            ("PLAIN_SHOP_CODES", "hunter2"),
        ),
        ("SHOP_CODES = [\"hunter2\"]", ("PLAIN_SHOP_TOKE", "hunter2")),
        (
            "SHOP_CODES = { hunter2 = 1 }",
            ("PLAIN_SHOP_CODES_", "[\"hunter2\"]"),
        ),
        (
            "SHOP_TOKE = \"hunter2\"",
            ("PLAIN_SHOP_CODES", "[1, \"hunter2\"]"),
        ),
        (
            "SHOP_TOKEN = \"hunter2",
            ("PLAIN_SHOP_CODES", "[\"hunter2\""),
        ),
        (
            "SHOP_TOKEN = hunter2",
            ("PLAIN_SHOP_CODES", "{\"hunter2\": 1}"),
        ),
    ] {
        let shown = errors(file, &[environment]);
        assert!(!shown.contains(secret), "{shown}");
    }
    let environment = [("PLAIN_SHOP_CODES", "[\"hunter2\"]")];
    assert_snapshot!(errors("SHOP_TOKEN = 12345", &environment), @"
    the settings have 2 problems:
    - SHOP_CODES: expected an integer from 0 to 4294967295, found a string as item 1 (environment variable PLAIN_SHOP_CODES); write JSON, for example PLAIN_SHOP_CODES='[1]'
    - SHOP_TOKEN: expected a string, found an integer (settings.toml line 1); put it in quotes
    ");
}

#[test]
fn a_file_that_is_not_toml_is_refused_and_nothing_is_said_that_depends_on_it() {
    let environment = [("PLAIN_SHOP_OPEN", "on"), ("PLAIN_OTHER", "1")];
    assert_snapshot!(errors("SHOP_NAME = \"ä\nSHOP_PORT = 1", &environment), @r#"
    the settings have 2 problems:
    - settings.toml line 1, column 15: is not TOML: invalid basic string
    - SHOP_OPEN: expected a boolean, found "on" (environment variable PLAIN_SHOP_OPEN); write true or false
    "#);
    assert_snapshot!(errors("SHOP_PORT = 1\nSHOP_PORT = 2", &[]), @"
    the settings have a problem:
    - settings.toml line 2, column 1: is not TOML: duplicate key `SHOP_PORT` in document root
    ");
    assert_snapshot!(errors("SHOP_NAME = Shop", &[]), @r#"
    the settings have a problem:
    - settings.toml line 1, column 13: is not TOML: invalid string, expected `"`, `'`
    "#);
    assert_snapshot!(errors("SHOP_PAGE_SIZE = 9223372036854775808", &[]), @"
    the settings have a problem:
    - settings.toml line 1, column 18: is not TOML: number too large to fit in target type
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = |name: &str| {
        let mut loader = Loader::new();
        loader.file(folder.path().join(name));
        let shown = loader.load().expect_err("problems").to_string();
        shown.replace(&format!("{}/", folder.path().display()), "")
    };
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    fs::write(folder.path().join("latin1"), b"A = 1\nB = \"\xe9\"").expect("a file");
    assert_snapshot!(shown("settings.toml"), @"
    the settings have a problem:
    - settings.toml: there is no such file; run the command in the project's folder, or create the file (an empty one will do)
    ");
    assert_snapshot!(shown("folder"), @"
    the settings have a problem:
    - folder: is a directory; settings are read from a file
    ");
    assert_snapshot!(shown("latin1"), @"
    the settings have a problem:
    - latin1 line 2: is not UTF-8 text; save the file as UTF-8
    ");
    assert_snapshot!(shown("latin1/settings.toml"), @"
    the settings have a problem:
    - latin1/settings.toml: can't be read: Not a directory (os error 20); check the path and who may read the file
    ");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused_if_it_is_a_setting() {
    use std::os::unix::ffi::OsStringExt;

    let bytes = || OsString::from_vec(vec![0xff]);
    let mut loader = loader("", &[]);
    loader.environment([
        (OsString::from("OTHER"), bytes()),
        (bytes(), bytes()),
        (OsString::from("PLAIN_SHOP_PORT"), bytes()),
        (OsString::from("SHOP_NAME"), bytes()),
        (OsString::from_vec(b"PLAIN_\xff".to_vec()), "1".into()),
    ]);
    assert_snapshot!(loader.load().expect_err("problems"), @"
    the settings have 3 problems:
    - environment variable PLAIN_�: its name is not UTF-8; unset it
    - SHOP_NAME: expected UTF-8 text, found other bytes (environment variable SHOP_NAME); for example SHOP_NAME=Shop
    - SHOP_PORT: expected UTF-8 text, found other bytes (environment variable PLAIN_SHOP_PORT); for example PLAIN_SHOP_PORT=8000
    ");
}

#[test]
fn two_packages_cannot_declare_one_setting() {
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
    struct Other {
        shop_port: u16,
    }
    impl SettingsGroup for Other {}

    let error = loader("", &[])
        .declare::<Other>("other")
        .expect_err("a duplicate")
        .to_string();
    assert_snapshot!(error, @"SHOP_PORT: declared twice, by shop and by other; rename one, or install only one of the packages");
    let error = loader("", &[])
        .declare::<ShopSettings>("other")
        .expect_err("a duplicate");
    assert_eq!(error.packages, ["shop", "other"]);
}

#[test]
fn a_group_without_defaults_is_refused() {
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    struct Bare {
        shelf: u16,
    }
    impl SettingsGroup for Bare {}

    let mut loader = Loader::new();
    loader.declare::<Bare>("shop").expect("new");
    let shown = loader.load().expect_err("no defaults").to_string();
    assert_snapshot!(shown, @"
    the settings have a problem:
    - the settings plain::settings::tests::errors::a_group_without_defaults_is_refused::Bare of the package shop can't be read: missing field `SHELF`; check that #[serde(default)] stands above the struct
    ");
    assert_eq!(loader.peek::<Bare>().shelf, 0);
}

#[test]
fn a_group_that_is_not_declared_says_what_to_install() {
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Nobodys {}
    impl SettingsGroup for Nobodys {}

    let settings = shop("", &[]);
    assert_snapshot!(settings.get::<CartSettings>().expect_err("not installed"), @r#"the settings plain::settings::tests::CartSettings are not declared; the package shop.cart declares them and is linked but not installed: add "shop.cart" to INSTALLED_PACKAGES"#);
    assert_snapshot!(settings.get::<Nobodys>().expect_err("not declared"), @"the settings plain::settings::tests::errors::a_group_that_is_not_declared_says_what_to_install::Nobodys are not declared; a package declares them in its `install`, with `to.settings::<...>()`");
}

#[test]
fn without_the_list_of_packages_no_name_is_called_unknown() {
    let mut loader = loader("INSTALLED_PACKAGES = \"shop\"\nOTHER = 1", &[]);
    loader.declare::<CoreSettings>("plain").expect("new");
    assert_snapshot!(loader.load().expect_err("problems"), @r#"
    the settings have 2 problems:
    - INSTALLED_PACKAGES: expected a list of strings, found the string "shop" (settings.toml line 1); for example INSTALLED_PACKAGES = ["a", "b"]
    - SECRET_KEY: is not set; write SECRET_KEY = "<50 random characters>" into settings.toml or set PLAIN_SECRET_KEY in the environment (while developing, DEBUG = true does without it)
    "#);
}

#[test]
fn a_secret_key_is_needed_unless_this_is_development() {
    let core = |environment: &[(&str, &str)]| {
        let mut loader = Loader::new();
        loader.declare::<CoreSettings>("plain").expect("new");
        loader.environment(environment.iter().copied());
        loader
            .load()
            .map(|_| ())
            .map_err(|errors| errors.to_string())
    };
    assert_eq!(core(&[("PLAIN_DEBUG", "true")]), Ok(()));
    assert_eq!(core(&[("PLAIN_SECRET_KEY", "x")]), Ok(()));
    assert_snapshot!(core(&[]).expect_err("no key"), @r#"
    the settings have a problem:
    - SECRET_KEY: is not set; write SECRET_KEY = "<50 random characters>" into settings.toml or set PLAIN_SECRET_KEY in the environment (while developing, DEBUG = true does without it)
    "#);
    let empty = [
        ("PLAIN_SECRET_KEY", ""),
        ("PLAIN_SECRET_KEY_FALLBACKS", "[\"\"]"),
    ];
    assert_snapshot!(core(&empty).expect_err("an empty key"), @"
    the settings have 2 problems:
    - SECRET_KEY: is empty; give it 50 random characters (environment variable PLAIN_SECRET_KEY)
    - SECRET_KEY_FALLBACKS: holds an empty key; remove it (environment variable PLAIN_SECRET_KEY_FALLBACKS)
    ");
    assert_snapshot!(core(&[("PLAIN_DEBUG", "1")]).expect_err("only what is certain"), @r#"
    the settings have a problem:
    - DEBUG: expected a boolean, found "1" (environment variable PLAIN_DEBUG); write true or false
    "#);
}
