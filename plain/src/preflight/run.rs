//! Running checks.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{CheckEntry, CheckReport, Finding, PreflightReport, Stage};
use crate::db;
use crate::http::{Error, Result};
use crate::nearest::hint;
use crate::packages::FRAMEWORK;
use crate::panicked::why_ended;
use crate::services::Services;

/// How long a check may look.
const LONGEST: Duration = Duration::from_secs(30);

/// The name under which a wrong `PREFLIGHT_SILENCED` is reported.
const SILENCED: &str = "preflight.silenced";

/// Runs the checks of `stage` one after the other: those for [`Stage::Deploy`] are all of them.
///
/// A check that returns an error, panics, or takes longer than half a minute counts as one that
/// found an error. `silenced` are names of checks whose findings do not count; one that no check
/// has is a finding itself. Needs a tokio runtime.
pub async fn run_checks(
    app: &Services,
    checks: &[CheckEntry],
    stage: Stage,
    silenced: &[String],
) -> PreflightReport {
    let mut reports = Vec::new();
    let is_wanted = |check: &&CheckEntry| stage == Stage::Deploy || check.stage() == Stage::Always;
    for check in checks.iter().filter(is_wanted) {
        let findings = findings(app, check).await;
        let mut report = CheckReport::new(check.name(), check.package(), findings);
        report.silenced = silenced.iter().any(|name| name == check.name());
        reports.push(report);
    }
    reports.extend(unknown(checks, silenced));
    PreflightReport { checks: reports }
}

async fn findings(app: &Services, check: &CheckEntry) -> Vec<Finding> {
    // A task of its own, so that a panic ends this check alone; a set, so that it ends in time.
    let mut task = JoinSet::new();
    let (app, check) = (app.clone(), check.clone());
    task.spawn(async move { check.run(&app).await });
    let result: Result<Vec<Finding>, String> = match timeout(LONGEST, task.join_next()).await {
        Ok(Some(Ok(Ok(findings)))) => Ok(findings),
        Ok(Some(Ok(Err(error)))) if is_without_database(&error) => {
            return vec![Finding::error(
                "the check needs the database, which is not connected",
                "mend what database.connection says, and run preflight again",
            )];
        }
        Ok(Some(Ok(Err(error)))) => Err(format!("the check could not look: {error}")),
        Ok(Some(Err(error))) => Err(format!("the check {}", why_ended(error))),
        Ok(None) => Err("the check was never started".to_owned()),
        Err(_) => Err(format!(
            "the check took longer than {} seconds",
            LONGEST.as_secs()
        )),
    };
    result.unwrap_or_else(|problem| {
        vec![Finding::error(
            problem,
            "mend what keeps it from looking, and run preflight again",
        )]
    })
}

fn is_without_database(error: &Error) -> bool {
    matches!(error.find::<db::Error>(), Some(db::Error::NotConnected))
}

fn unknown(checks: &[CheckEntry], silenced: &[String]) -> Option<CheckReport> {
    let names = || checks.iter().map(CheckEntry::name);
    let findings: Vec<Finding> = silenced
        .iter()
        .filter(|name| names().all(|known| known != name.as_str()))
        .map(|name| {
            let problem = format!("PREFLIGHT_SILENCED names {name}, which is no check");
            Finding::warning(problem, hint(name, names()))
        })
        .collect();
    (!findings.is_empty()).then(|| CheckReport::new(SILENCED, FRAMEWORK, findings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{Check, Level};

    enum Fake {
        Well,
        Warns,
        WarnsAtDeployment,
        CannotLook,
        Panics,
    }

    impl Check for Fake {
        fn description(&self) -> &'static str {
            "It is as it should be."
        }

        async fn run(&self, _: &Services) -> Result<Vec<Finding>> {
            match self {
                Self::Well => Ok(Vec::new()),
                Self::Warns => Ok(vec![Finding::warning("it is cold", "close the window")]),
                Self::WarnsAtDeployment => Ok(vec![Finding::error("it leaks", "mend the roof")]),
                Self::CannotLook => Err(Error::internal("the file is locked")),
                Self::Panics => panic!("out of luck"),
            }
        }

        fn stage(&self) -> Stage {
            match self {
                Self::WarnsAtDeployment => Stage::Deploy,
                _ => Stage::Always,
            }
        }
    }

    fn checks() -> Vec<CheckEntry> {
        vec![
            CheckEntry::new("a.well", "a", Fake::Well),
            CheckEntry::new("a.warns", "a", Fake::Warns),
            CheckEntry::new("b.deploy", "b", Fake::WarnsAtDeployment),
            CheckEntry::new("b.locked", "b", Fake::CannotLook),
            CheckEntry::new("b.panics", "b", Fake::Panics),
        ]
    }

    async fn run(checks: &[CheckEntry], stage: Stage, silenced: &[&str]) -> PreflightReport {
        let silenced: Vec<String> = silenced.iter().map(|name| (*name).to_owned()).collect();
        run_checks(&Services::builder().build(), checks, stage, &silenced).await
    }

    fn problems(report: &PreflightReport) -> Vec<String> {
        let checks = report.checks.iter();
        let line = |check: &CheckReport| {
            let problems: Vec<_> = check
                .findings
                .iter()
                .map(|finding| finding.problem.as_str())
                .collect();
            format!("{}: {}", check.name, problems.join(", "))
        };
        checks.map(line).collect()
    }

    #[tokio::test]
    async fn every_check_runs_in_order_whatever_the_ones_before_it_did() {
        let report = run(&checks(), Stage::Always, &[]).await;
        assert_eq!(
            problems(&report),
            [
                "a.well: ",
                "a.warns: it is cold",
                "b.locked: the check could not look: the file is locked",
                "b.panics: the check panicked: out of luck",
            ]
        );
        assert_eq!(
            (report.count(Level::Error), report.count(Level::Warning)),
            (2, 1)
        );
    }

    #[tokio::test]
    async fn checks_for_deployments_run_only_there() {
        let report = run(&checks()[..3], Stage::Deploy, &[]).await;
        assert!(!report.passes(Level::Error));
        let report = run(&checks()[..3], Stage::Always, &[]).await;
        assert!(report.passes(Level::Error));
        assert!(!report.passes(Level::Warning));
    }

    #[tokio::test]
    async fn a_silenced_check_is_shown_and_does_not_count() {
        let report = run(&checks()[..3], Stage::Deploy, &["b.deploy", "a.warns"]).await;
        assert!(report.passes(Level::Warning));
        assert_eq!(problems(&report)[2], "b.deploy: it leaks");
        assert!(report.checks[2].silenced);
    }

    #[tokio::test]
    async fn silencing_an_unknown_check_is_a_finding_with_the_nearest_name() {
        let report = run(&checks()[..1], Stage::Always, &["a.wel"]).await;
        let finding = &report.checks[1].findings[0];
        assert_eq!(
            finding.problem,
            "PREFLIGHT_SILENCED names a.wel, which is no check"
        );
        assert_eq!(finding.fix, "did you mean `a.well`?");
    }
}
