//! Which chores run by themselves, and when.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::names::hint;
use super::{ChoreEntry, Expression, ExpressionError};

/// A chore and when it runs.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) chore: ChoreEntry,
    pub(crate) expression: Expression,
}

/// The chores that run by themselves: what `CHORES_SCHEDULE` says, else what each chore says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    planned: Vec<Planned>,
}

impl Schedule {
    /// Plans `chores` by `settings`, the value of `CHORES_SCHEDULE`.
    ///
    /// # Errors
    ///
    /// Every name that is no chore's, and every expression that can't be read.
    pub(crate) fn new(
        chores: &[ChoreEntry],
        settings: &BTreeMap<String, String>,
    ) -> Result<Self, ScheduleErrors> {
        let mut errors = unknown_names(chores, settings);
        let mut planned = Vec::new();
        for chore in chores {
            match plan(chore, settings.get(chore.name())) {
                Ok(plan) => planned.extend(plan),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(Self { planned })
        } else {
            Err(ScheduleErrors(errors))
        }
    }

    /// The chores that are planned, in the order in which packages brought them.
    pub(crate) fn planned(&self) -> &[Planned] {
        &self.planned
    }

    /// When the chore called `name` runs, if it runs by itself.
    pub(crate) fn expression(&self, name: &str) -> Option<&Expression> {
        let planned = self
            .planned
            .iter()
            .find(|planned| planned.chore.name() == name)?;
        Some(&planned.expression)
    }

    /// When the next of them runs, counted from `time`.
    pub(crate) fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.planned
            .iter()
            .filter_map(|planned| planned.expression.next_after(time))
            .min()
    }
}

/// Whether the text of a schedule switches its chore off.
pub(super) fn is_off(text: &str) -> bool {
    text.trim().is_empty() || text.trim() == "never"
}

fn plan(chore: &ChoreEntry, set: Option<&String>) -> Result<Option<Planned>, ScheduleError> {
    let Some(text) = set.map(String::as_str).or_else(|| chore.schedule()) else {
        return Ok(None);
    };
    if is_off(text) {
        return Ok(None);
    }
    let expression = text.parse().map_err(|cause| match set {
        Some(_) => ScheduleError::Setting {
            chore: chore.name(),
            cause,
        },
        None => ScheduleError::Chore {
            chore: chore.name(),
            package: chore.package(),
            cause,
        },
    })?;
    Ok(Some(Planned {
        chore: chore.clone(),
        expression,
    }))
}

fn unknown_names(chores: &[ChoreEntry], settings: &BTreeMap<String, String>) -> Vec<ScheduleError> {
    let is_unknown = |name: &&String| chores.iter().all(|chore| chore.name() != name.as_str());
    let error = |name: &String| ScheduleError::Unknown {
        name: name.clone(),
        hint: hint(name, chores.iter().map(ChoreEntry::name)),
    };
    settings.keys().filter(is_unknown).map(error).collect()
}

/// What is wrong with when chores run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A name that no installed package's chore has.
    #[error("CHORES_SCHEDULE: {name} is no chore of an installed package; {hint}")]
    Unknown {
        /// The name.
        name: String,
        /// What to do, with the nearest known name.
        hint: String,
    },
    /// An expression of the setting that can't be read.
    #[error("CHORES_SCHEDULE: has no schedule for {chore}: {cause}")]
    Setting {
        /// The chore's name.
        chore: &'static str,
        /// What is wrong.
        #[source]
        cause: ExpressionError,
    },
    /// An expression in a chore's own code that can't be read.
    #[error(
        "the chore {chore} of the package {package} has a schedule of its own that can't be read: \
         {cause}; set another in CHORES_SCHEDULE until the package is mended"
    )]
    Chore {
        /// The chore's name.
        chore: &'static str,
        /// The package that brings it.
        package: &'static str,
        /// What is wrong.
        #[source]
        cause: ExpressionError,
    },
}

/// Everything that is wrong with when chores run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleErrors(pub(crate) Vec<ScheduleError>);

impl ScheduleErrors {
    /// Iterates over the problems, in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = &ScheduleError> {
        self.0.iter()
    }
}

impl fmt::Display for ScheduleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for ScheduleErrors {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chores::Chore;
    use crate::http::Result;
    use crate::services::Services;

    struct Tidy(Option<&'static str>);

    impl Chore for Tidy {
        fn description(&self) -> &'static str {
            "Tidies up."
        }

        async fn run(&self, _: &Services) -> Result<String> {
            Ok(String::new())
        }

        fn schedule(&self) -> Option<&'static str> {
            self.0
        }
    }

    fn chores() -> Vec<ChoreEntry> {
        vec![
            ChoreEntry::new("app.chores.Daily", "app", Tidy(Some("@daily"))),
            ChoreEntry::new("app.chores.ByHand", "app", Tidy(None)),
        ]
    }

    fn plan(settings: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
        let settings = settings
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let show = |planned: &Planned| format!("{} {}", planned.chore.name(), planned.expression);
        match Schedule::new(&chores(), &settings) {
            Ok(schedule) => Ok(schedule.planned().iter().map(show).collect()),
            Err(errors) => Err(errors.0.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn without_a_setting_a_chore_runs_as_it_says_itself() {
        assert_eq!(plan(&[]).unwrap(), ["app.chores.Daily @daily"]);
    }

    #[test]
    fn the_setting_replaces_what_a_chore_says_and_switches_it_off() {
        let changed = plan(&[
            ("app.chores.Daily", "0 4 * * *"),
            ("app.chores.ByHand", "@hourly"),
        ]);
        assert_eq!(
            changed.unwrap(),
            ["app.chores.Daily 0 4 * * *", "app.chores.ByHand @hourly"]
        );
        for off in ["never", "", " "] {
            assert_eq!(
                plan(&[("app.chores.Daily", off)]).unwrap(),
                [""; 0],
                "{off:?}"
            );
        }
    }

    #[test]
    fn every_unknown_name_and_wrong_expression_is_told_at_once() {
        let errors = plan(&[("Daily", "@daily"), ("app.chores.ByHand", "0 3 * *")]).unwrap_err();
        assert_eq!(
            errors,
            [
                "CHORES_SCHEDULE: Daily is no chore of an installed package; \
                 did you mean app.chores.Daily?",
                "CHORES_SCHEDULE: has no schedule for app.chores.ByHand: \"0 3 * *\" has 4 fields: \
                 write five (minute, hour, day of the month, month, day of the week), \
                 as in \"30 3 * * *\", or a name such as @daily",
            ]
        );
    }

    #[test]
    fn a_wrong_expression_in_a_chore_names_its_package() {
        let chores = [ChoreEntry::new(
            "app.chores.Tidy",
            "app",
            Tidy(Some("daily")),
        )];
        let errors = Schedule::new(&chores, &BTreeMap::new()).unwrap_err();
        assert!(
            errors.to_string().starts_with(
                "the chore app.chores.Tidy of the package app has a schedule of its own that \
                 can't be read: \"daily\" has 1 field:"
            ),
            "{errors}"
        );
    }

    #[test]
    fn the_next_run_is_the_earliest_of_all() {
        let settings = BTreeMap::from([("app.chores.ByHand".to_owned(), "@hourly".to_owned())]);
        let schedule = Schedule::new(&chores(), &settings).unwrap();
        let time = "2026-01-31T12:30:00Z".parse().unwrap();
        assert_eq!(
            schedule.next_after(time),
            Some("2026-01-31T13:00:00Z".parse().unwrap())
        );
        assert_eq!(Schedule::default().next_after(time), None);
    }
}
