//! What a viewset is called, and where it stands.

/// The title, description, icon, section and path of a viewset.
///
/// ```
/// use plain::admin::Meta;
///
/// let meta = Meta::new("Gift cards").icon("gift").description("Cards that were sold.");
/// assert_eq!(meta.path(), "gift-cards");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    title: String,
    singular: Option<String>,
    description: String,
    icon: &'static str,
    section: Option<String>,
    path: String,
}

impl Meta {
    /// Starts with the title, a plural such as `"Orders"`; the path follows from it.
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            path: slug(&title),
            title,
            singular: None,
            description: String::new(),
            icon: "table",
            section: None,
        }
    }

    /// What one of the objects is called; by default the name of the model.
    #[must_use]
    pub fn singular(mut self, name: impl Into<String>) -> Self {
        self.singular = Some(name.into());
        self
    }

    /// A sentence that stands below the title.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The name of an icon, such as `"person-badge"`; `"table"` where nothing else is said.
    #[must_use]
    pub fn icon(mut self, name: &'static str) -> Self {
        self.icon = name;
        self
    }

    /// The section of the navigation; by default that of the package.
    #[must_use]
    pub fn section(mut self, section: impl Into<String>) -> Self {
        self.section = Some(section.into());
        self
    }

    /// The path below the admin, where that of the title does not suit; letters, digits and dashes.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = slug(path);
        self
    }

    /// The path below the admin.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn described(&self) -> &str {
        &self.description
    }

    pub(super) fn icon_name(&self) -> &'static str {
        self.icon
    }

    /// What one object is called, where the viewset says so or else by `default`.
    pub(super) fn one<'a>(&'a self, default: &'a str) -> &'a str {
        self.singular.as_deref().unwrap_or(default)
    }

    /// The section, by default the one of `package`: `Sessions` for `plain.sessions`.
    pub(super) fn section_of(&self, package: &str) -> String {
        match &self.section {
            Some(section) => section.clone(),
            None => label(package.rsplit('.').next().unwrap_or(package)),
        }
    }
}

/// A name for people as a part of a URL.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    match words.join("-").to_ascii_lowercase() {
        empty if empty.is_empty() => "objects".to_owned(),
        slug => slug,
    }
}

/// A name of code for people: `created_at` becomes `Created at`.
pub(super) fn label(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.trim().chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_labels_follow_from_names() {
        assert_eq!(slug("Signed in?"), "signed-in");
        assert_eq!(slug("Größe"), "gr-e");
        assert_eq!(slug("订单"), "objects");
        assert_eq!(label("created_at"), "Created at");
        assert_eq!(Meta::new("Keys").section_of("plain.sessions"), "Sessions");
    }
}
