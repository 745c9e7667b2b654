//! [`FormView`]: a page with a form that is shown, checked, and shown again with what is wrong.

use std::future::Future;

use garde::Validate;
use minijinja::{Value, context};
use serde::de::DeserializeOwned;

use super::View;
use super::bound_form::BoundForm;
use crate::http::{Error, InvalidField, Request, Response, Result, StatusCode};

/// A page with a form.
///
/// `GET` shows it. `POST` reads it into [`Form`](Self::Form) and validates it: a good one goes to
/// [`form_valid`](Self::form_valid), a bad one is rendered again as 422, with what the visitor
/// typed and the errors beside the fields.
///
/// ```
/// use garde::Validate;
/// use plain::http::{Request, Response, Result};
/// use plain::views::FormView;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, Validate)]
/// struct Subscribe {
///     #[garde(contains("@"))]
///     email: String,
/// }
///
/// struct Newsletter;
///
/// impl FormView for Newsletter {
///     type Form = Subscribe;
///
///     fn template(&self) -> &str {
///         "newsletter.html"
///     }
///
///     async fn form_valid(&self, _request: &Request, form: Subscribe) -> Result<Response> {
///         println!("a subscriber: {}", form.email);
///         Ok(Response::redirect("/thanks"))
///     }
/// }
/// ```
///
/// In the template, `form.email.value` is what stands in the field and `form.email.errors` is the
/// list of what is wrong with it; `form_errors` lists what is wrong with the form as a whole.
pub trait FormView: Sized + Send + Sync + 'static {
    /// What a valid form is read into.
    type Form: DeserializeOwned + Validate<Context = ()> + Send;

    /// The name of the template.
    fn template(&self) -> &str;

    /// Does what the form is for. To find fault with it after all, return the result of
    /// [`rejected`](Self::rejected).
    fn form_valid(
        &self,
        request: &Request,
        form: Self::Form,
    ) -> impl Future<Output = Result<Response>> + Send;

    /// Runs first, for `GET` and `POST`. A response ends it there: a redirect, say, where there is
    /// nothing to fill in.
    fn before_request(
        &self,
        _request: &Request,
    ) -> impl Future<Output = Result<Option<Response>>> + Send {
        std::future::ready(Ok(None))
    }

    /// What stands in the fields at first: a context with the fields' names.
    fn initial(&self, _request: &Request) -> impl Future<Output = Result<Value>> + Send {
        std::future::ready(Ok(context! {}))
    }

    /// What the template sees besides the form.
    fn context(&self, _request: &Request) -> impl Future<Output = Result<Value>> + Send {
        std::future::ready(Ok(context! {}))
    }

    /// Shows the form again, with `message` beside the field `field`, or above the form if that is
    /// `None`.
    fn rejected(
        &self,
        request: &Request,
        field: Option<&str>,
        message: &str,
    ) -> impl Future<Output = Result<Response>> + Send {
        async move {
            let mut form = BoundForm::submitted(request.form_data().await?);
            form.add_error(field, message);
            show(self, request, form).await
        }
    }

    /// The view for the router.
    fn as_view(self) -> FormPage<Self> {
        FormPage(self)
    }
}

/// A [`FormView`] as a [`View`].
#[derive(Debug)]
pub struct FormPage<V>(V);

impl<V: FormView> View for FormPage<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        let form = BoundForm::from_value(&self.0.initial(request).await?)?;
        show(&self.0, request, form).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let data = request.form_data().await?;
        match checked::<V::Form>(data.parse()) {
            Ok(form) => self.0.form_valid(request, form).await,
            Err(Rejection::Invalid(errors)) => {
                let mut form = BoundForm::submitted(data);
                for (field, message) in &errors {
                    form.add_error(field.as_deref(), message);
                }
                show(&self.0, request, form).await
            }
            Err(Rejection::Failed(error)) => Err(error),
        }
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        self.0.before_request(request).await
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}

/// Why a form does not go on.
pub(crate) enum Rejection {
    /// The visitor can mend it: fields, where one is to blame, and messages.
    Invalid(Vec<(Option<String>, String)>),
    /// It is no form at all.
    Failed(Error),
}

/// The form, if there is nothing wrong with it.
pub(crate) fn checked<F: Validate<Context = ()>>(parsed: Result<F>) -> Result<F, Rejection> {
    let form = parsed.map_err(|error| match error.find::<InvalidField>() {
        Some(invalid) => Rejection::Invalid(vec![(invalid.field.clone(), invalid.message.clone())]),
        None => Rejection::Failed(error),
    })?;
    let Err(report) = form.validate() else {
        return Ok(form);
    };
    let errors = report.iter().map(|(path, error)| {
        let field = Some(path.to_string()).filter(|path| !path.is_empty());
        (field, error.message().to_owned())
    });
    Err(Rejection::Invalid(errors.collect()))
}

async fn show<V: FormView>(view: &V, request: &Request, form: BoundForm) -> Result<Response> {
    // Unprocessable Content (RFC 9110 section 15.5.21) for a form that is shown for its errors.
    let status = if form.is_valid() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    request.add_context("form_errors", Value::from(form.form_errors().to_vec()));
    request.add_context("form", Value::from_object(form));
    let context = view.context(request).await?;
    Ok(request
        .render(view.template(), context)?
        .with_status(status))
}
