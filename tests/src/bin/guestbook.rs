//! The project that README.md walks through, as it stands there.

include!(concat!(env!("OUT_DIR"), "/readme/src/main.rs"));
