//! What is learnt from examples: the categories of payees that were named before, and a linear
//! model of everything else, on top of what the program knows by itself.
//!
//! The same examples in the same order give the same state, byte for byte.

use std::collections::{BTreeMap, HashMap};

use domain::categorisation::CATEGORIES;

use crate::answer::{Basis, Ground, basis};
use crate::base::{Knowledge, Shuffle};
use crate::features::{Features, named, of_name, size};
use crate::linear::{Linear, best, logarithm, soften};
use crate::row::Subject;

/// Most labels that can be told apart.
pub const MOST_LABELS: usize = 400;
/// Most different examples that are kept to learn from.
pub const MOST_EXAMPLES: usize = 100_000;

/// One part in so many is put aside to see how sure the rest may be.
const PUT_ASIDE: usize = 8;
/// Fewest examples that this can be seen from, and the temperatures below that.
const FEWEST_TO_CALIBRATE: usize = 400;
const UNCALIBRATED: [f32; 2] = [1.2, 1.6];
/// Most answers it is seen from.
const MOST_TO_CALIBRATE: usize = 20_000;
/// An answer of this confidence is to be right so often. It errs on the side of asking.
const SURE: f32 = 0.8;
const RIGHT_WHEN_SURE: f32 = 0.98;
/// How learning is set.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Buckets, as a power of two.
    pub bits: u32,
    /// Length of a step.
    pub step: f32,
    /// Most rounds over the examples.
    pub rounds: usize,
    /// Most steps in all rounds.
    pub steps: usize,
    /// What the program's own knowledge counts beside what was learnt.
    pub prior: f32,
    /// What the model counts beside one example of the same payee.
    pub model: f32,
    /// What a payee's earlier examples lose with each new one.
    pub fade: f32,
    /// What an example of the same payee on another account counts.
    pub elsewhere: f32,
    /// Value of the features of the amount.
    pub amount: f32,
    /// Value of the features of the account; at nought accounts are not told apart at all.
    pub account: f32,
    /// Value of the features of the program's own knowledge.
    pub known: f32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            bits: 16,
            step: 0.5,
            rounds: 40,
            steps: 300_000,
            prior: 0.8,
            model: 8.0,
            fade: 0.95,
            elsewhere: 0.2,
            amount: 0.1,
            account: 0.4,
            known: 0.3,
        }
    }
}

/// The weights of a payee's labels.
type Counts = Vec<(u16, f32)>;

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Learnt {
    knowledge: &'static Knowledge,
    tuning: Tuning,
    labels: Vec<String>,
    /// Places of the labels in the taxonomy.
    places: Vec<Option<usize>>,
    payees: HashMap<String, Counts>,
    model: Linear,
    /// Of payees seen before, and of others.
    temperatures: [f32; 2],
}

/// What learning says of a row.
#[derive(Clone, Debug)]
pub struct Said {
    /// The chances of the labels.
    pub chances: Vec<f32>,
    /// Whether the payee was named before.
    pub seen: bool,
    /// What the program's own knowledge rests on.
    pub ground: Ground,
    /// The category the program knows it by, if it does.
    pub found: Option<usize>,
}

/// An example, as it is kept for the rounds.
struct Example {
    features: Features,
    prior: Vec<f32>,
    label: usize,
    weight: f32,
}

impl Learnt {
    /// Nothing yet, of the labels there can be.
    #[must_use]
    pub fn new(labels: Vec<String>, tuning: Tuning) -> Self {
        let places = labels.iter().map(|label| crate::dictionary::place(label)).collect();
        let model = Linear::new(tuning.bits, labels.len());
        Self {
            knowledge: Knowledge::bundled(),
            tuning,
            labels,
            places,
            payees: HashMap::new(),
            model,
            temperatures: [1.0, 1.0],
        }
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The linear model.
    #[must_use]
    pub fn model(&self) -> &Linear {
        &self.model
    }

    /// Learns from all examples at once, oldest first, and from the newest of them and some payees
    /// put aside how sure it may be. `examples` are read three times.
    #[must_use]
    pub fn from_examples<I: Iterator<Item = (Subject, usize)>>(
        labels: Vec<String>,
        tuning: Tuning,
        examples: impl Fn() -> I,
    ) -> Self {
        let mut learnt = Self::new(labels.clone(), tuning);
        let count = learnt.take(examples());
        if count < FEWEST_TO_CALIBRATE {
            learnt.temperatures = UNCALIBRATED;
            return learnt;
        }
        let newest = count - count / PUT_ASIDE;
        let aside = |place: usize, subject: &Subject| {
            place >= newest || text_hash(&subject.merchant.name).is_multiple_of(PUT_ASIDE as u64)
        };
        let mut before = Self::new(labels, tuning);
        let rest = examples().enumerate().filter(|(place, (subject, _))| !aside(*place, subject));
        before.take(rest.map(|(_, example)| example));
        let mut answers: [Vec<(Vec<f32>, usize)>; 2] = [Vec::new(), Vec::new()];
        for (place, (subject, label)) in examples().enumerate() {
            if aside(place, &subject) {
                let said = before.says(&subject);
                let answers = &mut answers[usize::from(!said.seen)];
                if answers.len() < MOST_TO_CALIBRATE {
                    answers.push((said.chances, label));
                }
            }
        }
        learnt.temperatures = answers.map(|answers| temperature(&answers));
        learnt
    }

    /// Learns examples as a whole; how many there were.
    fn take(&mut self, examples: impl Iterator<Item = (Subject, usize)>) -> usize {
        let mut together: BTreeMap<(String, String, i8, usize), (f32, usize)> = BTreeMap::new();
        let mut kept: Vec<Example> = Vec::new();
        let mut count = 0;
        for (subject, label) in examples {
            count += 1;
            self.remember(&subject, label);
            let account = subject.account.clone().unwrap_or_default();
            let key = (subject.merchant.name.clone(), account, size(subject.minor), label);
            let place = kept.len();
            let entry = together.entry(key).or_insert((0.0, place));
            entry.0 += 1.0;
            if entry.1 == place && kept.len() < MOST_EXAMPLES {
                let (features, prior, _) = self.prepared(&subject);
                kept.push(Example { features, prior, label, weight: 0.0 });
            }
        }
        for (weight, place) in together.into_values() {
            if let Some(example) = kept.get_mut(place) {
                example.weight = weight.sqrt();
            }
        }
        self.rounds(&mut kept);
        count
    }

    /// The account, where accounts are told apart.
    fn account<'a>(&self, subject: &'a Subject) -> Option<&'a str> {
        subject.account.as_deref().filter(|_| self.tuning.account > 0.0)
    }

    /// Under what a row's payee is remembered: with the account first.
    fn keys(&self, subject: &Subject) -> impl Iterator<Item = String> + use<> {
        let name = &subject.merchant.name;
        let account = self.account(subject).map(|account| format!("{account}|{name}"));
        account.into_iter().chain(std::iter::once(format!("|{name}")))
    }

    fn rounds(&mut self, examples: &mut [Example]) {
        let rounds = self.tuning.rounds.min(self.tuning.steps / examples.len().max(1)).max(2);
        let mut order = Shuffle(1);
        let mut scores = vec![0.0; self.labels.len()];
        for _ in 0..rounds {
            order.shuffle(examples);
            for one in examples.iter() {
                scores.copy_from_slice(&one.prior);
                self.model.score(&one.features, &mut scores);
                soften(&mut scores, 1.0);
                let pace = (one.weight, self.tuning.step);
                self.model.learn(&one.features, one.label, &scores, pace, 0.0);
            }
        }
    }

    fn remember(&mut self, subject: &Subject, label: usize) {
        let fade = self.tuning.fade;
        let label = u16::try_from(label).unwrap_or(u16::MAX);
        for key in self.keys(subject) {
            let counts = self.payees.entry(key).or_default();
            for (_, weight) in counts.iter_mut() {
                *weight *= fade;
            }
            match counts.iter_mut().find(|(known, _)| *known == label) {
                Some((_, weight)) => *weight += 1.0,
                None => counts.push((label, 1.0)),
            }
        }
    }

    /// The features of a row, and what the program's own knowledge says of each label.
    fn prepared(&self, subject: &Subject) -> (Features, Vec<f32>, Basis) {
        let basis = basis(self.knowledge, subject);
        let Basis { chances, found, .. } = &basis;
        let mut features = Features::new();
        of_name(&subject.merchant, &mut features);
        let tuning = &self.tuning;
        named(b'b', "", 0.3, &mut features);
        let direction = if subject.incoming() { "in" } else { "out" };
        named(b's', direction, 0.3, &mut features);
        named(b'a', &size(subject.minor).to_string(), tuning.amount, &mut features);
        if let Some(account) = self.account(subject) {
            named(b'k', account, tuning.account, &mut features);
            let both = format!("{account}|{}", subject.merchant.name);
            named(b'x', &both, tuning.account, &mut features);
        }
        if let Some(mcc) = subject.mcc {
            named(b'm', &mcc.to_string(), 0.5, &mut features);
        }
        if let Some(processor) = subject.merchant.processor {
            named(b'p', processor, 0.3, &mut features);
        }
        if let Some(found) = found {
            named(b'd', CATEGORIES[*found].0, tuning.known, &mut features);
        }
        named(b'g', CATEGORIES[best(chances).0].0, tuning.known, &mut features);
        let prior = self.places.iter().map(|place| match place {
            Some(place) => tuning.prior * logarithm(chances[*place].max(1e-3)),
            None => tuning.prior * logarithm(1e-3),
        });
        let prior = prior.collect();
        (features, prior, basis)
    }

    /// What was learnt says of a row.
    #[must_use]
    pub fn says(&self, subject: &Subject) -> Said {
        let (features, mut chances, basis) = self.prepared(subject);
        self.model.score(&features, &mut chances);
        let own = self.account(subject).is_some();
        let remembered = self.keys(subject).enumerate().find_map(|(place, key)| {
            // On another account than where it was named, a payee is a hint.
            let worth = if own && place > 0 { self.tuning.elsewhere } else { 1.0 };
            Some((self.payees.get(&key)?, worth))
        });
        let seen = remembered.is_some();
        soften(&mut chances, 1.0);
        if let Some((counts, worth)) = remembered {
            let all: f32 = counts.iter().map(|(_, weight)| weight * worth).sum();
            for chance in &mut chances {
                *chance *= self.tuning.model;
            }
            for (label, weight) in counts {
                if let Some(chance) = chances.get_mut(usize::from(*label)) {
                    *chance += weight * worth;
                }
            }
            for chance in &mut chances {
                *chance /= all + self.tuning.model;
            }
        }
        warm(&mut chances, self.temperatures[usize::from(!seen)]);
        Said { chances, seen, ground: basis.ground, found: basis.found }
    }
}

/// Chances at another temperature.
fn warm(chances: &mut [f32], temperature: f32) {
    for chance in chances.iter_mut() {
        *chance = logarithm(*chance);
    }
    soften(chances, temperature);
}

/// The lowest temperature at which sure answers are right often enough.
fn temperature(answers: &[(Vec<f32>, usize)]) -> f32 {
    const LOWEST: u8 = 8;
    const HIGHEST: u8 = 60;
    for tenths in LOWEST..=HIGHEST {
        let temperature = f32::from(tenths) / 10.0;
        let (mut sure, mut right) = (0_u16, 0_u16);
        for (chances, label) in answers {
            let mut chances = chances.clone();
            warm(&mut chances, temperature);
            let (place, chance) = best(&chances);
            sure += u16::from(chance >= SURE);
            right += u16::from(chance >= SURE && place == *label);
        }
        if f32::from(right) >= f32::from(sure) * RIGHT_WHEN_SURE {
            return temperature;
        }
    }
    f32::from(HIGHEST) / 10.0
}

/// The same number for the same name, always.
fn text_hash(text: &str) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix) >> 7
}
