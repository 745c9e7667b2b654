//! What keeps an application with an admin from starting, word for word.

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::app::Source;

struct Made(&'static str, fn(&mut Installer));

impl Package for Made {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        (self.1)(to);
        Ok(())
    }
}

fn refusal(packages: Vec<Box<dyn Package>>) -> String {
    let names: Vec<_> = packages.iter().map(|package| package.name()).collect();
    let source = Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", json!(names));
    App::load(packages, source)
        .expect_err("the application starts")
        .to_string()
}

fn bring_products(to: &mut Installer) {
    to.admin(ProductAdmin);
}

fn bring_access(to: &mut Installer) {
    to.admin_access(Header);
}

#[test]
fn two_viewsets_with_one_path_are_refused() {
    let packages: Vec<Box<dyn Package>> = vec![
        Box::new(Made("one", bring_products)),
        Box::new(Made("two", bring_products)),
    ];
    assert_snapshot!(refusal(packages), @"the admin page `products` is brought by two packages, `one` and `two`: install one of them only, or rename it in one");
}

#[test]
fn two_packages_that_decide_on_access_are_refused() {
    let packages: Vec<Box<dyn Package>> = vec![
        Box::new(Made("one", bring_access)),
        Box::new(Made("two", bring_access)),
    ];
    assert_snapshot!(refusal(packages), @"the decision on who may open the admin is brought by two packages, `one` and `two`: install one of them only");
}

/// A viewset whose list, order or form is as the test says.
struct Wrong(fn() -> List<Product>, fn() -> Option<Form<Product>>);

impl Viewset for Wrong {
    type Model = Product;

    fn meta(&self) -> Meta {
        Meta::new("Settings")
    }

    fn list(&self) -> List<Product> {
        (self.0)()
    }

    fn create(&self) -> Option<Form<Product>> {
        (self.1)()
    }
}

fn wrong(install: fn(&mut Installer)) -> String {
    refusal(vec![Box::new(Made("shop", install))])
}

#[test]
fn names_that_nothing_has_are_refused_with_the_nearest_one() {
    assert_snapshot!(wrong(|to| { to.admin(Wrong(|| List::fields(["nmae"]), || None)); }), @"the package `shop` brings the admin page `settings`, whose list shows `nmae`, which is neither a field of the model nor computed: did you mean `name`?");
    assert_snapshot!(wrong(|to| { to.admin(Wrong(|| List::fields(["name"]).order("-prise"), || None)); }), @"the package `shop` brings the admin page `settings`, whose list has an order that it can't have: the model Product has no field `prise`; did you mean `price`?");
    let order = "the package `shop` brings the admin page `settings`, whose list has an order that it can't have: the model Product has no field `prise`; did you mean `price`?";
    let refused = wrong(|to| {
        let list = || {
            List::fields(["name"])
                .filter("All", |q, _| q)
                .filter_order("prise")
        };
        to.admin(Wrong(list, || None));
    });
    assert_eq!(refused, order);
    assert_snapshot!(wrong(|to| { to.admin(Wrong(|| List::fields(["name"]), || Some(Form::fields(["prise"])))); }), @"the package `shop` brings the admin page `settings`, whose form can't be made: the model Product has no field `prise`; did you mean `price`?");
    assert_snapshot!(wrong(|to| { to.admin(Wrong(|| List::fields(["name"]), || Some(Form::fields(["name"]).help("price", "x")))); }), @"the package `shop` brings the admin page `settings`, whose form can't be made: the form lists no field `price`: list it first");
}

#[test]
fn a_path_of_the_admin_itself_is_refused() {
    let install: fn(&mut Installer) = |to| {
        to.admin(Wrong(|| List::fields(["name"]), || None));
    };
    let packages = vec![package(), Box::new(Made("shop", install))];
    assert_snapshot!(refusal(packages), @"the admin page `settings` is brought by two packages, `plain.admin` and `shop`: install one of them only, or rename it in one");
}
