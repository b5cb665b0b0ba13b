//! Files as banks make them, read: exact amounts, days, references, balances; and what is broken is
//! named by its line.

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, ObservedTransaction, RowState};
use opl_formats::{
    AccountStatement, BalanceCheck, Broken, Format, Hints, Mapping, Problem, Reading, detect, read,
};

fn sample(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    std::fs::read(folder.join(name)).expect("a sample")
}

fn in_euros() -> Hints {
    Hints { currency: Some(Currency::EUR), mapping: None }
}

fn reading(name: &str) -> Reading {
    read(&sample(name), &Hints::default()).unwrap_or_else(|broken| panic!("{name}: {broken}"))
}

/// The one account of a file.
fn account(reading: &Reading) -> AccountStatement {
    let mut accounts = reading.file.accounts();
    assert_eq!(accounts.len(), 1);
    accounts.remove(0)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn minor(statement: &AccountStatement) -> Vec<i64> {
    statement.rows.iter().map(|row| row.observed.amount.minor).collect()
}

fn row(statement: &AccountStatement, minor: i64) -> &ObservedTransaction {
    let found = statement.rows.iter().find(|row| row.observed.amount.minor == minor);
    &found.expect("a row of this amount").observed
}

#[test]
fn camt_053_says_the_same_in_each_of_its_versions() {
    let mut said = Vec::new();
    for version in ["02", "04", "08"] {
        let reading = reading(&format!("camt053.{version}.xml"));
        assert_eq!(reading.file.format, Format::Camt053);
        let statement = account(&reading);
        assert_eq!(statement.account.identifier.as_deref(), Some("FI2112345600000785"));
        assert_eq!(statement.account.servicer.as_deref(), Some("NDEAFIHH"));
        assert_eq!(statement.check, BalanceCheck::Holds);
        assert_eq!(
            (statement.from, statement.to),
            (Some(day("2026-01-01")), Some(day("2026-01-31")))
        );
        assert_eq!(statement.available.as_ref().map(|one| one.amount.minor), Some(370_000));
        said.push(statement);
    }
    assert_eq!(said[0], said[1], "version 2 and 4");
    assert_eq!(said[1], said[2], "version 4 and 8");
    let card = row(&said[2], -2590);
    assert_eq!(card.counterparty.as_deref(), Some("Kahvila & Kukka Oy"));
    assert_eq!(card.text, "Korttiosto Tukholma");
    assert_eq!(
        card.original_amount.map(|money| (money.minor, money.currency.to_string())),
        Some((-29_000, "SEK".to_owned()))
    );
    assert_eq!(card.bank_type.as_deref(), Some("PMNT-CCRD-POSD"));
    assert_eq!(card.bank_reference.as_deref(), Some("20260105-0001"));
    assert_eq!(card.amount_text, "25.90", "as it was written");
    let salary = row(&said[2], 300_000);
    assert_eq!(salary.counterparty_identifier.as_deref(), Some("FI1410093000123458"));
    assert_eq!(salary.reference.as_deref(), Some("RF18539007547034"));
    assert_eq!(salary.value_date, Some(day("2026-01-16")));
    assert!(salary.unmapped.as_deref().is_some_and(|rest| rest.contains("SALARY-01")));
    let batch = row(&said[2], -71_000);
    assert_eq!(
        (batch.text.as_str(), batch.booking_date),
        ("Two payments of one batch", day("2026-01-30"))
    );
}

#[test]
fn a_report_of_the_day_tells_booked_from_pending() {
    let reading = reading("camt052.06.xml");
    assert_eq!(reading.file.format, Format::Camt052);
    let statement = account(&reading);
    assert_eq!(minor(&statement), [-1000, -750]);
    assert_eq!(statement.rows[1].observed.state, RowState::Pending);
    assert_eq!(statement.check, BalanceCheck::NotGiven, "no opening balance");
}

#[test]
fn mt940_is_read_with_each_dialect_of_field_86() {
    let statement = account(&reading("mt940.sta"));
    assert_eq!(statement.account.identifier.as_deref(), Some("FI2112345600000785"));
    assert_eq!(minor(&statement), [-2590, 300_000, -71_000]);
    assert_eq!(statement.check, BalanceCheck::Holds);
    let card = row(&statement, -2590);
    assert_eq!(
        (card.text.as_str(), card.counterparty.as_deref()),
        ("Korttiosto Tukholma", Some("Kahvila und Kukka"))
    );
    assert_eq!(card.bank_reference.as_deref(), Some("20260105-0001"));
    let salary = row(&statement, 300_000);
    assert_eq!(
        (salary.booking_date, salary.value_date),
        (day("2026-01-15"), Some(day("2026-01-16")))
    );
    assert_eq!(salary.text, "January salary");
    assert_eq!(row(&statement, -71_000).text, "Two payments of one batch");
}

#[test]
fn ofx_is_read_as_sgml_and_as_xml() {
    let statement = account(&reading("ofx1.ofx"));
    assert_eq!(minor(&statement), [-2590, 300_000, -71_000]);
    assert_eq!(statement.closing.as_ref().map(|one| one.amount.minor), Some(376_410));
    let card = row(&statement, -2590);
    assert_eq!(card.bank_identifier.as_deref(), Some("F-1"));
    assert_eq!(card.counterparty.as_deref(), Some("Kahvila & Kukka Oy"));
    assert_eq!(row(&statement, 300_000).text, "", "a value that was left empty takes nothing in");
    let card = account(&reading("ofx2.ofx"));
    assert_eq!(card.account.kind, AccountKind::Card);
    assert_eq!(row(&card, -1200).counterparty.as_deref(), Some("Kino"));
}

#[test]
fn qif_needs_a_currency_and_tells_how_it_read_days() {
    let broken = read(&sample("quicken.qif"), &Hints::default()).expect_err("no currency");
    assert_eq!(broken.problem, Problem::NoCurrency);
    let reading = read(&sample("quicken.qif"), &in_euros()).expect("a file");
    let statement = account(&reading);
    assert_eq!(minor(&statement), [-2590, 300_000]);
    assert_eq!(statement.opening.as_ref().map(|one| one.amount.minor), Some(150_000));
    assert_eq!(statement.rows[0].observed.booking_date, day("2026-01-05"));
    assert!(reading.mapping.is_some_and(|mapping| mapping.to_toml().contains("mdy")));
    let ambiguous = b"!Type:Bank\nD01/02/2026\nT1.00\n^\n";
    let broken = read(ambiguous, &in_euros()).expect_err("two ways");
    assert_eq!(broken, Broken { line: 2, problem: Problem::DateOrder });
}

#[test]
fn tables_of_nordic_banks_are_read_without_being_told() {
    // Name, rows, closing balance, check.
    let holds = BalanceCheck::Holds;
    let table: [(&str, &[i64], Option<i64>, BalanceCheck); 8] = [
        ("op.csv", &[-2590, 300_000], None, BalanceCheck::NotGiven),
        ("nordea-fi.csv", &[-71_000, 300_000, -2590], Some(376_410), holds),
        ("s-pankki.csv", &[-2590, 300_000], None, BalanceCheck::NotGiven),
        ("danske-fi.csv", &[-2590, 300_000, -1200], Some(447_410), holds),
        ("handelsbanken-se.csv", &[3_000_000, -25_900], Some(4_574_100), holds),
        ("swedbank-se.csv", &[3_000_000, -25_900], Some(4_574_100), holds),
        ("dnb-no.csv", &[-710_000, 3_000_000], None, BalanceCheck::NotGiven),
        ("revolut.csv", &[-2590, 10_000], Some(57_410), holds),
    ];
    for (name, amounts, closing, check) in table {
        let reading = read(&sample(name), &in_euros());
        let reading = reading.unwrap_or_else(|broken| panic!("{name}: {broken}"));
        let statement = account(&reading);
        assert_eq!(minor(&statement), amounts, "{name}");
        assert_eq!(statement.closing.as_ref().map(|one| one.amount.minor), closing, "{name}");
        assert_eq!(statement.check, check, "{name}");
    }
}

#[test]
fn columns_are_taken_for_what_they_hold() {
    let statement = account(&reading("op.csv"));
    let salary = row(&statement, 300_000);
    assert_eq!(salary.counterparty.as_deref(), Some("TYÖNANTAJA OY"));
    assert_eq!(salary.counterparty_identifier.as_deref(), Some("FI1410093000123458"));
    assert_eq!(salary.reference.as_deref(), Some("00000000012344"));
    assert_eq!(salary.bank_reference.as_deref(), Some("20260115/593619/000002"));
    assert_eq!(salary.amount_text, "+3000,00");
    assert!(row(&statement, -2590).unmapped.is_some(), "the number of the kind is kept");
    let hints = in_euros();
    let statement = account(&read(&sample("danske-fi.csv"), &hints).expect("a file"));
    assert_eq!(row(&statement, -1200).state, RowState::Pending);
    let statement = account(&read(&sample("s-pankki.csv"), &hints).expect("a file"));
    assert_eq!(row(&statement, -2590).counterparty.as_deref(), Some("KAHVILA"));
    assert_eq!(row(&statement, 300_000).counterparty.as_deref(), Some("TYÖNANTAJA OY"));
    assert_eq!(row(&statement, -2590).payment_date, Some(day("2026-01-04")));
}

#[test]
fn a_table_without_a_heading_is_read_by_what_stands_in_it() {
    let reading = read(&sample("bare.csv"), &in_euros()).expect("a file");
    let statement = account(&reading);
    assert_eq!(minor(&statement), [-71_000, 300_000]);
    assert_eq!(row(&statement, -71_000).text, "Rent");
    assert_eq!(row(&statement, 300_000).booking_date, day("2026-01-15"));
}

#[test]
fn a_mapping_that_is_kept_reads_the_same() {
    for name in ["op.csv", "handelsbanken-se.csv", "dnb-no.csv", "bare.csv"] {
        let first = read(&sample(name), &in_euros()).expect("a file");
        let kept = first.mapping.clone().expect("a mapping").to_toml();
        let mapping = Mapping::from_toml(&kept).unwrap_or_else(|broken| panic!("{broken}\n{kept}"));
        let again = read(&sample(name), &Hints { mapping: Some(mapping), currency: None });
        assert_eq!(again.expect("a file"), first, "{name}");
    }
    let broken = Mapping::from_toml("delimiter = \";\"\nnonsense = 1\n").expect_err("refused");
    assert_eq!(broken, Broken { line: 2, problem: Problem::Mapping });
}

#[test]
fn a_person_may_say_what_the_file_does_not() {
    let text = "a,b,c\n01/02/2026,x,5.00\n03/04/2026,y,-1.50\n";
    let broken = read(text.as_bytes(), &in_euros()).expect_err("two ways");
    assert_eq!(broken.problem, Problem::DateOrder);
    let mapping =
        "dates = \"mdy\"\ninverted = true\n[columns]\nbooking_date = [\"A\"]\namount = [3]\n";
    let hints =
        Hints { mapping: Some(Mapping::from_toml(mapping).expect("a mapping")), ..in_euros() };
    let statement = account(&read(text.as_bytes(), &hints).expect("a file"));
    assert_eq!(minor(&statement), [-500, 150]);
    assert_eq!(statement.rows[1].observed.booking_date, day("2026-03-04"));
}

/// What a change makes of a sample.
fn broken(name: &str, from: &str, to: &str) -> Broken {
    let text = String::from_utf8(sample(name)).expect("text");
    assert!(text.contains(from), "{name} has {from}");
    // A tag is changed at both its ends, anything else once.
    let times = if from.ends_with("Stmt>") { 2 } else { 1 };
    let changed = text.replacen(from, to, times);
    read(changed.as_bytes(), &in_euros()).expect_err("refused")
}

#[test]
fn what_is_broken_is_named_by_its_line() {
    use domain::money::MoneyError;
    let table = [
        ("camt053.08.xml", ">25.90<", ">25.9x<", 20, Problem::Amount(MoneyError::NotDecimal)),
        ("camt053.08.xml", ">25.90<", ">25.905<", 20, Problem::Amount(MoneyError::Decimals)),
        ("camt053.08.xml", "<CdtDbtInd>DBIT", "<CdtDbtInd>DBET", 19, Problem::Direction),
        ("camt053.08.xml", "<Dt>2026-01-05<", "<Dt>2026-01-32<", 21, Problem::Date),
        ("camt053.08.xml", "</Ntry>", "</Ntri>", 30, Problem::Xml),
        ("camt053.08.xml", "Ccy=\"EUR\">25.90", "Ccy=\"SEK\">25.90", 20, Problem::OtherCurrency),
        ("camt053.08.xml", "BkToCstmrStmt>", "BkToCstmrDbtCdtNtfctn>", 3, Problem::UnknownVersion),
        ("mt940.sta", "DR25,90", "DR25.90", 6, Problem::Amount(MoneyError::NotDecimal)),
        ("mt940.sta", ":62F:", ":99F:", 0, Problem::CutShort),
        ("ofx1.ofx", "<TRNAMT>-25.90", "<TRNAMT>abc", 16, Problem::Amount(MoneyError::NotDecimal)),
        ("ofx1.ofx", "<FITID>F-2", "", 17, Problem::Missing("FITID")),
        ("quicken.qif", "^\nD01/15/2026", "^\nD01/35/2026", 0, Problem::Date),
        ("op.csv", "-25,90", "-25,9O", 2, Problem::Amount(MoneyError::NotDecimal)),
        ("op.csv", "\"2026-01-15\";", "\"15.1.26 \";", 3, Problem::Date),
    ];
    for (name, from, to, line, problem) in table {
        let broken = broken(name, from, to);
        assert_eq!(broken.problem, problem, "{name} {to}: {broken}");
        if line > 0 {
            assert_eq!(broken.line, line, "{name} {to}: {broken}");
        }
        assert!(!broken.to_string().contains("25.9"), "{broken} shows no content");
    }
    let cut = sample("camt053.08.xml");
    let cut = read(&cut[..cut.len() / 2], &Hints::default()).expect_err("cut");
    assert!(matches!(cut.problem, Problem::CutShort | Problem::Xml), "{cut}");
    let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><Document><BkToCstmrStmt/></Document>";
    let broken = read(bomb.as_bytes(), &Hints::default()).expect_err("refused");
    assert_eq!(broken.problem, Problem::DocumentType);
    assert_eq!(read(b" \n", &Hints::default()).expect_err("empty").problem, Problem::Empty);
}

#[test]
fn a_file_whose_balances_do_not_agree_says_by_how_much() {
    let text = String::from_utf8(sample("camt053.08.xml")).expect("text");
    let changed = text.replace(">3764.10<", ">3764.11<");
    let reading = read(changed.as_bytes(), &Hints::default()).expect("a file");
    let difference = Money::new(1, Currency::EUR);
    assert_eq!(account(&reading).check, BalanceCheck::Breaks { difference, line: 5 });
}

#[test]
fn statements_of_one_account_follow_on_each_other() {
    let text = String::from_utf8(sample("mt940.sta")).expect("text");
    let next = ":20:NEXT\r\n:25:FI2112345600000785EUR\r\n:28C:2\r\n:60F:C260131EUR3764,10\r\n\
                :61:2602020202D10,00NMSCNONREF\r\n:86:Coffee\r\n:62F:C260202EUR3754,10\r\n-\r\n";
    let both = format!("{next}{text}");
    let statement = account(&read(both.as_bytes(), &Hints::default()).expect("a file"));
    assert_eq!(minor(&statement), [-2590, 300_000, -71_000, -1000], "oldest first");
    assert_eq!(statement.check, BalanceCheck::Holds);
    let gap = both
        .replace("60F:C260131EUR3764,10", "60F:C260131EUR3700,00")
        .replace("3754,10", "3690,00");
    let statement = account(&read(gap.as_bytes(), &Hints::default()).expect("a file"));
    assert!(
        matches!(statement.check, BalanceCheck::Breaks { line: 1, .. }),
        "{:?}",
        statement.check
    );
}

#[test]
fn formats_are_told_apart() {
    let table = [
        ("camt053.02.xml", Format::Camt053),
        ("camt052.06.xml", Format::Camt052),
        ("mt940.sta", Format::Mt940),
        ("ofx1.ofx", Format::Ofx),
        ("ofx2.ofx", Format::Ofx),
        ("quicken.qif", Format::Qif),
        ("dnb-no.csv", Format::Csv),
    ];
    for (name, format) in table {
        assert_eq!(detect(&sample(name)), Ok(format), "{name}");
    }
}
