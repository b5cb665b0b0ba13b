//! The verifier stays small: few crates, none that talks to a network or a database.

use std::collections::{BTreeSet, HashMap};
use std::process::Command;

const MOST_CRATES: usize = 40;

#[test]
fn the_verifier_has_few_crates() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "opl-transparency"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    // `name vVERSION`, and for the crate itself its folder.
    let crates: BTreeSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    assert!(crates.len() > 10, "{text}");
    assert!(crates.len() <= MOST_CRATES, "{} crates: {crates:?}", crates.len());
    for banned in
        ["tokio", "sqlx", "rusqlite", "hyper", "reqwest", "rustls", "axum", "clap", "openssl"]
    {
        assert!(
            crates.iter().all(|(name, _)| !name.starts_with(banned)),
            "{banned} is in the tree"
        );
    }
    // Only a crate that another brings in at a second version stands twice.
    let mut versions: HashMap<&str, usize> = HashMap::new();
    crates.iter().for_each(|(name, _)| *versions.entry(name).or_default() += 1);
    let twice: Vec<&&str> =
        versions.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name).collect();
    assert!(twice.iter().all(|name| **name == "syn"), "{twice:?}");
}
