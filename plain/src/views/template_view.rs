//! [`TemplateView`]: a page that is a template and its context.

use std::future::Future;

use minijinja::{Value, context};

use super::View;
use crate::http::{Request, Response, Result};

/// A page that renders one template.
///
/// ```
/// use plain::urls::path;
/// use plain::views::TemplateView;
///
/// struct About;
///
/// impl TemplateView for About {
///     fn template(&self) -> &str {
///         "about.html"
///     }
/// }
///
/// let route = path("about", About.as_view());
/// ```
pub trait TemplateView: Sized + Send + Sync + 'static {
    /// The name of the template.
    fn template(&self) -> &str;

    /// What the template sees.
    fn context(&self, _request: &Request) -> impl Future<Output = Result<Value>> + Send {
        std::future::ready(Ok(context! {}))
    }

    /// The view for the router.
    fn as_view(self) -> TemplatePage<Self> {
        TemplatePage(self)
    }
}

/// A [`TemplateView`] as a [`View`].
#[derive(Debug)]
pub struct TemplatePage<V>(V);

impl<V: TemplateView> View for TemplatePage<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        let context = self.0.context(request).await?;
        request.render(self.0.template(), context)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}
