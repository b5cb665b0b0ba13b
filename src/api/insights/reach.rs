//! How far back insights look, and whether that is all there is.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};

use super::picture;
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::{Date, Position};
use crate::api::visit::person;

/// How far back insights look.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct InsightReach {
    #[graphql(skip)]
    at: At,
    /// The day from which on every transaction that counts is looked at.
    from: Date,
    /// Whether some of the last three years are left out, since there are more than are looked at.
    is_cut: bool,
    /// Most transactions that are looked at: the newest.
    most_rows: i32,
}

names_its_place!(InsightReach);

/// Asking how far back insights look.
#[derive(Default)]
pub struct ReachQueries;

#[Object]
impl ReachQueries {
    /// How far back all that is found in transactions looks: what comes again, money in and out, payees,
    /// budgets, pairs, forecasts and notices. Balances over time and net worth are of everything.
    async fn insight_reach(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<InsightReach> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        Ok(InsightReach {
            from: Date(picture.whole_from),
            is_cut: picture.is_cut(),
            most_rows: i32::try_from(picture.most).unwrap_or(i32::MAX),
            at,
        })
    }
}
