//! Folds a history into tables in memory, page by page, up to a position.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::Projection;
use crate::as_of::{History, PastError};
use crate::as_of_view::Generations;
use crate::database::{Database, DatabaseError};
use crate::feed::{FeedError, Recorded};
use crate::location::{Generation, Pointer};

/// Most events folded in one transaction.
const PAGE: usize = 1_000;

/// Rows on their way to a position.
pub(crate) struct Building {
    pub(crate) generations: Generations,
    pub(crate) last: u64,
    pub(crate) upto: u64,
    pub(crate) bytes: u64,
    /// They are kept for another moment, and are copied before anything is added.
    pub(crate) shared: bool,
}

impl Building {
    pub(crate) async fn empty() -> Result<Self, PastError> {
        let mut generations = Vec::with_capacity(Projection::ALL.len());
        for projection in Projection::ALL {
            let definition = projection.definition();
            let database = Database::memory()?;
            let creates: Vec<&str> = definition.tables.iter().map(|table| table.create).collect();
            database.define(&creates).await?;
            let pointer = Pointer { version: definition.version, generation: 0 };
            generations.push(Arc::new(Generation { pointer, database }));
        }
        Ok(Self { generations: generations.into(), last: 0, upto: 0, bytes: 0, shared: false })
    }

    pub(crate) async fn go_on(
        &mut self,
        position: u64,
        history: &dyn History,
        most_bytes: u64,
    ) -> Result<(), PastError> {
        let new = !self.shared;
        while self.upto < position {
            let page = history.page(self.upto, position, PAGE).await?;
            if page.upto <= self.upto || page.upto > position {
                let cause = "the history does not reach the position".to_owned();
                return Err(FeedError::Unavailable(cause).into());
            }
            if let Some(last) = page.events.last().map(|recorded| recorded.position) {
                if self.shared {
                    self.copy().await?;
                }
                self.fold(page.events).await?;
                self.last = last;
                self.measure(most_bytes).await?;
            }
            self.upto = page.upto;
        }
        if new {
            self.define_indexes().await?;
            self.measure(most_bytes).await?;
        }
        Ok(())
    }

    async fn copy(&mut self) -> Result<(), PastError> {
        let mut copied = Vec::with_capacity(self.generations.len());
        for generation in self.generations.iter() {
            let database = generation.database.copy().await?;
            let database = database.ok_or(DatabaseError::Unavailable("not_in_memory"))?;
            copied.push(Arc::new(Generation { pointer: generation.pointer, database }));
        }
        (self.generations, self.shared) = (copied.into(), false);
        Ok(())
    }

    async fn fold(&self, events: Vec<Recorded>) -> Result<(), PastError> {
        let events = Arc::new(events);
        let mut work = JoinSet::new();
        for (projection, generation) in Projection::ALL.into_iter().zip(self.generations.iter()) {
            let (events, generation) = (Arc::clone(&events), Arc::clone(generation));
            work.spawn(async move {
                let fold = async {
                    let folded = projection.fold(&generation.database, &events, None).await?;
                    if !folded.statements.is_empty() {
                        generation.database.transaction(folded.statements).await?;
                    }
                    Ok(())
                };
                fold.await.map_err(|cause| PastError::Fold { name: projection.name(), cause })
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap_or(Err(DatabaseError::Unavailable("stopped").into()))?;
        }
        Ok(())
    }

    /// After the bulk, as in a rebuild.
    async fn define_indexes(&self) -> Result<(), PastError> {
        for (projection, generation) in Projection::ALL.into_iter().zip(self.generations.iter()) {
            let tables = projection.definition().tables.iter();
            let indexes: Vec<&str> = tables.flat_map(|table| table.indexes).copied().collect();
            generation.database.define(&indexes).await?;
        }
        Ok(())
    }

    async fn measure(&mut self, most: u64) -> Result<(), PastError> {
        let mut bytes = 0;
        for generation in self.generations.iter() {
            bytes += generation.database.bytes().await?;
        }
        self.bytes = bytes;
        if bytes > most { Err(PastError::TooLarge(most)) } else { Ok(()) }
    }
}
