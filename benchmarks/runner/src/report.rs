//! What was found: as JSON, as tables, as a chart.

mod chart;
mod goals;
mod tables;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::long::Long;
use crate::resources::Resources;
use crate::rounds::{Measured, Turn, Turns};
use crate::subject::WORKSPACE;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Of this repository, with `+` where files were changed.
    pub(crate) commit: String,
    pub(crate) machine: String,
    pub(crate) load_average_before: String,
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) sessions: usize,
    pub(crate) pool: u32,
    pub(crate) cells: Vec<Measured>,
    pub(crate) resources: Vec<Resources>,
    /// Bytes of the example shop's program, if it was compiled.
    pub(crate) example: Option<u64>,
    pub(crate) long: Vec<Long>,
}

impl Report {
    /// Writes the files into `folder`, and the tables to standard output too.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let json = serde_json::to_string_pretty(self)?;
        fs::write(folder.join("results.json"), json + "\n")?;
        let tables = tables::all(self);
        fs::write(folder.join("tables.md"), &tables)?;
        if !self.cells.is_empty() {
            fs::write(folder.join("chart.svg"), chart::draw(&self.cells))?;
        }
        println!("{tables}");
        eprintln!("written to {}", folder.display());
        Ok(())
    }

    /// Puts the tables into BENCHMARKS.md, and the files into `benchmarks/results`.
    pub(crate) fn record(&self, long: bool) -> Result<()> {
        let kind = if long { "long" } else { "short" };
        self.write(&Path::new(WORKSPACE).join("results").join(kind))?;
        let file = Path::new(WORKSPACE).join("../BENCHMARKS.md");
        let text = fs::read_to_string(&file)?;
        // What stands around them there.
        let (begin, end) = (
            format!("<!-- {kind} -->"),
            format!("<!-- end of {kind} -->"),
        );
        let parts = text.split_once(&begin).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(&end)?;
            Some((before, after))
        });
        let (before, after) = parts.context("BENCHMARKS.md has no place for these tables")?;
        let tables = tables::all(self);
        fs::write(&file, format!("{before}{begin}\n\n{tables}\n{end}{after}"))?;
        Ok(())
    }

    fn cell(&self, name: &str) -> Option<&Measured> {
        self.cells
            .iter()
            .find(|measured| measured.cell.name == name)
    }
}

impl Measured {
    fn subject(&self, name: &str) -> Option<&Turns> {
        self.subjects.iter().find(|turns| turns.subject == name)
    }

    /// How many times as many requests a second as the base: the median of the rounds' ratios, so
    /// that what slows the machine down for a round slows down both sides.
    fn ratio(&self, name: &str) -> Option<f64> {
        self.ratio_of(name, |turn| turn.seen.per_second())
    }

    fn ratio_of(&self, name: &str, what: impl Fn(&Turn) -> f64) -> Option<f64> {
        let (base, subject) = (self.subject("base")?, self.subject(name)?);
        let rounds = base.turns.iter().zip(&subject.turns);
        let ratios = rounds.map(|(base, subject)| what(subject) / what(base).max(1e-9));
        Some(median(ratios))
    }
}

impl Turns {
    fn median(&self, what: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(what))
    }

    /// Requests that were not answered, or not with success, of all turns.
    fn failed(&self) -> u64 {
        let failed = |turn: &Turn| turn.seen.failed + turn.seen.broken;
        self.turns.iter().map(failed).sum()
    }
}

/// The one in the middle; of an even number, the mean of the two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }
}
