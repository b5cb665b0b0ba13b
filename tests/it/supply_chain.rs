//! What is compiled in: no crate that is banned, none older than a fix that matters, and no licence
//! that was not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Crates that must not be in the tree, with the reason.
const BANNED: [(&str, &str); 8] = [
    ("openssl", "one provider of cryptography is enough, and it is aws-lc-rs"),
    ("openssl-sys", "as above"),
    ("native-tls", "as above"),
    ("rsa", "RUSTSEC-2023-0071: it tells its key by the time it takes"),
    ("tower_governor", "its key of a client is a header that the client writes"),
    ("serde_yaml", "not maintained"),
    ("backoff", "not maintained (RUSTSEC-2025-0012)"),
    ("openidconnect", "it knows no `s_hash` and brings `rsa`"),
];

/// First versions with a fix that matters here.
const AT_LEAST: [(&str, [u64; 3]); 5] = [
    ("rustls", [0, 23, 18]),
    ("rustls-webpki", [0, 103, 13]),
    ("tracing-subscriber", [0, 3, 20]),
    ("libsqlite3-sys", [0, 37, 0]),
    ("h2", [0, 4, 16]),
];

/// Licences that were looked at, as they stand in SPDX expressions.
const LICENCES: [&str; 14] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
];

/// Names and versions in the lock file.
fn locked() -> BTreeMap<String, BTreeSet<[u64; 3]>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let mut found: BTreeMap<String, BTreeSet<[u64; 3]>> = BTreeMap::new();
    for part in text.expect("a lock file").split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = part.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        let numbers: Vec<u64> = version
            .split(['.', '-', '+'])
            .take(3)
            .filter_map(|number| number.parse().ok())
            .collect();
        if let Ok(numbers) = numbers.try_into() {
            found.entry(name).or_default().insert(numbers);
        }
    }
    assert!(found.len() > 100, "the lock file was read");
    found
}

#[test]
fn nothing_banned_and_nothing_too_old_is_in_the_tree() {
    let locked = locked();
    for (name, why) in BANNED {
        assert!(!locked.contains_key(name), "{name} is in the tree: {why}");
    }
    for (name, least) in AT_LEAST {
        for version in locked.get(name).into_iter().flatten() {
            assert!(*version >= least, "{name} {version:?} is older than {least:?}");
        }
    }
}

/// A licence expression whose every `AND` part has an `OR` part that was looked at.
fn is_known(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression
        .split(" AND ")
        .all(|part| part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn every_licence_was_looked_at() {
    assert!(is_known("MIT OR GPL-3.0") && is_known("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!is_known("GPL-3.0") && !is_known("MIT AND AGPL-3.0") && !is_known(""));
    // What is built here: crates for other systems are not even fetched.
    let system = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", &system])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = told["packages"].as_array().expect("packages");
    assert!(packages.len() > 100);
    let unknown: Vec<String> = packages
        .iter()
        .filter(|package| !is_known(package["license"].as_str().unwrap_or_default()))
        .map(|package| format!("{} {}", package["name"], package["license"]))
        .collect();
    assert!(unknown.is_empty(), "not looked at: {unknown:?}");
}
