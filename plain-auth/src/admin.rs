//! The admin: who may open it, and its pages for users.

use plain::admin::{
    Access, AdminAccess, Cell, Chosen, Detail, List, Meta, Viewset, Visitor, confirm,
};
use plain::http::{Error, Request, Result};
use plain::services::Services;

use crate::models::User;
use crate::pages::address;
use crate::requests::get_request_user;
use crate::users::Role;

/// Admins get in, others are told so, and strangers are sent to sign in.
pub(crate) struct AdminsOnly;

impl AdminAccess for AdminsOnly {
    async fn decide(&self, request: &Request) -> Result<Access> {
        let Some(user) = get_request_user(request).await? else {
            return Ok(Access::SignIn(address(request, "auth:sign_in")?));
        };
        if !user.is_admin {
            return Ok(Access::Denied);
        }
        let visitor = Visitor::new(user.session_owner(), user.email);
        Ok(Access::Granted(
            visitor.sign_out(address(request, "auth:sign_out")?),
        ))
    }
}

const DEACTIVATE: &str = "Deactivate? All sessions end, and signing in is closed.";
const ACTIVATE: &str = "Activate? Signing in is open again.";

/// The users, as admins see them.
pub(crate) struct UserAdmin;

impl Viewset for UserAdmin {
    type Model = User;

    fn meta(&self) -> Meta {
        Meta::new("Users")
            .icon("person")
            .description("Accounts. `plain users create` makes one.")
    }

    fn list(&self) -> List<User> {
        List::fields([
            "email",
            "is_admin",
            "is_active",
            "created_at",
            "last_sign_in_at",
        ])
        .label("is_admin", "Admin")
        .label("is_active", "Active")
        .label("last_sign_in_at", "Last sign-in")
        .order("-id")
        .sortable(["email", "created_at"])
        .sorted_by("email", "email_canonical")
        .sorted_by("created_at", "id")
        .computed_with("sessions", sessions)
        .search_fields(["email"])
        .filter("Admins", |users, _| users.filter("is_admin", true))
        .filter("Deactivated", |users, _| users.filter("is_active", false))
        .action("Deactivate", confirm(DEACTIVATE), deactivate)
        .action("Activate", confirm(ACTIVATE), activate)
        .action(
            "Make admins",
            confirm("Open the admin to these users?"),
            |chosen| set_role(chosen, Role::Admin),
        )
        .action(
            "Take the admin away",
            confirm("Close the admin to these users?"),
            |chosen| set_role(chosen, Role::Member),
        )
    }

    fn detail(&self) -> Detail<User> {
        Detail::fields([
            "email",
            "is_admin",
            "is_active",
            "created_at",
            "last_sign_in_at",
            "password_changed_at",
            "sessions",
        ])
        .label("is_admin", "Admin")
        .label("is_active", "Active")
        .label("last_sign_in_at", "Last sign-in")
        .action_if(
            "Deactivate",
            |user: &User| user.is_active,
            confirm(DEACTIVATE),
            deactivate,
        )
        .action_if(
            "Activate",
            |user: &User| !user.is_active,
            confirm(ACTIVATE),
            activate,
        )
    }

    fn label(&self, user: &User) -> Option<String> {
        Some(user.email.clone())
    }
}

/// Where `plain.sessions` shows those of the user.
fn sessions(user: &User, app: &Services) -> Cell {
    match app.reverse("admin:list", [("viewset", "sessions")]) {
        Ok(list) => {
            let owner = user.session_owner();
            Cell::link("Sessions of this user", format!("{list}?q=owner%3A{owner}"))
        }
        Err(_) => Cell::empty(),
    }
}

async fn deactivate(chosen: Chosen<User>) -> Result<u64> {
    let users = others(&chosen)?;
    let db = chosen.app.database()?;
    let mut changed = 0;
    for mut user in users {
        user.deactivate(db).await?;
        changed += 1;
    }
    Ok(changed)
}

async fn activate(chosen: Chosen<User>) -> Result<u64> {
    let db = chosen.app.database()?;
    let mut changed = 0;
    for mut user in chosen.rows {
        user.activate(db).await?;
        changed += 1;
    }
    Ok(changed)
}

async fn set_role(chosen: Chosen<User>, role: Role) -> Result<u64> {
    let users = others(&chosen)?;
    let db = chosen.app.database()?;
    let mut changed = 0;
    for mut user in users {
        user.set_role(db, role).await?;
        changed += 1;
    }
    Ok(changed)
}

/// All but the visitor: nobody closes the door behind which they stand.
fn others(chosen: &Chosen<User>) -> Result<Vec<User>> {
    let own = chosen.visitor.id();
    let is_other = |user: &&User| user.session_owner() != own;
    let others: Vec<User> = chosen.rows.iter().filter(is_other).cloned().collect();
    if others.is_empty() && !chosen.rows.is_empty() {
        return Err(Error::bad_request(
            "This is your own account: ask another admin to change it.",
        ));
    }
    Ok(others)
}
