//! The header `Cookie`.

use http::HeaderValue;
use plain::http::Body;

use crate::request::post;

/// The promise: pairs hold neither `;` nor blanks around them, and of several pairs with one name
/// the last counts.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(header) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let request = post("cookie", header, Body::empty());
    let pairs: Vec<_> = request.cookies().collect();
    for (name, value) in &pairs {
        for part in [name, value] {
            assert!(!part.contains(';'));
            assert_eq!(part.trim_matches([' ', '\t']), *part);
        }
        let last = pairs.iter().rev().find(|(other, _)| other == name);
        assert_eq!(request.cookie(name), last.map(|(_, value)| *value));
    }
}
