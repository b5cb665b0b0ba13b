//! Books as files: read back by our own parser, and accepted or refused by programs of others.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use domain::observed::AccountKind;
use opl_formats::write::{BookAccount, BookMonth, BookRow, beancount, camt, hledger, ofx, table};
use opl_formats::{BalanceCheck, Hints, Mapping, read};

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn account(identifier: &str, currency: &str, opening: i64) -> BookAccount {
    let currency = Currency::parse(currency).expect("a currency");
    BookAccount {
        identifier: identifier.to_owned(),
        name: "Käyttö \"tili\"; & <co>".to_owned(),
        kind: AccountKind::Current,
        currency,
        owner: Some("Esimerkki Erkki".to_owned()),
        servicer: Some("NDEAFIHH".to_owned()),
        bank: "op".to_owned(),
        opening: Money::new(opening, currency),
    }
}

fn row(id: u8, account: usize, on: &str, amount: Money, text: &str, category: &str) -> BookRow {
    BookRow {
        id: format!("{id:032x}"),
        account,
        day: day(on),
        value_date: Some(day(on)),
        amount,
        counterparty: id.is_multiple_of(2).then(|| "Kahvila & Kukka; \"Oy\" | (x) \\".to_owned()),
        counterparty_identifier: id.is_multiple_of(3).then(|| "FI1410093000123458".to_owned()),
        text: text.to_owned(),
        reference: (!id.is_multiple_of(2)).then(|| "RF18539007547034".to_owned()),
        bank_reference: Some(format!("20260105-{id}")),
        bank_type: Some("710".to_owned()),
        parts: vec![(category.to_owned(), amount)],
    }
}

/// Two months of two accounts, with a split, a transfer and text that would break a journal.
fn book() -> (Vec<BookAccount>, Vec<BookMonth>) {
    let kronor = |minor| Money::new(minor, Currency::parse("SEK").expect("a currency"));
    let accounts =
        vec![account("FI2112345600000785", "EUR", 150_000), account("4920 ** 1234", "SEK", -5_000)];
    let mut split = row(2, 0, "2026-01-15", euros(-71_000), "* (1) ; = 5 \"tricky\"", "housing");
    split.parts =
        vec![("housing".to_owned(), euros(-70_000)), ("groceries".to_owned(), euros(-1_000))];
    let january = BookMonth {
        first: day("2026-01-01"),
        rows: vec![
            row(1, 0, "2026-01-05", euros(-2_590), "Korttiosto\nTukholma", "restaurants"),
            split,
            row(3, 0, "2026-01-15", euros(300_000), "Palkka", "salary"),
            row(4, 1, "2026-01-20", kronor(-29_000), "", "uncategorised"),
        ],
        opening: vec![euros(150_000), kronor(-5_000)],
        closing: vec![euros(376_410), kronor(-34_000)],
    };
    let february = BookMonth {
        first: day("2026-02-01"),
        rows: vec![
            row(5, 0, "2026-02-02", euros(-34_000), "=HYPERLINK(1)", "transfers_own"),
            row(6, 1, "2026-02-02", kronor(34_000), "Own transfer", "transfers_own"),
            row(7, 0, "2026-02-28", euros(0), "Nothing", "other"),
        ],
        opening: january.closing.clone(),
        closing: vec![euros(342_410), kronor(0)],
    };
    (accounts, vec![january, february])
}

/// A directory of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a directory");
    path
}

/// A program of somebody else's: on the path, or where `tools/setup.sh` puts those of Python.
/// Without it the test says that it was skipped.
fn program(name: &str) -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin").join(name);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|path| path.join(name));
    let found = [python].into_iter().chain(found).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed; tools/setup.sh test installs it");
    }
    found
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().expect("a program")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_statement_we_write_says_the_same_when_we_read_it() {
    let (accounts, months) = book();
    for month in &months {
        for at in 0..accounts.len() {
            let text = camt::statement(&accounts, at, month).expect("rows in this month");
            let reading = read(text.as_bytes(), &Hints::default());
            let reading = reading.unwrap_or_else(|broken| panic!("{broken}\n{text}"));
            let statement = reading.file.accounts().remove(0);
            assert_eq!(statement.check, BalanceCheck::Holds);
            let ours: Vec<&BookRow> = month.rows.iter().filter(|row| row.account == at).collect();
            assert_eq!(statement.rows.len(), ours.len());
            for (read, ours) in statement.rows.iter().zip(ours) {
                let read = &read.observed;
                assert_eq!((read.amount, read.booking_date), (ours.amount, ours.day));
                assert_eq!(read.value_date, ours.value_date);
                assert_eq!(read.bank_reference, ours.bank_reference);
                assert_eq!(read.reference, ours.reference);
                assert_eq!(read.counterparty, ours.counterparty);
                assert_eq!(read.counterparty_identifier, ours.counterparty_identifier);
                assert_eq!(read.bank_type, ours.bank_type);
                assert_eq!(read.text, ours.text.replace('\n', " "));
            }
        }
    }
}

#[test]
fn a_statement_we_write_fits_the_published_schema() {
    let Some(validate) = program("xmlschema-validate") else { return };
    let packages = validate.parent().and_then(Path::parent).expect("a prefix").join("lib");
    let schema = find(&packages, "camt.053.001.08.xsd", 8).expect("the schema beside its package");
    let schema = schema.to_string_lossy().into_owned();
    let folder = folder("camt");
    let (accounts, months) = book();
    let mut arguments = vec!["--schema".to_owned(), schema];
    for month in &months {
        for at in 0..accounts.len() {
            let file = folder.join(format!("{}-{at}.xml", month.name()));
            let text = camt::statement(&accounts, at, month).expect("rows");
            std::fs::write(&file, &text).expect("written");
            arguments.push(file.to_string_lossy().into_owned());
        }
    }
    let given = |arguments: &[String]| {
        run(&validate, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let output = given(&arguments);
    assert!(output.status.success(), "{}", said(&output));
    let last = arguments.pop().expect("a file");
    let text = std::fs::read_to_string(&last).expect("text");
    let wrong = text.replacen("<Cd>OPBD</Cd>", "<Cd>OPENING</Cd>", 1);
    assert_ne!(wrong, text);
    std::fs::write(&last, wrong).expect("written");
    let output = given(&[arguments[0].clone(), arguments[1].clone(), last]);
    assert!(!output.status.success(), "the schema refuses what is not in it");
}

/// A file of a name, at most so many folders down.
fn find(folder: &Path, name: &str, depth: u32) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_file() && entry.file_name() == name {
            return Some(path);
        }
        if depth > 0
            && path.is_dir()
            && let Some(found) = find(&path, name, depth - 1)
        {
            return Some(found);
        }
    }
    None
}

#[test]
fn hledger_accepts_the_journal_agrees_with_its_balances_and_refuses_a_changed_cent() {
    let Some(hledger) = program("hledger") else { return };
    let (accounts, months) = book();
    let folder = folder("hledger");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("main.journal", &hledger::main(&accounts, &months));
    for month in &months {
        write(&format!("{}.journal", month.name()), &hledger::month(&accounts, month));
    }
    let main = folder.join("main.journal").to_string_lossy().into_owned();
    let check = ["-f", &main, "check", "--strict", "ordereddates"];
    let output = run(&hledger, &check);
    assert!(output.status.success(), "{}", said(&output));
    let output = run(&hledger, &["-f", &main, "balance", "assets", "-O", "csv", "--layout=bare"]);
    let told = said(&output);
    assert!(told.contains("fi2112345600000785") && told.contains("3424.10"), "{told}");
    let january = hledger::month(&accounts, &months[0]);
    // Both sides of a transaction by a cent: only the assertion can tell.
    let changed =
        january.replacen("-25.90 EUR", "-25.91 EUR", 1).replacen("  25.90 EUR", "  25.91 EUR", 1);
    assert_ne!(changed, january);
    write("2026-01.journal", &changed);
    let output = run(&hledger, &check);
    assert!(!output.status.success() && said(&output).contains("3764.10"), "{}", said(&output));
}

#[test]
fn beancount_accepts_the_ledger_agrees_with_its_balances_and_refuses_a_changed_cent() {
    let Some(check) = program("bean-check") else { return };
    let (accounts, months) = book();
    let folder = folder("beancount");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("main.beancount", &beancount::main(&accounts, &months));
    for month in &months {
        write(&format!("{}.beancount", month.name()), &beancount::month(&accounts, month));
    }
    let main = folder.join("main.beancount").to_string_lossy().into_owned();
    let output = run(&check, &[&main]);
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    let january = beancount::month(&accounts, &months[0]);
    let changed =
        january.replacen("-25.90 EUR", "-25.91 EUR", 1).replacen("  25.90 EUR", "  25.91 EUR", 1);
    assert_ne!(changed, january);
    write("2026-01.beancount", &changed);
    let output = run(&check, &[&main]);
    assert!(!output.status.success() && said(&output).contains("3764.10"), "{}", said(&output));
}

#[test]
fn a_table_we_write_is_read_by_its_headings_and_starts_no_formula() {
    let (accounts, months) = book();
    let bytes = table::month(&accounts, &months[1]);
    let text = String::from_utf8(bytes.clone()).expect("text");
    assert!(text.contains(",'=HYPERLINK(1),"), "{text}");
    let mapping = "decimal = \"point\"\ndates = \"ymd\"\n[columns]\nbooking_date = [\"date\"]\n\
        amount = [\"amount\"]\ncurrency = [\"currency\"]\naccount = [\"account\"]\n\
        text = [\"text\"]\nbank_reference = [\"bank_reference\"]\n";
    let mapping = Mapping::from_toml(mapping).expect("a mapping");
    let hints = Hints { mapping: Some(mapping), currency: None };
    let read = read(&bytes, &hints).expect("a table").file.accounts();
    let sums: Vec<i64> = read
        .iter()
        .map(|account| account.rows.iter().map(|row| row.observed.amount.minor).sum())
        .collect();
    assert_eq!(sums, [-34_000, 34_000]);
}

#[test]
fn an_exchange_file_we_write_is_read_back_whole() {
    let (accounts, months) = book();
    let mut rows = 0;
    for month in &months {
        for (at, account) in accounts.iter().enumerate() {
            let text = ofx::statement(&accounts, at, month).expect("rows");
            let file = read(text.as_bytes(), &Hints::default()).expect("a statement").file;
            let [statement] = &file.statements[..] else { panic!("one statement") };
            let known = account.identifier.replace(' ', "");
            let number = statement.account.identifier.as_deref().map(|text| text.replace(' ', ""));
            assert_eq!(number.as_deref(), Some(&*known));
            assert_eq!(statement.currency, account.currency);
            let closing = statement.closing.as_ref().expect("a balance");
            assert_eq!(closing.amount, month.closing[at]);
            let written: Vec<&BookRow> =
                month.rows.iter().filter(|row| row.account == at).collect();
            assert_eq!(statement.rows.len(), written.len());
            for (ours, theirs) in written.iter().zip(&statement.rows) {
                let observed = &theirs.observed;
                assert_eq!((observed.amount, observed.booking_date), (ours.amount, ours.day));
                assert_eq!(observed.value_date, ours.value_date);
                assert_eq!(observed.bank_identifier.as_deref(), Some(&*ours.id));
                assert_eq!(observed.counterparty, ours.counterparty);
                assert_eq!(observed.reference, ours.reference);
                rows += 1;
            }
        }
    }
    assert!(rows > 4);
}

#[test]
fn a_card_is_a_card_and_a_long_name_is_said_whole_beside_its_beginning() {
    let (mut accounts, mut months) = book();
    accounts[1].kind = AccountKind::Card;
    let long = "A name that goes on for more than thirty-two characters";
    let row = months[0].rows.iter_mut().find(|row| row.account == 1).expect("a row");
    row.counterparty = Some(long.to_owned());
    let text = ofx::statement(&accounts, 1, &months[0]).expect("rows");
    assert!(text.contains("<CCACCTFROM>") && !text.contains("BANKACCTFROM"), "{text}");
    assert!(text.contains(&format!("<EXTDNAME>{long}</EXTDNAME>")), "{text}");
    let file = read(text.as_bytes(), &Hints::default()).expect("a statement").file;
    assert_eq!(file.statements[0].account.kind, AccountKind::Card);
}
