//! How many statements a piece of work sends to databases: a request is meant to need few.

use std::cell::Cell;

tokio::task_local! {
    static SENT: Cell<u64>;
}

/// Does some work, and tells how many statements it sent. What it spawns is not counted.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, u64) {
    let work = async {
        let done = work.await;
        (done, SENT.with(Cell::get))
    };
    SENT.scope(Cell::new(0), work).await
}

/// Counts statements that are about to be sent, where somebody wants to know.
pub fn sending(statements: usize) {
    let _ = SENT.try_with(|sent| sent.set(sent.get() + statements as u64));
}
