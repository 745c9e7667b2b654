//! A real browser: Chromium, which `chromedriver` starts and steers.
//!
//! What is done in it is named as its users name it: links, buttons and fields by the names that
//! assistive technology gives them. Nothing here sleeps: what a page does not show yet is waited
//! for, and missing after [`PATIENCE`] it fails the test with what the page shows instead.

mod axe;
mod driver;
mod keyboard;
mod leash;
mod page;
mod shop;
mod stage;
mod terminal;
mod view;
mod wire;

pub use axe::{Axe, Finding};
pub use driver::Driver;
pub use page::Browser;
pub use shop::{Shop, build_shop};
pub use stage::{Scripts, Stage, Test};
pub use view::{LOOKS, Scheme, Window};

use std::time::Duration;

/// How long a page may take to show what a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(60);
