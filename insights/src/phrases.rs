//! What banks and payers write, whatever the merchant: salaries, fees, rent, own transfers.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::dictionary::place;

const PHRASES: &str = include_str!("../data/phrases.tsv");

/// Which way the money has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
    Any,
}

struct Line {
    way: Way,
    category: usize,
    phrases: Vec<&'static str>,
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let lines = PHRASES.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let way = match fields.next()? {
                "in" => Way::In,
                "out" => Way::Out,
                _ => Way::Any,
            };
            let category = place(fields.next()?)?;
            Some(Line { way, category, phrases: fields.next()?.split('|').collect() })
        })
        .collect()
});

/// The lines and phrases that begin with a word, so that a text's words are looked up.
static FIRST_WORDS: LazyLock<HashMap<&'static str, Vec<(usize, &'static str)>>> =
    LazyLock::new(|| {
        let mut words: HashMap<&'static str, Vec<(usize, &'static str)>> = HashMap::new();
        for (number, line) in LINES.iter().enumerate() {
            for phrase in &line.phrases {
                let first = phrase.split(' ').next().unwrap_or_default();
                words.entry(first).or_default().push((number, phrase));
            }
        }
        words
    });

/// Every phrase with its category.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINES.iter().flat_map(|line| {
        let category = domain::categorisation::CATEGORIES[line.category].0;
        line.phrases.iter().map(move |phrase| (category, *phrase))
    })
}

/// The category of the first line that a folded text fits, and the phrase.
#[must_use]
pub fn find(text: &str, incoming: bool) -> Option<(usize, &'static str)> {
    let mut first: Option<(usize, &'static str)> = None;
    let begins = std::iter::once(0).chain(text.match_indices(' ').map(|(gap, _)| gap + 1));
    for begin in begins {
        let rest = &text[begin..];
        let word = rest.split(' ').next().unwrap_or_default();
        for (line, phrase) in FIRST_WORDS.get(word).into_iter().flatten().copied() {
            let way = match LINES[line].way {
                Way::In => incoming,
                Way::Out => !incoming,
                Way::Any => true,
            };
            let after = rest.strip_prefix(phrase);
            let fits = way && after.is_some_and(|after| after.is_empty() || after.starts_with(' '));
            if fits && first.is_none_or(|(known, _)| line < known) {
                first = Some((line, phrase));
            }
        }
    }
    first.map(|(line, phrase)| (LINES[line].category, phrase))
}
