//! What the program knows before anybody taught it: the model that comes with it, and how it is
//! trained.

use std::sync::LazyLock;

use domain::categorisation::CATEGORIES;

use crate::dictionary::{BRANDS, Dictionary, FINLAND, listed, place};
use crate::features::{Features, of_name};
use crate::linear::{Linear, soften};
use crate::packed::Packed;
use crate::phrases;
use crate::text::{Merchant, merchant};

/// Raised with every training that comes with the program.
pub const MODEL_VERSION: u16 = 1;

/// Raised with every change to the lists of names, codes and words.
pub const LISTS_VERSION: u16 = 1;

const WORDS: &str = include_str!("../data/words.tsv");
const BYTES: &[u8] = include_bytes!("../data/model.bin");

/// How many buckets, as a power of two.
const BITS: u32 = 17;
const ROUNDS: usize = 8;
const STEP: f32 = 0.5;
/// Weights below this part of the largest are left out.
const LEAST: f32 = 0.1;
/// Examples that pull a label by less than this teach it nothing, so few weights are not nought.
const LEAST_PULL: f32 = 0.07;
/// What an example counts by where it is from: our own lists, words of a trade, a brand.
const OWN: f32 = 3.0;
const WORD: f32 = 1.5;
const BRAND: f32 = 1.0;

/// What the program knows before anybody taught it.
#[derive(Debug)]
pub struct Knowledge {
    /// Names of merchants.
    pub dictionary: Dictionary,
    /// A model of every other name.
    pub model: Packed,
}

impl Knowledge {
    /// What comes with the program. Its model is one that knows nothing if its bytes cannot be
    /// read, which a test rules out.
    #[must_use]
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Knowledge> = LazyLock::new(|| Knowledge {
            dictionary: Dictionary::of(|_| true),
            model: Packed::read(BYTES)
                .unwrap_or_else(|_| Packed::of(&Linear::new(4, CATEGORIES.len()), 0, 0.0)),
        });
        &BUNDLED
    }

    /// Knowledge of those names of the brand index alone that are wanted, trained here and now: to
    /// measure what becomes of the others.
    #[must_use]
    pub fn without(wanted: impl Fn(&str) -> bool) -> Self {
        Self { dictionary: Dictionary::of(&wanted), model: train(wanted) }
    }
}

/// An example of a category.
struct Example {
    features: Features,
    category: usize,
    weight: f32,
}

fn example(name: &str, category: usize, weight: f32) -> Example {
    let mut features = Features::new();
    let Merchant { name, .. } = merchant(name);
    of_name(&Merchant { name, processor: None }, &mut features);
    Example { features, category, weight }
}

/// Trains the model anew from the lists of this program; of the brand index only the names that
/// `wanted` says. The same lists give the same bytes.
#[must_use]
pub fn train(wanted: impl Fn(&str) -> bool) -> Packed {
    let mut examples = Vec::new();
    for (category, line) in listed(FINLAND) {
        let names = line.split('|').map(|name| example(name, usize::from(category), OWN));
        examples.extend(names);
    }
    for (category, word) in listed(WORDS) {
        examples.push(example(word, usize::from(category), WORD));
    }
    for (category, line) in listed(BRANDS) {
        let name = line.split('\t').next().unwrap_or(line);
        if wanted(name) {
            examples.push(example(name, usize::from(category), BRAND));
        }
    }
    for (category, phrase) in phrases::all() {
        if let Some(category) = place(category) {
            examples.push(example(phrase, category, OWN));
        }
    }
    let mut model = Linear::new(BITS, CATEGORIES.len());
    let mut order = Shuffle(1);
    let mut scores = vec![0.0; CATEGORIES.len()];
    for _ in 0..ROUNDS {
        order.shuffle(&mut examples);
        for one in &examples {
            scores.fill(0.0);
            model.score(&one.features, &mut scores);
            soften(&mut scores, 1.0);
            model.learn(&one.features, one.category, &scores, (one.weight, STEP), LEAST_PULL);
        }
    }
    Packed::of(&model, MODEL_VERSION, LEAST)
}

/// A fixed row of numbers that look drawn: the order of examples is the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shuffle(pub(crate) u64);

impl Shuffle {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.next() % (last as u64 + 1);
            items.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }
}
