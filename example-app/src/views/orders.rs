//! Orders, shown to the session that placed them.

use plain::context;
use plain::db::Model;
use plain::http::{Error, Request, Response, Result};
use plain_sessions::{SessionStore, SessionView};

use crate::messages::add_message;
use crate::models::Order;
use crate::visitor::ORDERS;

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

/// The order that the URL names. One of another session is not told apart from one that is not
/// there.
async fn own_order(request: &Request, session: &SessionStore) -> Result<Order> {
    let id: i64 = request.param("id")?;
    let own = session.get(ORDERS)?.unwrap_or_default();
    let found = match own.contains(&id) {
        true => Order::query().get(request.database()?, id).await?,
        false => None,
    };
    found.ok_or_else(|| Error::not_found("You have placed no order with this number."))
}
