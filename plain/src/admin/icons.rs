//! The icons of the navigation: drawn on 16 by 16 units, in the colour of the text.

use minijinja::Value;

/// Names, and what is inside of their `<svg>`.
const ICONS: &[(&str, &str)] = &[
    (
        "table",
        r#"<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M2 6.5h12M6 6.5V13"/>"#,
    ),
    (
        "house",
        r#"<path d="M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5"/>"#,
    ),
    (
        "person",
        r#"<circle cx="8" cy="5.5" r="2.5"/><path d="M3 13.5c.6-2.6 2.6-4 5-4s4.400 1.400 5 4"/>"#,
    ),
    (
        "people",
        r#"<circle cx="6" cy="5.5" r="2.200"/><path d="M1.500 13c.5-2.300 2.300-3.600 4.500-3.600s4 1.300 4.500 3.600M10.500 3.500a2.200 2.200 0 0 1 0 4M12 9.800c1.400.5 2.300 1.600 2.600 3.200"/>"#,
    ),
    (
        "person-badge",
        r#"<rect x="3" y="2" width="10" height="12" rx="1.500"/><circle cx="8" cy="7" r="1.800"/><path d="M5.200 11.800c.4-1.400 1.500-2.100 2.800-2.100s2.400.7 2.800 2.100M6.800 4h2.400"/>"#,
    ),
    (
        "shield",
        r#"<path d="M8 2 3 4v4c0 3 2 5 5 6 3-1 5-3 5-6V4z"/>"#,
    ),
    (
        "key",
        r#"<circle cx="5.500" cy="10.500" r="2.500"/><path d="m7.300 8.700 5.700-5.700M10.500 5.500l2 2"/>"#,
    ),
    (
        "cart",
        r#"<path d="M2 3h1.800l1.500 7h6.500l1.400-5H4.300"/><circle cx="6" cy="12.800" r="1"/><circle cx="11" cy="12.800" r="1"/>"#,
    ),
    (
        "bag",
        r#"<path d="M3.500 5.500h9l.7 8H2.800zM5.800 7V4.500a2.200 2.200 0 0 1 4.400 0V7"/>"#,
    ),
    (
        "receipt",
        r#"<path d="M4 2h8v12l-2-1.300L8 14l-2-1.300L4 14zM6.300 5.500h3.400M6.300 8.500h3.400"/>"#,
    ),
    (
        "box",
        r#"<path d="M8 2 2.500 4.800v6.400L8 14l5.500-2.800V4.800zM2.500 4.800 8 7.500l5.500-2.700M8 7.500V14"/>"#,
    ),
    (
        "gift",
        r#"<path d="M2.500 6h11v2.500h-11zM3.500 8.500V13.500h9V8.500M8 6v7.500M8 6C5 6 4.500 3 6.300 3 7.500 3 8 4.500 8 6c0-1.500.5-3 1.700-3C11.500 3 11 6 8 6"/>"#,
    ),
    (
        "envelope",
        r#"<rect x="2" y="3.500" width="12" height="9" rx="1.500"/><path d="m2.500 4.500 5.500 4 5.500-4"/>"#,
    ),
    (
        "calendar-check",
        r#"<rect x="2.500" y="3.500" width="11" height="10" rx="1.500"/><path d="M5.500 2v3M10.500 2v3M5.800 9.300l1.700 1.700 3-3.200"/>"#,
    ),
    (
        "clock-history",
        r#"<path d="M3 8a5.200 5.200 0 1 0 1.600-3.700L3 5.800M3 2.800v3h3M8.200 5.300V8.300l2.200 1.300"/>"#,
    ),
    (
        "clipboard-check",
        r#"<path d="M5.500 3H4v11h8V3h-1.500"/><rect x="5.500" y="2" width="5" height="2.500" rx=".8"/><path d="m5.900 9.200 1.600 1.600 2.800-3.100"/>"#,
    ),
    (
        "database",
        r#"<ellipse cx="8" cy="4" rx="5" ry="2"/><path d="M3 4v8c0 1.100 2.200 2 5 2s5-.9 5-2V4M3 8c0 1.100 2.200 2 5 2s5-.9 5-2"/>"#,
    ),
    (
        "server",
        r#"<rect x="2.500" y="2.500" width="11" height="4.500" rx="1"/><rect x="2.500" y="9" width="11" height="4.500" rx="1"/><path d="M5 4.800h.01M5 11.300h.01"/>"#,
    ),
    (
        "sliders",
        r#"<path d="M2 4.500h6M11 4.500h3M2 11.500h3M8 11.500h6"/><circle cx="9.500" cy="4.500" r="1.500"/><circle cx="6.500" cy="11.500" r="1.500"/>"#,
    ),
    (
        "signpost",
        r#"<path d="M8 2v12M3 3.500h8.500l1.800 1.800-1.800 1.700H3zM8 9H4.300L2.700 10.500 4.300 12H8"/>"#,
    ),
    ("file", r#"<path d="M4 2h5l3 3v9H4zM9 2v3h3"/>"#),
    (
        "chat",
        r#"<path d="M2.500 3.500h11v7.500H7L4 13.500V11H2.500z"/>"#,
    ),
    (
        "tag",
        r#"<path d="M2.500 2.500H8l5.500 5.500L8 13.500 2.500 8zM5.300 5.300h.01"/>"#,
    ),
    (
        "bell",
        r#"<path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3zM6.800 14h2.400"/>"#,
    ),
    ("flag", r#"<path d="M4 14V2.500h8l-1.800 3L12 8.500H4"/>"#),
];

/// The icon `name` as it stands in a page; that of a table where there is none of this name.
pub(super) fn svg(name: &str) -> Value {
    let known = ICONS.iter().find(|(known, _)| *known == name);
    let (_, shapes) = known.unwrap_or(&ICONS[0]);
    Value::from_safe_string(format!(
        "<svg class=\"icon\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" fill=\"none\" \
         stroke=\"currentColor\" stroke-width=\"1.3\" stroke-linecap=\"round\" \
         stroke-linejoin=\"round\" aria-hidden=\"true\">{shapes}</svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_the_icon_of_a_table() {
        assert_eq!(svg("<script>").to_string(), svg("table").to_string());
        assert_ne!(svg("person-badge").to_string(), svg("table").to_string());
    }
}
