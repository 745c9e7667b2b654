//! Limits on guessing, kept in the database so that they hold across processes.
//!
//! An attempt is counted as failed before anything is checked, and taken back if it succeeds: a
//! thousand attempts at the same moment are a thousand. What is decided from the counts, and why
//! nobody is locked out for good, stands in [`policy`].

mod policy;

use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};
use plain::db::{Database, Transaction};
use plain::http::{Error, HeaderValue, Request, Result};
use plain::signing::Signer;

use crate::models::now;
use crate::settings::AuthSettings;
pub(crate) use policy::Bucket;
use policy::{Counter, Decision, Limits, SignIn};

/// An attempt to sign in that may go on; counted as failed until it is known to have succeeded.
#[derive(Debug)]
pub(crate) struct Attempt {
    keys: [String; 3],
    charged: policy::Charged,
}

/// An attempt that has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(TimeDelta);

impl Wait {
    /// Whole seconds, at least one.
    pub(crate) fn seconds(self) -> i64 {
        (self.0.num_milliseconds().saturating_add(999) / 1_000).max(1)
    }

    /// What the visitor is told.
    pub(crate) fn message(self) -> String {
        let (number, unit) = match self.seconds() {
            seconds @ ..=90 => (seconds, "second"),
            seconds => ((seconds + 59) / 60, "minute"),
        };
        let plural = if number == 1 { "" } else { "s" };
        format!("Too many attempts. Try again in {number} {unit}{plural}.")
    }

    /// The header `Retry-After` (RFC 9110 section 10.2.3).
    pub(crate) fn retry_after(self) -> HeaderValue {
        HeaderValue::from(self.seconds())
    }
}

/// Begins an attempt to sign in to `account`, an address in its canonical form, whether it has an
/// account or not.
pub(crate) async fn begin(request: &Request, account: &str) -> Result<Result<Attempt, Wait>> {
    let settings = request.settings::<AuthSettings>()?;
    let limits = Limits::of(settings);
    let address = network(request.client_address());
    let keys = [
        key(request, &["account", account])?,
        key(request, &["address", &address])?,
        key(request, &["pair", account, &address])?,
    ];
    let mut transaction = request.database()?.begin().await?;
    let [account, address, pair] = lock(&mut transaction, &keys).await?;
    let before = SignIn {
        account,
        address,
        pair,
    };
    let now = now();
    let (result, after) = match policy::decide(&limits, now, &before) {
        Decision::Go(charged, after) => (Ok(charged), after),
        Decision::Wait(wait, Some(after)) => (Err(Wait(wait)), after),
        // Nothing is kept, or a flood of made-up accounts would fill the table.
        Decision::Wait(wait, None) => return Ok(Err(Wait(wait))),
    };
    let after = [after.account, after.address, after.pair];
    write(&mut transaction, &keys, &after).await?;
    transaction.commit().await?;
    Ok(result.map(|charged| Attempt { keys, charged }))
}

impl Attempt {
    /// Takes the count back, and remembers that the account is used from this address.
    pub(crate) async fn succeeded(self, db: &Database) -> Result<()> {
        let [_, _, pair] = &self.keys;
        let known = db
            .query(
                "UPDATE plainauth_attempt SET failures = 0, wait_until = NULL, succeeded_at = $1 \
                 WHERE key = $2",
            )
            .bind(now())
            .bind(pair);
        known.execute().await?;
        self.take_back_shared(db).await
    }

    /// Takes the count back: it could not be told whether the attempt was right.
    pub(crate) async fn undone(self, db: &Database) -> Result<()> {
        let [_, _, pair] = &self.keys;
        take_back(db, pair).await?;
        // Not removed: that it waited once still counts.
        let over = db.query(
            "UPDATE plainauth_attempt SET wait_until = $1 WHERE key = $2 AND wait_until > $1",
        );
        over.bind(now()).bind(pair).execute().await?;
        self.take_back_shared(db).await
    }

    async fn take_back_shared(&self, db: &Database) -> Result<()> {
        let [account, address, _] = &self.keys;
        match self.charged {
            policy::Charged::PairOnly => Ok(()),
            policy::Charged::All => {
                take_back(db, account).await?;
                take_back(db, address).await
            }
        }
    }
}

/// Takes the address of `request` for one that `account` is used from: its user has proved it by
/// other means than the password.
pub(crate) async fn welcome(request: &Request, account: &str) -> Result<()> {
    let address = network(request.client_address());
    let known = request.database()?.query(
        "INSERT INTO plainauth_attempt (key, failures, counted_at, succeeded_at) \
         VALUES ($1, 0, $2, $2) ON CONFLICT (key) DO UPDATE \
         SET failures = 0, wait_until = NULL, succeeded_at = excluded.succeeded_at",
    );
    let known = known.bind(key(request, &["pair", account, &address])?);
    known.bind(now()).execute().await?;
    Ok(())
}

/// One row a statement: two that lock several in different orders would wait for each other.
async fn take_back(db: &Database, key: &str) -> Result<()> {
    let update = db.query(
        "UPDATE plainauth_attempt SET failures = failures - 1 WHERE key = $1 AND failures > 0",
    );
    update.bind(key).execute().await?;
    Ok(())
}

/// Takes a drop out of the bucket of `what` this request is about, such as an address that mail is
/// asked for.
pub(crate) async fn spend(
    request: &Request,
    bucket: Bucket,
    what: &[&str],
) -> Result<Result<(), Wait>> {
    let keys = [key(request, what)?];
    let mut transaction = request.database()?.begin().await?;
    let [counter] = lock(&mut transaction, &keys).await?;
    let after = match bucket.spend(now(), &counter) {
        Ok(after) => after,
        Err(wait) => return Ok(Err(Wait(wait))),
    };
    write(&mut transaction, &keys, &[after]).await?;
    transaction.commit().await?;
    Ok(Ok(()))
}

/// The part of a network address that one client has: all of IPv4's, and of IPv6 the network of its
/// home, within which it can change the rest at will (RFC 6177).
pub(crate) fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "local".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// What is counted, as a hash that only who has the key can make: people type passwords where an
/// address belongs.
fn key(request: &Request, parts: &[&str]) -> Result<String> {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Ok(Signer::new(request.services(), "plain.auth.attempts")?.sign(&parts))
}

#[derive(plain::db::FromRow)]
struct Row {
    key: String,
    failures: i64,
    counted_at: DateTime<Utc>,
    wait_until: Option<DateTime<Utc>>,
    succeeded_at: Option<DateTime<Utc>>,
}

/// Reads the counters, and keeps others from doing so until the transaction ends. All who want
/// several ask in one order, so that no two wait for each other.
async fn lock<const N: usize>(
    transaction: &mut Transaction,
    keys: &[String; N],
) -> Result<[Counter; N]> {
    let now = now();
    let mut counters = Vec::with_capacity(N);
    for key in keys {
        let row: Row = transaction
            .query(
                "INSERT INTO plainauth_attempt (key, failures, counted_at) VALUES ($1, 0, $2) \
                 ON CONFLICT (key) DO UPDATE SET key = excluded.key \
                 RETURNING key, failures, counted_at, wait_until, succeeded_at",
            )
            .bind(key)
            .bind(now)
            .fetch_one()
            .await?;
        debug_assert_eq!(row.key, *key);
        counters.push(Counter {
            failures: row.failures,
            counted_at: row.counted_at,
            wait_until: row.wait_until,
            succeeded_at: row.succeeded_at,
        });
    }
    let counters: Result<[Counter; N], _> = counters.try_into();
    counters.map_err(|_| Error::internal("a counter is missing"))
}

async fn write<const N: usize>(
    transaction: &mut Transaction,
    keys: &[String; N],
    counters: &[Counter; N],
) -> Result<()> {
    for (key, counter) in keys.iter().zip(counters) {
        let update = transaction.query(
            "UPDATE plainauth_attempt SET failures = $1, counted_at = $2, wait_until = $3 \
             WHERE key = $4",
        );
        let update = update
            .bind(counter.failures)
            .bind(counter.counted_at)
            .bind(counter.wait_until)
            .bind(key);
        update.execute().await?;
    }
    Ok(())
}

/// Deletes the counters that say nothing any more, and returns how many.
pub(crate) async fn clear_old(db: &Database) -> Result<u64, plain::db::Error> {
    const BATCH: i64 = 1_000;
    let now = now();
    let mut deleted = 0;
    loop {
        let batch = db
            .query(
                "DELETE FROM plainauth_attempt WHERE key IN (SELECT key FROM plainauth_attempt \
                 WHERE counted_at < $1 AND (wait_until IS NULL OR wait_until < $3) \
                 AND (succeeded_at IS NULL OR succeeded_at < $2) LIMIT $4)",
            )
            .bind(now - policy::REMEMBERED)
            .bind(now - policy::KNOWN)
            .bind(now)
            .bind(BATCH);
        match batch.execute().await? {
            0 => return Ok(deleted),
            rows => deleted += rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_with_many_addresses_counts_as_one() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::1"));
        assert_eq!(network(None), "local");
    }

    #[test]
    fn a_wait_is_told_in_words_and_whole_seconds() {
        let told = |milliseconds| {
            let wait = Wait(TimeDelta::milliseconds(milliseconds));
            (wait.seconds(), wait.message())
        };
        assert_eq!(
            told(1),
            (1, "Too many attempts. Try again in 1 second.".into())
        );
        assert_eq!(
            told(10_001),
            (11, "Too many attempts. Try again in 11 seconds.".into())
        );
        assert_eq!(
            told(91_000),
            (91, "Too many attempts. Try again in 2 minutes.".into())
        );
        assert_eq!(
            told(900_000),
            (900, "Too many attempts. Try again in 15 minutes.".into())
        );
    }
}
