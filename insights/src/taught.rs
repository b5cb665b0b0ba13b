//! What a person teaches by correcting one row after the other: where such rows went before, under
//! several names for "such", and a linear model of the words for what was never seen. How far each
//! of them is believed is learnt too, from the same corrections.
//!
//! The same corrections in the same order give the same state, byte for byte.

use std::collections::HashMap;

use domain::categorisation::CATEGORIES;

use crate::answer::{Basis, basis};
use crate::base::Knowledge;
use crate::features::{Features, named, of_name, size};
use crate::learnt::Said;
use crate::linear::{Linear, best, logarithm, soften};
use crate::packed::Packed;
use crate::row::Subject;

/// Buckets of the linear model, as a power of two.
const BITS: u32 = 13;
/// Length and number of the steps in which the linear model takes a correction.
const STEP: f32 = 0.2;
const STEPS: usize = 2;
/// Pulls on a label that are smaller teach it nothing.
const LEAST_PULL: f32 = 1e-4;
/// Length of a step by which a voice gains or loses trust.
const TRUST_STEP: f32 = 0.1;
/// The trust in a voice before anything was learnt of it: what was said on the very account counts more
/// than what was said on another.
const TRUST_HERE: f32 = 0.5;
const TRUST_ANYWHERE: f32 = 0.15;
/// That in what the program knows by itself, and in the linear model.
const TRUST_IN_KNOWLEDGE: f32 = 0.8;
const TRUST_IN_MODEL: f32 = 0.5;
/// What a label would have had without being seen: the smaller, the more one sight of it says.
const UNSEEN: f32 = 0.1;
/// A label that was seen once counts as if half of another had been seen too.
const DOUBT: f32 = 0.5;
/// A label whose count has faded below this is forgotten.
const FORGOTTEN: f32 = 0.01;
/// What a new correction leaves of those before it, and where only the newest matter.
const FADE: f32 = 0.9;
const FADE_FAST: f32 = 0.5;

/// A name for "such a row". Of a person with one account those with the account say what the others
/// say, or what this person mostly does.
#[derive(Clone, Copy)]
enum Such {
    /// The payee, on this account.
    PayeeHere,
    /// The payee, on this account, of late.
    PayeeHereLately,
    /// The payee and the very amount, on this account.
    PayeeAndAmountHere,
    /// The payee, anywhere.
    Payee,
    /// The first word of the payee, anywhere.
    FirstWord,
    /// The account, of late.
    HereLately,
    /// The account, after a row of the same label.
    HereAfter,
    /// The account, and about this amount.
    SizeHere,
    /// The account, and what the program takes the row for.
    GuessHere,
}

impl Such {
    const ALL: [Self; 9] = [
        Self::PayeeHere,
        Self::PayeeHereLately,
        Self::PayeeAndAmountHere,
        Self::Payee,
        Self::FirstWord,
        Self::HereLately,
        Self::HereAfter,
        Self::SizeHere,
        Self::GuessHere,
    ];

    fn fade(self) -> f32 {
        if matches!(self, Self::PayeeHereLately | Self::HereLately) { FADE_FAST } else { FADE }
    }

    /// What says nothing of the payee is not believed before it was seen to be right.
    fn trust(self) -> f32 {
        match self {
            Self::HereLately | Self::HereAfter | Self::SizeHere | Self::GuessHere => 0.0,
            Self::Payee | Self::FirstWord => TRUST_ANYWHERE,
            Self::PayeeHere | Self::PayeeHereLately | Self::PayeeAndAmountHere => TRUST_HERE,
        }
    }

    fn key(self, subject: &Subject, guess: usize, before: Option<u16>) -> u64 {
        let here = subject.account.as_deref().unwrap_or_default();
        let payee = subject.merchant.name.as_str();
        let first = payee.split(' ').next().unwrap_or(payee);
        let of = |parts: [&[u8]; 3]| key(self as u8, parts);
        match self {
            Self::PayeeHere | Self::PayeeHereLately => of([here.as_bytes(), payee.as_bytes(), &[]]),
            Self::PayeeAndAmountHere => {
                of([here.as_bytes(), payee.as_bytes(), &subject.minor.to_le_bytes()])
            }
            Self::Payee => of([payee.as_bytes(), &[], &[]]),
            Self::FirstWord => of([first.as_bytes(), &[], &[]]),
            Self::HereLately => of([here.as_bytes(), &[], &[]]),
            Self::HereAfter => {
                let before = before.unwrap_or(u16::MAX).to_le_bytes();
                of([here.as_bytes(), &before, &[]])
            }
            Self::SizeHere => of([here.as_bytes(), &size(subject.minor).to_le_bytes(), &[]]),
            Self::GuessHere => of([here.as_bytes(), &guess.to_le_bytes(), &[]]),
        }
    }
}

/// FNV-1a of 64 bits over what makes a name, each part after its length.
fn key(kind: u8, parts: [&[u8]; 3]) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    parts.into_iter().fold(mix(0xcbf2_9ce4_8422_2325, kind), |hash, part| {
        let length = (part.len() as u64).to_le_bytes();
        length.iter().chain(part).fold(hash, |hash, byte| mix(hash, *byte))
    })
}

/// How rows of one name were labelled.
#[derive(Clone, Debug, Default)]
struct Recalled {
    /// How often, faded, by label.
    counts: Vec<(u16, f32)>,
    latest: u16,
    times: u16,
}

impl Recalled {
    fn take(&mut self, label: u16, fade: f32) {
        for (_, count) in &mut self.counts {
            *count *= fade;
        }
        self.counts.retain(|(_, count)| *count > FORGOTTEN);
        match self.counts.iter_mut().find(|(known, _)| *known == label) {
            Some((_, count)) => *count += 1.0,
            None => self.counts.push((label, 1.0)),
        }
        self.latest = label;
        self.times = self.times.saturating_add(1);
    }

    /// Which trust is asked: by how often, and whether it was nearly always the same.
    fn kind(&self, all: f32) -> usize {
        let often = match self.times {
            0 | 1 => 0,
            2 => 1,
            3..=5 => 2,
            _ => 3,
        };
        let most = self.counts.iter().fold(0.0_f32, |most, (_, count)| most.max(*count));
        often * 2 + usize::from(most >= 0.9 * all)
    }
}

/// Kinds of each name, and two voices of each: the counts, and the latest.
const KINDS: usize = 8;
const VOICES: usize = Such::ALL.len() * KINDS * 2;
const KNOWLEDGE: usize = VOICES;
const MODEL: usize = VOICES + 1;

/// Something said for a label: by which voice, and how loudly.
type Vote = (usize, u16, f32);

/// A row made ready: everything that speaks on it.
struct Heard {
    keys: [u64; Such::ALL.len()],
    features: Features,
    votes: Vec<Vote>,
    /// What the program's own knowledge says of each label, and the linear model.
    prior: Vec<f32>,
    words: Vec<f32>,
    chances: Vec<f32>,
    basis: Basis,
    seen: bool,
}

/// A person's own model.
#[derive(Clone, Debug)]
pub struct Taught {
    labels: Vec<String>,
    /// Places of the labels in the taxonomy.
    places: Vec<Option<usize>>,
    recalled: HashMap<u64, Recalled>,
    /// The label of the newest correction on an account.
    newest: HashMap<u64, u16>,
    trust: Vec<f32>,
    /// What the steps of a trust come to, squared.
    squares: Vec<f32>,
    model: Linear,
}

impl Taught {
    /// Nothing yet, of the labels there can be.
    #[must_use]
    pub fn new(labels: Vec<String>) -> Self {
        let mut trust: Vec<f32> =
            Such::ALL.iter().flat_map(|such| [such.trust(); KINDS * 2]).collect();
        trust.extend([TRUST_IN_KNOWLEDGE, TRUST_IN_MODEL]);
        Self {
            places: labels.iter().map(|label| crate::dictionary::place(label)).collect(),
            recalled: HashMap::new(),
            newest: HashMap::new(),
            squares: vec![0.0; trust.len()],
            trust,
            model: Linear::new(BITS, labels.len()),
            labels,
        }
    }

    /// Nothing yet, of the taxonomy's categories.
    #[must_use]
    pub fn of_taxonomy() -> Self {
        Self::new(CATEGORIES.map(|(name, _)| name.to_owned()).to_vec())
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What was taught says of a row.
    #[must_use]
    pub fn says(&self, subject: &Subject) -> Said {
        let Heard { chances, basis, seen, .. } = self.hear(subject);
        Said { chances, seen, ground: basis.ground, found: basis.found }
    }

    /// Learns a correction; whether it would have said so by itself.
    pub fn learn(&mut self, subject: &Subject, label: usize) -> bool {
        let heard = self.hear(subject);
        let known = best(&heard.chances).0 == label;
        self.trust_anew(&heard, label);
        let mut chances = vec![0.0; self.labels.len()];
        for _ in 0..STEPS {
            chances.copy_from_slice(&heard.prior);
            for chance in &mut chances {
                *chance *= TRUST_IN_KNOWLEDGE;
            }
            self.model.score(&heard.features, &mut chances);
            soften(&mut chances, 1.0);
            self.model.learn(&heard.features, label, &chances, (1.0, STEP), LEAST_PULL);
        }
        let label = u16::try_from(label).unwrap_or(u16::MAX);
        for (such, key) in Such::ALL.iter().zip(heard.keys) {
            self.recalled.entry(key).or_default().take(label, such.fade());
        }
        self.newest.insert(account_key(subject), label);
        known
    }

    /// Voices that spoke for the right label gain trust, the others lose it.
    fn trust_anew(&mut self, heard: &Heard, label: usize) {
        let pull = |of: usize| f32::from(u8::from(of == label)) - heard.chances[of];
        let mut pulls = vec![0.0; self.trust.len()];
        for (voice, of, loud) in &heard.votes {
            pulls[*voice] += pull(usize::from(*of)) * loud;
        }
        for (of, (prior, words)) in heard.prior.iter().zip(&heard.words).enumerate() {
            pulls[KNOWLEDGE] += pull(of) * prior;
            pulls[MODEL] += pull(of) * words;
        }
        for ((trust, square), pull) in self.trust.iter_mut().zip(&mut self.squares).zip(pulls) {
            *square += pull * pull;
            *trust += TRUST_STEP * pull / square.sqrt().max(1.0);
        }
    }

    /// Asks every voice.
    fn hear(&self, subject: &Subject) -> Heard {
        let basis = basis(Knowledge::bundled(), subject);
        let guess = best(&basis.chances).0;
        let features = features(subject, &basis, guess);
        let before = self.newest.get(&account_key(subject)).copied();
        let keys = Such::ALL.map(|such| such.key(subject, guess, before));
        let mut votes = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            let Some(recalled) = self.recalled.get(key) else { continue };
            let all: f32 = recalled.counts.iter().map(|(_, count)| count).sum();
            let voice = (place * KINDS + recalled.kind(all)) * 2;
            for (label, count) in &recalled.counts {
                let odds = 1.0 + count / (all + DOUBT) / UNSEEN;
                votes.push((voice, *label, -logarithm(odds.recip())));
            }
            votes.push((voice + 1, recalled.latest, 1.0));
        }
        let chance = |place: &Option<usize>| place.map_or(0.0, |place| basis.chances[place]);
        let prior: Vec<f32> =
            self.places.iter().map(|place| logarithm(chance(place).max(1e-3))).collect();
        let mut words = vec![0.0; self.labels.len()];
        self.model.score(&features, &mut words);
        let mut chances: Vec<f32> = prior
            .iter()
            .zip(&words)
            .map(|(prior, words)| prior * self.trust[KNOWLEDGE] + words * self.trust[MODEL])
            .collect();
        for (voice, label, loud) in &votes {
            if let Some(chance) = chances.get_mut(usize::from(*label)) {
                *chance += self.trust[*voice] * loud;
            }
        }
        soften(&mut chances, 1.0);
        let seen = self.recalled.contains_key(&keys[Such::Payee as usize]);
        Heard { keys, features, votes, prior, words, chances, basis, seen }
    }

    /// Everything that was taught, as bytes: the same corrections in the same order give the same.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.memory();
        for bucket in 0..self.model.buckets() {
            let row = self.model.row(bucket);
            if !row.is_empty() {
                bytes.extend(u16::try_from(bucket).unwrap_or(u16::MAX).to_le_bytes());
                bytes.extend(row.iter().flat_map(|weight| weight.to_bits().to_le_bytes()));
            }
        }
        bytes
    }

    /// The size of what answers: the memory, and the linear model with weights of one byte.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory().len() + Packed::of(&self.model, 0, 0.0).bytes().len()
    }

    /// The labels, what is recalled and what is trusted.
    fn memory(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for label in &self.labels {
            bytes.extend((label.len() as u64).to_le_bytes());
            bytes.extend(label.as_bytes());
        }
        let mut recalled: Vec<_> = self.recalled.iter().collect();
        recalled.sort_unstable_by_key(|(key, _)| **key);
        for (key, Recalled { counts, latest, times }) in recalled {
            bytes.extend(key.to_le_bytes());
            bytes.extend([*latest, *times].map(u16::to_le_bytes).concat());
            bytes.push(u8::try_from(counts.len()).unwrap_or(u8::MAX));
            for (label, count) in counts {
                bytes.extend(label.to_le_bytes());
                bytes.extend(count.to_bits().to_le_bytes());
            }
        }
        let mut newest: Vec<_> = self.newest.iter().collect();
        newest.sort_unstable();
        for (account, label) in newest {
            bytes.extend(account.to_le_bytes());
            bytes.extend(label.to_le_bytes());
        }
        let trust = self.trust.iter().flat_map(|trust| trust.to_bits().to_le_bytes());
        bytes.extend(trust);
        bytes
    }
}

fn account_key(subject: &Subject) -> u64 {
    key(u8::MAX, [subject.account.as_deref().unwrap_or_default().as_bytes(), &[], &[]])
}

fn features(subject: &Subject, basis: &Basis, guess: usize) -> Features {
    let mut features = Features::new();
    of_name(&subject.merchant, &mut features);
    named(b'b', "", 0.3, &mut features);
    let direction = if subject.incoming() { "in" } else { "out" };
    named(b's', direction, 0.3, &mut features);
    named(b'a', &size(subject.minor).to_string(), 0.1, &mut features);
    let guess = CATEGORIES[guess].0;
    named(b'g', guess, 0.3, &mut features);
    if let Some(account) = &subject.account {
        named(b'k', account, 1.0, &mut features);
        named(b'h', &format!("{account}|{guess}"), 0.5, &mut features);
    }
    if let Some(mcc) = subject.mcc {
        named(b'm', &mcc.to_string(), 0.5, &mut features);
    }
    if let Some(processor) = subject.merchant.processor {
        named(b'p', processor, 0.3, &mut features);
    }
    if let Some(found) = basis.found {
        named(b'd', CATEGORIES[found].0, 0.3, &mut features);
    }
    features
}
