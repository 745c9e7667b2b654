//! [`context!`](crate::context): anything that serde can write, as values of a template.

use minijinja::value::{Serde, Value};
use serde::Serialize;

/// `value` as templates see it. What is a [`Value`] already stays as it is.
///
/// What `Serialize` fails for becomes an invalid value, which fails the rendering that uses it.
///
/// ```
/// use plain::templates::to_value;
///
/// #[derive(serde::Serialize)]
/// struct Item { name: &'static str }
///
/// let value = to_value(&Item { name: "tea" });
/// assert_eq!(value.get_attr("name").unwrap(), "tea".into());
/// ```
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Value {
    Value::from(Serde(value))
}

/// What a template is to see: names, each with anything that is `Serialize`.
///
/// ```
/// use plain::context;
///
/// #[derive(serde::Serialize)]
/// struct Order { id: i64 }
///
/// let order = Order { id: 7 };
/// let page = context! { order, title => "Thank you" };
/// assert_eq!(page.get_attr("order").unwrap().get_attr("id").unwrap(), 7.into());
///
/// // `..` takes in what another context has, unless it is named here.
/// let whole = context! { title => "Sorry", ..page };
/// assert_eq!(whole.get_attr("title").unwrap(), "Sorry".into());
/// assert_eq!(order.id, 7); // nothing is moved
/// ```
#[macro_export]
macro_rules! context {
    (@ $name:ident) => { $crate::templates::to_value(&$name) };
    (@ $name:ident $value:expr) => { $crate::templates::to_value(&$value) };
    () => { $crate::templates::minijinja::context! {} };
    ($($name:ident $(=> $value:expr)?),+ $(, ..$more:expr)* $(,)?) => {
        $crate::templates::minijinja::context! {
            $($name => $crate::context!(@ $name $($value)?)),+
            $(, ..$crate::templates::to_value(&$more))*
        }
    };
    ($(..$more:expr),+ $(,)?) => {
        $crate::templates::minijinja::context! { $(..$crate::templates::to_value(&$more)),+ }
    };
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;
    use serde::Serialize;

    use crate::templates::missing;

    #[derive(Serialize)]
    struct Item {
        name: &'static str,
    }

    #[test]
    fn a_context_takes_what_serde_writes_and_leaves_values_as_they_are() {
        let items = vec![Item { name: "tea" }];
        let (first, nothing) = (items.first(), missing());
        let inner = context! { items, count => items.len() };
        let page = context! { inner => context! { first, nothing }, ..inner };
        let template =
            "{{ items[0].name }} {{ inner.first.name }} {{ count }}[{{ inner.nothing }}]";
        let mut engine = Environment::new();
        engine.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let text = engine.render_str(template, page).unwrap();
        assert_eq!(text, "tea tea 1[]");
    }
}
