//! What has to be right before the service starts. Everything that is wrong is told at once, each with
//! what to do about it.

use std::net::SocketAddr;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::app::{Options, RootKey};
use crate::traces;

/// The service was made after this day: a clock before it is wrong.
const MADE_AFTER: &str = "2026-11-01T00:00:00Z";
/// Fewest characters of a database's password, where one stands in its address.
const SHORTEST_PASSWORD: usize = 12;
/// Passwords that everybody knows.
const KNOWN_PASSWORDS: [&str; 6] =
    ["postgres", "password", "changeme", "change-me", "secretsecret", "opl"];

/// Something that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub String);

/// What the settings are, as far as they are looked at.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Where the state is.
    pub options: &'a Options,
    /// Where the page is served.
    pub listen: SocketAddr,
    /// Where the numbers are told.
    pub metrics: Option<SocketAddr>,
    /// Where traces are sent, and how many of a hundred.
    pub traces: Option<(&'a str, f64)>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Everything that is wrong.
#[must_use]
pub fn problems(asked: &Asked<'_>) -> Vec<Problem> {
    let mut found = Vec::new();
    let made: DateTime<Utc> = MADE_AFTER.parse().unwrap_or_default();
    if asked.now < made {
        found.push(format!("the clock says {}, before this program was made; set it", asked.now));
    }
    directory(&asked.options.data_directory, &mut found);
    root_key(asked.options, &mut found);
    if let Some(url) = &asked.options.postgres_url {
        password(url.expose(), &mut found);
    }
    if let Some(metrics) = asked.metrics {
        if metrics == asked.listen {
            found.push("--metrics and --listen name the same address; take two".to_owned());
        }
        if !metrics.ip().is_loopback() && !is_private(metrics) {
            found.push(format!(
                "--metrics {metrics} can be reached by everybody; name a private or loopback address"
            ));
        }
    }
    if let Some((url, percent)) = asked.traces {
        if let Err(wrong) = traces::collector(url) {
            found.push(format!("--traces does not name a collector: {wrong}"));
        }
        if !(0.0..=100.0).contains(&percent) {
            found.push("--traces-percent is a number from 0 to 100".to_owned());
        }
    }
    found.into_iter().map(Problem).collect()
}

fn is_private(address: SocketAddr) -> bool {
    match address.ip() {
        std::net::IpAddr::V4(ip) => ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

fn directory(path: &Path, found: &mut Vec<String>) {
    use std::os::unix::fs::PermissionsExt as _;
    let shown = path.display();
    match std::fs::metadata(path) {
        // It is made at the start, with the right mode.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => found.push(format!("the data directory {shown} cannot be read: {error}")),
        Ok(known) if !known.is_dir() => found.push(format!("--data {shown} is no directory")),
        Ok(known) => {
            let mode = known.permissions().mode() & 0o777;
            if mode & 0o022 != 0 {
                found.push(format!(
                    "others can write to the data directory {shown} (mode {mode:o}); chmod 700 it"
                ));
            }
        }
    }
}

fn root_key(options: &Options, found: &mut Vec<String>) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = match &options.root_key {
        RootKey::Environment(variable) => {
            let text = std::env::var(variable).unwrap_or_default();
            let hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let distinct: std::collections::BTreeSet<u8> = text.bytes().collect();
            if !hexadecimal {
                found.push(format!("{variable} has to hold 64 hexadecimal digits"));
            } else if distinct.len() < 8 {
                found.push(format!("{variable} is not drawn at random; draw 32 bytes"));
            }
            return;
        }
        RootKey::File(path) => path.clone(),
        RootKey::DataDirectory => options.data_directory.join("root.key"),
    };
    let shown = path.display();
    match std::fs::metadata(&path) {
        // A key that is not there yet is made at the start, readable by its owner alone.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => found.push(format!("the root key {shown} cannot be read: {error}")),
        Ok(known) => {
            let mode = known.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                found.push(format!(
                    "others can read the root key {shown} (mode {mode:o}); chmod 600 it"
                ));
            }
            if known.len() != 32 {
                found.push(format!("the root key {shown} has {} bytes and not 32", known.len()));
            }
        }
    }
}

/// A password in the database's address that everybody knows, or that can be guessed.
fn password(url: &str, found: &mut Vec<String>) {
    let Some((_, rest)) = url.split_once("://") else {
        found.push("--postgres is no address like postgres://user:password@host/name".to_owned());
        return;
    };
    let Some((user, _)) = rest.rsplit_once('@') else { return };
    let Some((_, password)) = user.split_once(':') else { return };
    // Never the password itself.
    if KNOWN_PASSWORDS.contains(&password) || password.chars().count() < SHORTEST_PASSWORD {
        found.push(format!(
            "the database's password is a known one or has fewer than {SHORTEST_PASSWORD} \
             characters; draw a long one"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Secret;

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_no_secret_with_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("opl-start-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        let key = folder.join("root.key");
        std::fs::write(&key, [0; 16]).expect("a key");
        mode(&key, 0o644);
        mode(&folder, 0o777);
        let mut options = Options::in_directory(&folder);
        options.postgres_url = Some(Secret::from("postgres://opl:hunter2@db/opl"));
        let listen = "127.0.0.1:8080".parse().expect("an address");
        let now = "2020-01-01T00:00:00Z".parse().expect("an instant");
        let metrics = Some("203.0.113.7:9464".parse().expect("an address"));
        let wrong = problems(&Asked { options: &options, listen, metrics, traces: None, now });
        let text = format!("{wrong:?}");
        for part in ["clock", "chmod 700", "chmod 600", "16 bytes", "password", "--metrics"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("hunter2"), "{text}");

        mode(&folder, 0o700);
        mode(&key, 0o600);
        std::fs::write(&key, [7; 32]).expect("a key");
        options.postgres_url = Some(Secret::from("postgres://opl@localhost/opl?host=/run"));
        let now = "2027-01-01T00:00:00Z".parse().expect("an instant");
        let metrics = Some("127.0.0.1:9464".parse().expect("an address"));
        assert_eq!(problems(&Asked { options: &options, listen, metrics, traces: None, now }), []);
        let metrics = Some(listen);
        assert_eq!(
            problems(&Asked { options: &options, listen, metrics, traces: None, now }).len(),
            1
        );
        let traces = Some(("collector", 101.0));
        assert_eq!(problems(&Asked { options: &options, listen, metrics, traces, now }).len(), 3);
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
