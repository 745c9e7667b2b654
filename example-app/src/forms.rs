//! What visitors can fill in, and its rules.

use garde::{Error, Validate};
use plain_auth::EmailAddress;
use serde::{Deserialize, Deserializer};

use crate::models::Customer;

/// What the visitor would like to be called.
#[derive(Debug, Deserialize, Validate)]
pub(crate) struct NameForm {
    #[serde(deserialize_with = "trimmed")]
    #[garde(custom(valid_name))]
    pub(crate) name: String,
}

/// More of a product for the cart.
#[derive(Debug, Deserialize)]
pub(crate) struct AddForm {
    pub(crate) product: String,
    #[serde(default = "one")]
    pub(crate) quantity: u32,
}

/// How many of a product the cart is to hold.
#[derive(Debug, Deserialize)]
pub(crate) struct QuantityForm {
    pub(crate) quantity: u32,
}

/// Who orders.
#[derive(Debug, Deserialize, Validate)]
pub(crate) struct CheckoutForm {
    #[serde(deserialize_with = "trimmed")]
    #[garde(custom(valid_name))]
    name: String,
    #[serde(deserialize_with = "trimmed")]
    #[garde(custom(valid_email))]
    email: String,
    #[serde(default, deserialize_with = "trimmed")]
    #[garde(custom(valid_note))]
    note: String,
}

impl CheckoutForm {
    /// Who orders, with the number of their account if they are signed in.
    pub(crate) fn customer(self, user_id: Option<i64>) -> Customer {
        Customer {
            name: self.name,
            email: self.email,
            note: self.note,
            user_id,
        }
    }
}

fn one() -> u32 {
    1
}

/// A text without the white space around it.
fn trimmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.trim().to_owned())
}

fn valid_name(name: &str, (): &()) -> garde::Result {
    if name.is_empty() {
        return Err(Error::new("Please fill in a name."));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::new("A name has no control characters."));
    }
    at_most(60, name)
}

fn valid_email(email: &str, (): &()) -> garde::Result {
    match email.parse::<EmailAddress>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new("Please write an address like ada@example.com.")),
    }
}

fn valid_note(note: &str, (): &()) -> garde::Result {
    if note.contains('\0') {
        return Err(Error::new("A note has no NUL characters."));
    }
    at_most(500, note)
}

fn at_most(most: usize, text: &str) -> garde::Result {
    if text.chars().count() > most {
        return Err(Error::new(format!("Please use at most {most} characters.")));
    }
    Ok(())
}
