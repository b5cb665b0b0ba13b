//! A bank's text as words that can be compared, and the merchant in it.

/// Most characters of a bank's text that are looked at.
pub const MOST_CHARACTERS: usize = 200;

/// Lower case without marks; everything but letters and digits is one space, none at the ends.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars().take(MOST_CHARACTERS).flat_map(char::to_lowercase) {
        let letters = match character {
            '\'' | '’' | '`' | '´' => continue,
            'a'..='z' | '0'..='9' => "",
            'ä' | 'å' | 'á' | 'à' | 'â' | 'ã' | 'ă' | 'ą' | 'ā' => "a",
            'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' | 'ő' | 'ō' => "o",
            'é' | 'è' | 'ë' | 'ê' | 'ě' | 'ę' | 'ē' | 'ė' => "e",
            'ü' | 'ú' | 'ù' | 'û' | 'ű' | 'ů' | 'ū' => "u",
            'í' | 'ì' | 'î' | 'ï' | 'ī' | 'į' => "i",
            'č' | 'ć' | 'ç' => "c",
            'š' | 'ś' | 'ş' | 'ș' => "s",
            'ž' | 'ź' | 'ż' => "z",
            'ñ' | 'ń' | 'ň' | 'ņ' => "n",
            'ý' | 'ÿ' => "y",
            'ł' | 'ľ' | 'ļ' => "l",
            'đ' | 'ď' | 'ð' => "d",
            'ť' | 'ț' | 'ţ' => "t",
            'ř' => "r",
            'ğ' | 'ģ' => "g",
            'ķ' => "k",
            'æ' => "ae",
            'œ' => "oe",
            'ß' => "ss",
            // A mark of its own, behind its letter.
            '\u{300}'..='\u{36f}' => continue,
            other if other.is_alphanumeric() => "",
            _ => {
                gap = true;
                continue;
            }
        };
        if gap && !plain.is_empty() {
            plain.push(' ');
        }
        gap = false;
        match letters {
            "" => plain.push(character),
            letters => plain.push_str(letters),
        }
    }
    plain
}

/// What stands before a merchant's name and says only how it was paid.
const PAID_BY: [&str; 36] = [
    "card payment to",
    "card purchase",
    "card payment",
    "debit card",
    "contactless",
    "visa purchase",
    "korttiosto",
    "korttimaksu",
    "verkkomaksu",
    "verkko osto",
    "ostotapahtuma",
    "lahimaksu",
    "e maksu",
    "osto",
    "maksu",
    "kortkop",
    "kortbetalning",
    "kortinkoop",
    "autogiro",
    "swish till",
    "swish",
    "betalning",
    "kop",
    "pos",
    "purchase",
    "payment to",
    "direct debit to",
    "direct debit",
    "pagsenligt",
    "visa",
    "mastercard",
    "varaus",
    "reservation",
    "apple pay",
    "google pay",
    "pvm",
];

/// Who passes money on to a merchant: the words a text begins with, and the name.
const PROCESSORS: [(&str, &str); 22] = [
    ("paypal", "PayPal"),
    ("pp", "PayPal"),
    ("sumup", "SumUp"),
    ("zettle", "Zettle"),
    ("izettle", "Zettle"),
    ("iz", "Zettle"),
    ("klarna", "Klarna"),
    ("sq", "Square"),
    ("square", "Square"),
    ("stripe", "Stripe"),
    ("sp", "Shopify"),
    ("adyen", "Adyen"),
    ("paytrail", "Paytrail"),
    ("checkout", "Checkout"),
    ("worldpay", "Worldpay"),
    ("mollie", "Mollie"),
    ("nets", "Nets"),
    ("svea", "Svea"),
    ("walley", "Walley"),
    ("vivawallet", "Viva"),
    ("flatpay", "Flatpay"),
    ("google", "Google"),
];

/// Places and companies' forms at the end of a text that say nothing of the trade.
const ENDINGS: &[&str] = &[
    "oy",
    "oyj",
    "ab",
    "ltd",
    "limited",
    "plc",
    "inc",
    "gmbh",
    "llc",
    "as",
    "aps",
    "ky",
    "tmi",
    "sa",
    "fi",
    "fin",
    "se",
    "swe",
    "gb",
    "gbr",
    "uk",
    "de",
    "ee",
    "est",
    "no",
    "dk",
    "us",
    "usa",
    "ie",
    "irl",
    "lu",
    "nl",
    "fr",
    "helsinki",
    "helsingfors",
    "espoo",
    "esbo",
    "vantaa",
    "vanda",
    "tampere",
    "turku",
    "abo",
    "oulu",
    "jyvaskyla",
    "lahti",
    "kuopio",
    "pori",
    "joensuu",
    "lappeenranta",
    "hameenlinna",
    "vaasa",
    "vasa",
    "rovaniemi",
    "seinajoki",
    "mikkeli",
    "kotka",
    "salo",
    "porvoo",
    "kouvola",
    "lohja",
    "hyvinkaa",
    "jarvenpaa",
    "rauma",
    "kajaani",
    "kerava",
    "tuusula",
    "kirkkonummi",
    "stockholm",
    "goteborg",
    "gothenburg",
    "malmo",
    "uppsala",
    "linkoping",
    "orebro",
    "vasteras",
    "london",
    "manchester",
    "leeds",
    "bristol",
    "birmingham",
    "dublin",
    "tallinn",
    "oslo",
    "kobenhavn",
    "eur",
    "sek",
    "gbp",
    "copenhagen",
    "berlin",
    "hamburg",
    "paris",
    "madrid",
    "amsterdam",
    "b ham",
    "bham",
    "internet",
];

/// The merchant a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The name, folded, without what says how it was paid, numbers and places.
    pub name: String,
    /// Who passed the money on, if the text says so.
    pub processor: Option<&'static str>,
}

/// Takes a folded text apart.
#[must_use]
pub fn merchant(folded: &str) -> Merchant {
    let mut rest = folded;
    let mut processor = None;
    loop {
        let before = rest;
        rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
        for prefix in PAID_BY {
            if let Some(after) = after_words(rest, prefix) {
                rest = after;
            }
        }
        if processor.is_none() {
            for (word, name) in PROCESSORS {
                if let Some(after) = after_words(rest, word) {
                    (rest, processor) = (after, Some(name));
                    break;
                }
            }
        }
        if rest.len() == before.len() {
            break;
        }
    }
    let mut words: Vec<&str> =
        rest.split(' ').filter(|word| word.bytes().any(|byte| !byte.is_ascii_digit())).collect();
    while words.len() > 1 && words.last().is_some_and(|last| is_ending(last)) {
        words.pop();
    }
    let name = match words.is_empty() {
        true => folded.to_owned(),
        false => words.join(" "),
    };
    Merchant { name, processor }
}

fn is_ending(word: &str) -> bool {
    ENDINGS.contains(&word) || word.bytes().filter(u8::is_ascii_digit).count() * 2 > word.len()
}

/// What follows the words a text begins with; none if nothing follows.
fn after_words<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let after = text.strip_prefix(words)?.strip_prefix(' ')?;
    (!after.is_empty()).then_some(after)
}

/// Whether a name is that of somebody who passes money on.
#[must_use]
pub fn is_processor(name: &str) -> bool {
    PROCESSORS.iter().any(|(word, _)| *word == name)
}
