//! Whether a page is accessible, as far as axe-core can tell.
//!
//! axe-core comes from npm into a folder that is not part of the repository:
//! `npm install --no-save --prefix target/browser axe-core@4.14.1`, which `.ci/run` does.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;

use super::page::Browser;

/// The version of axe-core that these tests are written against.
const VERSION: &str = "4.14.1";

/// The script of axe-core.
#[derive(Debug)]
pub struct Axe(String);

impl Axe {
    /// Reads the script.
    ///
    /// # Errors
    ///
    /// Where it was not fetched: what to do.
    pub fn read() -> Result<Self, String> {
        let folder = folder();
        let file = folder.join("node_modules/axe-core/axe.min.js");
        let script = std::fs::read_to_string(&file).map_err(|error| {
            format!(
                "{} can't be read ({error}); `npm install --no-save --prefix {} \
                 axe-core@{VERSION}` fetches it",
                file.display(),
                folder.display()
            )
        })?;
        Ok(Self(script))
    }

    /// What is wrong with the page that `browser` shows.
    pub async fn findings(&self, browser: &Browser) -> Vec<Finding> {
        browser.script(&self.0, vec![]).await;
        let run = "
            const done = arguments[arguments.length - 1];
            const found = rule => rule.nodes.map(node => ({
                rule: rule.id,
                impact: rule.impact,
                help: rule.help,
                element: node.html,
                summary: node.failureSummary,
            }));
            axe.run(document, { resultTypes: ['violations'] }).then(
                results => done({ findings: results.violations.flatMap(found) }),
                error => done({ error: String(error) }),
            );";
        let answer = browser.script_until(run, vec![json!(null)]).await;
        assert_eq!(answer.get("error"), None, "axe-core fails");
        serde_json::from_value(answer["findings"].clone()).unwrap()
    }
}

/// The folder beside the test's binary that what browsers need and leave behind is in.
pub(super) fn folder() -> PathBuf {
    let binary = std::env::current_exe().unwrap();
    // target/PROFILE/deps/BINARY
    let target = binary.ancestors().nth(3).unwrap();
    target.join("browser")
}

/// Something that is wrong with a page.
#[derive(Clone, Debug, Deserialize)]
pub struct Finding {
    /// The rule that it breaks.
    pub rule: String,
    /// How bad it is: `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// What the rule asks for.
    pub help: String,
    /// The element.
    pub element: String,
    /// How to mend it.
    pub summary: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            impact,
            help,
            element,
            summary,
        } = self;
        write!(
            f,
            "{impact}: {rule}: {help}\n  {element}\n  {}",
            summary.replace('\n', "\n  ")
        )
    }
}
