//! What the program knows before anybody taught it, and what it learns.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use domain::categorisation::CATEGORIES;
use domain::money::Currency;
use domain::rules::{Condition, Rule, RuleSet, Sign};
use insights::base::{self, Knowledge};
use insights::cascade::{ASKS_BELOW, Cascade};
use insights::file::{self, Signs};
use insights::linear::Linear;
use insights::packed::Packed;
use insights::row::{Row, Subject};
use insights::taught::Taught;
use insights::text::{folded, merchant};

fn subject(text: &str, minor: i64) -> Subject {
    Subject::of(&Row { text, minor, currency: "EUR", ..Row::default() })
}

fn answered(text: &str, minor: i64) -> (String, String) {
    let answer = Cascade::default().answer(&subject(text, minor), "EUR");
    (answer.category.to_owned(), answer.why.to_string())
}

#[test]
fn the_model_that_comes_with_the_program_is_the_one_its_lists_train() {
    let bundled = include_bytes!("../data/model.bin");
    assert!(base::train(|_| true).bytes() == bundled, "run `opl categorise train` and commit it");
    let read = Packed::read(bundled).unwrap();
    assert_eq!(read.bytes(), bundled);
    assert_eq!(read.labels(), CATEGORIES.len());
    assert!(bundled.len() <= 1_500_000, "{}", bundled.len());
    for end in [0, 12, 13, 1000, bundled.len() - 1] {
        assert!(Packed::read(&bundled[..end]).is_err(), "{end}");
    }
}

#[test]
fn names_people_in_finland_know_are_known() {
    let table = [
        ("KORTTIOSTO VERKKOKAUPPA.COM OYJ HELSINKI", "electronics"),
        ("Matkahuolto Oy Ab", "post_parcel"),
        ("ELISA OYJ", "telecom"),
        ("DNA Oyj", "telecom"),
        ("HSL MOBIILI HELSINKI FI", "public_transport"),
        ("ABC KERAVA", "fuel_charging"),
        ("K-MARKET ALPPILA", "groceries"),
        ("S-MARKET VALLILA 1234", "groceries"),
        ("PRISMA KANNELMAKI", "groceries"),
        ("LIDL SUOMI KY", "groceries"),
        ("Alko 0115 Helsinki", "alcohol_tobacco"),
        ("YLIOPISTON APTEEKKI", "health"),
        ("ICA SUPERMARKET VASASTAN", "groceries"),
        ("Systembolaget 0102", "alcohol_tobacco"),
        ("SL STOCKHOLM", "public_transport"),
        ("IKEA VANTAA", "home_diy"),
        ("NETFLIX.COM", "entertainment"),
        ("SPOTIFY AB P2A3B4", "entertainment"),
        ("PAYPAL *STEAM GAMES", "entertainment"),
        ("Veikkaus Oy", "gambling"),
        ("LähiTapiola", "insurance"),
        ("Vuokra 3/2026 Asunto Oy Esimerkki", "housing"),
        ("KATEISNOSTO OTTO.", "bank_fees_cash"),
        ("Traficom ajoneuvovero", "government"),
    ];
    for (text, wanted) in table {
        let (category, why) = answered(text, -1990);
        assert_eq!(category, wanted, "{text}: {why}");
    }
    assert_eq!(answered("PALKKA 03/2026", 250_000).0, "income");
    assert_eq!(answered("Lön mars", 250_000).0, "income");
    assert_eq!(answered("KELA LAPSILISÄ", 9_500).0, "income");
    // What comes back from a shop is no income.
    assert_eq!(answered("ZALANDO PALAUTUS", 4_990).0, "clothing");
}

#[test]
fn a_name_nobody_knows_is_asked_about() {
    let answer = Cascade::default().answer(&subject("Xyzqwk Vbnrt", -100), "EUR").confidence;
    assert!(answer < ASKS_BELOW, "{answer}");
}

#[test]
fn the_merchant_is_what_is_left_of_a_banks_text() {
    let table = [
        ("KORTTIOSTO 240315 K-MARKET ALPPILA HELSINKI FI", "k market alppila", None),
        ("PAYPAL *SPOTIFY 4029357733", "spotify", Some("PayPal")),
        ("SumUp  *Kahvila Aalto Oy", "kahvila aalto", Some("SumUp")),
        ("CARD PAYMENT TO TESCO STORES 3321,12.00 GBP", "tesco stores", None),
        ("1234 5678", "1234 5678", None),
        ("Fazer", "fazer", None),
    ];
    for (text, name, processor) in table {
        let found = merchant(&folded(text));
        assert_eq!((found.name.as_str(), found.processor), (name, processor), "{text}");
    }
}

#[test]
fn rules_are_asked_first_in_their_order_and_a_later_one_decides_unless_one_stops() {
    let holds = |words: &str| Condition::TextHolds { words: words.to_owned() };
    let rule = |name: &str, conditions, category: &str, stops| Rule {
        name: name.to_owned(),
        conditions,
        category: category.to_owned(),
        stops,
    };
    let within = Condition::AmountWithin { least: None, most: Some(1500), currency: Currency::EUR };
    let goes = Condition::Goes { sign: Sign::Outgoing };
    let set = RuleSet {
        version: 3,
        rules: vec![
            rule("kahvit", vec![holds("Kahvila ÄÄNI")], "restaurants", false),
            rule("pienet", vec![holds("kahvila"), within, goes], "groceries", true),
            rule("kaikki", vec![holds("kahvila")], "other", false),
        ],
    };
    let cascade = Cascade { rules: Some(&set), ..Cascade::default() };
    let ask = |text: &str, minor| {
        let answer = cascade.answer(&subject(text, minor), "EUR");
        (answer.category.to_owned(), answer.why.to_string())
    };
    let said = |category: &str, why: &str| (category.to_owned(), why.to_owned());
    assert_eq!(ask("Kahvila Ääni", -1200), said("groceries", "rule:pienet@3"));
    assert_eq!(ask("Kahvila Ääni", -1501), said("other", "rule:kaikki@3"));
    assert_eq!(ask("Lidl", -1200).1, "name:lidl@1");
}

#[test]
fn corrections_are_learnt_at_once_and_the_same_ones_make_the_same_state() {
    let taught = || {
        let mut learnt = Taught::of_taxonomy();
        let category =
            |name: &str| CATEGORIES.iter().position(|(known, _)| *known == name).unwrap();
        for (text, name) in [
            ("Toiminimi Virtanen", "beauty"),
            ("Kyläkauppa Ranta", "groceries"),
            ("Lidl", "restaurants"),
        ] {
            learnt.learn(&subject(text, -2500), category(name));
        }
        learnt
    };
    let learnt = taught();
    assert!(learnt.bytes() == taught().bytes());
    let nothing = Taught::of_taxonomy();
    assert!(learnt.bytes() != nothing.bytes());
    let cascade = Cascade { taught: Some(&learnt), ..Cascade::default() };
    let ask = |text: &str| cascade.answer(&subject(text, -900), "EUR");
    assert_eq!(ask("TOIMINIMI VIRTANEN HELSINKI").category, "beauty");
    assert_eq!(ask("LIDL").category, "restaurants");
    assert_eq!(ask("ALKO").category, "alcohol_tobacco");
}

#[test]
fn an_account_may_mean_something_else_and_the_newest_word_counts() {
    let mut taught = Taught::of_taxonomy();
    let place = |name: &str| CATEGORIES.iter().position(|(known, _)| *known == name).unwrap();
    let on = |account: &str| Subject {
        account: Some(account.to_owned()),
        ..subject("Toimisto Laine", -4_000)
    };
    let says = |taught: &Taught, account: &str| {
        let chances = taught.says(&on(account)).chances;
        CATEGORIES[insights::linear::best(&chances).0].0
    };
    for _ in 0..3 {
        taught.learn(&on("own"), place("books_toys_stationery"));
        taught.learn(&on("firm"), place("professional_services"));
    }
    assert_eq!(says(&taught, "own"), "books_toys_stationery");
    assert_eq!(says(&taught, "firm"), "professional_services");
    taught.learn(&on("firm"), place("education"));
    taught.learn(&on("firm"), place("education"));
    assert_eq!(says(&taught, "firm"), "education");
    assert_eq!(says(&taught, "own"), "books_toys_stationery");
}

#[test]
fn a_person_s_model_stays_within_two_megabytes_whatever_they_correct() {
    const LABELS: usize = 136;
    const CORRECTIONS: usize = 2_000;
    let mut taught = Taught::new((0..LABELS).map(|label| format!("label {label}")).collect());
    let mut drawn = 1_u64;
    let mut letter = || {
        drawn =
            drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((drawn >> 33) % 26).unwrap())
    };
    for correction in 0..CORRECTIONS {
        // No two payees share a word, so that as much is remembered as can be.
        let text: String = (0..3)
            .flat_map(|_| (0..9).map(|_| letter()).chain([' ']).collect::<Vec<_>>())
            .collect();
        let minor = -(i64::try_from(correction).unwrap() * 137 + 100);
        let account = Some(format!("account {}", correction % 7));
        taught.learn(&Subject { account, ..subject(&text, minor) }, correction * 31 % LABELS);
    }
    let size = taught.size();
    // Of 8,192 buckets nearly every one is in use: it could hardly be more.
    assert!((1_300_000..=2_000_000).contains(&size), "{size} bytes");
}

#[test]
fn a_packed_model_is_read_as_it_was_written_however_full_its_buckets_are() {
    let mut model = Linear::new(4, 10);
    let chances = [0.1_f32; 10];
    for bucket in 0..9_u32 {
        let features = [(bucket << 28, 1.0)];
        // From no label at all to all of them: those that are pulled less than this learn nothing.
        let least = if bucket % 3 == 0 { 0.5 } else { 0.0 };
        model.learn(&features, (bucket as usize) % 10, &chances, (1.0, 0.3), least);
    }
    let packed = Packed::of(&model, 3, 0.0);
    let bytes = packed.bytes();
    assert_eq!(Packed::read(&bytes), Ok(packed));
    for end in 0..bytes.len() {
        assert!(Packed::read(&bytes[..end]).is_err(), "{end}");
    }
}

const LABELLED: &str = "date,amount,currency,text,category\n\
    2026-01-02,-4.50,EUR,Kioski Kulma,restaurants\n\
    2026-01-03,-9.00,EUR,Autopaikka Oy,parking\n\
    2026-01-04,x,EUR,Kioski Kulma,restaurants\n\
    2026-01-05,-9.00,EUR,Autopaikka Oy,parking\n";

#[test]
fn a_file_comes_back_row_by_row_and_bad_lines_are_named() {
    let mut bad = Vec::new();
    let open = || Ok(LABELLED.as_bytes());
    let learnt = file::learn(open, Signs::Shown, None, |line, _| bad.push(line)).unwrap();
    assert_eq!(bad, [4]);
    let cascade = Cascade { learnt: Some(&learnt), ..Cascade::default() };
    let rows = "date;amount;currency;text\n01.02.2026;-4,50;EUR;KIOSKI KULMA\n\
        02.02.2026;;EUR;Lidl\n03.02.2026;-8,00;EUR;\"Autopaikka; Oy\"\n";
    let mut target = Vec::new();
    let mut bad = Vec::new();
    let named = |line, fault: insights::statement::BadRow| bad.push((line, fault.to_string()));
    let report =
        file::categorise(rows.as_bytes(), &mut target, &cascade, Signs::Shown, named).unwrap();
    assert_eq!((report.answered, report.bad, report.spent_is_positive), (2, 1, false));
    let text = String::from_utf8(target).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "date;amount;currency;text;category;confidence;why");
    assert!(
        lines[1].starts_with("01.02.2026;-4,50;EUR;KIOSKI KULMA;restaurants;0."),
        "{}",
        lines[1]
    );
    assert!(lines[1].ends_with(";before:kioski kulma"), "{}", lines[1]);
    assert!(lines[2].starts_with("02.02.2026;;EUR;Lidl;;;unread: the amount"), "{}", lines[2]);
    assert!(lines[3].contains("\"Autopaikka; Oy\";parking;0."), "{}", lines[3]);
    assert_eq!(bad, [(3, "the amount is not a number with at most two decimals".to_owned())]);
}

#[test]
fn a_card_statement_that_writes_purchases_without_a_sign_is_seen() {
    let rows = "date,amount,currency,text\n2026-01-02,4.50,EUR,Palkkakahvila\n\
        2026-01-03,12.00,EUR,Lidl\n2026-01-04,9,EUR,Alko\n2026-01-05,-3,EUR,Lidl\n";
    let mut target = Vec::new();
    let cascade = Cascade::default();
    let report = file::categorise(rows.as_bytes(), &mut target, &cascade, Signs::Shown, |_, _| {});
    assert!(report.unwrap().spent_is_positive);
    let report =
        file::categorise(rows.as_bytes(), &mut target, &cascade, Signs::SpentNegative, |_, _| {});
    assert!(!report.unwrap().spent_is_positive);
}

#[test]
fn files_that_are_no_statements_are_refused_with_the_reason() {
    let cascade = Cascade::default();
    let refuse = |rows: &str| {
        let mut target = Vec::new();
        let done =
            file::categorise(rows.as_bytes(), &mut target, &cascade, Signs::Shown, |_, _| {});
        done.unwrap_err().to_string()
    };
    assert!(refuse("").contains("empty"));
    assert!(refuse("a,b\n1,2\n").contains("no column for the text"));
    let unlabelled =
        file::learn(|| Ok("date,amount,text\n".as_bytes()), Signs::Shown, None, |_, _| {});
    assert!(unlabelled.unwrap_err().to_string().contains("no row has a category"));
}

#[test]
fn knowledge_is_there() {
    assert_eq!(Knowledge::bundled().model.version(), base::MODEL_VERSION);
}
