//! Real card lines, split by time and by merchant, and a person's corrections one after the other.

use std::collections::BTreeMap;
use std::path::Path;

use insights::asking::Asking;
use insights::learnt::{Learnt, Tuning};
use insights::linear::best;
use insights::packed::Packed;
use insights::row::{Row, Subject};
use insights::taught::Taught;
use serde_json::{Map, Value, json};

use crate::measure::{Score, cpu_milliseconds, rounded, share, table};

/// The first day of the later half-year.
const LATER: &str = "2017-01-01";
/// Merchants are put aside in so many parts, each once.
const PARTS: u64 = 8;
/// Labels asked for, at most, of all rows, where asking is dear.
const ASKED: f32 = 0.2;
/// The constants of what a person teaches were chosen on the rows before this day.
const CHOSEN_BEFORE: &str = "2015-07-01";
/// As many corrections as the service makes a person's model from.
const MANY_CORRECTIONS: usize = 2_000;

struct Line {
    date: String,
    subject: Subject,
    account: String,
    label: usize,
    category: Option<usize>,
}

/// The lines in the order of their days, the labels and the categories.
type Lines = (Vec<Line>, Vec<String>, Vec<String>);

fn read(path: &Path) -> Result<Lines, String> {
    let rows = table(path, ["date", "amount", "merchant", "card", "label", "cat"])?;
    let mut labels = BTreeMap::new();
    let mut categories = BTreeMap::new();
    let mut lines = Vec::with_capacity(rows.len());
    for [date, amount, merchant, card, label, category] in rows {
        let amount: f64 = amount.parse().map_err(|_| format!("`{amount}` is no amount"))?;
        #[expect(clippy::cast_possible_truncation, reason = "amounts of purchases")]
        let minor = -(amount * 100.0).round() as i64;
        let row = Row { text: &merchant, minor, currency: "GBP", ..Row::default() };
        let number = |map: &mut BTreeMap<String, usize>, name: String| {
            let next = map.len();
            *map.entry(name).or_insert(next)
        };
        let label = number(&mut labels, label);
        let category = (!category.is_empty()).then(|| number(&mut categories, category));
        lines.push(Line { date, subject: Subject::of(&row), account: card, label, category });
    }
    lines.sort_by(|one, two| one.date.cmp(&two.date));
    let names = |map: BTreeMap<String, usize>| {
        let mut names = vec![String::new(); map.len()];
        for (name, place) in map {
            names[place] = name;
        }
        names
    };
    Ok((lines, names(labels), names(categories)))
}

pub fn measure(path: &Path) -> Result<Map<String, Value>, String> {
    let (lines, labels, categories) = read(path)?;
    let mut figures = Map::new();
    let known: Vec<&Line> = lines.iter().filter(|line| line.category.is_some()).collect();
    let later = split(&known, &categories, |line| line.date.as_str() >= LATER);
    figures.insert("cards_later_half_year_mostly_seen".to_owned(), later.0);
    let mut unseen = Score::of(categories.len());
    for part in 0..PARTS {
        let aside = |line: &Line| hash(&line.subject.merchant.name) % PARTS == part;
        answer(&known, &categories, aside, &mut unseen);
    }
    figures.insert("cards_merchants_never_seen".to_owned(), unseen.json());
    figures.insert("cards_cpu_ms_per_1000".to_owned(), json!(later.1.map(rounded)));
    figures.insert("cards_model_bytes".to_owned(), json!(later.2));
    figures.insert("cards_each_corrected".to_owned(), person(&lines, &labels, false));
    figures.insert("cards_at_most_a_fifth_corrected".to_owned(), person(&lines, &labels, true));
    Ok(figures)
}

fn split(
    known: &[&Line],
    categories: &[String],
    aside: impl Fn(&Line) -> bool,
) -> (Value, Option<f64>, usize) {
    let mut score = Score::of(categories.len());
    let (cpu, bytes) = answer(known, categories, aside, &mut score);
    (score.json(), cpu, bytes)
}

/// Learns from the lines that are not put aside, and answers those that are. Gives the processor
/// time of a thousand answers and the model's size.
fn answer(
    known: &[&Line],
    categories: &[String],
    aside: impl Fn(&Line) -> bool,
    score: &mut Score,
) -> (Option<f64>, usize) {
    let example = |line: &&&Line| Some((line.subject.clone(), line.category?));
    let learnt = Learnt::from_examples(categories.to_vec(), Tuning::default(), || {
        known.iter().filter(|line| !aside(line)).filter_map(|line| example(&line))
    });
    let before = cpu_milliseconds();
    let asked: Vec<&&Line> = known.iter().filter(|line| aside(line)).collect();
    for line in &asked {
        let said = learnt.says(&line.subject);
        let (place, chance) = best(&said.chances);
        if let Some(category) = line.category {
            score.count(category, place, chance);
        }
    }
    let took = cpu_milliseconds().zip(before).map(|(after, before)| after - before);
    let thousands = share(asked.len(), 1000);
    let bytes = Packed::of(learnt.model(), 0, 0.0).bytes().len();
    (took.map(|took| took / thousands), bytes)
}

/// Predict, then learn what a person says: of every row, or of those that the answer tells most of.
fn person(lines: &[Line], labels: &[String], sparing: bool) -> Value {
    let mut taught = Taught::new(labels.to_vec());
    let mut asking = Asking::about(ASKED);
    let (mut right, mut asked, mut right_after, mut after) = (0, 0, 0, 0);
    let mut bytes = 0;
    let before = cpu_milliseconds();
    for line in lines {
        let mut subject = line.subject.clone();
        subject.account = Some(line.account.clone());
        let (answer, chance) = best(&taught.says(&subject).chances);
        let is_right = usize::from(answer == line.label);
        right += is_right;
        if line.date.as_str() >= CHOSEN_BEFORE {
            after += 1;
            right_after += is_right;
        }
        if !sparing || asking.asks(&subject, chance) {
            asked += 1;
            taught.learn(&subject, line.label);
            if asked == MANY_CORRECTIONS {
                bytes = taught.size();
            }
        }
    }
    let took = cpu_milliseconds().zip(before).map(|(after, before)| after - before);
    let each = took.map(|took| took / share(lines.len(), 1));
    json!({
        "rows": lines.len(),
        "accuracy": rounded(share(right, lines.len())),
        "rows_after_those_constants_were_chosen_on": after,
        "accuracy_of_these": rounded(share(right_after, after)),
        "corrected": rounded(share(asked, lines.len())),
        "cpu_ms_per_row_with_correction": each.map(rounded),
        "model_bytes_after_2000_corrections": bytes,
        "model_bytes_after_all": taught.size(),
    })
}

/// The same number for the same name, always.
fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix) >> 9
}
