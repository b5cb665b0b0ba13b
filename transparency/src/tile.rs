//! Tiles: where the tree's nodes are stored (C2SP tlog-tiles).
//!
//! A tile of level `L` holds up to 256 neighbouring nodes of the tree's level `8 * L`. The nodes
//! between are computed from those. What is stored never changes except that the last tile of each
//! level grows to the right.

use crate::proof::Node;
use crate::tree::{Hash, node_hash};

/// Most hashes in a tile.
pub const WIDEST_TILE: usize = 256;

/// Levels of the tree in one tile.
const TILE_HEIGHT: u8 = 8;

/// Where a tile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// Level of tiles: its hashes are nodes of the tree's level `8 * level`.
    pub level: u8,
    /// Place among the tiles of its level, from 0.
    pub index: u64,
}

impl Tile {
    /// The tile that a node is in, and the hashes of that tile the node is the root over.
    #[must_use]
    pub fn of(node: Node) -> (Self, std::ops::Range<usize>) {
        let inner = node.level % TILE_HEIGHT;
        let tile =
            Self { level: node.level / TILE_HEIGHT, index: node.index >> (TILE_HEIGHT - inner) };
        let start = ((node.index & 0xff) as usize) << inner & 0xff;
        (tile, start..start + (1 << inner))
    }

    /// The node that stands at a place of this tile.
    #[must_use]
    pub fn node(self, place: u8) -> Node {
        let index = self.index << TILE_HEIGHT | u64::from(place);
        Node { level: self.level * TILE_HEIGHT, index }
    }

    /// How many hashes the tile has in a tree of `size` leaves.
    #[must_use]
    pub fn width(self, size: u64) -> usize {
        let level = u32::from(self.level) * u32::from(TILE_HEIGHT);
        let nodes = size.checked_shr(level).unwrap_or(0);
        let before = self.index.saturating_mul(WIDEST_TILE as u64);
        usize::try_from(nodes.saturating_sub(before)).unwrap_or(usize::MAX).min(WIDEST_TILE)
    }

    /// The tile above, and the place in it of the root over this tile once it is full.
    #[must_use]
    pub fn above(self) -> (Self, usize) {
        let above = Self { level: self.level + 1, index: self.index >> TILE_HEIGHT };
        (above, (self.index & 0xff) as usize)
    }

    /// The path of C2SP tlog-tiles, such as `tile/0/x001/x234/067` or, with fewer than 256 hashes,
    /// `tile/0/000.p/12`.
    #[must_use]
    pub fn path(self, width: usize) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let partial = if width < WIDEST_TILE { format!(".p/{width}") } else { String::new() };
        format!("tile/{}/{}{partial}", self.level, groups.join("/"))
    }
}

/// A node computed from the hashes of its tile ([`Tile::of`]); nothing if the tile does not reach
/// that far yet or holds more than it may.
#[must_use]
pub fn hash_in_tile(hashes: &[Hash], node: Node) -> Option<Hash> {
    if hashes.len() > WIDEST_TILE {
        return None;
    }
    let (_, range) = Tile::of(node);
    complete_root(hashes.get(range)?)
}

/// The root over a full tile, to be stored in the tile above; nothing if it is not full.
#[must_use]
pub fn root_of_full(hashes: &[Hash]) -> Option<Hash> {
    if hashes.len() == WIDEST_TILE { complete_root(hashes) } else { None }
}

/// The root over a number of hashes that is a power of two.
fn complete_root(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row.first().copied()
}
