//! The cart: looking at it, and changing what is in it.

use plain::prelude::*;
use plain_sessions::{SessionStore, SessionView};

use crate::bill::Bill;
use crate::cart::{self, CART, change_cart};
use crate::forms::{AddForm, QuantityForm};
use crate::messages::add_message;
use crate::models::Product;

/// `cart`: shows the cart, and puts things in.
pub(crate) struct Cart;

impl SessionView for Cart {
    async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let bill = Bill::of(&cart::Cart::of(session)?, request.database()?).await?;
        request.render("cart.html", context! { bill, most => cart::Cart::MOST })
    }

    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let AddForm {
            product: slug,
            quantity,
        } = request.form().await?;
        let found = Product::on_sale()
            .filter("slug", slug)
            .first(request.database()?)
            .await?;
        let product = found.ok_or_else(|| Error::not_found("We do not sell this any more."))?;
        add_message(session, format!("In your cart: {}.", product.name))?;
        change_cart(session, move |cart| cart.add(&product.slug, quantity))?;
        to_the_cart(request)
    }
}

/// `cart/lines/<slug>`: changes how many of one product are in the cart.
pub(crate) struct CartLine;

impl SessionView for CartLine {
    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let slug: String = request.param("slug")?;
        let QuantityForm { quantity } = request.form().await?;
        change_cart(session, move |cart| cart.change(&slug, quantity))?;
        to_the_cart(request)
    }
}

/// `cart/empty`: takes everything out.
pub(crate) struct EmptyCart;

impl SessionView for EmptyCart {
    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        session.remove(CART);
        to_the_cart(request)
    }
}

fn to_the_cart(request: &Request) -> Result<Response> {
    Ok(Response::redirect(request.reverse("cart", ())?))
}
