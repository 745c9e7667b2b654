//! What all checks together found.

use serde::Serialize;

use super::{Finding, Level};

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// The check's name.
    pub name: String,
    /// The package that brings it.
    pub package: String,
    /// What it found; nothing if all is well. That it could not look is an error, too.
    pub findings: Vec<Finding>,
    /// Whether `PREFLIGHT_SILENCED` names it, so that its findings do not count.
    pub silenced: bool,
}

impl CheckReport {
    /// What the check `name` of `package` found.
    pub(crate) fn new(
        name: impl Into<String>,
        package: impl Into<String>,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            name: name.into(),
            package: package.into(),
            findings,
            silenced: false,
        }
    }

    /// The gravest of its findings, if there are any that count.
    pub fn level(&self) -> Option<Level> {
        let levels = self.findings.iter().map(|finding| finding.level);
        levels.max().filter(|_| !self.silenced)
    }
}

/// What all checks together found, in the order in which they ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PreflightReport {
    /// The checks.
    pub checks: Vec<CheckReport>,
}

impl PreflightReport {
    /// Whether nothing was found that is at least as grave as `level`.
    pub fn passes(&self, level: Level) -> bool {
        self.checks
            .iter()
            .filter_map(CheckReport::level)
            .all(|found| found < level)
    }

    /// How many findings of `level` there are that are not silenced.
    pub fn count(&self, level: Level) -> usize {
        let heard = self.checks.iter().filter(|check| !check.silenced);
        heard
            .flat_map(|check| &check.findings)
            .filter(|finding| finding.level == level)
            .count()
    }
}
