use insta::assert_snapshot;

use super::*;

#[test]
fn the_entries_show_every_setting_without_its_secrets() {
    let file = "SHOP_TOKEN = \"hunter2\"\nSHOP_CODES = [7331]\nSHOP_PORT = 8000\nSHOP_NAME = \"A\"";
    let settings = shop(file, &[("PLAIN_SHOP_TAGS", "[\"a\"]")]);
    let lines: Vec<String> = settings
        .entries()
        .iter()
        .map(|it| {
            let mark = if it.changed { "*" } else { " " };
            let (value, default) = (it.value_text(), it.default_text());
            format!(
                "{mark} {} | {} | {value} | {default} | {}",
                it.name, it.kind, it.source
            )
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
      SHOP_BANNER | boolean or string | false | false | default
    * SHOP_CODES | list of integers | ["********"] | [] | settings.toml line 2
      SHOP_FLOOR | integer | not set | not set | default
      SHOP_LIMITS | table of integers | {"visitors": 5} | {"visitors": 5} | default
      SHOP_MODE | boolean or one of "Quiet", "Busy" | "Quiet" | "Quiet" | default
    * SHOP_NAME | string | "A" | "Shop" | settings.toml line 4
      SHOP_NETWORK | string | "127.0.0.0/8" | "127.0.0.0/8" | default
      SHOP_NETWORKS | list of strings | [] | [] | default
      SHOP_OFFSET | integer | -5 | -5 | default
      SHOP_OPEN | boolean | true | true | default
      SHOP_OWNER | string | not set | not set | default
      SHOP_PAGE_SIZE | integer | 20 | 20 | default
      SHOP_PORT | integer | 8000 | 8000 | settings.toml line 3
      SHOP_RATE | number | 0.5 | 0.5 | default
    * SHOP_TAGS | list of strings | ["a"] | [] | environment variable PLAIN_SHOP_TAGS
    * SHOP_TOKEN | string | "********" | "********" | settings.toml line 1
    "#);
    let all = format!(
        "{settings:?} {:?} {} {:?}",
        settings.entries(),
        serde_json::to_string(settings.entries()).expect("JSON"),
        settings.get::<ShopSettings>(),
    );
    assert!(!all.contains("hunter2") && !all.contains("7331"), "{all}");
    assert!(!settings.schema().to_string().contains("default-token"));
}

#[test]
fn an_entry_has_all_that_a_page_about_it_shows() {
    let settings = shop("SHOP_OPEN = true", &[]);
    let entry = settings.entry("SHOP_OPEN").expect("declared");
    assert_eq!(entry.summary(), "Whether visitors may come in.");
    assert_snapshot!(serde_json::to_string_pretty(entry).expect("JSON"), @r#"
    {
      "name": "SHOP_OPEN",
      "package": "shop",
      "kind": "boolean",
      "description": "Whether visitors\nmay come in.\n\nAt night they may not.",
      "default": true,
      "value": true,
      "source": {
        "layer": "file",
        "path": "settings.toml",
        "line": 1
      },
      "changed": false,
      "secret": false,
      "variables": [
        "PLAIN_SHOP_OPEN"
      ]
    }
    "#);
    let variables = &settings.entry("SHOP_NAME").expect("declared").variables;
    assert_eq!(variables, &["PLAIN_SHOP_NAME", "SHOP_NAME"]);
}

#[test]
fn entries_stand_by_package_then_by_name() {
    let mut loader = Loader::new();
    loader.declare::<CoreSettings>("zebra").expect("new");
    loader.declare::<ShopSettings>("ant").expect("new");
    loader.declare::<CartSettings>("zebra").expect("new");
    loader.overrides([("DEBUG", true)]);
    let settings = loader.load().expect("valid");
    let names: Vec<_> = settings
        .entries()
        .iter()
        .map(|it| (it.package, &*it.name))
        .collect();
    let zebra = &names[..6];
    assert!(
        zebra.iter().all(|(package, _)| *package == "zebra"),
        "{names:?}"
    );
    assert!(zebra.is_sorted() && names[6..].is_sorted(), "{names:?}");
    assert_eq!(zebra[0].1, "CART_SIZE");
}

#[test]
fn an_unknown_entry_is_refused_with_the_nearest_name() {
    let settings = shop("", &[]);
    let shown = |name| settings.entry(name).expect_err("unknown").to_string();
    assert_snapshot!(shown("SHOP_PROT"), @"SHOP_PROT: unknown setting; did you mean SHOP_PORT?");
    assert_snapshot!(shown("shop_port"), @"shop_port: unknown setting; names are upper case: write SHOP_PORT");
    assert_snapshot!(shown("WEATHER"), @"WEATHER: unknown setting; `plain settings list` shows all names");
}

#[test]
fn the_schema_describes_the_file_to_an_editor() {
    let mut loader = Loader::new();
    loader
        .declare::<CoreSettings>("plain")
        .expect("new")
        .overrides([("DEBUG", true)]);
    let settings = loader.load().expect("valid");
    let schema = serde_json::to_string_pretty(settings.schema()).expect("JSON");
    assert_snapshot!(schema, @r#"
    {
      "$schema": "http://json-schema.org/draft-07/schema#",
      "additionalProperties": false,
      "properties": {
        "DEBUG": {
          "default": false,
          "description": "Whether this is a development server: error pages show what happened, templates are read\nfrom disk. Never set it where strangers can reach the application.",
          "type": "boolean"
        },
        "INSTALLED_PACKAGES": {
          "default": [],
          "description": "The names of the packages that are installed, in order.",
          "items": {
            "type": "string"
          },
          "type": "array"
        },
        "MIDDLEWARE": {
          "default": [],
          "description": "The names of the middleware that requests pass through, outermost first.",
          "items": {
            "type": "string"
          },
          "type": "array"
        },
        "SECRET_KEY": {
          "description": "What signatures and tokens are made with. Long, random, and known to this application only.",
          "type": [
            "string",
            "null"
          ],
          "writeOnly": true
        },
        "SECRET_KEY_FALLBACKS": {
          "description": "Former values of SECRET_KEY, which what they signed is still accepted by.",
          "items": {
            "type": "string",
            "writeOnly": true
          },
          "type": "array"
        }
      },
      "title": "settings.toml",
      "type": "object"
    }
    "#);
}
