//! The tree a second time: the recursive definitions of RFC 6962, section 2.1, as they stand there,
//! over SHA-256 directly and with no code of the crate.

use std::cell::RefCell;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

pub fn leaf(entry: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

fn inner(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The list of leaf hashes `D`.
pub struct Second {
    leaves: Vec<[u8; 32]>,
    /// What was computed before, so that thousands of roots take seconds.
    known: RefCell<HashMap<(usize, usize), [u8; 32]>>,
}

impl Second {
    pub fn new(leaves: Vec<[u8; 32]>) -> Self {
        Self { leaves, known: RefCell::default() }
    }

    /// Leaves over big-endian 8-byte numbers.
    pub fn numbers(count: u64) -> Self {
        Self::new((0..count).map(|number| leaf(&number.to_be_bytes())).collect())
    }

    pub fn leaf(&self, index: usize) -> [u8; 32] {
        self.leaves[index]
    }

    /// MTH(D[start:end]).
    pub fn mth(&self, start: usize, end: usize) -> [u8; 32] {
        match end - start {
            0 => Sha256::digest([]).into(),
            1 => self.leaves[start],
            length => {
                if let Some(known) = self.known.borrow().get(&(start, end)) {
                    return *known;
                }
                let k = k(length);
                let hash = inner(self.mth(start, start + k), self.mth(start + k, end));
                if length.is_power_of_two() {
                    self.known.borrow_mut().insert((start, end), hash);
                }
                hash
            }
        }
    }

    /// PATH(m, D[start:end]).
    pub fn path(&self, m: usize, start: usize, end: usize) -> Vec<[u8; 32]> {
        let length = end - start;
        if length == 1 {
            return Vec::new();
        }
        let k = k(length);
        let (mut path, sibling) = if m < k {
            (self.path(m, start, start + k), self.mth(start + k, end))
        } else {
            (self.path(m - k, start + k, end), self.mth(start, start + k))
        };
        path.push(sibling);
        path
    }

    /// PROOF(m, D[0:n]).
    pub fn proof(&self, m: usize, n: usize) -> Vec<[u8; 32]> {
        if m == 0 { Vec::new() } else { self.subproof(m, 0, n, true) }
    }

    fn subproof(&self, m: usize, start: usize, end: usize, b: bool) -> Vec<[u8; 32]> {
        let n = end - start;
        if m == n {
            return if b { Vec::new() } else { vec![self.mth(start, end)] };
        }
        let k = k(n);
        let (mut proof, sibling) = if m <= k {
            (self.subproof(m, start, start + k, b), self.mth(start + k, end))
        } else {
            (self.subproof(m - k, start + k, end, false), self.mth(start, start + k))
        };
        proof.push(sibling);
        proof
    }
}

/// The largest power of two smaller than `n`.
fn k(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}
