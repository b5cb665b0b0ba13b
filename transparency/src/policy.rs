//! Whom to believe: the policy file (C2SP tlog-policy).
//!
//! One item a line; words are divided by spaces or tabs; empty lines and lines that begin with `#`
//! count for nothing.
//!
//! ```text
//! log VKEY [URL]                   a log whose checkpoints count; the key's name is the origin
//! succession …                     another key in its place, signed by the one before (own addition)
//! witness NAME VKEY [URL]          somebody who cosigns checkpoints
//! group NAME all|any|NUMBER NAME…  counts as a witness when so many of its members do
//! quorum NAME|none                 what a checkpoint needs beside the log's signature; exactly once
//! ```
//!
//! A name must be defined on a line before it is used, and is a member of at most one group. The
//! file is UTF-8. At least one log is needed here; anything else on a line is refused with its
//! number.

use crate::checkpoint::{Checkpoint, KeyKind, NoteError, VerifierKey, open_note};
use crate::succession::{Lineage, NotFollowed, Succession};

/// Longest policy file, in bytes.
pub const LONGEST_POLICY: usize = 256 * 1024;

/// Most logs, most witnesses and most groups.
pub const MOST_OF_A_KIND: usize = 64;

/// A line of a policy does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {wrong}")]
pub struct PolicyError {
    /// From 1; 0 for what concerns the file as a whole.
    pub line: usize,
    /// What is wrong and what belongs there.
    pub wrong: String,
}

/// A witness or a group of them.
#[derive(Clone, Debug)]
struct Party {
    name: String,
    rule: Rule,
    /// Already a member of a group.
    taken: bool,
}

#[derive(Clone, Debug)]
enum Rule {
    Witness(Box<VerifierKey>, Option<String>),
    Group { threshold: usize, members: Vec<usize> },
}

/// A witness of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAt {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it answers, if the policy says.
    pub url: Option<String>,
}

/// The logs and witnesses that are trusted, and how many of them it takes.
#[derive(Clone, Debug)]
pub struct Policy {
    logs: Lineage,
    /// A group stands after its members.
    parties: Vec<Party>,
    /// Index of the party that has to have witnessed; nothing for `quorum none`.
    quorum: Option<usize>,
}

/// A checkpoint that the policy accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, by their names in the policy.
    pub witnesses: Vec<String>,
}

/// Why a policy does not accept a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Malformed, by no known log, or with a wrong signature.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed by a known log, but in the name of another.
    #[error("it is of the log `{origin}`, for which the policy knows no key that signed it")]
    OtherOrigin {
        /// The origin it names.
        origin: String,
    },
    /// Signed by a key of the log that had been given up, or had not begun yet.
    #[error(
        "a key of the log signed it that does not speak for {size} events: another has taken its \
         place, or it had not begun"
    )]
    NotItsTime {
        /// How many events it is over.
        size: u64,
    },
    /// Signed by the log, but not by enough witnesses.
    #[error("the log signed it, but the quorum of witnesses did not")]
    Quorum(Box<Checkpoint>),
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`] with the number of the line.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let error = |line, wrong: &str| PolicyError { line, wrong: wrong.to_owned() };
        if text.len() > LONGEST_POLICY {
            return Err(error(0, "the file is longer than 256 KiB"));
        }
        let mut draft = Draft::default();
        for (line, number) in text.split('\n').zip(1_usize..) {
            if line.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
                return Err(error(number, "there is a control character"));
            }
            let words: Vec<&str> =
                line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            if words.first().is_some_and(|word| !word.starts_with('#')) {
                draft.line(&words).map_err(|wrong| PolicyError { line: number, wrong })?;
            }
        }
        if draft.logs.keys().next().is_none() {
            return Err(error(0, "it names no log; write `log VKEY`"));
        }
        let quorum = draft.quorum.ok_or_else(|| {
            error(0, "it has no quorum; write `quorum none` or `quorum NAME` at its end")
        })?;
        Ok(Self { logs: draft.logs, parties: draft.parties, quorum })
    }

    /// The logs' keys, each for the sizes it speaks for.
    #[must_use]
    pub fn logs(&self) -> &Lineage {
        &self.logs
    }

    /// Lets a succession that came from elsewhere count. It is believed for the signature of a key
    /// that is trusted already, wherever it comes from.
    ///
    /// # Errors
    /// [`NotFollowed`].
    pub fn follow(&mut self, succession: &Succession) -> Result<(), NotFollowed> {
        self.logs.follow(succession)
    }

    /// The witnesses, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> Vec<WitnessAt> {
        let of = |party: &Party| match &party.rule {
            Rule::Witness(key, url) => {
                Some(WitnessAt { name: party.name.clone(), key: (**key).clone(), url: url.clone() })
            }
            Rule::Group { .. } => None,
        };
        self.parties.iter().filter_map(of).collect()
    }

    /// Judges a signed checkpoint.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, note: &str) -> Result<Accepted, Refused> {
        let witness_keys = self.parties.iter().filter_map(|party| match &party.rule {
            Rule::Witness(key, _) => Some(&**key),
            Rule::Group { .. } => None,
        });
        let keys: Vec<VerifierKey> = self.logs.keys().chain(witness_keys).cloned().collect();
        let opened = open_note(note, &keys)?;
        let origin = opened.checkpoint.origin.clone();
        let logs: Vec<_> = opened.signers.iter().filter(|key| key.kind() == KeyKind::Log).collect();
        if logs.is_empty() {
            return Err(NoteError::NoKnownKey.into());
        }
        let (mut own, size) = (false, opened.checkpoint.size);
        if !logs.iter().any(|key| {
            own |= key.name() == origin;
            key.name() == origin && self.logs.speaks(key, size)
        }) {
            return Err(match own {
                true => Refused::NotItsTime { size },
                false => Refused::OtherOrigin { origin },
            });
        }
        let mut met = Vec::with_capacity(self.parties.len());
        let mut witnesses = Vec::new();
        for party in &self.parties {
            met.push(match &party.rule {
                Rule::Witness(key, _) => opened.signers.contains(key),
                Rule::Group { threshold, members } => {
                    let count = members.iter().filter(|member| met.get(**member) == Some(&true));
                    count.count() >= *threshold
                }
            });
            if matches!(party.rule, Rule::Witness(..)) && met.last() == Some(&true) {
                witnesses.push(party.name.clone());
            }
        }
        let enough = self.quorum.is_none_or(|quorum| met.get(quorum) == Some(&true));
        if !enough {
            return Err(Refused::Quorum(Box::new(opened.checkpoint)));
        }
        Ok(Accepted { checkpoint: opened.checkpoint, witnesses })
    }
}

/// A policy while its lines are read.
#[derive(Default)]
struct Draft {
    logs: Lineage,
    parties: Vec<Party>,
    quorum: Option<Option<usize>>,
}

impl Draft {
    fn line(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["log", vkey] | ["log", vkey, _] => self.log(vkey),
            [crate::succession::WORD, ..] => self.succession(&words.join(" ")),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, threshold, members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            ["quorum", name] => self.set_quorum(name),
            ["log", ..] => Err("write `log VKEY [URL]`".to_owned()),
            ["witness", ..] => Err("write `witness NAME VKEY [URL]`".to_owned()),
            ["group", ..] => Err("write `group NAME all|any|NUMBER NAME…`".to_owned()),
            ["quorum", ..] => Err("write `quorum NAME` or `quorum none`".to_owned()),
            [other, ..] => {
                Err(format!("`{other}` is not log, succession, witness, group or quorum"))
            }
            [] => Ok(()),
        }
    }

    fn log(&mut self, vkey: &str) -> Result<(), String> {
        let key = key_of_kind(vkey, KeyKind::Log)?;
        if self.logs.keys().any(|known| known.public() == key.public()) {
            return Err("this log's key stands in an earlier line".to_owned());
        }
        self.logs.trust(key);
        if self.logs.keys().count() > MOST_OF_A_KIND {
            Err("there are too many logs".to_owned())
        } else {
            Ok(())
        }
    }

    fn succession(&mut self, line: &str) -> Result<(), String> {
        let succession: Succession =
            line.parse().map_err(|error: crate::succession::SuccessionError| error.to_string())?;
        self.logs.follow(&succession).map_err(|error| error.to_string())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key = key_of_kind(vkey, KeyKind::Witness)?;
        let same = |party: &Party| matches!(&party.rule, Rule::Witness(known, _) if known.public() == key.public());
        if self.parties.iter().any(same) {
            return Err("this witness's key stands in an earlier line".to_owned());
        }
        self.define(name, Rule::Witness(Box::new(key), url.map(str::to_owned)))
    }

    fn group(&mut self, name: &str, threshold: &str, names: &[&str]) -> Result<(), String> {
        let threshold = match threshold {
            "all" => names.len(),
            "any" => 1,
            number => crate::text::decimal(number)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=names.len()).contains(number))
                .ok_or(format!(
                    "the group needs `all`, `any` or a number from 1 to {}",
                    names.len()
                ))?,
        };
        let mut members = Vec::with_capacity(names.len());
        for member in names {
            let index = self.find(member)?;
            if std::mem::replace(&mut self.parties[index].taken, true) {
                return Err(format!("`{member}` is a member of a group already"));
            }
            members.push(index);
        }
        self.define(name, Rule::Group { threshold, members })
    }

    fn set_quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("there is a quorum line already".to_owned());
        }
        self.quorum = Some(if name == "none" { None } else { Some(self.find(name)?) });
        Ok(())
    }

    fn find(&self, name: &str) -> Result<usize, String> {
        let place = self.parties.iter().position(|party| party.name == name);
        place.ok_or_else(|| format!("`{name}` is no witness or group of a line before this one"))
    }

    fn define(&mut self, name: &str, rule: Rule) -> Result<(), String> {
        if name == "none" || self.find(name).is_ok() {
            return Err(format!("the name `{name}` is taken"));
        }
        if self.parties.len() == MOST_OF_A_KIND * 2 {
            return Err("there are too many witnesses and groups".to_owned());
        }
        self.parties.push(Party { name: name.to_owned(), rule, taken: false });
        Ok(())
    }
}

fn key_of_kind(vkey: &str, kind: KeyKind) -> Result<VerifierKey, String> {
    let key: VerifierKey =
        vkey.parse().map_err(|error: crate::checkpoint::KeyError| error.to_string())?;
    if key.kind() == kind {
        Ok(key)
    } else {
        Err(format!("the key must be of signature type {}", kind.signature_type()))
    }
}
