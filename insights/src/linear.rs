//! A linear model over hashed features: soft-max, learnt by AdaGrad in a fixed order on one thread
//! with nothing but additions, products, quotients and roots. So the same examples give the same
//! bytes on every machine.

/// A model of some labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    bits: u32,
    labels: usize,
    /// Where the weights of a bucket are, from 1; 0 for nowhere yet.
    places: Vec<u32>,
    weights: Vec<f32>,
    squares: Vec<f32>,
}

/// Keeps the first steps of a weight from being endless.
const LEAST_ROOT: f32 = 1e-4;

impl Linear {
    /// A model that knows nothing, of 2^`bits` buckets.
    #[must_use]
    pub fn new(bits: u32, labels: usize) -> Self {
        let places = vec![0; 1 << bits];
        Self { bits, labels, places, weights: Vec::new(), squares: Vec::new() }
    }

    /// Its buckets are two to the power of this.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// How many labels it knows.
    #[must_use]
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// How many buckets it has.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.places.len()
    }

    /// All weights there are.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The weights of a bucket; empty for one that nothing was learnt of.
    #[must_use]
    pub fn row(&self, bucket: usize) -> &[f32] {
        match self.places[bucket] as usize {
            0 => &[],
            place => &self.weights[(place - 1) * self.labels..place * self.labels],
        }
    }

    fn bucket(&self, hash: u32) -> usize {
        (hash >> (32 - self.bits)) as usize
    }

    /// Adds what the features say for each label.
    pub fn score(&self, features: &[(u32, f32)], scores: &mut [f32]) {
        for (hash, value) in features {
            for (score, weight) in scores.iter_mut().zip(self.row(self.bucket(*hash))) {
                *score += weight * value;
            }
        }
    }

    /// One step of length `step` towards a label, from the chances that the whole gives now.
    pub fn learn(
        &mut self,
        features: &[(u32, f32)],
        label: usize,
        chances: &[f32],
        (weight, step): (f32, f32),
        least: f32,
    ) {
        let pulls: Vec<f32> = (0..)
            .zip(chances)
            .map(|(class, chance)| (f32::from(u8::from(class == label)) - chance) * weight)
            .collect();
        for (hash, value) in features {
            let bucket = self.bucket(*hash);
            if self.places[bucket] == 0 {
                self.weights.resize(self.weights.len() + self.labels, 0.0);
                self.squares.resize(self.squares.len() + self.labels, 0.0);
                let place = self.weights.len() / self.labels;
                self.places[bucket] = u32::try_from(place).unwrap_or(u32::MAX);
            }
            let end = self.places[bucket] as usize * self.labels;
            let weights = &mut self.weights[end - self.labels..end];
            let squares = &mut self.squares[end - self.labels..end];
            for ((weight, square), pull) in weights.iter_mut().zip(squares).zip(&pulls) {
                if pull.abs() < least {
                    continue;
                }
                let pull = pull * value;
                *square += pull * pull;
                *weight += step * pull / (square.sqrt() + LEAST_ROOT);
            }
        }
    }
}

/// Scores as chances that sum to one. A higher temperature makes them more alike.
pub fn soften(scores: &mut [f32], temperature: f32) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = power_of_e((*score - most) / temperature);
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// e to the power of a number that is not above nought, by products and sums alone: the system's
/// own function may differ in the last bit from machine to machine.
#[must_use]
pub fn power_of_e(power: f32) -> f32 {
    // (1 + x/1024 + …)^1024, squared ten times.
    let small = power.max(-80.0) / 1024.0;
    let mut result = 1.0 + small * (1.0 + small * (0.5 + small * (1.0 / 6.0)));
    for _ in 0..10 {
        result *= result;
    }
    result
}

/// The natural logarithm of a number from 0 to 1, by the same means, to about a thousandth.
#[must_use]
pub fn logarithm(number: f32) -> f32 {
    const LN_2: f32 = std::f32::consts::LN_2;
    let mut rest = number.max(1e-9);
    let mut halvings = 0.0;
    while rest < 0.5 {
        rest *= 2.0;
        halvings += 1.0;
    }
    let ratio = (rest - 1.0) / (rest + 1.0);
    let square = ratio * ratio;
    2.0 * ratio * (1.0 + square * (1.0 / 3.0 + square * (0.2 + square / 7.0))) - halvings * LN_2
}

/// The largest and its place.
#[must_use]
pub fn best(chances: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::MIN);
    for (place, chance) in chances.iter().copied().enumerate() {
        if chance > best.1 {
            best = (place, chance);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_functions_are_near_the_systems() {
        for step in 0_u8..=200 {
            let power = -f32::from(step) / 10.0;
            let wanted = power.exp();
            assert!((power_of_e(power) - wanted).abs() <= wanted * 2e-3 + 1e-9, "{power}");
            let number = f32::from(step.max(1)) / 200.0;
            assert!((logarithm(number) - number.ln()).abs() < 2e-3, "{number}");
        }
    }

    #[test]
    fn the_same_examples_make_the_same_model_and_it_knows_them() {
        let examples: [(&[(u32, f32)], usize); 3] =
            [(&[(1 << 30, 1.0)], 0), (&[(2 << 30, 1.0)], 1), (&[(3 << 30, 0.5), (1, 0.5)], 2)];
        let learnt = || {
            let mut model = Linear::new(4, 3);
            for _ in 0..30 {
                for (features, label) in examples {
                    let mut scores = [0.0; 3];
                    model.score(features, &mut scores);
                    soften(&mut scores, 1.0);
                    model.learn(features, label, &scores, (1.0, 0.5), 0.0);
                }
            }
            model
        };
        let model = learnt();
        assert_eq!(model, learnt());
        for (features, label) in examples {
            let mut scores = [0.0; 3];
            model.score(features, &mut scores);
            assert_eq!(best(&scores).0, label);
        }
    }
}
