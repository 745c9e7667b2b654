//! A chart of bars as SVG, which needs no script.

use std::fmt::Write;

use super::card::grouped;

const HEIGHT: f64 = 48.0;
const BAR: f64 = 10.0;
const GAP: f64 = 4.0;

/// The bars of `points`, with their numbers as a text for those who don't see them.
pub(super) fn bars(title: &str, points: &[(String, u64)]) -> String {
    let most = points.iter().map(|(_, number)| *number).max().unwrap_or(0);
    let width = (points.len() as f64 * (BAR + GAP) - GAP).max(BAR);
    let numbers: Vec<_> = points
        .iter()
        .map(|(label, number)| format!("{label}: {}", grouped(*number)))
        .collect();
    let mut svg = format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {width} {HEIGHT}\" \
         preserveAspectRatio=\"none\" aria-label=\"{}\">",
        escaped(&format!("{title}. {}", numbers.join(", ")))
    );
    for (index, (point, text)) in points.iter().zip(&numbers).enumerate() {
        let height = match most {
            0 => 1.0,
            most => (point.1 as f64 / most as f64 * HEIGHT).max(1.0),
        };
        let (x, y) = (index as f64 * (BAR + GAP), HEIGHT - height);
        let bar = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{y:.1}\" width=\"{BAR}\" height=\"{height:.1}\" rx=\"2\">\
             <title>{}</title></rect>",
            escaped(text)
        );
        bar.expect("writing to a string cannot fail");
    }
    svg.push_str("</svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_numbers_and_can_be_read_out() {
        let points = [("<Mon>".to_owned(), 5), ("Tue".to_owned(), 10)];
        insta::assert_snapshot!(bars("A \"trend\"", &points), @r#"<svg class="chart" role="img" viewBox="0 0 24 48" preserveAspectRatio="none" aria-label="A &quot;trend&quot;. &lt;Mon&gt;: 5, Tue: 10"><rect x="0" y="24.0" width="10" height="24.0" rx="2"><title>&lt;Mon&gt;: 5</title></rect><rect x="14" y="0.0" width="10" height="48.0" rx="2"><title>Tue: 10</title></rect></svg>"#);
    }

    #[test]
    fn a_trend_of_nothing_is_still_a_chart() {
        assert!(bars("x", &[("Mon".to_owned(), 0)]).contains("height=\"1.0\""));
        assert!(bars("x", &[]).ends_with("</svg>"));
    }
}
