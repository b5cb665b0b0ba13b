//! Names of merchants: those people in Finland know, then the brand index.

use std::collections::HashMap;

use domain::categorisation::CATEGORIES;

/// The brand index; see `data/NOTICE`.
pub(crate) const BRANDS: &str = include_str!("../data/brands.tsv");
/// Names that stand before it.
pub(crate) const FINLAND: &str = include_str!("../data/finland.tsv");

/// Most words of a name that is looked for.
const MOST_WORDS: usize = 6;
/// Fewest letters of a name that may stand in the middle of a text, as one word.
const FEWEST_WITHIN: usize = 6;
/// Fewest letters that a name cut off by the bank is known by.
const FEWEST_CUT: usize = 9;

/// Where a name is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// Our own list.
    Here,
    /// The index, for the country asked for.
    Home,
    /// The index, for the whole world.
    World,
    /// The index, for other countries.
    Abroad,
}

/// A name of the index.
#[derive(Clone, Debug)]
struct Entry {
    category: u8,
    /// Two letters each, or a star; none for our own list.
    countries: Option<&'static str>,
}

impl Entry {
    fn known(&self, home: &str) -> Known {
        match self.countries {
            None => Known::Here,
            Some(countries) if countries.split(' ').any(|country| country == home) => Known::Home,
            Some(countries) if countries.starts_with('*') => Known::World,
            Some(_) => Known::Abroad,
        }
    }
}

/// Most trades of one name that are told apart.
const MOST_TRADES: usize = 4;

/// A merchant that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Places of its categories in the taxonomy: a name may stand for a shop and a filling station.
    trades: [u8; MOST_TRADES],
    count: u8,
    /// The name that was found.
    pub name: &'static str,
    /// How often such a find is right, in parts of a thousand.
    pub confidence: u16,
}

impl Found {
    /// Places of its categories in the taxonomy; never empty.
    #[must_use]
    pub fn trades(&self) -> &[u8] {
        &self.trades[..usize::from(self.count)]
    }
}

/// The names, ready to be looked up.
#[derive(Debug, Default)]
pub struct Dictionary {
    names: HashMap<&'static str, Vec<Entry>>,
    /// Sorted, for names that are cut off.
    sorted: Vec<&'static str>,
}

/// Place of a category in the taxonomy.
#[must_use]
pub fn place(category: &str) -> Option<usize> {
    CATEGORIES.iter().position(|(known, _)| *known == category)
}

/// The lines of a list with the category each stands under.
pub(crate) fn listed(text: &'static str) -> impl Iterator<Item = (u8, &'static str)> {
    let mut category = 0;
    text.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        match line.strip_prefix("= ") {
            Some(name) => {
                category = place(name).and_then(|place| u8::try_from(place).ok())?;
                None
            }
            None => Some((category, line)),
        }
    })
}

impl Dictionary {
    /// The names that are wanted: of the index those that `wanted` says, and all of our own list.
    #[must_use]
    pub fn of(wanted: impl Fn(&str) -> bool) -> Self {
        let mut dictionary = Self::default();
        for (category, line) in listed(FINLAND) {
            for name in line.split('|') {
                dictionary.add(name, Entry { category, countries: None });
            }
        }
        for (category, line) in listed(BRANDS) {
            let Some((name, countries)) = line.split_once('\t') else { continue };
            if wanted(name) {
                dictionary.add(name, Entry { category, countries: Some(countries) });
            }
        }
        dictionary.sorted = dictionary.names.keys().copied().collect();
        dictionary.sorted.sort_unstable();
        dictionary
    }

    fn add(&mut self, name: &'static str, entry: Entry) {
        self.names.entry(name).or_default().push(entry);
    }

    /// The longest name a text begins with or, if it is long enough, holds. `home` is the country
    /// whose names are meant first, as two letters.
    #[must_use]
    pub fn find(&self, text: &str, home: &str) -> Option<Found> {
        let begins: Vec<usize> =
            std::iter::once(0).chain(text.match_indices(' ').map(|(gap, _)| gap + 1)).collect();
        let end = |word: usize| begins.get(word + 1).map_or(text.len(), |next| next - 1);
        for (first, begin) in begins.iter().copied().enumerate() {
            let last = (first + MOST_WORDS).min(begins.len());
            for last in (first..last).rev() {
                let name = &text[begin..end(last)];
                let bare = first > 0 && last == first && name.len() < FEWEST_WITHIN;
                if bare || name.len() < 2 {
                    continue;
                }
                if let Some(found) = self.named(name, home, first == 0, last + 1 == begins.len()) {
                    return Some(found);
                }
            }
        }
        self.cut(text, home)
    }

    /// What an exact name is.
    fn named(&self, name: &str, home: &str, leads: bool, ends: bool) -> Option<Found> {
        let (&name, entries) = self.names.get_key_value(name)?;
        let known = entries.iter().map(|entry| entry.known(home)).min()?;
        let (mut trades, mut count) = ([0; MOST_TRADES], 0_u8);
        for entry in entries.iter().filter(|entry| entry.known(home) == known) {
            if trades[..usize::from(count)].contains(&entry.category) {
                continue;
            }
            // A name of many trades says nothing.
            *trades.get_mut(usize::from(count))? = entry.category;
            count += 1;
        }
        let whole = leads && ends;
        let short = name.len() < 5;
        let confidence = match known {
            Known::Here => 960,
            Known::Home if leads => 930,
            Known::Home => 850,
            Known::World if whole => 900,
            Known::World if leads && !short => 820,
            Known::World if !short => 700,
            Known::Abroad if whole && !short => 750,
            Known::Abroad if leads && name.len() > 7 => 650,
            _ => return None,
        };
        let confidence = if count > 1 { confidence - 100 } else { confidence };
        Some(Found { trades, count, name, confidence })
    }

    /// The name a text is the beginning of, if all such names are of one trade.
    fn cut(&self, text: &str, home: &str) -> Option<Found> {
        if text.len() < FEWEST_CUT {
            return None;
        }
        let from = self.sorted.partition_point(|name| *name < text);
        let alike = self.sorted[from..].iter().take_while(|name| name.starts_with(text)).take(50);
        let mut found: Option<Found> = None;
        for name in alike {
            let Some(one) = self.named(name, home, true, true) else { continue };
            match found {
                Some(before) if before.trades() != one.trades() => return None,
                Some(_) => {}
                None => found = Some(Found { confidence: one.confidence.min(800), ..one }),
            }
        }
        found
    }
}
