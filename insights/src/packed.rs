//! A trained linear model as few bytes: whole numbers of one byte, only those that are not nought.
//!
//! Form: `OPLM`, form (1), version (u16), bits (u8), number of labels (u8), scale (f32), then for
//! each bucket a count and that many pairs of label and weight; numbers are little-endian. A count
//! of 0xff is followed by how many buckets (u16) are empty, and one of 0xfe by a weight for every label:
//! where more than half of them have one that is shorter, so no bucket takes more than a byte and a byte
//! for each label.

use crate::linear::Linear;

const MAGIC: &[u8; 4] = b"OPLM";
const FORM: u8 = 2;
const SKIP: u8 = 0xff;
const ALL: u8 = 0xfe;

/// A model that only answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    version: u16,
    bits: u32,
    labels: usize,
    scale: f32,
    begins: Vec<u32>,
    pairs: Vec<(u8, i8)>,
}

/// The bytes are no model of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no model that this program can read")]
pub struct NoModel;

impl Packed {
    /// Rounds the weights of a model; those below `least` of the largest are left out.
    #[must_use]
    pub fn of(model: &Linear, version: u16, least: f32) -> Self {
        let largest = model.weights().iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        // A few weights are far from the rest: what is above half the largest is cut.
        let scale = if largest > 0.0 { largest / 2.0 / 127.0 } else { 1.0 };
        let mut begins = vec![0_u32];
        let mut pairs = Vec::new();
        for bucket in 0..model.buckets() {
            for (label, weight) in (0_u8..).zip(model.row(bucket)) {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "it is held within an i8 first"
                )]
                let small = (weight / scale).round().clamp(-127.0, 127.0) as i8;
                if f32::from(small.unsigned_abs()) >= least * 127.0 && small != 0 {
                    pairs.push((label, small));
                }
            }
            begins.push(u32::try_from(pairs.len()).unwrap_or(u32::MAX));
        }
        Self { version, bits: model.bits(), labels: model.labels(), scale, begins, pairs }
    }

    /// Which training it is.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// How many labels it knows.
    #[must_use]
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Adds what the features say for each label.
    pub fn score(&self, features: &[(u32, f32)], scores: &mut [f32]) {
        for (hash, value) in features {
            let bucket = (hash >> (32 - self.bits)) as usize;
            let (begin, end) = (self.begins[bucket] as usize, self.begins[bucket + 1] as usize);
            let scaled = value * self.scale;
            for (label, weight) in &self.pairs[begin..end] {
                scores[usize::from(*label)] += f32::from(*weight) * scaled;
            }
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORM);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend([self.bits.to_le_bytes()[0], self.labels.to_le_bytes()[0]]);
        bytes.extend(self.scale.to_le_bytes());
        let mut empty = 0_u16;
        for bucket in self.begins.windows(2) {
            let pairs = &self.pairs[bucket[0] as usize..bucket[1] as usize];
            if pairs.is_empty() && empty < u16::MAX {
                empty += 1;
                continue;
            }
            write_skip(&mut bytes, &mut empty);
            if pairs.is_empty() {
                empty = 1;
                continue;
            }
            write_bucket(&mut bytes, pairs, self.labels);
        }
        write_skip(&mut bytes, &mut empty);
        bytes
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`NoModel`] if they are not of this form.
    pub fn read(bytes: &[u8]) -> Result<Self, NoModel> {
        let head: &[u8; 13] =
            bytes.get(..13).and_then(|head| head.try_into().ok()).ok_or(NoModel)?;
        if !head.starts_with(MAGIC) || head[4] != FORM || !(4..=20).contains(&head[7]) {
            return Err(NoModel);
        }
        let (bits, labels) = (u32::from(head[7]), usize::from(head[8]));
        let scale = f32::from_le_bytes([head[9], head[10], head[11], head[12]]);
        let mut model = Self {
            version: u16::from_le_bytes([head[5], head[6]]),
            bits,
            labels,
            scale,
            begins: vec![0],
            pairs: Vec::new(),
        };
        let mut rest = &bytes[13..];
        let buckets = 1_usize << bits;
        while let Some((count, after)) = rest.split_first() {
            if *count == SKIP {
                let (empty, after) = after.split_first_chunk().ok_or(NoModel)?;
                let end = model.begins.last().copied().unwrap_or_default();
                let filled = model.begins.len() + usize::from(u16::from_le_bytes(*empty));
                if filled > buckets + 1 {
                    return Err(NoModel);
                }
                model.begins.resize(filled, end);
                rest = after;
                continue;
            }
            if *count == ALL {
                let (weights, after) = after.split_at_checked(labels).ok_or(NoModel)?;
                let all = (0_u8..)
                    .zip(weights)
                    .map(|(label, weight)| (label, i8::from_le_bytes([*weight])));
                model.pairs.extend(all.filter(|(_, weight)| *weight != 0));
                model.begins.push(u32::try_from(model.pairs.len()).map_err(|_| NoModel)?);
                rest = after;
                continue;
            }
            let (pairs, after) = after.split_at_checked(usize::from(*count) * 2).ok_or(NoModel)?;
            for pair in pairs.chunks_exact(2) {
                if usize::from(pair[0]) >= labels {
                    return Err(NoModel);
                }
                model.pairs.push((pair[0], i8::from_le_bytes([pair[1]])));
            }
            model.begins.push(u32::try_from(model.pairs.len()).map_err(|_| NoModel)?);
            rest = after;
        }
        if model.begins.len() == buckets + 1 { Ok(model) } else { Err(NoModel) }
    }
}

/// The pairs of a bucket, or a weight for every label where that is shorter.
fn write_bucket(bytes: &mut Vec<u8>, pairs: &[(u8, i8)], labels: usize) {
    if pairs.len() * 2 <= labels {
        bytes.push(pairs.len().to_le_bytes()[0]);
        bytes.extend(pairs.iter().flat_map(|(label, weight)| [*label, weight.to_le_bytes()[0]]));
        return;
    }
    bytes.push(ALL);
    let from = bytes.len();
    bytes.resize(from + labels, 0);
    for (label, weight) in pairs {
        bytes[from + usize::from(*label)] = weight.to_le_bytes()[0];
    }
}

fn write_skip(bytes: &mut Vec<u8>, empty: &mut u16) {
    if *empty > 0 {
        bytes.push(SKIP);
        bytes.extend(empty.to_le_bytes());
        *empty = 0;
    }
}
