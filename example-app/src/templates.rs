//! The functions that the shop's templates call.

use plain::context;
use plain::http::Result;
use plain::templates::{TemplateRequest, Value, missing};
use plain_sessions::get_template_session;

use crate::cart::Cart;
use crate::messages::take_messages;
use crate::settings::ShopSettings;
use crate::visitor;

/// `shop()`: what the settings say about the shop: `name`, `currency`, `email`.
pub(crate) fn shop(request: &TemplateRequest) -> Result<Value> {
    let settings: &ShopSettings = request.services().settings()?;
    Ok(context! {
        name => &settings.shop_name,
        currency => &settings.shop_currency,
        email => &settings.shop_email,
    })
}

/// `visitor_name()`: what the visitor is called; prints nothing for one who has not said.
pub(crate) fn visitor_name(request: &TemplateRequest) -> Result<Value> {
    let name = get_template_session(request)
        .map(|session| session.get(visitor::NAME))
        .transpose()?;
    Ok(name.flatten().map_or_else(missing, Value::from))
}

/// `cart_count()`: how many things are in the visitor's cart.
pub(crate) fn cart_count(request: &TemplateRequest) -> Result<Value> {
    let cart = get_template_session(request)
        .map(|session| Cart::of(&session))
        .transpose()?;
    Ok(cart.unwrap_or_default().count().into())
}

/// `messages()`: what the last form had to say; only the first call returns it.
pub(crate) fn messages(request: &TemplateRequest) -> Result<Value> {
    let messages = get_template_session(request)
        .map(|session| take_messages(&session))
        .transpose()?;
    Ok(messages.unwrap_or_default().into())
}
