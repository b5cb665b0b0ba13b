//! The stored nodes of the tree, in tiles.

use std::collections::BTreeMap;

use projections::database::{Database, DatabaseError, RowReader, Statement, sql};
use transparency::tile::{Tile, WIDEST_TILE, root_of_full};
use transparency::tree::{Frontier, Hash};

use super::NotaryError;
use crate::ledger::store::EventLog;

/// The hashes of a tile; none of them where it has not begun.
pub(super) async fn tile(database: &Database, tile: Tile) -> Result<Vec<Hash>, NotaryError> {
    let select = "SELECT hashes FROM tile WHERE level = $1 AND place = $2";
    let values = vec![u64::from(tile.level).into(), tile.index.into()];
    let rows = database.query(sql(select, values)).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(Vec::new()) };
    let bytes = RowReader::new(row).bytes()?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(NotaryError::DamagedTree) }
}

/// Adds leaves after the first `from` and stores every tile they change, together with the new
/// frontier; nothing if another process was first.
pub(super) async fn store(
    database: &Database,
    from: u64,
    leaves: &[Hash],
    frontier: &Frontier,
) -> Result<(), NotaryError> {
    let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
    for (leaf, index) in leaves.iter().zip(from..) {
        add(database, &mut tiles, *leaf, index).await?;
    }
    let mut statements = vec![move_tree(from, frontier)];
    statements.extend(tiles.into_iter().map(|(tile, hashes)| keep_tile(tile, &hashes)));
    match database.transaction(statements).await {
        Ok(_) | Err(DatabaseError::Guard { statement: 0 }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Adds one leaf, and the roots of the tiles that it fills to the tiles above them.
async fn add(
    database: &Database,
    tiles: &mut BTreeMap<Tile, Vec<Hash>>,
    leaf: Hash,
    index: u64,
) -> Result<(), NotaryError> {
    let mut hash = leaf;
    let mut at = Tile { level: 0, index: index / WIDEST_TILE as u64 };
    let mut place = (index % WIDEST_TILE as u64) as usize;
    loop {
        if let std::collections::btree_map::Entry::Vacant(vacant) = tiles.entry(at) {
            vacant.insert(if place == 0 { Vec::new() } else { tile(database, at).await? });
        }
        let hashes = tiles.entry(at).or_default();
        if hashes.len() < place {
            return Err(NotaryError::DamagedTree);
        }
        // Another process may have gone further already; what it stored are the same nodes.
        hashes.truncate(place);
        hashes.push(hash);
        let Some(root) = root_of_full(hashes) else { return Ok(()) };
        hash = root;
        (at, place) = at.above();
    }
}

fn move_tree(from: u64, frontier: &Frontier) -> Statement {
    let update = "UPDATE tree SET size = $1, frontier = $2 WHERE one = 1 AND size = $3";
    let values = vec![frontier.size().into(), frontier.to_bytes().into(), from.into()];
    sql(update, values).expecting(1)
}

fn keep_tile(tile: Tile, hashes: &[Hash]) -> Statement {
    let upsert = "INSERT INTO tile (level, place, hashes) VALUES ($1, $2, $3)
        ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes";
    let values = vec![u64::from(tile.level).into(), tile.index.into(), hashes.concat().into()];
    sql(upsert, values)
}

/// The first position at which the log's leaf hashes are not those this notary stored; none if all
/// agree as far as both reach. It names what was changed even where hash, head and root were
/// changed with it.
///
/// # Errors
/// [`NotaryError`] if either cannot be read.
pub async fn first_difference(
    database: &Database,
    log: &dyn EventLog,
) -> Result<Option<u64>, NotaryError> {
    super::kept::prepare(database).await?;
    let (size, _) = super::kept::tree(database).await?;
    let mut done = 0;
    while done < size {
        let at = Tile { level: 0, index: done / WIDEST_TILE as u64 };
        let kept = tile(database, at).await?;
        let leaves = log.leaf_hashes(done, WIDEST_TILE).await?;
        let known = at.width(size);
        for (offset, kept) in kept.iter().take(known).enumerate() {
            if leaves.get(offset) != Some(kept) {
                return Ok(Some(done + offset as u64 + 1));
            }
        }
        if kept.len() < known {
            return Err(NotaryError::DamagedTree);
        }
        done += known as u64;
    }
    Ok(None)
}
