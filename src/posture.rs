//! How the service stands against what it promises, for an operator to read: files, keys, the log and
//! its signature, registrations, and what is open. Nothing personal is in it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate as _;
use domain::id::BankId;
use domain::stream::Category;
use domain::tpp_registration::{
    CertificateOwner, CertificateStanding, IssuerWord, TppRegistration,
};
use serde::Serialize;
use uuid::Uuid;

use crate::app::{Options, RootKey};
use crate::audit::Archive;
use crate::connectors::banks;
use crate::connectors::revocation::RevocationPolicy;
use crate::ledger::reading::{Reader, open};
use crate::ledger::store::ReadError;

/// Days before an end at which it is told.
const WARN_DAYS: i64 = 30;
/// Seconds after which a checkpoint counts as old, if there is anything new.
const OLD_CHECKPOINT_SECONDS: i64 = 120;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// As promised.
    Good,
    /// It wants to be looked at.
    Watch,
    /// A promise is broken.
    Bad,
}

/// One line of a posture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it stands.
    pub standing: Standing,
    /// What was found, and what to do.
    pub says: String,
}

fn check(what: &str, standing: Standing, says: impl Into<String>) -> Check {
    Check { what: what.to_owned(), standing, says: says.into() }
}

/// Looks at everything.
///
/// # Errors
/// [`ReadError`] if the log cannot be read; everything else is told as a check.
pub async fn posture(archive: &Archive, options: &Options) -> Result<Vec<Check>, ReadError> {
    let now = options.clock.now();
    let mut checks = vec![root_key(options), directory(&options.data_directory), core_dumps()];
    checks.push(check("SQLite", Standing::Good, rusqlite::version()));
    checks.push(check(
        "TLS to banks",
        Standing::Good,
        "always verified; there is no setting that turns it off",
    ));
    checks.push(signature(archive, now).await?);
    checks.extend(registrations(archive, now).await?);
    Ok(checks)
}

fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o777)
}

fn root_key(options: &Options) -> Check {
    let path = match &options.root_key {
        RootKey::Environment(_) => {
            let says = "it is in the environment; keep it in a file that only the service can read";
            return check("root key", Standing::Watch, says);
        }
        RootKey::File(path) => path.clone(),
        RootKey::DataDirectory => options.data_directory.join("root.key"),
    };
    let beside = path.starts_with(&options.data_directory);
    match mode_of(&path) {
        None => check("root key", Standing::Bad, "its file cannot be read"),
        Some(mode) if mode & 0o077 != 0 => check(
            "root key",
            Standing::Bad,
            format!("mode {mode:o}: others can read it; chmod 600"),
        ),
        Some(_) if beside => check(
            "root key",
            Standing::Watch,
            "it lies beside the data it protects; move it elsewhere with --root-key-file",
        ),
        Some(mode) => {
            check("root key", Standing::Good, format!("mode {mode:o}, apart from the data"))
        }
    }
}

fn directory(path: &Path) -> Check {
    match mode_of(path) {
        None => check("data directory", Standing::Bad, "it cannot be read"),
        Some(mode) if mode & 0o077 != 0 => {
            check("data directory", Standing::Bad, format!("mode {mode:o}; chmod 700"))
        }
        Some(mode) => check("data directory", Standing::Good, format!("mode {mode:o}")),
    }
}

/// Whether a crash would write memory, keys and all, to a disk.
fn core_dumps() -> Check {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max core file size"));
    let soft = line.and_then(|line| line.split_whitespace().nth(4));
    match soft {
        Some("0") => check("core dumps", Standing::Good, "off"),
        Some(_) => {
            check("core dumps", Standing::Watch, "a crash may write keys to disk; ulimit -c 0")
        }
        None => check("core dumps", Standing::Watch, "this system does not say"),
    }
}

async fn signature(archive: &Archive, now: DateTime<Utc>) -> Result<Check, ReadError> {
    let head = archive.log.head().await?.position;
    let note = archive.notary.latest().await.ok();
    let size = note.and_then(|note| transparency::checkpoint::read_unproven(&note).ok());
    let Some(size) = size.map(|checkpoint| checkpoint.size) else {
        return Ok(if head == 0 {
            check("checkpoint", Standing::Good, "nothing is recorded yet")
        } else {
            check(
                "checkpoint",
                Standing::Watch,
                "nothing is signed yet; the running service does it",
            )
        });
    };
    if size > head {
        let says = format!("{size} events are signed and the log has {head}: it was set back");
        return Ok(check("checkpoint", Standing::Bad, says));
    }
    let unsigned = head - size;
    let waiting = archive.log.time_at(size + 1).await?;
    let old =
        waiting.is_some_and(|at| now.timestamp_micros() - at > OLD_CHECKPOINT_SECONDS * 1_000_000);
    let says = format!("{size} events are signed, {unsigned} wait");
    let standing = if unsigned > 0 && old { Standing::Watch } else { Standing::Good };
    Ok(check("checkpoint", standing, says))
}

async fn registrations(archive: &Archive, now: DateTime<Utc>) -> Result<Vec<Check>, ReadError> {
    let mut found = BTreeMap::<Uuid, TppRegistration>::new();
    let mut events = Reader::of_key(&*archive.log, Uuid::nil(), 0);
    while let Some(stored) = events.next().await? {
        if stored.stream.category != Category::Registration {
            continue;
        }
        match open(&archive.keys, &stored).await {
            Ok(Some(event)) => found.entry(stored.stream.id).or_default().apply(event),
            // Nothing of the platform's own is sealed, so nothing of it is erased.
            Ok(None) => {}
            Err(error) => {
                let says = format!("{error}; `opl store verify` looks for what is damaged");
                return Ok(vec![check("registrations", Standing::Bad, says)]);
            }
        }
    }
    if found.is_empty() {
        return Ok(vec![check("registrations", Standing::Watch, "none; see opl register")]);
    }
    Ok(found.values().flat_map(|registration| registration_checks(registration, now)).collect())
}

fn registration_checks(registration: &TppRegistration, now: DateTime<Utc>) -> Vec<Check> {
    let bank = registration.started.as_ref().map_or("-", |started| started.bank_id.0.as_str());
    let mut checks = Vec::new();
    let ends = |what: &str, end: DateTime<Utc>| {
        let days = (end - now).num_days();
        let standing = match end - now {
            left if left <= TimeDelta::zero() => Standing::Bad,
            left if left <= TimeDelta::days(WARN_DAYS) => Standing::Watch,
            _ => Standing::Good,
        };
        check(&format!("{bank}: {what}"), standing, format!("{days} days left, until {end}"))
    };
    if let Some(issued) = &registration.certificates {
        checks.push(ends("certificate for connections (QWAC)", issued.qwac.not_after));
        checks.push(ends("certificate for signatures (QSEAL)", issued.qseal.not_after));
    }
    if let Some(end) = registration.client.as_ref().and_then(|client| client.secret_expires_at) {
        checks.push(ends("client secret", end));
    }
    checks.extend(standing_checks(registration, bank));
    if let Some(signed) = &registration.request {
        let modern = matches!(signed.algorithm.as_str(), "PS256" | "ES256" | "EdDSA");
        let standing = if modern { Standing::Good } else { Standing::Watch };
        checks.push(check(&format!("{bank}: signature algorithm"), standing, &signed.algorithm));
    }
    let works = registration.validation.is_some();
    let (standing, says) = if works {
        (Standing::Good, "the credentials were shown to work")
    } else {
        (Standing::Watch, "not finished; opl register goes on where it stopped")
    };
    checks.push(check(&format!("{bank}: registration"), standing, says));
    checks
}

/// What the profile asks of the bank's certificates, and how all certificates stand with their issuers.
fn standing_checks(registration: &TppRegistration, bank: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Ok(profile) = banks::find(&BankId(bank.to_owned())) {
        let policy = profile.bank().revocation;
        let standing = match policy {
            RevocationPolicy::NotAsked => Standing::Watch,
            RevocationPolicy::WherePossible | RevocationPolicy::Always => Standing::Good,
        };
        checks.push(check(&format!("{bank}: revocation"), standing, policy.says()));
    }
    let used = registration.certificates.iter();
    let own = used.flat_map(|issued| {
        [("our certificate (QWAC)", &issued.qwac), ("our certificate (QSEAL)", &issued.qseal)]
    });
    for (what, facts) in own {
        let Some(found) = registration.standing(&facts.fingerprint) else { continue };
        checks.push(check(&format!("{bank}: {what}"), how(found), says(found)));
    }
    // The newest word about what the bank shows; older ones are of certificates it had before.
    let mut banks =
        registration.standings.iter().filter(|known| known.owner == CertificateOwner::Bank);
    if let Some(found) = banks.next_back() {
        checks.push(check(&format!("{bank}: the bank's certificate"), how(found), says(found)));
    }
    if let Some(prepared) = &registration.prepared {
        let says = match prepared.switch_at {
            Some(at) => format!("further ones are prepared and are used from {at}"),
            None => "further ones are prepared; opl certificates switch uses them".to_owned(),
        };
        checks.push(check(&format!("{bank}: certificates"), Standing::Good, says));
    }
    checks
}

fn how(found: &CertificateStanding) -> Standing {
    match found.word {
        IssuerWord::Good => Standing::Good,
        IssuerWord::Revoked => Standing::Bad,
        IssuerWord::Unknown => Standing::Watch,
    }
}

fn says(found: &CertificateStanding) -> String {
    let name = found.fingerprint.get(..16).unwrap_or(&found.fingerprint);
    let refused = if found.refused { "; calls are refused" } else { "" };
    match (found.word, found.revoked_at) {
        (IssuerWord::Good, _) => format!("{name}: its issuer stands by it"),
        (IssuerWord::Revoked, Some(at)) => format!("{name}: taken back on {at}{refused}"),
        (IssuerWord::Revoked, None) => format!("{name}: taken back{refused}"),
        (IssuerWord::Unknown, _) => {
            let doubt = found.doubt.as_deref().unwrap_or("unknown");
            format!("{name}: its issuer's word is not known ({doubt}){refused}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_read_is_a_broken_promise() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("opl-posture-{}", Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let open = |mode| {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("set");
            directory(&folder).standing
        };
        assert_eq!((open(0o755), open(0o700)), (Standing::Bad, Standing::Good));
        let mut options = Options::in_directory(&folder);
        assert_eq!(root_key(&options).standing, Standing::Bad, "there is none");
        let key = folder.join("root.key");
        std::fs::write(&key, [0; 32]).expect("a key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).expect("set");
        assert_eq!(root_key(&options).standing, Standing::Bad);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("set");
        assert_eq!(root_key(&options).standing, Standing::Watch, "beside the data");
        options.data_directory = folder.join("elsewhere");
        options.root_key = RootKey::File(key);
        assert_eq!(root_key(&options).standing, Standing::Good);
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
