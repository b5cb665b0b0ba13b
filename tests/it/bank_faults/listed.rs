//! The list of faults in `docs/bank-faults.md` and the tests it names.

use std::collections::BTreeMap;
use std::path::Path;

/// The faults that concern banks and reading.
const FAULTS: [&str; 24] = [
    "F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F09", "F10", "F11", "F12", "F13",
    "F14", "F15", "F16", "F17", "F18", "F19", "F20", "F24", "F25", "F48", "F50",
];

/// The tests a cell names: `file` test, test; `file` test.
fn named(cell: &str) -> Vec<(String, String)> {
    let of_one_file = |part: &str| {
        let (file, tests) = part.trim().trim_start_matches('`').split_once('`')?;
        let tests = tests.split(',').map(|test| (file.to_owned(), test.trim().to_owned()));
        Some(tests.collect::<Vec<_>>())
    };
    cell.split(';').filter_map(of_one_file).flatten().collect()
}

#[test]
fn every_fault_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = include_str!("../../../docs/bank-faults.md");
    let mut sources = BTreeMap::new();
    let mut listed = Vec::new();
    for line in list.lines().filter(|line| line.starts_with("| F")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, what, _, tests] = cells[..] else { panic!("not four cells: {line}") };
        let tests = named(tests);
        assert!(!tests.is_empty(), "{id} names no test");
        for (file, test) in &tests {
            let read = || std::fs::read_to_string(root.join(file)).expect("a source file");
            let source = sources.entry(file.clone()).or_insert_with(read);
            assert!(source.contains(&format!("fn {test}()")), "{id}: {file} has no test {test}");
        }
        let tests: Vec<&str> = tests.iter().map(|(_, test)| test.as_str()).collect();
        println!("{id}  {what}\n       {}", tests.join("\n       "));
        listed.push(id.to_owned());
    }
    assert_eq!(listed, FAULTS);
}
