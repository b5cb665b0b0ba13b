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

/// What a stretch of leaves makes of the stored tree.
pub(super) struct Grown {
    from: u64,
    /// The frontier after it.
    pub frontier: Frontier,
    tiles: BTreeMap<Tile, Vec<Hash>>,
}

/// Adds leaves to the tree whose frontier this is, without storing anything yet. Every hash is made
/// once: what a full tile comes to goes into the frontier as one.
pub(super) async fn grown(
    database: &Database,
    mut frontier: Frontier,
    leaves: &[Hash],
) -> Result<Grown, NotaryError> {
    let from = frontier.size();
    let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
    let mut rest = leaves;
    while !rest.is_empty() {
        let index = frontier.size();
        let at = Tile { level: 0, index: index / WIDEST_TILE as u64 };
        let place = (index % WIDEST_TILE as u64) as usize;
        let (added, behind) = rest.split_at(rest.len().min(WIDEST_TILE - place));
        rest = behind;
        let mut hashes = begun(database, &mut tiles, at, place).await?;
        hashes.extend_from_slice(added);
        let full = root_of_full(&hashes);
        match full {
            Some(root) if place == 0 => frontier.push_full(WIDEST_TILE.ilog2(), root),
            _ => added.iter().for_each(|leaf| frontier.push(*leaf)),
        }
        tiles.insert(at, hashes);
        if let Some(root) = full {
            add_above(database, &mut tiles, at, root).await?;
        }
    }
    Ok(Grown { from, frontier, tiles })
}

/// Stores every tile that changed, together with the new frontier; nothing if another process was
/// first.
pub(super) async fn store(database: &Database, grown: Grown) -> Result<(), NotaryError> {
    let Grown { from, frontier, tiles } = grown;
    let mut statements = vec![move_tree(from, &frontier)];
    statements.extend(tiles.into_iter().map(|(tile, hashes)| keep_tile(tile, &hashes)));
    match database.transaction(statements).await {
        Ok(_) | Err(DatabaseError::Guard { statement: 0 }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The first `place` hashes of a tile. Another process may have gone further already; what it stored
/// are the same nodes.
async fn begun(
    database: &Database,
    tiles: &mut BTreeMap<Tile, Vec<Hash>>,
    at: Tile,
    place: usize,
) -> Result<Vec<Hash>, NotaryError> {
    let mut hashes = match tiles.remove(&at) {
        Some(hashes) => hashes,
        None if place == 0 => Vec::new(),
        None => tile(database, at).await?,
    };
    if hashes.len() < place {
        return Err(NotaryError::DamagedTree);
    }
    hashes.truncate(place);
    Ok(hashes)
}

/// Adds the root of a full tile to the tile above it, and so on.
async fn add_above(
    database: &Database,
    tiles: &mut BTreeMap<Tile, Vec<Hash>>,
    full: Tile,
    root: Hash,
) -> Result<(), NotaryError> {
    let ((mut at, mut place), mut hash) = (full.above(), root);
    loop {
        let mut hashes = begun(database, tiles, at, place).await?;
        hashes.push(hash);
        let root = root_of_full(&hashes);
        tiles.insert(at, hashes);
        let Some(root) = root else { return Ok(()) };
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
