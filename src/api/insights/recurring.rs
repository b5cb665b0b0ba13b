//! What comes again.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::money::Money as Amount;
use insights::recurring::{self, Stream};

use super::{answered, picture};
use crate::api::as_of::{AsOf, At, KnownAt, moment};
use crate::api::scalars::{Date, Money, Position};
use crate::api::transactions::Category;
use crate::api::visit::person;

/// How often something comes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "recurring::Rhythm")]
pub enum Rhythm {
    /// Every seven days.
    Weekly,
    /// Every fourteen days.
    TwoWeekly,
    /// Every twenty-eight days.
    FourWeekly,
    /// On about the same day of each month.
    Monthly,
    /// Every two months.
    TwoMonthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    HalfYearly,
    /// Every year.
    Yearly,
}

/// How what comes again stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "recurring::State")]
pub enum RecurringState {
    /// It began lately.
    New,
    /// It goes on.
    Running,
    /// Its last beat did not come.
    Stopped,
}

/// A change of a price.
#[derive(SimpleObject)]
pub struct PriceChange {
    /// The day of the first new price.
    day: Date,
    /// The amount before.
    from: Money,
    /// The amount since.
    to: Money,
}

/// Something that comes again: a subscription, a bill, a salary.
pub struct Recurring(Stream, At);

#[Object]
impl Recurring {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
    /// Whom it is with, as the bank wrote it last.
    async fn label(&self) -> &str {
        &self.0.label
    }
    /// The payee as it is compared.
    async fn payee(&self) -> &str {
        &self.0.payee
    }
    /// Its category.
    async fn category(&self) -> Category {
        Category::of(&self.0.category)
    }
    /// The account it was last on.
    async fn account_id(&self) -> ID {
        ID(self.0.account.to_string())
    }
    /// How often.
    async fn rhythm(&self) -> Rhythm {
        self.0.rhythm.into()
    }
    /// How it stands.
    async fn state(&self) -> RecurringState {
        self.0.state.into()
    }
    /// Whether its amounts are the same but for changes of price.
    async fn fixed(&self) -> bool {
        self.0.fixed
    }
    /// The day of its next beat; of a stopped one, the first that did not come.
    async fn next_day(&self) -> Date {
        Date(self.0.next)
    }
    /// What it will probably be, signed.
    async fn expected(&self) -> Money {
        Amount::new(self.0.expected, self.0.currency).into()
    }
    /// What it comes to in a year, signed.
    async fn yearly(&self) -> Money {
        Amount::new(self.0.yearly(), self.0.currency).into()
    }
    /// The last change of its price.
    async fn price_change(&self) -> Option<PriceChange> {
        let change = self.0.price_change?;
        let money = |minor| Amount::new(minor, self.0.currency).into();
        Some(PriceChange { day: Date(change.day), from: money(change.from), to: money(change.to) })
    }
    /// When it came, newest first; at most 24.
    async fn hits(&self) -> Vec<RecurringHit> {
        let newest = self.0.hits.iter().rev().take(24);
        let of = |hit: &recurring::Hit| RecurringHit {
            transaction_id: ID(hit.id.to_string()),
            day: Date(hit.day),
            amount: Amount::new(hit.minor, self.0.currency).into(),
        };
        newest.map(of).collect()
    }
    /// How often it has come.
    async fn hit_count(&self) -> i32 {
        i32::try_from(self.0.hits.len()).unwrap_or(i32::MAX)
    }
}

/// One time that it came.
#[derive(SimpleObject)]
pub struct RecurringHit {
    /// Which transaction.
    transaction_id: ID,
    /// The day.
    day: Date,
    /// How much, signed.
    amount: Money,
}

/// Reading what comes again.
#[derive(Default)]
pub struct RecurringQueries;

#[Object]
impl RecurringQueries {
    /// What comes again, by the day of its next beat.
    async fn recurring(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Recurring>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let streams = answered(context, &picture, |picture| picture.streams().to_vec()).await?;
        Ok(streams.into_iter().map(|stream| Recurring(stream, at.clone())).collect())
    }
}
