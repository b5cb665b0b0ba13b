//! What can go wrong, said so that somebody can act on it. No text holds a payload.

/// Why a command of this program ended without doing what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The database said no, or its connection was lost.
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    /// Standard input or output failed.
    #[error("reading or writing failed: {0}")]
    Stream(#[from] std::io::Error),
    /// A line of the input is refused.
    #[error("line {number} of the input: {why}; nothing was written")]
    Line {
        /// Which line, from 1.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A row of the stock table is refused.
    #[error("{place}: {why}; nothing was carried over")]
    Row {
        /// Which aggregate and sequence.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The table already holds events.
    #[error("the table `events` is not empty; --append adds to it after comparing what is there")]
    NotEmpty,
    /// A stock store failed.
    #[error("the stock store failed: {0}")]
    Stock(String),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Asked(String),
}

impl BridgeError {
    /// A refused row.
    pub fn row(
        aggregate_type: &str,
        aggregate_id: &str,
        sequence: i64,
        why: impl ToString,
    ) -> Self {
        let place = format!("aggregate `{aggregate_type}` `{aggregate_id}`, sequence {sequence}");
        Self::Row { place, why: why.to_string() }
    }
}
