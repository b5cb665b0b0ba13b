//! Every abuse and every fault this service is meant to stand, and which test shows it. The table is
//! printed; each test that it names is looked for in the sources, so no row can claim one that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

mod abuses;
mod faults;
mod standards;

/// How a case is shown.
pub enum Shown {
    /// By tests: `file::function`.
    By(&'static [&'static str]),
    /// It cannot happen here, and why.
    Never(&'static str),
}

/// A case: its number, what happens, and how it is shown.
pub type Case = (&'static str, &'static str, Shown);

/// The functions with a test's mark in a file.
fn tests_of(path: &Path) -> BTreeSet<String> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = BTreeSet::new();
    let mut marked = false;
    for line in lines {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        }
        let name = line.trim_start_matches("async ").strip_prefix("fn ");
        if let Some(name) = name.and_then(|rest| rest.split(['(', '<']).next()) {
            if marked {
                found.insert(name.to_owned());
            }
            marked = false;
        }
        // A page's test is named by its title.
        for call in ["it('", "test('"] {
            let title = line.split(call).nth(1).and_then(|rest| rest.split('\'').next());
            found.extend(title.filter(|_| line.starts_with(call)).map(str::to_owned));
        }
    }
    found
}

/// The tests of the files that were looked at.
#[derive(Default)]
struct Known(BTreeMap<&'static str, BTreeSet<String>>);

impl Known {
    fn must_hold(&mut self, case: &str, tests: &'static [&'static str]) {
        assert!(!tests.is_empty(), "{case} names no test");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for test in tests {
            let (file, name) = test.split_once("::").expect("file::function");
            let there = self.0.entry(file).or_insert_with(|| tests_of(&root.join(file)));
            assert!(there.contains(name), "{case}: there is no test `{name}` in {file}");
        }
    }
}

/// What a bank may do is shown at every standard, each cell by tests that exist or with a reason.
#[test]
fn every_case_of_a_bank_has_a_cell_for_every_standard() {
    let mut known = Known::default();
    let expected: Vec<String> =
        (14..=22).chain(47..=77).map(|number| format!("N{number:02}")).collect();
    let named: Vec<String> = standards::ROWS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(named, expected, "every number once and in order");
    let (mut by_test, mut never) = (0, 0);
    for (id, cells) in &standards::ROWS {
        for (standard, shown) in standards::STANDARDS.iter().zip(cells) {
            let told = match shown {
                Shown::By(tests) => {
                    known.must_hold(&format!("{id} at {standard}"), tests);
                    by_test += 1;
                    format!("passed  {}", tests.join(", "))
                }
                Shown::Never(why) => {
                    assert!(why.len() > 10, "{id} at {standard} gives no reason");
                    never += 1;
                    format!("n/a     {why}")
                }
            };
            println!("{id:<5} {standard:<16} {told}");
        }
    }
    println!("{by_test} cells shown by tests, {never} not applicable");
}

#[test]
fn every_case_is_shown_by_a_test_that_exists() {
    let mut known = Known::default();
    let (mut by_test, mut never) = (0, 0);
    let expected = (1..=110).map(|number| format!("N{number:02}"));
    let expected: Vec<String> =
        expected.chain((1..=50).map(|number| format!("F{number:02}"))).collect();
    let cases: Vec<&Case> = abuses::CASES.iter().chain(&faults::CASES).collect();
    let named: Vec<String> = cases.iter().map(|(id, _, _)| (*id).to_owned()).collect();
    assert_eq!(named, expected, "every number once and in order");
    for (id, what, shown) in cases {
        let told = match shown {
            Shown::By(tests) => {
                known.must_hold(id, tests);
                by_test += 1;
                format!("passed  {}", tests.join(", "))
            }
            Shown::Never(why) => {
                never += 1;
                format!("n/a     {why}")
            }
        };
        println!("{id:<5} {what:<62} {told}");
    }
    println!("{by_test} shown by tests, {never} not applicable");
}
