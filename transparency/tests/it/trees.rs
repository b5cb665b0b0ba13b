//! Roots and proofs agree with the second implementation, and nothing else is accepted.

use transparency::proof::{self, Node, ProofError, verify_consistency, verify_inclusion};
use transparency::tree::{Frontier, Hash};

use crate::second::Second;
use crate::support::Chance;

fn node_of(tree: &Second) -> impl Fn(Node) -> Result<Hash, ()> {
    |node| Ok(tree.mth((node.index as usize) << node.level, (node.index as usize + 1) << node.level))
}

#[test]
fn roots_agree_for_sizes_to_4096() {
    let tree = Second::numbers(4096);
    let mut frontier = Frontier::default();
    for size in 0..=4096_usize {
        let root = tree.mth(0, size);
        assert_eq!(frontier.root(), root, "frontier of {size}");
        let planned = proof::root(size as u64).expect("a plan").assemble(node_of(&tree));
        let expected = if size == 0 { vec![] } else { vec![root] };
        assert_eq!(planned, Ok(expected), "plan of {size}");
        if size < 4096 {
            frontier.push(tree.leaf(size));
        }
    }
}

fn check_inclusion(tree: &Second, index: usize, size: usize) {
    let plan = proof::inclusion(index as u64, size as u64).expect("a plan");
    let path = plan.assemble(node_of(tree)).expect("a path");
    assert_eq!(path, tree.path(index, 0, size), "leaf {index} of {size}");
    assert_eq!(path.len(), plan.length());
    let root = tree.mth(0, size);
    let verified = verify_inclusion(&tree.leaf(index), index as u64, size as u64, &path, &root);
    assert_eq!(verified, Ok(()), "leaf {index} of {size}");
}

#[test]
fn inclusion_agrees_for_every_leaf() {
    let tree = Second::numbers(4096);
    for size in 1..=300 {
        (0..size).for_each(|index| check_inclusion(&tree, index, size));
    }
    let mut chance = Chance(1);
    for _ in 0..3_000 {
        let size = 301 + chance.below(4096 - 300);
        let index = chance.below(size);
        check_inclusion(&tree, index, size);
    }
}

fn check_consistency(tree: &Second, old: usize, new: usize) {
    let plan = proof::consistency(old as u64, new as u64).expect("a plan");
    let path = plan.assemble(node_of(tree)).expect("a path");
    assert_eq!(path, tree.proof(old, new), "{old} to {new}");
    let (old_root, new_root) = (tree.mth(0, old), tree.mth(0, new));
    let verified = verify_consistency(old as u64, &old_root, new as u64, &new_root, &path);
    assert_eq!(verified, Ok(()), "{old} to {new}");
}

#[test]
fn consistency_agrees_for_every_pair() {
    let tree = Second::numbers(4096);
    for new in 0..=130 {
        (0..=new).for_each(|old| check_consistency(&tree, old, new));
    }
    let mut chance = Chance(2);
    for _ in 0..3_000 {
        let new = 131 + chance.below(4096 - 130);
        let old = chance.below(new + 1);
        check_consistency(&tree, old, new);
    }
}

/// A proof of another leaf, index or size, with a hash more, less or changed: none is accepted.
#[test]
fn no_other_inclusion_is_accepted() {
    let tree = Second::numbers(70);
    for size in 1..=70_usize {
        for index in 0..size {
            let (leaf, root) = (tree.leaf(index), tree.mth(0, size));
            let path = tree.path(index, 0, size);
            let accepts = |leaf: &Hash, index: usize, size: usize, path: &[Hash], root: &Hash| {
                verify_inclusion(leaf, index as u64, size as u64, path, root).is_ok()
            };
            assert!(accepts(&leaf, index, size, &path, &root));
            assert!(!accepts(&tree.leaf((index + 1) % 70), index, size, &path, &root));
            assert!(!accepts(&leaf, index + 1, size, &path, &root), "{index} of {size}");
            assert!(!accepts(&leaf, size, size, &path, &root));
            assert!(!accepts(&leaf, index, size, &path, &[9; 32]));
            let longer = [&path[..], &[[7; 32]]].concat();
            assert!(!accepts(&leaf, index, size, &longer, &root));
            if let Some((_, shorter)) = path.split_last() {
                assert!(!accepts(&leaf, index, size, shorter, &root));
            }
            for place in 0..path.len() {
                let mut changed = path.clone();
                changed[place][place] ^= 1;
                assert!(!accepts(&leaf, index, size, &changed, &root));
            }
        }
    }
}

/// The shape of a path says little about the size, so a wrong size may only pass where the definition
/// gives it the same path; with the right root there is no such size but the true one.
#[test]
fn no_other_consistency_is_accepted() {
    let tree = Second::numbers(80);
    for new in 1..=80_usize {
        for old in 1..new {
            let (old_root, new_root) = (tree.mth(0, old), tree.mth(0, new));
            let path = tree.proof(old, new);
            let accepts = |old_root: &Hash, new_root: &Hash, path: &[Hash]| {
                verify_consistency(old as u64, old_root, new as u64, new_root, path).is_ok()
            };
            assert!(accepts(&old_root, &new_root, &path));
            assert!(!accepts(&new_root, &new_root, &path));
            assert!(!accepts(&old_root, &old_root, &path));
            assert!(!accepts(&old_root, &new_root, &[]), "{old} to {new}");
            let longer = [&path[..], &[[7; 32]]].concat();
            assert!(!accepts(&old_root, &new_root, &longer));
            let shorter = &path[..path.len() - 1];
            assert!(!accepts(&old_root, &new_root, shorter));
            for place in 0..path.len() {
                let mut changed = path.clone();
                changed[place][place] ^= 1;
                assert!(!accepts(&old_root, &new_root, &changed), "{old} to {new} at {place}");
            }
        }
    }
}

/// All pairs of 100 checkpoints of one log are consistent; with one record changed in the older part,
/// none is.
#[test]
fn all_pairs_of_a_hundred_checkpoints() {
    let mut chance = Chance(3);
    let tree = Second::numbers(5_000);
    let forged = {
        let leaves = (0..5_000).map(|index| if index == 0 { [1; 32] } else { tree.leaf(index) });
        Second::new(leaves.collect())
    };
    let mut sizes: Vec<usize> = (0..100).map(|_| 1 + chance.below(5_000)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    assert!(sizes.len() > 95);
    for (place, new) in sizes.iter().enumerate() {
        for old in &sizes[..=place] {
            check_consistency(&tree, *old, *new);
            let (one, other) = (tree.mth(0, *old), forged.mth(0, *new));
            for path in [tree.proof(*old, *new), forged.proof(*old, *new)] {
                let verified = verify_consistency(*old as u64, &one, *new as u64, &other, &path);
                assert!(verified.is_err(), "{old} to {new}");
            }
        }
    }
}

#[test]
fn what_has_no_proof_is_refused() {
    assert_eq!(proof::inclusion(5, 5), Err(ProofError::NoLeaf { index: 5, size: 5 }));
    assert_eq!(proof::inclusion(0, 0), Err(ProofError::NoLeaf { index: 0, size: 0 }));
    assert_eq!(proof::consistency(6, 5), Err(ProofError::Shrunk { old: 6, new: 5 }));
    let too_large = (1 << 63) + 1;
    assert_eq!(proof::root(too_large), Err(ProofError::TooLarge(too_large)));
    assert_eq!(proof::inclusion(0, u64::MAX), Err(ProofError::TooLarge(u64::MAX)));
    let empty = Frontier::default().root();
    assert_eq!(verify_consistency(0, &empty, 9, &[1; 32], &[]), Ok(()));
    assert_eq!(verify_consistency(0, &[2; 32], 9, &[1; 32], &[]), Err(ProofError::OtherRoot));
    assert_eq!(verify_consistency(3, &[2; 32], 3, &[1; 32], &[]), Err(ProofError::OtherRoot));
    assert_eq!(
        verify_consistency(3, &[2; 32], 3, &[2; 32], &[[0; 32]]),
        Err(ProofError::Length(1))
    );
    assert_eq!(
        verify_consistency(4, &[2; 32], 3, &[2; 32], &[]),
        Err(ProofError::Shrunk { old: 4, new: 3 })
    );
    // The largest tree has paths of 63 hashes, and no more is ever accepted.
    let largest = 1 << 63;
    assert_eq!(proof::inclusion(largest - 1, largest).map(|plan| plan.length()), Ok(63));
    assert_eq!(proof::inclusion(12_345, largest - 1).map(|plan| plan.length()), Ok(63));
    let path = [[0; 32]; 64];
    assert_eq!(
        verify_inclusion(&[0; 32], 0, largest, &path, &[0; 32]),
        Err(ProofError::Length(64))
    );
}
