//! The Merkle tree of RFC 6962, section 2.1, kept as its frontier: the roots of the complete
//! subtrees from left to right. Appending costs two hashes on average and needs no stored node.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The root of the empty tree: the hash of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Hash of a leaf: a zero byte, then the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([LEAF]);
    hasher.update(entry);
    hasher.finalize().into()
}

/// What stands before an entry when it is hashed (RFC 6962, section 2.1).
pub(crate) const LEAF: u8 = 0;

/// SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Hash of an inner node: a one byte, then both children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0; 65];
    both[0] = 1;
    both[1..33].copy_from_slice(left);
    both[33..].copy_from_slice(right);
    hash(&both)
}

/// A tree that can grow and tell its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of complete subtrees, largest first: one for each set bit of `size`.
    roots: Vec<Hash>,
}

/// Stored bytes are no frontier of the stated size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored frontier does not fit a tree of {size} leaves")]
pub struct NoFrontier {
    /// The size it should have had.
    pub size: u64,
}

impl Frontier {
    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf on the right.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one of the old size is a complete subtree that joins with the new node.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// Adds a complete subtree of `2^height` leaves at once, given its root.
    ///
    /// # Panics
    /// If the size is not a multiple of `2^height`: no such subtree begins there.
    pub fn push_full(&mut self, height: u32, root: Hash) {
        assert_eq!(
            self.size & ((1 << height) - 1),
            0,
            "a subtree begins at a multiple of its size"
        );
        let mut node = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1 << height;
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_right = self.roots.iter().rev();
        let Some(last) = from_right.next() else { return empty_root() };
        from_right.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The bytes to store beside the size.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`NoFrontier`] if the length does not fit the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, NoFrontier> {
        if bytes.len() != size.count_ones() as usize * 32 {
            return Err(NoFrontier { size });
        }
        let roots = bytes
            .chunks_exact(32)
            .map(|chunk| <Hash>::try_from(chunk).map_err(|_| NoFrontier { size }))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { size, roots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, written down as it stands there.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    #[test]
    fn subtrees_pushed_whole_are_as_leaves_pushed_one_by_one() {
        let leaves: Vec<Hash> = (0..100_u32).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
        for height in 0..6 {
            let mut whole = Frontier::default();
            let mut single = Frontier::default();
            for leaves in leaves.chunks(1 << height) {
                for leaf in leaves {
                    single.push(*leaf);
                }
                if leaves.len() == 1 << height {
                    whole.push_full(height, root_by_definition(leaves));
                } else {
                    leaves.iter().for_each(|leaf| whole.push(*leaf));
                }
                assert_eq!(whole, single, "height {height}");
            }
        }
    }

    #[test]
    fn agrees_with_the_definition_for_every_size() {
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        for number in 0..600_u32 {
            assert_eq!(frontier.root(), root_by_definition(&leaves), "size {number}");
            let stored = Frontier::from_bytes(frontier.size(), &frontier.to_bytes());
            assert_eq!(stored.as_ref(), Ok(&frontier));
            leaves.push(leaf_hash(&number.to_be_bytes()));
            frontier.push(leaves[number as usize]);
        }
    }

    #[test]
    fn a_frontier_of_another_size_is_refused() {
        assert_eq!(Frontier::from_bytes(3, &[0; 32]), Err(NoFrontier { size: 3 }));
    }

    #[test]
    fn the_empty_root_is_the_published_one() {
        let hex: String = empty_root().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
