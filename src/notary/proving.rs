//! Proofs for outsiders: that an event is under a checkpoint, and that one tree continues another
//! (RFC 6962, section 2.1).

use std::collections::{BTreeMap, BTreeSet};

use transparency::proof::{self, Node, Plan};
use transparency::tile::{Tile, hash_in_tile};
use transparency::tlog_proof::TlogProof;
use transparency::tree::{Frontier, Hash};

use super::witnesses::with_cosignatures;
use super::{Notary, NotaryError, kept, tree};

impl Notary {
    /// The proof that the event at a position is in the log under the last checkpoint.
    ///
    /// # Errors
    /// [`NotaryError::NotSigned`] if the position is behind it.
    pub async fn inclusion(&self, position: u64) -> Result<TlogProof, NotaryError> {
        let last = kept::last(&self.vault).await?.ok_or(NotaryError::NothingSigned)?;
        if position == 0 || position > last.size {
            return Err(NotaryError::NotSigned { position, signed: last.size });
        }
        let path = self.path(position, last.size).await?;
        let checkpoint = with_cosignatures(&self.vault, last.size, last.note).await?;
        Ok(TlogProof { extra: None, index: position - 1, path, checkpoint })
    }

    /// The path from the event at a position to the root over the first `size` events, which have
    /// to have been signed.
    ///
    /// # Errors
    /// [`NotaryError::Proof`] if the position is not among them.
    pub async fn path(&self, position: u64, size: u64) -> Result<Vec<Hash>, NotaryError> {
        let index =
            position.checked_sub(1).ok_or(NotaryError::NotSigned { position, signed: size });
        self.assemble(&proof::inclusion(index?, size)?).await
    }

    /// The proof that the tree of `new` leaves continues the tree of `old` leaves.
    ///
    /// # Errors
    /// [`NotaryError::NotSigned`] if `new` is behind the last checkpoint.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NotaryError> {
        let signed = kept::last(&self.vault).await?.map_or(0, |last| last.size);
        if new > signed {
            return Err(NotaryError::NotSigned { position: new, signed });
        }
        self.assemble(&proof::consistency(old, new)?).await
    }

    /// The root over the first `size` leaves of the stored tree.
    pub(super) async fn root_at(&self, size: u64) -> Result<Hash, NotaryError> {
        if size == 0 {
            return Ok(Frontier::default().root());
        }
        let parts = self.assemble(&proof::root(size)?).await?;
        parts.first().copied().ok_or(NotaryError::DamagedTree)
    }

    /// Fetches the tiles a plan needs, each once, and puts the path together.
    async fn assemble(&self, plan: &Plan) -> Result<Vec<Hash>, NotaryError> {
        let wanted: BTreeSet<Tile> = plan.nodes().map(|node| Tile::of(node).0).collect();
        let mut tiles = BTreeMap::new();
        for tile in wanted {
            tiles.insert(tile, tree::tile(&self.database, tile).await?);
        }
        plan.assemble(|node: Node| {
            tiles
                .get(&Tile::of(node).0)
                .and_then(|hashes| hash_in_tile(hashes, node))
                .ok_or(NotaryError::DamagedTree)
        })
    }
}
