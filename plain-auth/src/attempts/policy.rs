//! What is decided from the counts of failed attempts.
//!
//! Three things are counted: failures of an account from an address (a *pair*), of an address, and
//! of an account. After a few failures a pair waits, twice as long after each, up to a bound. An
//! address that fails with many accounts waits until some failures are forgotten, which takes
//! seconds. An account that is attacked from many addresses makes an address that it was never used
//! from wait before its first attempt, once, for the bound.
//!
//! So nobody is locked out for good: a wait belongs to a pair or an address, it begins with the
//! visitor's own attempt, nobody else's failures make it longer, and attempts during it do not
//! either. A pair that signed in before is not held up by what others do at all.

use chrono::{DateTime, TimeDelta, Utc};

use crate::settings::AuthSettings;

/// How long counts matter at all.
pub(super) const REMEMBERED: TimeDelta = TimeDelta::days(2);

/// How long an address is known to an account after it signed in from there.
pub(super) const KNOWN: TimeDelta = TimeDelta::days(180);

/// The first wait of a pair; each further one is twice as long.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);

/// The time after which one failure is forgotten, of a pair, an address and an account.
const PAIR_FORGETS: TimeDelta = TimeDelta::hours(1);
const ADDRESS_FORGETS: TimeDelta = TimeDelta::minutes(1);
const ACCOUNT_FORGETS: TimeDelta = TimeDelta::minutes(10);

/// One count, as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) failures: i64,
    pub(super) counted_at: DateTime<Utc>,
    pub(super) wait_until: Option<DateTime<Utc>>,
    pub(super) succeeded_at: Option<DateTime<Utc>>,
}

/// The counts that an attempt to sign in is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignIn {
    pub(super) account: Counter,
    pub(super) address: Counter,
    pub(super) pair: Counter,
}

/// What the settings allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pair: i64,
    address: i64,
    account: i64,
    max_wait: TimeDelta,
}

/// What an attempt was counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charged {
    All,
    /// A pair that is known stands for itself.
    PairOnly,
}

/// Whether an attempt may go on, and the counts as they are to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Go(Charged, SignIn),
    /// It has to wait; the counts change only where a wait begins.
    Wait(TimeDelta, Option<SignIn>),
}

impl Limits {
    pub(super) fn of(settings: &AuthSettings) -> Self {
        Self {
            pair: settings.auth_attempts.into(),
            address: settings.auth_attempts_per_address.into(),
            account: settings.auth_attempts_per_account.into(),
            max_wait: TimeDelta::seconds(settings.auth_attempts_max_wait.into()),
        }
    }

    /// How long a pair waits after its latest failure, if it does.
    fn wait_after(&self, failures: i64) -> Option<TimeDelta> {
        let beyond = u32::try_from(failures - self.pair).ok()?;
        let factor = 2_i32.checked_pow(beyond);
        let wait = factor.and_then(|factor| FIRST_WAIT.checked_mul(factor));
        Some(wait.unwrap_or(self.max_wait).min(self.max_wait))
    }
}

impl Counter {
    /// The failures that are not forgotten yet.
    fn level(&self, now: DateTime<Utc>, forgets: TimeDelta) -> i64 {
        let passed = (now - self.counted_at).num_milliseconds().max(0);
        (self.failures - passed / forgets.num_milliseconds()).max(0)
    }

    /// The same with one failure more, up to `most`.
    fn counted(&self, now: DateTime<Utc>, forgets: TimeDelta, most: i64) -> Self {
        Self {
            failures: (self.level(now, forgets) + 1).min(most),
            counted_at: now,
            ..self.clone()
        }
    }

    fn waits(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let until = self.wait_until.filter(|until| *until > now)?;
        Some(until - now)
    }

    fn is_known(&self, now: DateTime<Utc>) -> bool {
        self.succeeded_at.is_some_and(|at| now - at < KNOWN)
    }
}

/// Decides on an attempt at `now`; one that may go on is counted as failed.
pub(super) fn decide(limits: &Limits, now: DateTime<Utc>, before: &SignIn) -> Decision {
    // Bounded also where the setting was lowered, or a clock was set back.
    if let Some(wait) = before.pair.waits(now) {
        return Decision::Wait(wait.min(limits.max_wait), None);
    }
    if before.pair.is_known(now) {
        let pair = charged_pair(limits, now, &before.pair);
        let after = SignIn {
            pair,
            ..before.clone()
        };
        return Decision::Go(Charged::PairOnly, after);
    }
    let address = Bucket::new(limits.address, ADDRESS_FORGETS);
    let address = match address.spend(now, &before.address) {
        Ok(address) => address,
        Err(wait) => return Decision::Wait(wait.min(limits.max_wait), None),
    };
    let attacked = before.account.level(now, ACCOUNT_FORGETS) >= limits.account;
    if attacked && before.pair.wait_until.is_none() {
        let mut after = before.clone();
        after.pair.wait_until = Some(now + limits.max_wait);
        after.pair.counted_at = now;
        return Decision::Wait(limits.max_wait, Some(after));
    }
    let mut pair = charged_pair(limits, now, &before.pair);
    if attacked {
        pair.wait_until = Some(now + limits.max_wait);
    }
    let after = SignIn {
        // Bounded, so that an attack is forgotten in time.
        account: before
            .account
            .counted(now, ACCOUNT_FORGETS, limits.account.saturating_mul(2)),
        address,
        pair,
    };
    Decision::Go(Charged::All, after)
}

fn charged_pair(limits: &Limits, now: DateTime<Utc>, pair: &Counter) -> Counter {
    let mut pair = pair.counted(now, PAIR_FORGETS, limits.pair + 16);
    pair.wait_until = limits.wait_after(pair.failures).map(|wait| now + wait);
    pair
}

/// So many at once, and then one after each time of forgetting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    most: i64,
    forgets: TimeDelta,
}

impl Bucket {
    pub(crate) const fn new(most: i64, forgets: TimeDelta) -> Self {
        Self { most, forgets }
    }

    /// The counter with one more, or how long to wait for that.
    pub(super) fn spend(
        &self,
        now: DateTime<Utc>,
        counter: &Counter,
    ) -> Result<Counter, TimeDelta> {
        let level = counter.level(now, self.forgets);
        if level < self.most {
            return Ok(counter.counted(now, self.forgets, self.most));
        }
        let passed = (now - counter.counted_at).num_milliseconds().max(0);
        let step = self.forgets.num_milliseconds();
        Err(TimeDelta::milliseconds(step - passed % step))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits::of(&AuthSettings::default())
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn unused() -> Counter {
        Counter {
            failures: 0,
            counted_at: start(),
            wait_until: None,
            succeeded_at: None,
        }
    }

    fn fresh() -> SignIn {
        SignIn {
            account: unused(),
            address: unused(),
            pair: unused(),
        }
    }

    /// Attempts as soon as each may go on, all wrong; how long each had to wait, in seconds.
    fn waits(mut counts: SignIn, attempts: usize) -> Vec<i64> {
        let mut now = start();
        let mut waits = Vec::new();
        for _ in 0..attempts {
            let mut waited = TimeDelta::zero();
            loop {
                match decide(&limits(), now, &counts) {
                    Decision::Go(_, after) => {
                        counts = after;
                        break;
                    }
                    Decision::Wait(wait, after) => {
                        counts = after.unwrap_or(counts);
                        waited += wait;
                        now += wait;
                    }
                }
            }
            waits.push(waited.num_seconds());
        }
        waits
    }

    #[test]
    fn a_pair_waits_longer_after_each_failure_and_never_longer_than_the_bound() {
        assert_eq!(
            waits(fresh(), 16),
            [
                0, 0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900
            ]
        );
    }

    #[test]
    fn an_attacked_account_makes_a_new_address_wait_once_before_its_first_attempt() {
        let mut counts = fresh();
        counts.account.failures = 50;
        assert_eq!(waits(counts.clone(), 3), [900, 900, 900]);
        counts.pair.succeeded_at = Some(start() - TimeDelta::days(30));
        assert_eq!(waits(counts.clone(), 6), [0, 0, 0, 0, 0, 10]);
        counts.pair.succeeded_at = Some(start() - TimeDelta::days(200));
        assert_eq!(waits(counts, 1), [900]);
    }

    #[test]
    fn an_address_that_failed_too_often_waits_for_a_minute_unless_it_is_known_to_the_account() {
        let mut counts = fresh();
        counts.address.failures = 30;
        assert_eq!(waits(counts.clone(), 1), [60]);
        counts.pair.succeeded_at = Some(start());
        assert_eq!(waits(counts, 1), [0]);
    }

    #[test]
    fn failures_are_forgotten_with_time() {
        let mut counts = fresh();
        counts.pair.failures = 5;
        let later = start() + PAIR_FORGETS * 3;
        let Decision::Go(_, after) = decide(&limits(), later, &counts) else {
            panic!("it waits");
        };
        assert_eq!((after.pair.failures, after.pair.wait_until), (3, None));
    }

    #[test]
    fn an_attempt_during_a_wait_changes_nothing() {
        let mut counts = fresh();
        counts.pair.wait_until = Some(start() + TimeDelta::seconds(30));
        let decision = decide(&limits(), start(), &counts);
        assert_eq!(decision, Decision::Wait(TimeDelta::seconds(30), None));
    }

    proptest! {
        /// Whatever others do to the account or from the address, and whatever stands in the
        /// database: who waits as told gets to try.
        #[test]
        fn nobody_is_locked_out_for_good(
            account in 0..1_000_000_i64,
            pair in -5..1_000_000_i64,
            counted in -100_000..100_000_i64,
            waits in proptest::option::of(-100_000..100_000_i64),
            known in proptest::option::of(-100_000..100_000_i64),
        ) {
            let at = |seconds| start() + TimeDelta::seconds(seconds);
            let mut counts = fresh();
            counts.account.failures = account;
            counts.pair = Counter {
                failures: pair,
                counted_at: at(counted),
                wait_until: waits.map(at),
                succeeded_at: known.map(at),
            };
            let mut now = start();
            let mut asked = 0;
            while let Decision::Wait(wait, after) = decide(&limits(), now, &counts) {
                prop_assert!(wait > TimeDelta::zero() && wait <= limits().max_wait);
                counts = after.unwrap_or(counts);
                // The attack goes on meanwhile.
                counts.account.failures = 1_000_000;
                counts.account.counted_at = now;
                now += wait;
                asked += 1;
                prop_assert!(asked < 130, "still waiting");
            }
        }
    }
}
