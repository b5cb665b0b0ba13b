//! Inclusion and consistency proofs (RFC 6962, section 2.1; verification as in RFC 9162, sections
//! 2.1.3.2 and 2.1.4.2).
//!
//! Making a proof needs a few stored nodes, not the leaves: a [`Plan`] names them, and whoever has
//! them assembles the path.

use crate::checkpoint::LARGEST_TREE;
use crate::tree::{Hash, empty_root, node_hash};

/// Most hashes in a proof: an inclusion path has at most 63, a consistency path one more.
pub const LONGEST_PATH: usize = 64;

/// A complete subtree: the leaves `index * 2^level` up to, and without, `(index + 1) * 2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Height: a leaf has 0.
    pub level: u8,
    /// Place among the nodes of its level, from 0.
    pub index: u64,
}

/// A proof does not hold, or there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    NoLeaf {
        /// Place of the leaf, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The older tree is the larger one.
    #[error("a tree of {new} leaves cannot continue one of {old}")]
    Shrunk {
        /// Leaves in the older tree.
        old: u64,
        /// Leaves in the newer tree.
        new: u64,
    },
    /// More than [`LARGEST_TREE`] leaves.
    #[error("a tree of {0} leaves is too large")]
    TooLarge(u64),
    /// Hashes are missing from the path, or too many.
    #[error("the proof has {0} hashes, which does not fit the sizes")]
    Length(usize),
    /// The path leads to another root.
    #[error("the proof leads to another root")]
    OtherRoot,
}

/// Which stored nodes make up a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each hash of the path the nodes it is folded from, left to right.
    elements: Vec<Vec<Node>>,
}

impl Plan {
    /// All nodes, in the order in which [`Plan::assemble`] asks for them.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        self.elements.iter().flatten().copied()
    }

    /// How many hashes the proof has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.elements.len()
    }

    /// Puts the proof together from the hashes of the nodes.
    ///
    /// # Errors
    /// The first error of `hash_of`.
    pub fn assemble<E>(
        &self,
        mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
    ) -> Result<Vec<Hash>, E> {
        let mut path = Vec::with_capacity(self.elements.len());
        for element in &self.elements {
            let hashes =
                element.iter().map(|node| hash_of(*node)).collect::<Result<Vec<_>, E>>()?;
            path.push(fold(&hashes));
        }
        Ok(path)
    }
}

/// The root over complete subtrees that stand side by side, largest first.
fn fold(hashes: &[Hash]) -> Hash {
    let mut from_right = hashes.iter().rev();
    let Some(last) = from_right.next() else { return empty_root() };
    from_right.fold(*last, |right, left| node_hash(left, &right))
}

/// The complete subtrees of the leaves `start..end`, which form one subtree of the definition.
fn cover(start: u64, end: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        nodes.push(Node { level: level as u8, index: at >> level });
        at += 1 << level;
    }
    nodes
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

fn checked_size(size: u64) -> Result<u64, ProofError> {
    if size <= LARGEST_TREE { Ok(size) } else { Err(ProofError::TooLarge(size)) }
}

/// The root of a tree: one element, or none for the empty tree.
///
/// # Errors
/// [`ProofError::TooLarge`].
pub fn root(size: u64) -> Result<Plan, ProofError> {
    let nodes = cover(0, checked_size(size)?);
    Ok(Plan { elements: if nodes.is_empty() { Vec::new() } else { vec![nodes] } })
}

/// The path from leaf `index` (from 0) to the root of a tree of `size` leaves (RFC 6962, 2.1.1).
///
/// # Errors
/// [`ProofError::NoLeaf`], [`ProofError::TooLarge`].
pub fn inclusion(index: u64, size: u64) -> Result<Plan, ProofError> {
    checked_size(size)?;
    if index >= size {
        return Err(ProofError::NoLeaf { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut elements = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            elements.push(cover(middle, end));
            end = middle;
        } else {
            elements.push(cover(start, middle));
            start = middle;
        }
    }
    elements.reverse();
    Ok(Plan { elements })
}

/// The proof that a tree of `new` leaves continues one of `old` (RFC 6962, 2.1.2). Between equal
/// sizes, and from the empty tree, it has no hashes.
///
/// # Errors
/// [`ProofError::Shrunk`], [`ProofError::TooLarge`].
pub fn consistency(old: u64, new: u64) -> Result<Plan, ProofError> {
    checked_size(new)?;
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    let mut elements = Vec::new();
    if old == 0 || old == new {
        return Ok(Plan { elements });
    }
    // Down to the subtree that ends where the old tree ends; beside the way stand the siblings.
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            elements.push(cover(middle, end));
            end = middle;
        } else {
            elements.push(cover(start, middle));
            start = middle;
        }
    }
    // If that subtree begins at the first leaf it is the old tree, whose root the reader has.
    if start != 0 {
        elements.push(cover(start, end));
    }
    elements.reverse();
    Ok(Plan { elements })
}

/// Whether `path` leads from a leaf's hash to the root of a tree (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    checked_size(size)?;
    if index >= size {
        return Err(ProofError::NoLeaf { index, size });
    }
    let wrong_length = ProofError::Length(path.len());
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// Whether the tree of `new` leaves continues the one of `old` (RFC 9162, 2.1.4.2). Every tree
/// continues the empty one, and itself, with an empty path.
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    checked_size(new)?;
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    let wrong_length = ProofError::Length(path.len());
    if old == 0 || old == new {
        let same = if old == new { old_root == new_root } else { *old_root == empty_root() };
        return match (path.is_empty(), same) {
            (false, _) => Err(wrong_length),
            (true, false) => Err(ProofError::OtherRoot),
            (true, true) => Ok(()),
        };
    }
    // A complete old tree is a node of the new one: its root begins the path.
    let (first, rest) = if old.is_power_of_two() && !path.is_empty() {
        (old_root, path)
    } else {
        path.split_first().ok_or(wrong_length)?
    };
    let (mut at, mut last) = (old - 1, new - 1);
    let shift = at.trailing_ones();
    at >>= shift;
    last >>= shift;
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if at & 1 == 1 || at == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if from_old == *old_root && from_new == *new_root { Ok(()) } else { Err(ProofError::OtherRoot) }
}
