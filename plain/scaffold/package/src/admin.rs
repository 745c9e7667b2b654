//! Greetings in the admin.

use plain::admin::{Confirmation, List, Meta, Viewset, confirm};

use crate::models::Greeting;

/// The greetings.
pub(crate) struct GreetingAdmin;

impl Viewset for GreetingAdmin {
    type Model = Greeting;

    fn meta(&self) -> Meta {
        Meta::new("Greetings").description("What was said.")
    }

    fn list(&self) -> List<Greeting> {
        List::fields(["text", "created_at"])
            .order("-created_at")
            .search_fields(["text"])
    }

    fn delete(&self) -> Option<Confirmation> {
        Some(confirm("Delete this greeting?"))
    }
}
