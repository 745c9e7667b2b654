//! The settings of the package `plain.auth`.

use argon2::Params;
use chrono::TimeDelta;
use plain::settings::{Problems, SettingsGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::next::is_safe;

/// How people sign up, sign in, and what their passwords are stored as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct AuthSettings {
    /// Whether strangers can make an account for themselves.
    pub auth_sign_up: bool,
    /// Where signing in leads, unless the visitor was on the way to another page.
    pub auth_sign_in_redirect: String,
    /// Where signing out leads.
    pub auth_sign_out_redirect: String,
    /// The characters that a password has at least; 8 or more.
    pub auth_password_min_length: usize,
    /// The memory that hashing a password takes, in KiB.
    pub auth_argon2_memory_kib: u32,
    /// How often hashing a password passes over that memory.
    pub auth_argon2_iterations: u32,
    /// The lanes of that memory. They are worked on one after the other.
    pub auth_argon2_parallelism: u32,
    /// How many passwords are hashed at the same time in one process; each takes the memory above.
    pub auth_hashing_concurrency: usize,
    /// Seconds that a link for a new password works.
    pub auth_reset_link_age: u32,
    /// Failed sign-ins to one account from one network address before the next has to wait.
    pub auth_attempts: u32,
    /// Failed sign-ins from one network address, whatever the accounts, before the next has to
    /// wait; about one a minute is forgotten.
    pub auth_attempts_per_address: u32,
    /// Failed sign-ins to one account, wherever they come from, before addresses that it was never
    /// used from have to wait before their first; about one in ten minutes is forgotten.
    pub auth_attempts_per_account: u32,
    /// The longest time that a sign-in has to wait, in seconds.
    pub auth_attempts_max_wait: u32,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            auth_sign_up: false,
            auth_sign_in_redirect: "/".to_owned(),
            auth_sign_out_redirect: "/".to_owned(),
            auth_password_min_length: 8,
            // OWASP's Password Storage Cheat Sheet, Argon2id.
            auth_argon2_memory_kib: 19_456,
            auth_argon2_iterations: 2,
            auth_argon2_parallelism: 1,
            auth_hashing_concurrency: 4,
            auth_reset_link_age: 60 * 60,
            auth_attempts: 5,
            auth_attempts_per_address: 30,
            auth_attempts_per_account: 50,
            auth_attempts_max_wait: 15 * 60,
        }
    }
}

/// The fewest characters that a password may be set to have (NIST SP 800-63B section 3.1.1.2).
const LEAST_LENGTH: usize = 8;

/// The most characters of a password: far more than anyone types, few enough to be hashed quickly.
pub(crate) const MOST_LENGTH: usize = 128;

/// The most memory that hashing may take, in KiB: 4 GiB.
pub(crate) const MOST_MEMORY_KIB: u32 = 4 * 1024 * 1024;

/// The most passes that hashing may take.
pub(crate) const MOST_ITERATIONS: u32 = 100;

const MOST_LINK_AGE: u32 = 7 * 24 * 60 * 60;

const MOST_WAIT: u32 = 24 * 60 * 60;

impl SettingsGroup for AuthSettings {
    fn check(&self, problems: &mut Problems) {
        self.check_redirects(problems);
        self.check_hashing(problems);
        if !(LEAST_LENGTH..=MOST_LENGTH).contains(&self.auth_password_min_length) {
            problems.add(
                "AUTH_PASSWORD_MIN_LENGTH",
                format!("must be from {LEAST_LENGTH} to {MOST_LENGTH}"),
            );
        }
        check_range(
            "AUTH_RESET_LINK_AGE",
            self.auth_reset_link_age,
            60,
            MOST_LINK_AGE,
            problems,
        );
        check_range("AUTH_ATTEMPTS", self.auth_attempts, 1, 1_000, problems);
        check_range(
            "AUTH_ATTEMPTS_PER_ADDRESS",
            self.auth_attempts_per_address,
            1,
            1_000_000,
            problems,
        );
        check_range(
            "AUTH_ATTEMPTS_PER_ACCOUNT",
            self.auth_attempts_per_account,
            1,
            1_000_000,
            problems,
        );
        check_range(
            "AUTH_ATTEMPTS_MAX_WAIT",
            self.auth_attempts_max_wait,
            1,
            MOST_WAIT,
            problems,
        );
    }
}

impl AuthSettings {
    /// What passwords are hashed with.
    pub(crate) fn argon2(&self) -> Params {
        let params = Params::new(
            self.auth_argon2_memory_kib,
            self.auth_argon2_iterations,
            self.auth_argon2_parallelism,
            None,
        );
        // `check` refuses what Argon2 does, and no application starts with settings it refused.
        params.unwrap_or(Params::DEFAULT)
    }

    /// How long a link for a new password works.
    pub(crate) fn reset_link_age(&self) -> TimeDelta {
        TimeDelta::seconds(self.auth_reset_link_age.into())
    }

    fn check_redirects(&self, problems: &mut Problems) {
        for (setting, path) in [
            ("AUTH_SIGN_IN_REDIRECT", &self.auth_sign_in_redirect),
            ("AUTH_SIGN_OUT_REDIRECT", &self.auth_sign_out_redirect),
        ] {
            if !is_safe(path) {
                problems.add(setting, "must be a path of this site, such as \"/\"");
            }
        }
    }

    fn check_hashing(&self, problems: &mut Problems) {
        check_range(
            "AUTH_ARGON2_ITERATIONS",
            self.auth_argon2_iterations,
            1,
            MOST_ITERATIONS,
            problems,
        );
        check_range(
            "AUTH_ARGON2_PARALLELISM",
            self.auth_argon2_parallelism,
            1,
            64,
            problems,
        );
        // Argon2 works in blocks of 1 KiB, at least eight a lane (RFC 9106 section 3.1).
        let least = self.auth_argon2_parallelism.saturating_mul(8);
        if !(least..=MOST_MEMORY_KIB).contains(&self.auth_argon2_memory_kib) {
            problems.add_among(
                &["AUTH_ARGON2_MEMORY_KIB", "AUTH_ARGON2_PARALLELISM"],
                format!(
                    "must be from {least} (8 KiB for each of AUTH_ARGON2_PARALLELISM) to {MOST_MEMORY_KIB}"
                ),
            );
        }
        if !(1..=1024).contains(&self.auth_hashing_concurrency) {
            problems.add("AUTH_HASHING_CONCURRENCY", "must be from 1 to 1024");
        }
    }
}

fn check_range(setting: &str, value: u32, least: u32, most: u32, problems: &mut Problems) {
    if !(least..=most).contains(&value) {
        problems.add(setting, format!("must be from {least} to {most}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(settings: &AuthSettings) -> String {
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let lines = problems
            .iter()
            .map(|(setting, text)| format!("{setting} {text}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_defaults_are_without_a_problem() {
        assert_eq!(problems(&AuthSettings::default()), "");
    }

    #[test]
    fn what_argon2_or_a_browser_would_refuse_is_a_problem() {
        let settings = AuthSettings {
            auth_sign_in_redirect: "https://elsewhere.example/".to_owned(),
            auth_sign_out_redirect: "//elsewhere.example".to_owned(),
            auth_password_min_length: 4,
            auth_argon2_memory_kib: 15,
            auth_argon2_iterations: 0,
            auth_argon2_parallelism: 2,
            auth_hashing_concurrency: 0,
            auth_reset_link_age: 0,
            auth_attempts: 0,
            auth_attempts_per_address: 0,
            auth_attempts_per_account: 0,
            auth_attempts_max_wait: 100_000,
            ..AuthSettings::default()
        };
        insta::assert_snapshot!(problems(&settings), @r#"
        AUTH_SIGN_IN_REDIRECT must be a path of this site, such as "/"
        AUTH_SIGN_OUT_REDIRECT must be a path of this site, such as "/"
        AUTH_ARGON2_ITERATIONS must be from 1 to 100
        AUTH_ARGON2_MEMORY_KIB must be from 16 (8 KiB for each of AUTH_ARGON2_PARALLELISM) to 4194304
        AUTH_HASHING_CONCURRENCY must be from 1 to 1024
        AUTH_PASSWORD_MIN_LENGTH must be from 8 to 128
        AUTH_RESET_LINK_AGE must be from 60 to 604800
        AUTH_ATTEMPTS must be from 1 to 1000
        AUTH_ATTEMPTS_PER_ADDRESS must be from 1 to 1000000
        AUTH_ATTEMPTS_PER_ACCOUNT must be from 1 to 1000000
        AUTH_ATTEMPTS_MAX_WAIT must be from 1 to 86400
        "#);
    }
}
