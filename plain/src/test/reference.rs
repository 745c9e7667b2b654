//! Where a link or a `Location` leads (RFC 3986 section 5.2).

/// A page: scheme, host with port, path with query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) secure: bool,
    pub(super) authority: String,
    pub(super) target: String,
}

impl Address {
    /// The page that `reference` names on this one; `None` for a scheme that is not HTTP's.
    pub(super) fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.split('#').next().unwrap_or_default();
        if let Some((scheme, rest)) = split_scheme(reference) {
            let secure = match scheme.to_ascii_lowercase().as_str() {
                "https" => true,
                "http" => false,
                _ => return None,
            };
            return Some(Self::of_authority(secure, rest.strip_prefix("//")?));
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Some(Self::of_authority(self.secure, rest));
        }
        Some(Self {
            secure: self.secure,
            authority: self.authority.clone(),
            target: self.resolve(reference),
        })
    }

    /// The path, without the query.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The host in lower case, without the port.
    pub(super) fn host(&self) -> String {
        let authority = self.authority.rsplit('@').next().unwrap_or_default();
        let host = match authority.rfind(':') {
            Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
            _ => authority,
        };
        host.to_ascii_lowercase()
    }

    fn of_authority(secure: bool, rest: &str) -> Self {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let slash = if target.starts_with('/') { "" } else { "/" };
        Self {
            secure,
            authority: authority.to_owned(),
            target: format!("{slash}{target}"),
        }
    }

    fn resolve(&self, reference: &str) -> String {
        if reference.is_empty() {
            return self.target.clone();
        }
        let path = self.path();
        if reference.starts_with('?') {
            return format!("{path}{reference}");
        }
        let (reference, query) = match reference.find('?') {
            Some(at) => reference.split_at(at),
            None => (reference, ""),
        };
        if reference.starts_with('/') {
            return format!("{}{query}", without_dots(reference));
        }
        let folder = &path[..=path.rfind('/').unwrap_or(0)];
        format!("{}{query}", without_dots(&format!("{folder}{reference}")))
    }
}

/// The scheme and what follows it, if `reference` starts with one.
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = reference.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

/// `path` without its segments `.` and `..` (section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(reference: &str) -> Option<String> {
        let page = Address {
            secure: false,
            authority: "shop.test:8000".into(),
            target: "/b/c/d?q".into(),
        };
        page.join(reference).map(|address| {
            let scheme = if address.secure { "https" } else { "http" };
            format!("{scheme}://{}{}", address.authority, address.target)
        })
    }

    #[test]
    fn references_are_resolved_as_in_the_examples_of_rfc_3986() {
        for (reference, expected) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d?y"),
            ("g?y", "/b/c/g?y"),
            ("", "/b/c/d?q"),
            (".", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("g#s", "/b/c/g"),
            ("g?y/../x", "/b/c/g?y/../x"),
        ] {
            let expected = format!("http://shop.test:8000{expected}");
            assert_eq!(join(reference), Some(expected), "{reference}");
        }
    }

    #[test]
    fn another_host_or_scheme_is_followed_and_what_is_not_http_is_not() {
        assert_eq!(join("//x.test").as_deref(), Some("http://x.test/"));
        assert_eq!(
            join("HTTPS://x.test?a").as_deref(),
            Some("https://x.test/?a")
        );
        assert_eq!(join("mailto:a@b.test"), None);
        assert_eq!(join("http:g"), None);
    }

    #[test]
    fn the_host_is_what_stands_before_the_port() {
        for (authority, host) in [
            ("Shop.test:80", "shop.test"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            let address = Address {
                secure: false,
                authority: authority.into(),
                target: "/".into(),
            };
            assert_eq!(address.host(), host);
        }
    }
}
