//! A first categoriser: an ordered, versioned list of rules over what a bank says about a row.
//!
//! Category identifiers are the project's published taxonomy. Every answer says which rule gave it.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::observed::{AccountKind, ObservedTransaction};

/// Raised with every change to the rules, so that a row's reason can name them.
pub const RULES_VERSION: u32 = 1;

/// What money of a category is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryKind {
    /// Money spent.
    Spending,
    /// Money earned.
    Income,
    /// Money moved between places of one's own.
    Transfer,
}

/// Every category with its kind.
pub const CATEGORIES: [(&str, CategoryKind); 37] = [
    ("groceries", CategoryKind::Spending),
    ("restaurants", CategoryKind::Spending),
    ("alcohol_tobacco", CategoryKind::Spending),
    ("fuel_charging", CategoryKind::Spending),
    ("public_transport", CategoryKind::Spending),
    ("mobility_rental", CategoryKind::Spending),
    ("parking", CategoryKind::Spending),
    ("car", CategoryKind::Spending),
    ("lodging", CategoryKind::Spending),
    ("air_travel", CategoryKind::Spending),
    ("travel_agency", CategoryKind::Spending),
    ("clothing", CategoryKind::Spending),
    ("electronics", CategoryKind::Spending),
    ("telecom", CategoryKind::Spending),
    ("utilities", CategoryKind::Spending),
    ("housing", CategoryKind::Spending),
    ("home_diy", CategoryKind::Spending),
    ("health", CategoryKind::Spending),
    ("beauty", CategoryKind::Spending),
    ("sports_fitness", CategoryKind::Spending),
    ("entertainment", CategoryKind::Spending),
    ("gambling", CategoryKind::Spending),
    ("books_toys_stationery", CategoryKind::Spending),
    ("general_merchandise", CategoryKind::Spending),
    ("pets", CategoryKind::Spending),
    ("education", CategoryKind::Spending),
    ("insurance", CategoryKind::Spending),
    ("bank_fees_cash", CategoryKind::Spending),
    ("post_parcel", CategoryKind::Spending),
    ("government", CategoryKind::Spending),
    ("charity", CategoryKind::Spending),
    ("professional_services", CategoryKind::Spending),
    ("other", CategoryKind::Spending),
    ("income", CategoryKind::Income),
    ("transfer", CategoryKind::Transfer),
    ("savings_investment", CategoryKind::Transfer),
    ("loan", CategoryKind::Spending),
];

/// The kind of a category; unknown names count as spending.
#[must_use]
pub fn kind_of(category: &str) -> CategoryKind {
    CATEGORIES
        .iter()
        .find(|(name, _)| *name == category)
        .map_or(CategoryKind::Spending, |(_, kind)| *kind)
}

/// Words of a rule: any one of them, standing as whole words in the row's folded text.
struct Rule {
    category: &'static str,
    words: &'static [&'static str],
}

/// In order: the first that fits decides.
const RULES: [Rule; 31] = [
    Rule {
        category: "savings_investment",
        words: &["saastoon", "saastosiirto", "nordnet", "osakesaastotili", "rahasto"],
    },
    Rule {
        category: "transfer",
        words: &[
            "oma tilisiirto",
            "op visa",
            "mobilepay",
            "oma siirto",
            "own transfer",
            "tilisiirto omalle",
            "luottokortin maksu",
            "visa maksu",
            "korttilasku",
        ],
    },
    Rule {
        category: "housing",
        words: &[
            "vuokra",
            "vuokrakoti",
            "hoitovastike",
            "asunto oy",
            "taloyhtio",
            "yhtiovastike",
            "kojamo",
            "lumo",
            "sato",
        ],
    },
    Rule {
        category: "loan",
        words: &["asuntolaina", "laina", "lainan", "lyhennys", "opintolaina"],
    },
    Rule {
        category: "groceries",
        words: &[
            "m market",
            "k market",
            "k supermarket",
            "k citymarket",
            "citymarket",
            "s market",
            "prisma",
            "lidl",
            "alepa",
            "sale",
            "tokmanni",
            "r kioski",
            "ica",
            "willys",
            "tesco",
            "sainsburys",
        ],
    },
    Rule { category: "alcohol_tobacco", words: &["alko", "systembolaget"] },
    Rule {
        category: "restaurants",
        words: &[
            "sushibar",
            "roastery",
            "wolt",
            "foodora",
            "hesburger",
            "mcdonalds",
            "burger king",
            "subway",
            "ravintola",
            "restaurant",
            "pizzeria",
            "kahvila",
            "cafe",
            "fazer",
            "espresso house",
            "lounas",
            "kotipizza",
            "taco bell",
            "sushi",
            "bistro",
        ],
    },
    Rule {
        category: "fuel_charging",
        words: &["neste", "abc", "st1", "shell", "teboil", "circle k", "lataus", "recharge"],
    },
    Rule {
        category: "public_transport",
        words: &["hsl", "vr", "matkahuolto", "nysse", "foli", "onnibus", "sl"],
    },
    Rule { category: "mobility_rental", words: &["taksi", "taxi", "uber", "bolt", "voi", "tier"] },
    Rule {
        category: "parking",
        words: &["easypark", "parkman", "pysakointi", "parking", "aimo park"],
    },
    Rule { category: "telecom", words: &["elisa", "dna", "telia", "moi mobiili", "saunalahti"] },
    Rule {
        category: "utilities",
        words: &[
            "helen",
            "fortum",
            "vattenfall",
            "sahko",
            "caruna",
            "vesi",
            "hsy",
            "oomi",
            "vare",
            "kaukolampo",
        ],
    },
    Rule {
        category: "entertainment",
        words: &[
            "ticketmaster",
            "lippupiste",
            "netflix",
            "spotify",
            "finnkino",
            "steam",
            "hbo",
            "disney",
            "ruutu",
            "viaplay",
            "youtube",
            "playstation",
            "nintendo",
        ],
    },
    Rule {
        category: "sports_fitness",
        words: &[
            "harrastusmaksu",
            "elixia",
            "sats",
            "fitness",
            "kuntosali",
            "gym",
            "xxl",
            "intersport",
            "uimahalli",
        ],
    },
    Rule {
        category: "health",
        words: &[
            "apteekki",
            "pharmacy",
            "terveystalo",
            "mehilainen",
            "pihlajalinna",
            "hammas",
            "hus",
            "laakari",
        ],
    },
    Rule {
        category: "insurance",
        words: &[
            "pohjola",
            "if vakuutus",
            "lahitapiola",
            "fennia",
            "vakuutus",
            "insurance",
            "turva",
        ],
    },
    Rule {
        category: "clothing",
        words: &[
            "h m",
            "zara",
            "marimekko",
            "lindex",
            "kappahl",
            "dressmann",
            "zalando",
            "vaate",
            "reima",
            "halonen",
        ],
    },
    Rule {
        category: "electronics",
        words: &["verkkokauppa com", "gigantti", "power", "apple", "clas ohlson"],
    },
    Rule {
        category: "home_diy",
        words: &["ikea", "k rauta", "bauhaus", "jysk", "hong kong", "motonet", "puuilo", "stark"],
    },
    Rule {
        category: "books_toys_stationery",
        words: &[
            "helsingin sanomat",
            "suomalainen kirjakauppa",
            "akateeminen",
            "adlibris",
            "lelu",
            "br lelut",
            "kirja",
        ],
    },
    Rule {
        category: "general_merchandise",
        words: &["ahlens", "stockmann", "sokos", "amazon", "temu", "clas", "tori fi"],
    },
    Rule { category: "beauty", words: &["kampaamo", "parturi", "kicks", "hairstore"] },
    Rule { category: "pets", words: &["musti ja mirri", "elainlaakari", "peten koiratarvike"] },
    Rule {
        category: "government",
        words: &[
            "traficom",
            "ajoneuvovero",
            "vero",
            "verohallinto",
            "verottaja",
            "jaannosvero",
            "poliisi",
        ],
    },
    Rule { category: "charity", words: &["unicef", "punainen risti", "wwf", "pelastakaa lapset"] },
    Rule {
        category: "bank_fees_cash",
        words: &[
            "kateisnosto",
            "otto",
            "nosto",
            "palvelumaksu",
            "kuukausimaksu",
            "vuosimaksu",
            "atm",
        ],
    },
    Rule { category: "education", words: &["paivahoito", "varhaiskasvatus", "koulu", "yliopisto"] },
    Rule {
        category: "travel_agency",
        words: &["aurinkomatkat", "tui", "tjareborg", "apollomatkat"],
    },
    Rule { category: "car", words: &["autotalo", "autohuolto", "katsastus", "rengas", "vianor"] },
    Rule {
        category: "professional_services",
        words: &["asiantuntijaliitto", "ammattiliitto", "liitto"],
    },
];

/// Words that make money coming in income.
const INCOME_WORDS: [&str; 11] = [
    "palkka",
    "salary",
    "kansanelakelaitos",
    "etuus",
    "kela",
    "lapsilisa",
    "elake",
    "pension",
    "osinko",
    "korko",
    "palkkio",
];

/// A category and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Categorised {
    /// The category's identifier.
    pub category: &'static str,
    /// The rule that gave it, such as `rule:groceries/lidl@1`.
    pub reason: String,
}

/// Gives a row its category.
#[must_use]
pub fn categorise(row: &ObservedTransaction, kind: AccountKind) -> Categorised {
    let parts = [row.counterparty.as_deref(), Some(&row.text), row.bank_type.as_deref()];
    let text = folded(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    let found = |words: &[&'static str]| words.iter().copied().find(|word| holds(&text, word));
    let named = |category: &'static str, word: &str| Categorised {
        category,
        reason: format!("rule:{category}/{word}@{RULES_VERSION}"),
    };
    if row.amount.minor > 0 {
        if kind == AccountKind::Card
            && let Some(word) = found(&["maksu", "suoritus", "payment"])
        {
            return named("transfer", word);
        }
        if let Some(word) = found(&INCOME_WORDS) {
            return named("income", word);
        }
    }
    if let Some((category, word)) = first_rule(&text) {
        return named(category, word);
    }
    let category = if row.amount.minor > 0 { "income" } else { "other" };
    Categorised { category, reason: format!("default@{RULES_VERSION}") }
}

/// Where the phrases of the rules that begin with a word stand: rule and place in it.
type Phrases = HashMap<&'static str, Vec<(usize, usize)>>;

/// The phrases of all rules by their first words, so that a row's words are looked up instead of
/// every phrase being looked for.
static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    for (rule, words) in RULES.iter().map(|rule| rule.words).enumerate() {
        for (place, phrase) in words.iter().enumerate() {
            let first = phrase.split(' ').next().unwrap_or_default();
            phrases.entry(first).or_default().push((rule, place));
        }
    }
    phrases
});

/// The first rule that a folded text fits, and the first of its phrases that does.
fn first_rule(text: &str) -> Option<(&'static str, &'static str)> {
    let mut first: Option<(usize, usize)> = None;
    // Every word has a space before it and one behind.
    let mut rest = text;
    while let Some((word, behind)) = rest.trim_start_matches(' ').split_once(' ') {
        let from_word = &text[text.len() - behind.len() - word.len() - 1..];
        rest = behind;
        for found in PHRASES.get(word).into_iter().flatten().copied() {
            let phrase = RULES[found.0].words[found.1];
            let fits = from_word.strip_prefix(phrase).is_some_and(|after| after.starts_with(' '));
            if fits && first.is_none_or(|first| found < first) {
                first = Some(found);
            }
        }
    }
    first.map(|(rule, place)| (RULES[rule].category, RULES[rule].words[place]))
}

/// Lower case, without Nordic and accent marks, everything but letters and digits as one space, and
/// a space at both ends.
fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    for character in text.chars().flat_map(char::to_lowercase) {
        let letter = match character {
            'ä' | 'å' | 'á' | 'à' => 'a',
            'ö' | 'ø' | 'ó' => 'o',
            'é' | 'è' | 'ë' => 'e',
            'ü' => 'u',
            '\'' | '’' => continue,
            other if other.is_alphanumeric() => other,
            _ => ' ',
        };
        if !(letter == ' ' && plain.ends_with(' ')) {
            plain.push(letter);
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        text[..start].ends_with(' ') && text[start + found.len()..].starts_with(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};

    fn row(minor: i64, counterparty: &str, text: &str) -> ObservedTransaction {
        ObservedTransaction {
            bank_reference: None,
            bank_identifier: None,
            state: crate::observed::RowState::Booked,
            booking_date: chrono::NaiveDate::default(),
            value_date: None,
            payment_date: None,
            amount: Money::new(minor, Currency::EUR),
            amount_text: String::new(),
            original_amount: None,
            counterparty: Some(counterparty.to_owned()),
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: text.to_owned(),
            reference: None,
            bank_type: None,
            unmapped: None,
        }
    }

    #[test]
    fn rules_decide_in_order_and_name_themselves() {
        let table = [
            (-2590, "K-MARKET ALPPILA", "HELSINKI", "groceries"),
            (-1290, "Wolt", "", "restaurants"),
            (-4500, "Neste Oy", "", "fuel_charging"),
            (-1599, "SPOTIFY AB", "", "entertainment"),
            (300_000, "Northlight Oy", "PALKKA", "income"),
            (10_300, "KELA", "LAPSILISÄ", "income"),
            (-90_000, "Taloyhtiö", "VUOKRA", "housing"),
            (-500, "Tuntematon Oy", "", "other"),
            (2500, "Tuntematon Oy", "", "income"),
            (3990, "Zalando", "PALAUTUS", "clothing"),
        ];
        for (minor, counterparty, text, expected) in table {
            let given = categorise(&row(minor, counterparty, text), AccountKind::Current);
            assert_eq!(given.category, expected, "{counterparty} {text}: {}", given.reason);
        }
        let lidl = categorise(&row(-100, "LIDL HELSINKI", ""), AccountKind::Current);
        assert_eq!(lidl.reason, "rule:groceries/lidl@1");
    }

    proptest::proptest! {
        #[test]
        fn words_looked_up_find_what_phrases_looked_for_find(
            drawn in proptest::collection::vec((0..RULES.len(), 0..64_usize, 0..4_u8), 0..6),
        ) {
            let mut text = String::from(" ");
            for (rule, place, form) in drawn {
                let words = RULES[rule].words;
                let phrase = words[place % words.len()];
                text.push_str(match form {
                    0 => phrase.split(' ').next().unwrap_or_default(),
                    1 => phrase.split(' ').next_back().unwrap_or_default(),
                    _ => phrase,
                });
                text.push_str(if form == 3 { "x " } else { " " });
            }
            let plain = RULES.iter().find_map(|rule| {
                let word = rule.words.iter().copied().find(|word| holds(&text, word))?;
                Some((rule.category, word))
            });
            proptest::prop_assert_eq!(first_rule(&text), plain, "{}", text);
        }
    }

    #[test]
    fn words_are_whole_words() {
        assert_eq!(categorise(&row(-1, "Lidlow", ""), AccountKind::Current).category, "other");
    }

    #[test]
    fn every_rule_names_a_category_of_the_taxonomy() {
        for rule in &RULES {
            assert!(CATEGORIES.iter().any(|(name, _)| *name == rule.category), "{}", rule.category);
        }
    }
}
