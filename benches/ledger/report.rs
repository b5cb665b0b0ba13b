//! What a benchmark came to: medians over rounds, the table and the file.

use std::path::Path;

use serde::Serialize;

use crate::Failure;

/// What has to be kept for a benchmark to hold.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// The ratio has to be at least this.
    AtLeast(f64),
    /// The ratio may be at most this.
    AtMost(f64),
    /// Only told.
    None,
}

/// One benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What was measured, such as `append/sqlite/64`.
    pub name: String,
    /// Median of ours.
    pub ours: f64,
    /// Median of what it is compared with.
    pub baseline: f64,
    /// Median over the rounds of each round's own ratio, ours to baseline.
    pub ratio: f64,
    /// Of `ours` and `baseline`.
    pub unit: &'static str,
    /// What the ratio has to keep, such as `>= 5`; none if it is only told.
    pub floor: Option<String>,
    /// Whether it does.
    pub holds: bool,
    /// What the baseline is, and the range of the rounds' ratios.
    pub note: String,
}

/// Puts the rounds of one benchmark together: pairs of ours and baseline.
pub fn outcome(
    name: String,
    unit: &'static str,
    bound: Bound,
    rounds: &[(f64, f64)],
    note: &str,
) -> Outcome {
    let ratios: Vec<f64> = rounds.iter().map(|(ours, baseline)| ours / baseline).collect();
    let ratio = median(&ratios);
    let (floor, holds) = match bound {
        Bound::AtLeast(floor) => (Some(format!(">= {floor}")), ratio >= floor),
        Bound::AtMost(ceiling) => (Some(format!("<= {ceiling}")), ratio <= ceiling),
        Bound::None => (None, true),
    };
    let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let outcome = Outcome {
        name,
        ours: median(&rounds.iter().map(|round| round.0).collect::<Vec<_>>()),
        baseline: median(&rounds.iter().map(|round| round.1).collect::<Vec<_>>()),
        ratio,
        unit,
        floor,
        holds,
        note: format!("{note}; {} rounds, ratios {low:.3}-{high:.3}", rounds.len()),
    };
    println!("{}", line(&outcome));
    outcome
}

/// The middle value; of an even number the mean of both.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The table's heading.
pub fn heading() -> String {
    let columns = ["benchmark", "ours", "baseline", "unit", "ratio", "floor", ""];
    let [name, ours, baseline, unit, ratio, floor, holds] = columns;
    format!("{name:<34} {ours:>11} {baseline:>11} {unit:<6} {ratio:>8} {floor:>8} {holds}")
}

fn line(outcome: &Outcome) -> String {
    let Outcome { name, ours, baseline, ratio, unit, floor, holds, note } = outcome;
    let floor = floor.as_deref().unwrap_or("");
    let holds = if *holds { "     " } else { "FAILS" };
    format!(
        "{name:<34} {ours:>11.2} {baseline:>11.2} {unit:<6} {ratio:>8.3} {floor:>8} {holds} {note}"
    )
}

/// Writes all outcomes as an array of JSON objects.
pub fn write(path: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(outcomes)?;
    text.push('\n');
    std::fs::write(path, text)?;
    Ok(())
}
