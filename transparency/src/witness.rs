//! A witness: cosigns a log's checkpoints only if each continues the one it saw before
//! (C2SP tlog-witness, `add-checkpoint`). It keeps one size and root a log, and gives a signature
//! away only after it has remembered what it signed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::checkpoint::{
    Checkpoint, CosigningKey, KeyKind, LONGEST_NOTE, NoteError, VerifierKey, open_note,
    read_unproven,
};
use crate::proof::verify_consistency;
use crate::succession::{LONGEST_SUCCESSION, Lineage, NotFollowed, Succession, WORD};
use crate::text;
use crate::tree::{Frontier, Hash};

/// Most hashes of a consistency proof.
pub const LONGEST_CONSISTENCY_PATH: usize = 63;
/// Longest body of a request, in bytes.
pub const LONGEST_REQUEST: usize = LONGEST_NOTE + (LONGEST_CONSISTENCY_PATH + 2) * 64;
/// Longest state file, in bytes.
const LONGEST_STATE: u64 = 1 << 20;

/// What is answered to a checkpoint, by the status the protocol names for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: it continues what was seen; the signature lines.
    Cosigned(String),
    /// 400: this is no request.
    Malformed(&'static str),
    /// 200: another key of the log is known from now on, or was already.
    Followed,
    /// 403: no signature is by a key that is known for this log and speaks for this size.
    NotSigned,
    /// 404: the log is not known here.
    UnknownLog,
    /// 409: it does not begin where the last one ended, which is at this size.
    Conflict(u64),
    /// 409: the key has another successor already, or the succession goes back.
    OtherSuccessor,
    /// 422: the proof does not hold: this is another history.
    NotConsistent,
    /// 500: what was seen could not be remembered, so nothing was signed.
    NotKept,
}

impl Answer {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) | Self::Followed => 200,
            Self::Malformed(_) => 400,
            Self::NotSigned => 403,
            Self::UnknownLog => 404,
            Self::Conflict(_) | Self::OtherSuccessor => 409,
            Self::NotConsistent => 422,
            Self::NotKept => 500,
        }
    }

    /// The type of the body and the body.
    #[must_use]
    pub fn body(&self) -> (&'static str, String) {
        let plain = "text/plain; charset=utf-8";
        match self {
            Self::Cosigned(lines) => (plain, lines.clone()),
            Self::Malformed(why) => (plain, format!("the request {why}\n")),
            Self::Followed => (plain, "the key is known\n".to_owned()),
            Self::OtherSuccessor => {
                (plain, "this key was given up before, or for another one\n".to_owned())
            }
            Self::NotSigned => (plain, "no signature is by this log's key\n".to_owned()),
            Self::UnknownLog => (plain, "this log is not known here\n".to_owned()),
            Self::Conflict(size) => ("text/x.tlog.size", format!("{size}\n")),
            Self::NotConsistent => {
                (plain, "this does not continue what was seen of the log\n".to_owned())
            }
            Self::NotKept => (plain, "the state could not be written\n".to_owned()),
        }
    }
}

/// What was last seen of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    size: u64,
    root: Hash,
}

/// A witness could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The state file cannot be read or written.
    #[error("the state {path} cannot be used: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The state file is not one. It is never guessed at: a witness that forgot is none.
    #[error("line {0} of the state is not `SIZE ROOT ORIGIN` or a succession that fits")]
    State(usize),
    /// A key is not a log's.
    #[error("{0} is not the key of a log")]
    Key(String),
}

/// A witness with its key, the logs it knows, and what it has seen of them.
#[derive(Debug)]
pub struct Witness {
    key: CosigningKey,
    logs: Lineage,
    seen: BTreeMap<String, Seen>,
    path: PathBuf,
}

impl Witness {
    /// Opens the state, or begins with none seen. The keys it was told of since, each signed by the
    /// one before, are in the state. Several keys of one name are one log's.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn open(
        key: CosigningKey,
        logs: Vec<VerifierKey>,
        path: &Path,
    ) -> Result<Self, WitnessError> {
        if let Some(other) = logs.iter().find(|log| log.kind() != KeyKind::Log) {
            return Err(WitnessError::Key(other.name().to_owned()));
        }
        let (seen, successions) = read_state(path)?;
        let mut logs = Lineage::of(logs);
        for (line, succession) in successions {
            match logs.follow(&succession) {
                // The log was taken off the command line, or a later key was put there.
                Ok(()) | Err(NotFollowed::Unknown) => {}
                Err(_) => return Err(WitnessError::State(line)),
            }
        }
        Ok(Self { key, logs, seen, path: path.to_owned() })
    }

    /// The key its signatures are verified with.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        self.key.verifier_key()
    }

    /// Answers a request; `now` is in seconds since 1970-01-01T00:00:00Z.
    pub fn add_checkpoint(&mut self, body: &[u8], now: u64) -> Answer {
        let request = match Request::read(body) {
            Ok(request) => request,
            Err(why) => return Answer::Malformed(why),
        };
        let Ok(claimed) = read_unproven(request.note) else {
            return Answer::Malformed("holds no checkpoint");
        };
        let keys: Vec<VerifierKey> =
            self.logs.keys().filter(|key| key.name() == claimed.origin).cloned().collect();
        if keys.is_empty() {
            return Answer::UnknownLog;
        }
        let checkpoint = match open_note(request.note, &keys) {
            Ok(opened) => {
                let size = opened.checkpoint.size;
                if !opened.signers.iter().any(|key| self.logs.speaks(key, size)) {
                    return Answer::NotSigned;
                }
                opened.checkpoint
            }
            Err(NoteError::NoKnownKey | NoteError::WrongSignature(_)) => return Answer::NotSigned,
            Err(_) => return Answer::Malformed("holds no checkpoint"),
        };
        if request.old > checkpoint.size {
            return Answer::Malformed("has an old size beyond the checkpoint's");
        }
        let empty = Seen { size: 0, root: Frontier::default().root() };
        let seen = self.seen.get(&checkpoint.origin).copied().unwrap_or(empty);
        let same_size = seen.size == checkpoint.size;
        if request.old != seen.size || (same_size && seen.root != checkpoint.root) {
            return Answer::Conflict(seen.size);
        }
        let Seen { size, root } = seen;
        let proved =
            verify_consistency(size, &root, checkpoint.size, &checkpoint.root, &request.path);
        if proved.is_err() {
            return Answer::NotConsistent;
        }
        self.sign(&checkpoint, now)
    }

    /// Hears that another key takes the place of one it knows, and remembers it: `succession …`, one
    /// line (an addition to the protocol).
    pub fn add_succession(&mut self, body: &[u8]) -> Answer {
        let line = std::str::from_utf8(body).ok().map(str::trim_end);
        let Some(line) = line.filter(|line| line.len() <= LONGEST_SUCCESSION) else {
            return Answer::Malformed("holds no succession");
        };
        let Ok(succession) = line.parse::<Succession>() else {
            return Answer::Malformed("holds no succession that both of its keys signed");
        };
        let mut logs = self.logs.clone();
        match logs.follow(&succession) {
            Ok(()) => {}
            Err(NotFollowed::Unknown) => return Answer::NotSigned,
            Err(NotFollowed::TooMany) => return Answer::Malformed("holds one succession too many"),
            Err(NotFollowed::Twice | NotFollowed::Back) => return Answer::OtherSuccessor,
        }
        if write_state(&self.path, &self.seen, logs.followed()).is_err() {
            return Answer::NotKept;
        }
        self.logs = logs;
        Answer::Followed
    }

    /// Remembers first, signs then.
    fn sign(&mut self, checkpoint: &Checkpoint, now: u64) -> Answer {
        let Checkpoint { origin, size, root } = checkpoint;
        let mut next = self.seen.clone();
        next.insert(origin.clone(), Seen { size: *size, root: *root });
        if write_state(&self.path, &next, self.logs.followed()).is_err() {
            return Answer::NotKept;
        }
        self.seen = next;
        Answer::Cosigned(self.key.signature_line(&checkpoint.body(), now))
    }
}

/// A request taken apart.
struct Request<'a> {
    old: u64,
    path: Vec<Hash>,
    note: &'a str,
}

impl<'a> Request<'a> {
    fn read(body: &'a [u8]) -> Result<Self, &'static str> {
        if body.len() > LONGEST_REQUEST {
            return Err("is too long");
        }
        let text = std::str::from_utf8(body).map_err(|_| "is not text")?;
        let (head, note) = text.split_once("\n\n").ok_or("has no blank line")?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.and_then(text::decimal).ok_or("does not begin with `old SIZE`")?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == LONGEST_CONSISTENCY_PATH {
                return Err("has a proof of more than 63 hashes");
            }
            path.push(text::hash_from_base64(line).ok_or("has a line that is no hash")?);
        }
        Ok(Self { old, path, note })
    }
}

/// The body of a request: from which size on, the proof, and the checkpoint.
#[must_use]
pub fn request(old: u64, path: &[Hash], note: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in path {
        body.push_str(&text::base64_of(hash));
        body.push('\n');
    }
    body.push('\n');
    body.push_str(note);
    body
}

/// What was seen of each log, and the successions with their lines' numbers.
type State = (BTreeMap<String, Seen>, Vec<(usize, Succession)>);

fn read_state(path: &Path) -> Result<State, WitnessError> {
    let unusable = |cause| WitnessError::File { path: path.to_owned(), cause };
    let state = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(unusable(error)),
        Ok(found) if found.len() > LONGEST_STATE => {
            return Err(unusable(std::io::ErrorKind::FileTooLarge.into()));
        }
        Ok(_) => fs::read_to_string(path).map_err(unusable)?,
    };
    let (mut seen, mut successions) = State::default();
    for (number, line) in (1..).zip(state.lines()) {
        if line.starts_with(WORD) {
            let read = line.parse().map_err(|_| WitnessError::State(number))?;
            successions.push((number, read));
            continue;
        }
        let mut words = line.splitn(3, ' ');
        let size = words.next().and_then(text::decimal);
        let root = words.next().and_then(text::hash_from_base64);
        let (Some(size), Some(root), Some(origin)) = (size, root, words.next()) else {
            return Err(WitnessError::State(number));
        };
        if seen.insert(origin.to_owned(), Seen { size, root }).is_some() {
            return Err(WitnessError::State(number));
        }
    }
    Ok((seen, successions))
}

/// Writes the state beside the old one and puts it in its place in one step.
fn write_state(
    path: &Path,
    seen: &BTreeMap<String, Seen>,
    successions: &[Succession],
) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = fs::File::create(&new)?;
    for (origin, Seen { size, root }) in seen {
        writeln!(file, "{size} {} {origin}", text::base64_of(root))?;
    }
    for succession in successions {
        writeln!(file, "{succession}")?;
    }
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => fs::File::open(parent)?.sync_all(),
        None => fs::File::open(".")?.sync_all(),
    }
}
