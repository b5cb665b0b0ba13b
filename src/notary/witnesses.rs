//! Sends checkpoints to the witnesses a policy names (C2SP tlog-witness) and keeps their cosignatures.
//! A witness that says the log was set back, or is another history, is an alarm: somebody outside
//! remembers what this log does not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use projections::database::{Database, RowReader, sql};
use transparency::checkpoint::{VerifierKey, open_note, read_unproven};
use transparency::policy::{LONGEST_POLICY, Policy, WitnessAt};
use transparency::witness::request;

use super::{Notary, NotaryError, kept};

/// How long a witness may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Longest answer of a witness that is read, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024;
/// How often one checkpoint is put to a witness that names another size as its last: once to learn the
/// size, once to go on from there.
const TRIES: usize = 2;

/// Why a policy of witnesses cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// The file cannot be read.
    #[error("the policy {path} cannot be read: {cause}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// It is no policy.
    #[error("the policy {path}: {cause}")]
    Policy {
        /// Which.
        path: String,
        /// What is wrong.
        cause: transparency::policy::PolicyError,
    },
    /// It is about other logs.
    #[error("the policy does not name this log's key; it should hold `log {0}`")]
    OtherLog(String),
    /// A witness has an address that is none, or could be listened to by others.
    #[error("the witness `{0}` needs an https address, or an http one on this machine")]
    Address(String),
    /// No way to reach anybody.
    #[error("no connection can be made: {0}")]
    Client(String),
}

/// What a witness said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It cosigned this size.
    Cosigned(u64),
    /// It could not be reached, or its answer was none.
    Nothing(String),
    /// It has seen more of the log than there is, or another history: an alarm.
    Contradicts(String),
}

/// The witnesses of a policy.
pub struct Witnesses {
    /// With the successions that lead on from its keys.
    policy: Mutex<Policy>,
    all: Vec<WitnessAt>,
    http: reqwest::Client,
    /// What each said last, by its name.
    said: Mutex<BTreeMap<String, Said>>,
    /// How many changes of the log's key each was told of by this process.
    told: Mutex<BTreeMap<String, usize>>,
}

/// How a checkpoint stands with the witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many cosigned it.
    pub cosigned: usize,
    /// How many there are.
    pub known: usize,
    /// Whether the policy's quorum is met.
    pub quorum: bool,
}

impl Witnesses {
    /// Reads a policy file that is about this notary's log.
    ///
    /// # Errors
    /// [`PolicyFileError`].
    pub fn read(path: &Path, notary: &Notary) -> Result<Self, PolicyFileError> {
        let shown = || path.display().to_string();
        let failed = |cause| PolicyFileError::Read { path: shown(), cause };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > LONGEST_POLICY as u64 {
            return Err(failed(std::io::Error::other("it is longer than 256 KiB")));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let mut policy = Policy::parse(&text)
            .map_err(|cause| PolicyFileError::Policy { path: shown(), cause })?;
        follow(&mut policy, notary);
        let own = notary.verifier_key();
        if !policy.logs().keys().any(|key| *key == own) {
            return Err(PolicyFileError::OtherLog(own.to_string()));
        }
        let all = policy.witnesses();
        for WitnessAt { name, url, .. } in &all {
            if !url.as_deref().is_none_or(safe) {
                return Err(PolicyFileError::Address(name.clone()));
            }
        }
        let (said, told) = (Mutex::default(), Mutex::default());
        Ok(Self { policy: Mutex::new(policy), all, http: client()?, said, told })
    }

    /// What each witness said last, by its name.
    pub fn said(&self) -> BTreeMap<String, Said> {
        self.said.lock().map(|said| said.clone()).unwrap_or_default()
    }

    /// Why a witness contradicts the log, if one does.
    pub fn alarm(&self) -> Option<String> {
        let contradicts = |(name, said)| match said {
            Said::Contradicts(why) => Some(format!("the witness {name} {why}")),
            _ => None,
        };
        self.said().into_iter().find_map(contradicts)
    }

    /// How a note stands with the policy.
    pub fn standing(&self, note: &str) -> Standing {
        let keys: Vec<VerifierKey> = self.all.iter().map(|witness| witness.key.clone()).collect();
        let cosigned = open_note(note, &keys).map_or(0, |opened| opened.signers.len());
        let quorum = self.policy.lock().is_ok_and(|policy| policy.check(note).is_ok());
        Standing { cosigned, known: self.all.len(), quorum }
    }

    /// Puts the last checkpoint to every witness that has not cosigned it, and keeps what they give.
    /// One that cannot be reached is asked again with the next.
    ///
    /// # Errors
    /// [`NotaryError`] if the checkpoint or the proof cannot be had, or nothing can be kept.
    pub async fn cosign(&self, notary: &Notary) -> Result<Standing, NotaryError> {
        let note = notary.latest().await?;
        if let Ok(mut policy) = self.policy.lock() {
            follow(&mut policy, notary);
        }
        for witness in &self.all {
            let Some(url) = &witness.url else { continue };
            self.tell_successions(notary, witness, url).await;
            if open_note(&note, std::slice::from_ref(&witness.key)).is_ok() {
                continue;
            }
            let said = self.ask(notary, witness, url, &note).await?;
            match &said {
                Said::Contradicts(why) => {
                    tracing::error!(
                        alarm = true,
                        witness = witness.name,
                        why,
                        "a witness contradicts the log"
                    );
                }
                Said::Nothing(why) => {
                    tracing::warn!(witness = witness.name, why, "a witness did not cosign");
                }
                Said::Cosigned(_) => {}
            }
            if let Ok(mut all) = self.said.lock() {
                all.insert(witness.name.clone(), said);
            }
        }
        Ok(self.standing(&notary.latest().await?))
    }

    /// Tells a witness which keys took each other's place, where it was not told yet. One that speaks
    /// nothing but the protocol answers 404, and its keeper tells it.
    async fn tell_successions(&self, notary: &Notary, witness: &WitnessAt, url: &str) {
        let successions = notary.successions();
        let told = self.told.lock().ok().and_then(|told| told.get(&witness.name).copied());
        for (number, succession) in successions.iter().enumerate().skip(told.unwrap_or_default()) {
            match self.post(url, "add-succession", succession.to_string()).await {
                Ok((200 | 404 | 405, _)) => {}
                Ok((status, _)) => {
                    tracing::warn!(
                        witness = witness.name,
                        status,
                        "a witness does not follow a change of the log's key"
                    );
                }
                // It is told again with the next checkpoint.
                Err(_) => return,
            }
            if let Ok(mut told) = self.told.lock() {
                told.insert(witness.name.clone(), number + 1);
            }
        }
    }

    async fn ask(
        &self,
        notary: &Notary,
        witness: &WitnessAt,
        url: &str,
        note: &str,
    ) -> Result<Said, NotaryError> {
        let size = read_unproven(note)?.size;
        let mut old = kept::last_cosigned(&notary.vault, &witness.name).await?.min(size);
        for _ in 0..TRIES {
            let path = notary.consistency(old, size).await?;
            let (status, body) =
                match self.post(url, "add-checkpoint", request(old, &path, note)).await {
                    Ok(answer) => answer,
                    Err(why) => return Ok(Said::Nothing(why)),
                };
            match status {
                200 => return keep(notary, witness, note, &body).await,
                409 => match body.trim_end().parse::<u64>() {
                    Ok(seen) if seen > size => {
                        let why = format!("has seen {seen} events, and the log has {size} signed");
                        return Ok(Said::Contradicts(why));
                    }
                    Ok(seen) if seen == old => {
                        let why = format!("has seen another history of {seen} events");
                        return Ok(Said::Contradicts(why));
                    }
                    Ok(seen) => old = seen,
                    Err(_) => return Ok(Said::Nothing("answered 409 without a size".to_owned())),
                },
                422 => {
                    let why = format!("does not find that {size} events go on from {old}");
                    return Ok(Said::Contradicts(why));
                }
                other => return Ok(Said::Nothing(format!("answered {other}"))),
            }
        }
        // Another process of this service may be asking at the same time.
        Ok(Said::Nothing("named a new size each time".to_owned()))
    }

    async fn post(&self, url: &str, what: &str, body: String) -> Result<(u16, String), String> {
        let kind = |error: reqwest::Error| {
            let kinds = [(error.is_timeout(), "timed out"), (error.is_connect(), "no connection")];
            let found = kinds.into_iter().find(|(is, _)| *is);
            found.map_or("the exchange broke off", |(_, what)| what).to_owned()
        };
        let url = format!("{}/{what}", url.trim_end_matches('/'));
        let mut answer = self.http.post(url).body(body).send().await.map_err(kind)?;
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(kind)? {
            if bytes.len() + part.len() > LONGEST_ANSWER {
                return Err("its answer is too long".to_owned());
            }
            bytes.extend_from_slice(&part);
        }
        String::from_utf8(bytes).map(|text| (status, text)).map_err(|_| "no text".to_owned())
    }
}

/// Keeps a cosignature, after looking at it: by this witness, over this checkpoint.
async fn keep(
    notary: &Notary,
    witness: &WitnessAt,
    note: &str,
    lines: &str,
) -> Result<Said, NotaryError> {
    let size = read_unproven(note)?.size;
    let ours = format!("\u{2014} {} ", witness.key.name());
    let line = lines.lines().find(|line| line.starts_with(&ours));
    let Some(line) = line.map(|line| format!("{line}\n")) else {
        return Ok(Said::Nothing("gave no signature in its own name".to_owned()));
    };
    match open_note(&format!("{note}{line}"), std::slice::from_ref(&witness.key)) {
        Ok(_) => {
            kept::keep_cosignature(
                &notary.vault,
                size,
                &witness.name,
                &line,
                notary.clock.micros(),
            )
            .await?;
            Ok(Said::Cosigned(size))
        }
        Err(error) => Ok(Said::Nothing(format!("gave a signature that is none: {error}"))),
    }
}

/// Lets the changes of the log's key count where they lead on from a key of the policy.
fn follow(policy: &mut Policy, notary: &Notary) {
    for succession in notary.successions() {
        // One that does not lead on from the policy's keys changes nothing.
        let _ = policy.follow(&succession);
    }
}

/// Whether nobody but a witness can listen to an address.
fn safe(url: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    url.starts_with("https://") || local.iter().any(|begin| url.starts_with(begin))
}

#[expect(clippy::disallowed_methods, reason = "witnesses are no banks: the policy names them")]
fn client() -> Result<reqwest::Client, PolicyFileError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(WITHIN)
        .build()
        .map_err(|error| PolicyFileError::Client(error.to_string()))
}

/// Adds to a note the cosignatures that are kept of its size.
pub(super) async fn with_cosignatures(
    vault: &Database,
    size: u64,
    mut note: String,
) -> Result<String, NotaryError> {
    let select = "SELECT line FROM cosignature WHERE name = $1 ORDER BY witness";
    for row in vault.query(sql(select, vec![kept::name(size).into()])).await? {
        note.push_str(&RowReader::new(row).text()?);
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_nobody_listens_to_are_taken() {
        for (url, taken) in [
            ("https://witness.example/x", true),
            ("http://127.0.0.1:7380", true),
            ("http://localhost:7380", true),
            ("http://witness.example", false),
            ("http://127.0.0.1.evil.example:80", false),
            ("ftp://127.0.0.1:1", false),
            ("http://localhost.evil.example:1", false),
        ] {
            assert_eq!(safe(url), taken, "{url}");
        }
    }
}
