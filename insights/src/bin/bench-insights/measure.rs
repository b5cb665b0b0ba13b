//! Counting right and wrong answers.

use std::fs;
use std::path::Path;

use insights::csv::Records;
use serde_json::{Value, json};

/// The records of a file, without the first, by the names of the columns that are wanted.
pub fn table<const N: usize>(path: &Path, names: [&str; N]) -> Result<Vec<[String; N]>, String> {
    let about = |message: &str| format!("{}: {message}", path.display());
    let text = fs::read(path).map_err(|error| about(&error.to_string()))?;
    let mut records = Records::of(text.as_slice());
    let mut next = || records.next_record().map_err(|error| about(&error.to_string()));
    let first = next()?.ok_or_else(|| about("it is empty"))?;
    let first = first.fields.map_err(|broken| about(&broken.to_string()))?;
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        let found = first.iter().position(|column| column == name);
        *place = found.ok_or_else(|| about(&format!("there is no column {name}")))?;
    }
    let mut rows = Vec::new();
    while let Some(record) = next()? {
        let fields = record.fields.map_err(|broken| about(&broken.to_string()))?;
        let row = places.map(|place| fields.get(place).cloned().unwrap_or_default());
        rows.push(row);
    }
    Ok(rows)
}

/// Answers beside what was right.
pub struct Score {
    /// Rows by label and answer.
    counts: Vec<Vec<u64>>,
    /// Confidence, and whether it was right.
    sure: Vec<(f32, bool)>,
}

impl Score {
    pub fn of(labels: usize) -> Self {
        Self { counts: vec![vec![0; labels]; labels], sure: Vec::new() }
    }

    pub fn count(&mut self, label: usize, answer: usize, confidence: f32) {
        self.counts[label][answer] += 1;
        self.sure.push((confidence, label == answer));
    }

    pub fn rows(&self) -> usize {
        self.sure.len()
    }

    pub fn accuracy(&self) -> f64 {
        share(self.sure.iter().filter(|(_, right)| *right).count(), self.sure.len())
    }

    /// The mean over labels that occur or were answered.
    pub fn macro_f1(&self) -> f64 {
        let (mut sum, mut labels) = (0.0, 0_u32);
        for label in 0..self.counts.len() {
            let there: u64 = self.counts[label].iter().sum();
            let said: u64 = self.counts.iter().map(|row| row[label]).sum();
            if there + said > 0 {
                labels += 1;
                let right = self.counts[label][label];
                sum += share(
                    usize::try_from(2 * right).unwrap_or(0),
                    usize::try_from(there + said).unwrap_or(1),
                );
            }
        }
        sum / f64::from(labels.max(1))
    }

    /// Share of the rows that are at least so sure, and how many of these are right.
    pub fn at(&self, confidence: f32) -> (f64, f64) {
        let sure = self.sure.iter().filter(|(chance, _)| *chance >= confidence);
        let (all, right) =
            sure.fold((0, 0), |(all, right), (_, is)| (all + 1, right + usize::from(*is)));
        (share(all, self.sure.len()), share(right, all))
    }

    pub fn json(&self) -> Value {
        let (asked, right) = self.at(0.8);
        json!({
            "rows": self.rows(),
            "accuracy": rounded(self.accuracy()),
            "macro_f1": rounded(self.macro_f1()),
            "share_at_0.8": rounded(asked),
            "right_at_0.8": rounded(right),
        })
    }
}

/// A part of a whole; nought of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// To four digits.
pub fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

/// Processor time of this process so far, in milliseconds, where the system tells it.
pub fn cpu_milliseconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: u64 = stat.split(' ').next()?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
    let milliseconds = nanoseconds as f64 / 1e6;
    Some(milliseconds)
}
