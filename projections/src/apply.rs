//! Reads pages that belong to this log and commits what they fold to.

use tokio::sync::broadcast;

use crate::Projection;
use crate::checkpoint::{self, Checkpoint};
use crate::database::{DatabaseError, Onward};
use crate::definition::{Change, FoldError, Folded};
use crate::feed::{EventFeed, FeedError, FeedPage};
use crate::location::Generation;
use crate::status::ReadModelError;

/// Most events folded in one transaction.
pub const PAGE: usize = 5_000;

/// What became of a page in one projection.
pub(crate) enum Applied {
    /// Rows and checkpoint hold up to here.
    Upto(u64),
    /// Somebody else moved the checkpoint; nothing was written.
    Moved,
}

/// The hash of the empty log, where every checkpoint begins.
pub(crate) async fn first_hash(feed: &dyn EventFeed) -> Result<[u8; 32], FeedError> {
    Ok(feed.hash_at(0).await?.unwrap_or_default())
}

/// Whether a checkpoint was made from this log.
pub(crate) async fn fits(feed: &dyn EventFeed, checkpoint: &Checkpoint) -> Result<bool, FeedError> {
    let hash = if checkpoint.position == 0 {
        Some(first_hash(feed).await?)
    } else {
        feed.hash_at(checkpoint.position).await?
    };
    Ok(hash == Some(checkpoint.hash))
}

/// A page of at most `most` events after a position; one that ends before the first event that cannot be read.
pub(crate) async fn readable(
    feed: &dyn EventFeed,
    after: u64,
    most: usize,
) -> Result<FeedPage, FeedError> {
    match feed.read_all(after, most).await {
        Err(FeedError::Unreadable { position, .. }) if position > after + 1 => {
            let before = usize::try_from(position - 1 - after).unwrap_or(most);
            feed.read_all(after, before.min(most)).await
        }
        other => other,
    }
}

/// Folds a page and commits rows and checkpoint together. Where an event does not fit, everything
/// before it is committed and the event is named in the error.
pub(crate) async fn apply(
    feed: &dyn EventFeed,
    projection: Projection,
    generation: &Generation,
    from: u64,
    page: &FeedPage,
    changes: &broadcast::Sender<Change>,
) -> Result<Applied, ReadModelError> {
    let folded = fold(feed, projection, generation, from, page, changes, None).await?;
    Ok(commit(generation, from, (page.upto, page.upto_hash), folded, changes).await?)
}

/// Folds a page whose rows hold from `from` on. Where an event does not fit, everything before it is
/// committed and the event is named in the error.
pub(crate) async fn fold(
    feed: &dyn EventFeed,
    projection: Projection,
    generation: &Generation,
    from: u64,
    page: &FeedPage,
    changes: &broadcast::Sender<Change>,
    mut onward: Option<&mut Onward>,
) -> Result<Folded, ReadModelError> {
    let reader = &generation.database;
    match projection.fold(reader, &page.events, onward.as_deref_mut()).await {
        Ok(folded) => Ok(folded),
        Err(FoldError::Database(error)) => Err(error.into()),
        Err(FoldError::Unfit { position, reason }) => {
            // The writer has to be free for what stands before it.
            if let Some(onward) = onward {
                onward.give_up();
            }
            let last = position - 1;
            if last > from {
                let before = page.events.partition_point(|recorded| recorded.position < position);
                let hash = feed.hash_at(last).await?.unwrap_or_default();
                let folded = projection.fold(reader, &page.events[..before], None).await;
                if let Ok(folded) = folded {
                    commit(generation, from, (last, hash), folded, changes).await?;
                }
            }
            Err(ReadModelError::Poison {
                name: projection.name(),
                position,
                reason: reason.to_owned(),
            })
        }
    }
}

/// Commits rows with the checkpoint that goes with them.
pub(crate) async fn commit(
    generation: &Generation,
    from: u64,
    (upto, hash): (u64, [u8; 32]),
    folded: Folded,
    changes: &broadcast::Sender<Change>,
) -> Result<Applied, DatabaseError> {
    let mut statements = vec![checkpoint::advance(from, upto, hash)];
    statements.extend(folded.statements);
    match generation.database.transaction(statements).await {
        Ok(_) => {}
        Err(DatabaseError::Guard { statement: 0 }) => return Ok(Applied::Moved),
        Err(error) => return Err(error),
    }
    for (topic, user_id) in folded.changes {
        // Nobody may be listening.
        let _ = changes.send(Change { topic, user_id, position: upto });
    }
    Ok(Applied::Upto(upto))
}
