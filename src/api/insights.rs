//! What a person's money does: what comes again, what comes in and goes out, what is coming, and
//! what is worth a word. Everything is read as it is now, or as it was.

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Result};

use super::as_of::At;
use super::visit::{app, internal, person};
use crate::picture::Picture;

pub mod balance_lines;
mod balances;
pub mod cash_flow;
mod ending;
pub mod forecasts;
pub mod notices;
pub mod pairs;
pub mod reach;
pub mod recurring;

/// Reading insights.
#[derive(MergedObject, Default)]
pub struct InsightQueries(
    recurring::RecurringQueries,
    cash_flow::FlowQueries,
    forecasts::ForecastQueries,
    notices::NoticeQueries,
    pairs::PairQueries,
    cash_flow::PayeeQueries,
    balance_lines::BalanceQueries,
    reach::ReachQueries,
);

/// The person's money as it stands at a moment: made once for all fields that stand for it.
pub(super) async fn picture(context: &Context<'_>, at: &At) -> Result<Arc<Picture>> {
    let read = at.picture(app(context)?, person(context)?).await;
    read.map_err(|error| internal(context, error))
}

/// Asks the picture something that may take long, away from the threads that answer requests.
async fn answered<T: Send + 'static>(
    context: &Context<'_>,
    picture: &Arc<Picture>,
    question: impl FnOnce(&Picture) -> T + Send + 'static,
) -> Result<T> {
    let picture = Arc::clone(picture);
    let answer = tokio::task::spawn_blocking(move || question(&picture)).await;
    answer.map_err(|error| internal(context, error))
}
