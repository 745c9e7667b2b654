//! Ordering what is in the cart.

use plain::prelude::*;
use plain_auth::get_request_user;
use plain_sessions::get_request_session;

use crate::bill::Bill;
use crate::cart::{CART, Cart};
use crate::forms::CheckoutForm;
use crate::messages::add_message;
use crate::models::Order;
use crate::visitor::{NAME, ORDERS};

/// `checkout`: asks who orders, and places the order.
pub(crate) struct Checkout;

impl FormView for Checkout {
    type Form = CheckoutForm;

    fn template(&self) -> &str {
        "checkout.html"
    }

    async fn initial(&self, request: &Request) -> Result<Value> {
        let session = get_request_session(request).await?;
        let user = get_request_user(request).await?;
        let email = user.map(|user| user.email);
        Ok(context! { name => session.get(NAME)?, email })
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        Ok(context! { bill => bill(request).await? })
    }

    async fn form_valid(&self, request: &Request, form: CheckoutForm) -> Result<Response> {
        let bill = bill(request).await?;
        if bill.is_empty() {
            return self
                .rejected(request, None, "There is nothing in your cart to order.")
                .await;
        }
        let user = get_request_user(request).await?;
        let customer = form.customer(user.map(|user| user.id));
        let order = Order::place(request.database()?, customer, &bill).await?;

        let session = get_request_session(request).await?;
        session.update(ORDERS, move |orders| {
            let mut orders = orders.unwrap_or_default();
            orders.push(order.id);
            orders
        })?;
        session.remove(CART);
        add_message(&session, "Thank you. Your order is placed.")?;
        Ok(Response::redirect(
            request.reverse("order", [("id", order.id)])?,
        ))
    }
}

async fn bill(request: &Request) -> Result<Bill> {
    let session = get_request_session(request).await?;
    Ok(Bill::of(&Cart::of(&session)?, request.database()?).await?)
}
