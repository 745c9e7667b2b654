//! `DATABASE_URL`: which database, and where.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::Error;

/// The address of a database; it prints itself without the password.
///
/// `sqlite://db.sqlite3` is a file beside `settings.toml`, `sqlite:///var/lib/shop.sqlite3` a file
/// at an absolute path, `postgres://user:password@host/name` a database of a PostgreSQL server.
///
/// The address of a server takes parameters, as in `?sslmode=verify-full&sslrootcert=ca.pem`, which
/// encrypts the connection and trusts only servers that can show a certificate of that authority for
/// that host. Files are found beside `settings.toml`. `sslmode=require` encrypts and trusts anybody,
/// unless `sslrootcert` is there: then it trusts whom that vouches for, as PostgreSQL's own library
/// does.
///
/// ```
/// use plain::db::DatabaseUrl;
///
/// let url = DatabaseUrl::new("postgres://shop:secret@db.example/shop");
/// assert_eq!(url.to_string(), "postgres://shop:***@db.example/shop");
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

/// What a well-formed [`DatabaseUrl`] points at.
pub(super) enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// What a file of the parameters is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The authorities that vouch for the server.
    Root,
    /// The certificate of this client.
    Certificate,
    /// The key of this client.
    Key,
}

/// The parameters that name files.
const ROLES: [(&str, Role); 3] = [
    ("sslrootcert", Role::Root),
    ("sslcert", Role::Certificate),
    ("sslkey", Role::Key),
];

/// The other parameters, but for the settings of a session in `options[name]`.
const PARAMETERS: [&str; 10] = [
    "sslmode",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

const UNKNOWN_PARAMETER: &str = "one of its parameters is not known (known are sslmode, \
     sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, application_name, \
     options, options[name] and statement-cache-capacity)";

fn is_known(parameter: &str) -> bool {
    PARAMETERS.contains(&parameter)
        || ROLES.iter().any(|(name, _)| *name == parameter)
        || (parameter.starts_with("options[") && parameter.ends_with(']'))
}

impl DatabaseUrl {
    /// The address that `text` writes down; whether it is one is found by connecting to it, or by
    /// [`check`](Self::check).
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address of the SQLite file at `path`.
    pub fn sqlite_file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_string_lossy();
        let escaped = path
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('#', "%23");
        Self(format!("sqlite://{escaped}"))
    }

    /// The whole address with its password, for who connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Finds out whether this is an address that can be connected to, without connecting.
    ///
    /// # Errors
    ///
    /// [`Error::Url`], which says what is wrong with it.
    pub fn check(&self) -> Result<(), Error> {
        self.address(Path::new("")).map(|_| ())
    }

    /// What the address points at, where a relative path starts at `base`.
    pub(super) fn address(&self, base: &Path) -> Result<Address, Error> {
        let Some((scheme, rest)) = self.0.split_once(':') else {
            return Err(self.refuse("it has no scheme"));
        };
        match scheme {
            "sqlite" => self
                .sqlite_path(rest)
                .map(|path| Address::Sqlite(base.join(path))),
            "postgres" | "postgresql" => self.postgres_options(base),
            _ => Err(self.refuse("only sqlite:// and postgres:// are known")),
        }
    }

    fn sqlite_path(&self, rest: &str) -> Result<PathBuf, Error> {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.contains(['?', '#']) {
            return Err(self.refuse("a SQLite address takes no parameters"));
        }
        if path == ":memory:" {
            return Err(
                self.refuse("a database in memory would be another one for each connection")
            );
        }
        if path.is_empty() {
            return Err(self.refuse("it names no file"));
        }
        let decoded = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| self.refuse("its path is not UTF-8"))?;
        Ok(PathBuf::from(decoded.as_ref()))
    }

    fn postgres_options(&self, base: &Path) -> Result<Address, Error> {
        let mut options: PgConnectOptions = self.0.parse().map_err(|error: sqlx::Error| {
            // The parser's own text may quote the address, and the password with it.
            match error {
                sqlx::Error::Configuration(_) => self.refuse("it is not a well-formed address"),
                _ => self.refuse("PostgreSQL's driver does not understand it"),
            }
        })?;
        // The driver only logs those that it does not know, with what stands in them.
        if self.parameters().any(|(name, _)| !is_known(&name)) {
            return Err(self.refuse(UNKNOWN_PARAMETER));
        }
        for (role, path) in self.certificates(base) {
            options = match role {
                Role::Root => options.ssl_root_cert(path),
                Role::Certificate => options.ssl_client_cert(path),
                Role::Key => options.ssl_client_key(path),
            };
            if role == Role::Root && matches!(options.get_ssl_mode(), PgSslMode::Require) {
                options = options.ssl_mode(PgSslMode::VerifyCa);
            }
        }
        Ok(Address::Postgres(Box::new(options)))
    }

    /// The files of the parameters, where a relative path starts at `base`.
    pub(super) fn certificates(&self, base: &Path) -> Vec<(Role, PathBuf)> {
        let named = self.parameters().filter_map(|(name, value)| {
            let role = ROLES.iter().find(|(known, _)| *known == name)?.1;
            // The text of a certificate may stand there itself.
            let is_path = !value.trim_start().starts_with("-----BEGIN");
            is_path.then(|| (role, base.join(value)))
        });
        named.collect()
    }

    /// What stands after the question mark of a server's address.
    fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        let query = match self.0.split_once('?') {
            Some((address, query)) if !address.starts_with("sqlite") => query,
            _ => "",
        };
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |text: &str| {
                let text = text.replace('+', " ");
                percent_decode_str(&text).decode_utf8_lossy().into_owned()
            };
            (text(name), text(value))
        })
    }

    fn refuse(&self, reason: &'static str) -> Error {
        Error::Url {
            url: self.to_string(),
            reason,
        }
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::new("sqlite://db.sqlite3")
    }
}

impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&masked(&self.0), formatter)
    }
}

/// Serializes without the password, since what is serialized is shown.
impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&masked(&self.0))
    }
}

impl JsonSchema for DatabaseUrl {
    fn schema_name() -> Cow<'static, str> {
        "DatabaseUrl".into()
    }

    /// A text that error messages must not repeat.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// `url` with `***` in place of each password: the one before the host, and parameters that hold one.
fn masked(url: &str) -> String {
    let url = mask_parameters(url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return url;
    };
    // A password that was not percent-encoded may hold an `@` itself, so the last one counts.
    let Some((user, host)) = rest.rsplit_once('@') else {
        return url;
    };
    match user.split_once(':') {
        Some((name, _)) => format!("{scheme}://{name}:***@{host}"),
        None => url,
    }
}

fn mask_parameters(url: &str) -> String {
    const NAME: &str = "password=";
    let mut shown = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(found) = rest.to_ascii_lowercase().find(NAME) {
        let value = found + NAME.len();
        shown.push_str(&rest[..value]);
        shown.push_str("***");
        rest = rest[value..]
            .find('&')
            .map_or("", |end| &rest[value + end..]);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> PathBuf {
        match DatabaseUrl::new(url).address(Path::new("/project")) {
            Ok(Address::Sqlite(path)) => path,
            _ => panic!("{url} is not a SQLite address"),
        }
    }

    fn refusal(url: &str) -> String {
        DatabaseUrl::new(url)
            .check()
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn a_relative_path_starts_at_the_base_and_an_absolute_one_does_not() {
        assert_eq!(
            path("sqlite://db.sqlite3"),
            Path::new("/project/db.sqlite3")
        );
        assert_eq!(
            path("sqlite:data/db.sqlite3"),
            Path::new("/project/data/db.sqlite3")
        );
        assert_eq!(
            path("sqlite:///var/a%20b%3F.sqlite3"),
            Path::new("/var/a b?.sqlite3")
        );
    }

    #[test]
    fn a_path_survives_being_made_an_address() {
        let odd = "/var/100%/what?/a#b.sqlite3";
        assert_eq!(path(DatabaseUrl::sqlite_file(odd).expose()), Path::new(odd));
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_an_example() {
        insta::assert_snapshot!(refusal("mysql://root:secret@host/db"), @r#"DATABASE_URL "mysql://root:***@host/db" cannot be used: only sqlite:// and postgres:// are known; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        insta::assert_snapshot!(refusal("db.sqlite3"), @r#"DATABASE_URL "db.sqlite3" cannot be used: it has no scheme; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        insta::assert_snapshot!(refusal("sqlite::memory:"), @r#"DATABASE_URL "sqlite::memory:" cannot be used: a database in memory would be another one for each connection; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        insta::assert_snapshot!(refusal("sqlite://db.sqlite3?mode=ro"), @r#"DATABASE_URL "sqlite://db.sqlite3?mode=ro" cannot be used: a SQLite address takes no parameters; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        insta::assert_snapshot!(refusal("sqlite://"), @r#"DATABASE_URL "sqlite://" cannot be used: it names no file; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        insta::assert_snapshot!(refusal("postgres://u:se cret@host:port/db"), @r#"DATABASE_URL "postgres://u:***@host:port/db" cannot be used: it is not a well-formed address; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
    }

    #[test]
    fn a_parameter_that_is_not_known_is_refused_and_not_shown_in_a_log() {
        for wrong in [
            "sslmod=require",
            "sslpassword=hidden",
            "sslmode=verfy-full",
            "options[a=b",
        ] {
            let refusal = refusal(&format!(
                "postgres://u:p@host/db?application_name=a&{wrong}"
            ));
            assert!(
                refusal.starts_with("DATABASE_URL \"postgres://u:***@host/db?"),
                "{refusal}"
            );
            assert!(!refusal.contains("hidden"), "{refusal}");
        }
        insta::assert_snapshot!(refusal("postgres://u@host/db?sslmod=require"), @r#"DATABASE_URL "postgres://u@host/db?sslmod=require" cannot be used: one of its parameters is not known (known are sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, application_name, options, options[name] and statement-cache-capacity); write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#);
        let all = "postgres://u:p@host/db?sslmode=verify-full&sslrootcert=ca.pem&options[a]=b";
        assert!(DatabaseUrl::new(all).check().is_ok());
    }

    #[test]
    fn certificates_stand_beside_the_settings_and_are_asked_for_where_one_is_named() {
        let address = |parameters: &str| {
            let url = DatabaseUrl::new(format!("postgres://u:p@host/db?{parameters}"));
            let files = url.certificates(Path::new("/project"));
            let files = files.into_iter().map(|(_, path)| path).collect::<Vec<_>>();
            match url.address(Path::new("/project")) {
                Ok(Address::Postgres(options)) => (format!("{:?}", options.get_ssl_mode()), files),
                _ => panic!("{url} is not an address of a server"),
            }
        };
        let ca = || vec![PathBuf::from("/project/a ca.pem")];
        assert_eq!(
            address("sslmode=verify-full&sslrootcert=a%20ca.pem"),
            ("VerifyFull".to_owned(), ca())
        );
        assert_eq!(
            address("sslrootcert=a+ca.pem&sslmode=require"),
            ("VerifyCa".to_owned(), ca())
        );
        assert_eq!(address("sslmode=require"), ("Require".to_owned(), vec![]));
        assert_eq!(
            address("sslmode=require&sslrootcert=/etc/ca.pem").1,
            [Path::new("/etc/ca.pem")]
        );
    }

    #[test]
    fn no_form_of_printing_shows_a_password() {
        for url in [
            "postgres://shop:secret@db/shop",
            "postgres://shop:secret?x@db/shop",
            "postgres://shop:a@secret/b@db/shop",
            "postgres:///shop?user=shop&password=secret&sslmode=require",
            "postgres:///shop?sslPassword=secret",
        ] {
            let url = DatabaseUrl::new(url);
            let json = serde_json::to_string(&url).expect("a text");
            for shown in [url.to_string(), format!("{url:?}"), json] {
                assert!(!shown.contains("secret"), "{shown}");
                assert!(shown.contains("***"), "{shown}");
            }
        }
    }
}
