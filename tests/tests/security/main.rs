//! What SECURITY.md says and no test of a single part shows.
//!
//! | module | what it states |
//! | --- | --- |
//! | `document` | that each test that SECURITY.md names is there |
//! | `dependencies` | what this is built from, and under which licences |
//! | `hostile` | input that is made to cost much |
//! | `secrets` | what the finest log of a whole story does not hold |

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod dependencies;
mod document;
mod hostile;
mod secrets;
