//! The index: one of the other stores, filled by the sequencer and by nobody else. It gives the
//! events of KurrentDB their dense positions and the tree over them, and answers every read. It may
//! be dropped: it is built again from KurrentDB, with the same positions and the same root.

use std::collections::HashMap;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::super::batch::Stood;
use super::super::{EventLog, ReadError, Snapshot};

/// What an index knows about an append before it is made.
#[derive(Default)]
pub(in crate::ledger::store) struct Known {
    /// The version of its stream.
    pub version: u64,
    /// Events that have its identifiers.
    pub stored: HashMap<Uuid, Stood>,
}

/// A store that can be an index.
pub(in crate::ledger::store) trait Index: EventLog {
    /// The version of a stream, and where events with these identifiers stand.
    fn known(&self, stream: StreamId, ids: Vec<Uuid>) -> BoxFuture<'_, Result<Known, ReadError>>;

    /// Keeps the state of a stream whose last event is at a position, unless a newer one is kept.
    fn keep_snapshot(
        &self,
        stream: StreamId,
        position: u64,
        snapshot: Snapshot,
    ) -> BoxFuture<'_, Result<(), ReadError>>;
}
