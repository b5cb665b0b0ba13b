//! Which rows a person is asked about: those whose answer tells most about rows still to come.

use std::collections::HashMap;

use crate::row::Subject;

/// By how much the bar is moved after each row: so that over some hundreds of rows the share that is
/// asked about comes near to the one that is wanted.
const MOVE: f32 = 0.002;
/// The bar before anything was seen, as a part of the way from no worth to endless worth.
const FIRST_BAR: f32 = 0.3;

/// How often rows of a payee came, and how often the person said what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Rows, with the one in question.
    pub rows: u32,
    /// Answers.
    pub answers: u32,
}

impl Met {
    /// Many rows are worth an answer; what was answered often and is unsure still stays so.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    fn worth(self) -> f32 {
        ((self.rows as f32 + 1.0) / (self.answers as f32 + 1.0)).sqrt()
    }
}

/// What the answer about a row is worth: how likely its category is wrong, times the rows of its payee
/// that it tells of, on this account and anywhere.
#[must_use]
pub fn worth(confidence: f32, here: Met, anywhere: Met) -> f32 {
    (1.0 - confidence) * here.worth() * anywhere.worth()
}

/// Decides row by row whether to ask, so that in the end, and at every time before, at most a share of
/// the rows is asked about.
#[derive(Clone, Debug)]
pub struct Asking {
    share: f32,
    bar: f32,
    all: Met,
    here: HashMap<String, Met>,
    anywhere: HashMap<String, Met>,
}

impl Asking {
    /// Asks about at most this share of the rows.
    #[must_use]
    pub fn about(share: f32) -> Self {
        let (here, anywhere) = (HashMap::new(), HashMap::new());
        Self { share, bar: FIRST_BAR, all: Met::default(), here, anywhere }
    }

    /// Whether to ask about the next row, of which its category is this sure. The person is taken to
    /// answer.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    pub fn asks(&mut self, subject: &Subject, confidence: f32) -> bool {
        let payee = subject.merchant.name.clone();
        let account = subject.account.as_deref().unwrap_or_default();
        let here = self.here.entry(format!("{account}|{payee}")).or_default();
        let anywhere = self.anywhere.entry(payee).or_default();
        for met in [&mut *here, &mut *anywhere, &mut self.all] {
            met.rows += 1;
        }
        let worth = worth(confidence, *here, *anywhere);
        let worth = worth / (worth + 1.0);
        let wanted = worth > self.bar;
        self.bar += MOVE * (f32::from(u8::from(wanted)) - self.share);
        let spared = (self.all.answers + 1) as f32 > self.share * self.all.rows as f32;
        if wanted && !spared {
            for met in [here, anywhere, &mut self.all] {
                met.answers += 1;
            }
        }
        wanted && !spared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Row;

    #[test]
    fn what_comes_often_and_was_not_answered_is_asked_first() {
        let often = Met { rows: 9, answers: 0 };
        let once = Met { rows: 1, answers: 0 };
        let told = Met { rows: 9, answers: 8 };
        assert!(worth(0.5, often, often) > worth(0.5, once, once));
        assert!(worth(0.5, often, often) > worth(0.5, told, told));
        assert!(worth(0.2, once, once) > worth(0.9, once, once));
    }

    #[test]
    fn at_no_time_more_than_the_share_is_asked_about() {
        let mut asking = Asking::about(0.2);
        let mut asked = 0_u32;
        for row in 1_u32..=2_000 {
            let text = format!("shop {}", row % 37);
            let subject = Subject::of(&Row { text: &text, minor: -100, ..Row::default() });
            let sure = if row % 3 == 0 { 0.3 } else { 0.9 };
            asked += u32::from(asking.asks(&subject, sure));
            assert!(asked * 5 <= row, "{asked} of {row}");
        }
        assert!(asked > 300, "{asked}");
    }
}
