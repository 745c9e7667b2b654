//! Links for a new password: signed, expiring, and of use once.
//!
//! Nothing is stored. The signature covers the time at which the password was last changed, so the
//! change that a link is used for ends it, together with all others that were sent.

use chrono::{DateTime, TimeDelta, Utc};
use plain::http::Result;
use plain::services::Services;
use plain::signing::Signer;

use crate::models::{User, now};
use crate::settings::AuthSettings;

/// How far the clocks of two computers may differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(1);

/// What a link holds.
#[derive(Debug, PartialEq, Eq)]
struct Token {
    user: i64,
    /// When it was made, in seconds of the epoch.
    made_at: i64,
    signature: String,
}

/// The token of a link for `user`. For nobody it is one that opens nothing, made with the same work.
pub(crate) fn make(app: &Services, user: Option<&User>, at: DateTime<Utc>) -> Result<String> {
    let made_at = at.timestamp();
    let (number, signature) = match user {
        Some(user) => (user.id, sign(app, user, made_at)?),
        None => (0, signer(app)?.sign(&[b"nobody"])),
    };
    Ok(format!("{number}-{made_at}-{signature}"))
}

/// The user for whom `token` was made, if it can still be used.
pub(crate) async fn user_of(app: &Services, token: &str) -> Result<Option<User>> {
    let Some(token) = Token::parse(token) else {
        return Ok(None);
    };
    let settings = app.settings::<AuthSettings>()?;
    if !token.is_fresh(now(), settings.reset_link_age()) {
        return Ok(None);
    }
    let user = User::find(app.database()?, token.user).await?;
    let Some(user) = user.filter(|user| user.is_active) else {
        return Ok(None);
    };
    let signer = signer(app)?;
    let signed = with_parts(&user, token.made_at, |parts| {
        signer.verify(parts, &token.signature)
    });
    Ok(signed.then_some(user))
}

impl Token {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let token = Self {
            user: parts.next()?.parse().ok()?,
            made_at: parts.next()?.parse().ok()?,
            signature: parts.next()?.to_owned(),
        };
        parts.next().is_none().then_some(token)
    }

    fn is_fresh(&self, now: DateTime<Utc>, age: TimeDelta) -> bool {
        let Some(made_at) = DateTime::from_timestamp(self.made_at, 0) else {
            return false;
        };
        made_at <= now + CLOCKS && now - made_at < age
    }
}

fn sign(app: &Services, user: &User, made_at: i64) -> Result<String> {
    with_parts(user, made_at, |parts| Ok(signer(app)?.sign(parts)))
}

fn signer(app: &Services) -> Result<Signer<'_>> {
    Signer::new(app, "plain.auth.reset")
}

/// What the signature covers.
fn with_parts<T>(user: &User, made_at: i64, then: impl FnOnce(&[&[u8]]) -> T) -> T {
    let id = user.id.to_be_bytes();
    let made_at = made_at.to_be_bytes();
    let changed_at = user.password_changed_at.timestamp_micros().to_be_bytes();
    then(&[&id, &made_at, &changed_at, user.email_canonical.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_formed_like_a_token_is_read() {
        let signature = "ab".repeat(32);
        let token = Token::parse(&format!("7-1800000000-{signature}")).unwrap();
        assert_eq!((token.user, token.made_at), (7, 1_800_000_000));
        for bad in [
            String::new(),
            "7".to_owned(),
            "7-1800000000".to_owned(),
            format!("7-1800000000-{signature}-1"),
            format!("7-99999999999999999999-{signature}"),
            format!("-7-1-{signature}"),
            format!("x-1800000000-{signature}"),
        ] {
            assert_eq!(Token::parse(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_token_ends_after_its_time() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let token = |made_at| Token {
            user: 1,
            made_at,
            signature: String::new(),
        };
        let hour = TimeDelta::hours(1);
        let is_fresh =
            |made_at, passed| token(made_at).is_fresh(start + TimeDelta::seconds(passed), hour);
        assert!(is_fresh(1_800_000_000, 0));
        assert!(is_fresh(1_800_000_000, 3_599));
        assert!(!is_fresh(1_800_000_000, 3_600));
        assert!(!is_fresh(1_800_000_000 + 61, 0));
        assert!(!is_fresh(i64::MAX, 0));
        assert!(!is_fresh(i64::MIN, 0));
    }
}
