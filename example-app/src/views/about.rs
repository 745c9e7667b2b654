//! What this shop is an example of.

use plain::views::TemplateView;

/// `about`
pub(crate) struct About;

impl TemplateView for About {
    fn template(&self) -> &str {
        "about.html"
    }
}
