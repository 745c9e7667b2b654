//! The target of a request.

use std::sync::OnceLock;

use plain::http::{Request, Response, Result};
use plain::urls::{Resolution, Router, include, path, urls};
use plain::views::View;

struct Page;

impl View for Page {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text(""))
    }
}

fn router() -> &'static Router {
    static ROUTER: OnceLock<Router> = OnceLock::new();
    ROUTER.get_or_init(|| {
        let shop = urls([
            path("", Page),
            path("cart/", Page),
            path("orders/<int:id>", Page),
            path("orders/<uuid:token>/", Page),
            path("tags/<slug:tag>/items", Page),
            path("of-<name>/<int:page>/", Page),
            path("files/<path:rest>", Page),
        ]);
        Router::new(vec![(
            "app",
            urls([include("shop", shop), path("a/b", Page)]),
        )])
        .unwrap()
    })
}

/// The promise: a redirect stays on this host and leads to a page, and what a pattern captures is
/// of its kind and never climbs.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(target) = std::str::from_utf8(bytes) else {
        return;
    };
    match router().resolve(target) {
        Resolution::Found {
            pattern, params, ..
        } => {
            for (name, value) in params.iter() {
                assert!(!value.contains('\0'));
                match name {
                    "id" | "page" => assert!(value.bytes().all(|byte| byte.is_ascii_digit())),
                    "tag" => assert!(!value.contains('/'), "{pattern}: {value}"),
                    _ => {
                        let climbs = |part: &str| matches!(part, "" | "." | "..");
                        assert!(!value.split('/').any(climbs), "{pattern}: {value}");
                    }
                }
            }
        }
        Resolution::Redirect(location) => {
            let path = location.split('?').next().unwrap();
            assert!(path.starts_with('/'));
            assert!(!path[1..].starts_with(['/', '\\']), "{location}");
            assert!(!path.contains(|sign: char| sign.is_control() || sign == '\\'));
            let next = router().resolve(&location);
            assert!(matches!(next, Resolution::Found { .. }), "{location}");
        }
        Resolution::NotFound => {}
    }
}
