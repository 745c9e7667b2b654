//! Orders, shown to who placed them: the session, and the user who was signed in.

use plain::prelude::*;
use plain_auth::{AuthView, User, get_request_user};
use plain_sessions::{SessionStore, SessionView};

use crate::messages::add_message;
use crate::models::Order;
use crate::visitor::ORDERS;

/// How many orders the page of all lists.
const LISTED: u64 = 50;

/// `orders`: those of the user who is signed in, wherever they were placed.
pub(crate) struct Orders;

impl AuthView for Orders {
    async fn get(&self, request: &Request, user: &User) -> Result<Response> {
        let own = Order::query().filter("user_id", user.id).order("-id");
        let orders = own.limit(LISTED).all(request.database()?).await?;
        request.render("orders.html", context! { orders })
    }
}

/// `orders/<id>`: what was ordered.
pub(crate) struct OrderPage;

impl SessionView for OrderPage {
    async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let order = own_order(request, session).await?;
        let lines = order.lines(request.database()?).await?;
        request.render("order.html", context! { order, lines })
    }
}

/// `orders/<id>/cancel`: cancels an order.
pub(crate) struct CancelOrder;

impl SessionView for CancelOrder {
    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let order = own_order(request, session).await?;
        order.cancel(request.database()?).await?;
        add_message(session, "Your order is cancelled.")?;
        Ok(Response::redirect(
            request.reverse("order", [("id", order.id)])?,
        ))
    }
}

/// The order that the URL names, placed in this session or by the user who is signed in. One of
/// somebody else is not told apart from one that is not there.
async fn own_order(request: &Request, session: &SessionStore) -> Result<Order> {
    let id: i64 = request.param("id")?;
    let user = get_request_user(request).await?;
    let here = session.get(ORDERS)?.unwrap_or_default();
    let is_own = |order: &Order| {
        let by_user = user.as_ref().is_some_and(|it| order.user_id == Some(it.id));
        by_user || here.contains(&order.id)
    };
    let found = Order::query().get(request.database()?, id).await?;
    let own = found.filter(is_own);
    own.ok_or_else(|| Error::not_found("You have placed no order with this number."))
}
