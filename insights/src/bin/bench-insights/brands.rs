//! Brands of the whole world, as a bank might print them: those the program was not told of.

use std::collections::HashSet;
use std::path::Path;

use domain::categorisation::CATEGORIES;
use insights::answer::basis;
use insights::base::Knowledge;
use insights::dictionary::place;
use insights::linear::best;
use insights::row::{Row, Subject};
use insights::text::folded;
use serde_json::{Map, Value, json};

use crate::measure::{Score, rounded, share, table};

/// One group of brands in so many is put aside.
const PARTS: u64 = 5;

pub fn measure(path: &Path) -> Result<Map<String, Value>, String> {
    let rows = table(path, ["text", "merchant", "category", "group"])?;
    let aside =
        |group: &str| u64::from_str_radix(group, 16).is_ok_and(|group| group.is_multiple_of(PARTS));
    let unknown: HashSet<String> = rows
        .iter()
        .filter(|[_, _, _, group]| aside(group))
        .map(|[_, merchant, _, _]| folded(merchant))
        .collect();
    let knowledge = Knowledge::without(|name| !unknown.contains(name));
    let mut score = Score::of(CATEGORIES.len());
    let (mut named, mut rightly) = (0, 0);
    for [text, _, category, group] in &rows {
        // Lotteries and casinos are gambling here and entertainment there.
        let Some(mut label) = place(category) else { continue };
        let row = Row { text, minor: -1000, currency: "EUR", ..Row::default() };
        let answer = basis(&knowledge, &Subject::of(&row));
        let (place, chance) = best(&answer.chances);
        if category == "entertainment" && CATEGORIES[place].0 == "gambling" {
            label = place;
        }
        if aside(group) {
            score.count(label, place, chance);
        } else if answer.found.is_some() {
            named += 1;
            rightly += usize::from(place == label);
        }
    }
    let known = rows.len() - score.rows();
    Ok(Map::from_iter([
        ("brands_never_seen".to_owned(), score.json()),
        (
            "brands_in_the_index".to_owned(),
            json!({
                "rows": known,
                "found_by_name": rounded(share(named, known)),
                "of_these_right": rounded(share(rightly, named)),
                "model_bytes": knowledge.model.bytes().len(),
            }),
        ),
        ("brands_note".to_owned(), Value::from("simulated descriptors; an upper bound")),
    ]))
}
