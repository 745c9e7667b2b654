//! The ratios as bars, in SVG that needs nothing else.

use std::fmt::Write;

use crate::rounds::Measured;
use crate::subject::Subject;

const WIDTH: f64 = 860.0;
const LABELS: f64 = 190.0;
const VALUES: f64 = 60.0;
const BAR: f64 = 12.0;
const GAP: f64 = 14.0;
const TOP: f64 = 70.0;

/// Colors that are told apart also by those who see no red or green.
fn color(name: &str) -> &'static str {
    match name {
        "plain" => "#0072b2",
        "base" => "#888888",
        "axum" => "#e69f00",
        "actix" => "#009e73",
        _ => "#cc79a7",
    }
}

/// Bars for all cells with many connections.
pub(super) fn draw(cells: &[Measured]) -> String {
    let cells: Vec<&Measured> = cells
        .iter()
        .filter(|measured| measured.cell.connections > 1)
        .collect();
    let ratio = |measured: &Measured, name: &str| measured.ratio(name).unwrap_or(0.0);
    let most = cells
        .iter()
        .flat_map(|measured| {
            let names = measured.subjects.iter().map(|turns| turns.subject);
            names.map(|name| ratio(measured, name))
        })
        .fold(1.0, f64::max);
    let scale = (WIDTH - LABELS - VALUES) / most;
    let mut body = String::new();
    let mut y = TOP;
    for measured in &cells {
        let height = BAR * measured.subjects.len() as f64;
        let _ = writeln!(
            body,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
            LABELS - 8.0,
            y + height / 2.0 + 4.0,
            measured.cell.name
        );
        for turns in &measured.subjects {
            let ratio = ratio(measured, turns.subject);
            let _ = writeln!(
                body,
                r#"<rect x="{LABELS}" y="{y}" width="{:.1}" height="{}" fill="{}"/><text x="{:.1}" y="{}" class="value">{ratio:.2}</text>"#,
                ratio * scale,
                BAR - 2.0,
                color(turns.subject),
                LABELS + ratio * scale + 4.0,
                y + BAR - 3.0
            );
            y += BAR;
        }
        y += GAP;
    }
    let one = LABELS + scale;
    let _ = writeln!(
        body,
        r##"<line x1="{one:.1}" x2="{one:.1}" y1="{}" y2="{y}" stroke="#444" stroke-dasharray="3 3"/>"##,
        TOP - 8.0
    );
    let mut legend = String::new();
    let mut x = LABELS;
    for turns in cells.first().iter().flat_map(|measured| &measured.subjects) {
        let title = Subject::named(turns.subject).map_or(turns.subject, |subject| subject.title);
        let _ = writeln!(
            legend,
            r#"<rect x="{x}" y="40" width="10" height="10" fill="{}"/><text x="{}" y="49">{title}</text>"#,
            color(turns.subject),
            x + 14.0
        );
        x += 30.0 + 6.8 * title.len() as f64;
    }
    let height = y + 10.0;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Requests a second as ratios to the base">
<style>text{{font:12px sans-serif;fill:#222}}.value{{font-size:9px;fill:#444}}</style>
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
<text x="{LABELS}" y="22" font-weight="bold">Requests a second, as ratios to hyper and sqlx by hand</text>
{legend}{body}</svg>
"##
    )
}
