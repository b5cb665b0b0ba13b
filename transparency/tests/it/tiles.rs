//! Proofs made from stored tiles, as the service makes them.

use std::collections::HashMap;

use transparency::proof::{self, Node, verify_consistency, verify_inclusion};
use transparency::tile::{Tile, hash_in_tile, root_of_full};
use transparency::tree::Hash;

use crate::second::Second;
use crate::support::Chance;

/// The table of tiles, grown by one leaf after the other.
#[derive(Default)]
struct Table(HashMap<Tile, Vec<Hash>>);

impl Table {
    fn push(&mut self, index: u64, leaf: Hash) {
        let (mut tile, range) = Tile::of(Node { level: 0, index });
        let (mut place, mut hash) = (range.start, leaf);
        loop {
            let hashes = self.0.entry(tile).or_default();
            assert_eq!(hashes.len(), place);
            hashes.push(hash);
            let Some(root) = root_of_full(hashes) else { return };
            hash = root;
            (tile, place) = tile.above();
        }
    }

    fn hash(&self, node: Node) -> Result<Hash, Node> {
        let (tile, _) = Tile::of(node);
        self.0.get(&tile).and_then(|hashes| hash_in_tile(hashes, node)).ok_or(node)
    }
}

const SIZE: u64 = 66_100;

#[test]
fn proofs_come_from_tiles() {
    let tree = Second::numbers(SIZE);
    let mut table = Table::default();
    for index in 0..SIZE {
        table.push(index, tree.leaf(index as usize));
    }
    for (tile, hashes) in &table.0 {
        assert_eq!(hashes.len(), tile.width(SIZE), "{tile:?}");
        for place in [0, hashes.len() - 1] {
            assert_eq!(table.hash(tile.node(place as u8)), Ok(hashes[place]));
        }
    }
    let mut chance = Chance(4);
    for _ in 0..400 {
        let size = 1 + chance.next() % SIZE;
        let (index, old) = (chance.next() % size, chance.next() % (size + 1));
        let root = tree.mth(0, size as usize);
        let plan = proof::root(size).expect("a plan");
        assert_eq!(plan.assemble(|node| table.hash(node)), Ok(vec![root]));
        let plan = proof::inclusion(index, size).expect("a plan");
        let path = plan.assemble(|node| table.hash(node)).expect("stored nodes");
        assert_eq!(path, tree.path(index as usize, 0, size as usize));
        assert_eq!(verify_inclusion(&tree.leaf(index as usize), index, size, &path, &root), Ok(()));
        let plan = proof::consistency(old, size).expect("a plan");
        let path = plan.assemble(|node| table.hash(node)).expect("stored nodes");
        let old_root = tree.mth(0, old as usize);
        assert_eq!(verify_consistency(old, &old_root, size, &root, &path), Ok(()));
    }
}

#[test]
fn nodes_stand_where_the_standard_puts_them() {
    let of = |level, index| Tile::of(Node { level, index });
    assert_eq!(of(0, 0), (Tile { level: 0, index: 0 }, 0..1));
    assert_eq!(of(0, 70_000), (Tile { level: 0, index: 273 }, 112..113));
    assert_eq!(of(3, 33), (Tile { level: 0, index: 1 }, 8..16));
    assert_eq!(of(7, 1), (Tile { level: 0, index: 0 }, 128..256));
    assert_eq!(of(8, 0), (Tile { level: 1, index: 0 }, 0..1));
    assert_eq!(of(63, 0), (Tile { level: 7, index: 0 }, 0..128));
    // No index makes it stumble.
    let (_, range) = of(255, u64::MAX);
    assert!(range.end <= 256);
    // The example of C2SP tlog-tiles: a tree of 70,000.
    let width = |level, index| Tile { level, index }.width(70_000);
    assert_eq!((width(0, 272), width(0, 273), width(0, 274)), (256, 112, 0));
    assert_eq!((width(1, 0), width(1, 1), width(2, 0), width(3, 0)), (256, 17, 1, 0));
    assert_eq!(Tile { level: 0, index: 1_234_067 }.path(256), "tile/0/x001/x234/067");
    assert_eq!(Tile { level: 2, index: 0 }.path(7), "tile/2/000.p/7");
}

#[test]
fn a_node_beyond_its_tile_is_not_made_up() {
    let hashes = vec![[1; 32]; 5];
    assert!(hash_in_tile(&hashes, Node { level: 0, index: 4 }).is_some());
    assert!(hash_in_tile(&hashes, Node { level: 0, index: 5 }).is_none());
    assert!(hash_in_tile(&hashes, Node { level: 2, index: 0 }).is_some());
    assert!(hash_in_tile(&hashes, Node { level: 2, index: 1 }).is_none());
    assert!(hash_in_tile(&vec![[1; 32]; 257], Node { level: 0, index: 0 }).is_none());
    assert!(root_of_full(&hashes).is_none());
}
