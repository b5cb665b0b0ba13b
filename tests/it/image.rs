//! The image and the compose file set only what the program knows, and name only what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The part of YAML the compose file is written in: maps by indentation, and scalars.
fn read_yaml(text: &str) -> BTreeMap<String, String> {
    let (mut path, mut found): (Vec<(usize, String)>, _) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let indent = line.len() - bare.len();
        path.retain(|(outer, _)| *outer < indent);
        let names = |path: &[(usize, String)]| {
            path.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("/")
        };
        if let Some(item) = bare.strip_prefix("- ") {
            let all = found.entry(names(&path)).or_insert_with(String::new);
            all.push_str(&format!("{item}\n"));
            continue;
        }
        let (name, value) = bare.split_once(':').unwrap_or_else(|| panic!("`{line}` is no pair"));
        assert!(value.is_empty() || value.starts_with(' '), "`{line}` is no pair");
        path.push((indent, name.to_owned()));
        found.insert(names(&path), value.trim().to_owned());
    }
    found
}

/// The words of a list in brackets.
fn words(list: &str) -> Vec<&str> {
    let inner = list.trim_start_matches('[').trim_end_matches(']');
    inner.split(", ").map(|word| word.trim_matches('"')).filter(|word| !word.is_empty()).collect()
}

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_compose_file_sets_what_the_program_knows_and_names_what_is_there() {
    let compose = read_yaml(&text("docker-compose.yml"));
    let under = |begin: &str| -> BTreeSet<String> {
        let rest = |path: &String| path.strip_prefix(begin).map(str::to_owned);
        compose.keys().filter_map(rest).filter(|rest| !rest.contains('/')).collect()
    };
    let (known, set) = (opl::cli::settings(), under("services/ledger/environment/"));
    assert!(set.len() >= 5, "{set:?}");
    let unknown: Vec<&String> = set.iter().filter(|name| !known.contains(*name)).collect();
    assert!(unknown.is_empty(), "the program does not know {unknown:?}");
    // No secret stands in the file itself, and every secret and volume that is used is defined.
    let (secrets, volumes) = (under("secrets/"), under("volumes/"));
    for service in ["ledger", "database"] {
        let of = |what: &str| compose[&format!("services/{service}/{what}")].clone();
        for secret in words(&of("secrets")) {
            assert!(secrets.contains(secret), "{service} takes {secret}");
        }
        for volume in of("volumes").lines() {
            let name = volume.split(':').next().expect("a name");
            assert!(volumes.contains(name), "{service} keeps its state in {name}");
        }
        assert!(compose.contains_key(&format!("services/{service}/healthcheck/test")), "{service}");
    }
    for (name, value) in &compose {
        let at = value.find("/run/secrets/").map(|at| &value[at + "/run/secrets/".len()..]);
        assert!(at.is_none_or(|secret| secrets.contains(secret)), "{name}: {value}");
        let secret = name.contains("PASSWORD") && !name.ends_with("_FILE");
        assert!(!secret, "{name} has a secret in the file itself");
    }
    // The health check is a command of the program.
    let check = compose["services/ledger/healthcheck/test"].clone();
    let check = words(&check);
    assert_eq!(check[..2], ["CMD", "/bin/opl"]);
    assert!(opl::cli::commands().contains(check[2]), "{check:?}");
}

#[test]
fn the_image_sets_what_the_program_knows_and_runs_its_commands() {
    let (file, known) = (text("Dockerfile"), opl::cli::settings());
    let commands = opl::cli::commands();
    let lines: Vec<&str> = file.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("a stage");
    assert_eq!(lines[last], "FROM scratch", "nothing but the program is in it");
    let of = |word: &str| lines[last..].iter().find_map(|line| line.strip_prefix(word));
    for pair in of("ENV ").expect("settings").split(' ') {
        let (name, _) = pair.split_once('=').expect("a pair");
        assert!(known.contains(name), "the program does not know {name}");
    }
    assert!(of("USER ").is_some_and(|user| !user.starts_with('0') && !user.starts_with("root")));
    assert!(commands.contains(words(of("CMD ").expect("a command"))[0]));
    let check = of("HEALTHCHECK ").and_then(|line| line.split_once("CMD ")).expect("a check").1;
    assert!(commands.contains(words(check)[1]), "{check}");
    // Without authorities to trust no bank could be called: an empty image has none.
    assert!(file.contains("cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/"));
    // What it copies from the tree is there.
    let copied = lines.iter().filter_map(|line| line.strip_prefix("COPY "));
    for words in copied.filter(|line| !line.starts_with("--from")) {
        for name in words.split(' ').rev().skip(1) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            assert!(path.exists(), "{name} is copied");
        }
    }
}

#[test]
fn a_service_that_is_not_there_is_not_healthy() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let asked = Command::new(env!("CARGO_BIN_EXE_opl"))
        .args(["health", "--listen", &address])
        .output()
        .expect("the program");
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&asked.stderr).contains(&address));
}
