//! What is worth a word, and how budgets stand.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use domain::money::Money as Amount;
use insights::cashflow::{self, Budget as Limit};
use insights::notices::{Matter, Notice as Found};

use super::{answered, ending, picture};
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::{Date, Money, Position};
use crate::api::transactions::Category;
use crate::api::visit::{internal, person};

/// How a budget stands this month.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Budget {
    #[graphql(skip)]
    at: At,
    /// The category.
    category: Category,
    /// The limit of a calendar month.
    limit: Money,
    /// Spent so far.
    spent: Money,
    /// What is left; below nought if it is overdrawn.
    left: Money,
    /// Where an even pace would be by now.
    even: Money,
    /// What the month will probably come to.
    likely: Money,
    /// A usual month: the middle of the last six whole ones.
    usual: Money,
}

/// What a notice is about.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum NoticeKind {
    /// An amount far from what this payee usually gets.
    UnusualAmount,
    /// Perhaps charged twice.
    DoubleCharge,
    /// A bill far above the usual one.
    HighBill,
    /// A subscription costs more.
    PriceRise,
    /// The balance may run low.
    LowBalance,
    /// A subscription that nothing else speaks of.
    StillUsed,
    /// Something that came again has stopped.
    Stopped,
    /// A permission at a bank ends soon.
    ConsentEnding,
}

/// Something worth a word. It names the transactions it rests on, and can be muted.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Notice {
    #[graphql(skip)]
    at: At,
    /// By what it is muted.
    key: String,
    /// What it is about.
    kind: NoticeKind,
    /// Whom it is about.
    label: String,
    /// The amount it is about.
    amount: Option<Money>,
    /// The usual amount, the one before, or what it comes to in a year.
    compared: Option<Money>,
    /// The day it is about.
    day: Date,
    /// The transactions it rests on.
    rests_on: Vec<ID>,
    /// Whether it is muted.
    muted: bool,
}

names_its_place!(Budget, Notice);

fn notice(at: &At, found: Found, muted: bool) -> Notice {
    let money = |minor| Money::from(Amount::new(minor, found.currency));
    let (kind, compared) = match found.matter {
        Matter::UnusualAmount { usual } => (NoticeKind::UnusualAmount, Some(usual)),
        Matter::DoubleCharge => (NoticeKind::DoubleCharge, None),
        Matter::HighBill { usual } => (NoticeKind::HighBill, Some(usual)),
        Matter::PriceRise { before } => (NoticeKind::PriceRise, Some(before)),
        Matter::LowBalance { .. } => (NoticeKind::LowBalance, None),
        Matter::StillUsed { yearly } => (NoticeKind::StillUsed, Some(yearly)),
        Matter::Stopped => (NoticeKind::Stopped, None),
    };
    Notice {
        at: at.clone(),
        kind,
        amount: Some(money(found.minor)),
        compared: compared.map(money),
        day: Date(found.day),
        rests_on: found.rests_on.iter().map(|id| ID(id.to_string())).collect(),
        key: found.key,
        label: found.label,
        muted,
    }
}

/// Reading notices and budgets.
#[derive(Default)]
pub struct NoticeQueries;

#[Object]
impl NoticeQueries {
    /// How the budgets stand this month.
    async fn budgets(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Budget>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().guidances().budgets(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let picture = picture(context, &at).await?;
        let streams = answered(context, &picture, |picture| picture.streams().to_vec()).await?;
        let of = |row: projections::guidance::BudgetRow| {
            let currency = row.limit.currency;
            let limit = Limit { category: row.category, currency, limit: row.limit.minor };
            let standing = cashflow::standing(&limit, &picture.movements, &streams, picture.today);
            let money = |minor| Money::from(Amount::new(minor, currency));
            Budget {
                at: at.clone(),
                category: Category::of(&limit.category),
                limit: row.limit.into(),
                spent: money(standing.spent),
                left: money(standing.left),
                even: money(standing.even),
                likely: money(standing.likely),
                usual: money(standing.usual),
            }
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// What is worth a word, newest first; muted ones only where they are asked for.
    async fn notices(
        &self,
        context: &Context<'_>,
        #[graphql(default)] with_muted: bool,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Notice>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let failed = |error| internal(context, error);
        let muted = at.view().guidances().muted(user_id).await.map_err(failed)?;
        let picture = picture(context, &at).await?;
        let found = answered(context, &picture, |picture| picture.notices().to_vec()).await?;
        let mut all: Vec<Notice> = found
            .into_iter()
            .map(|found| {
                let is_muted = muted.contains(&found.key);
                notice(&at, found, is_muted)
            })
            .collect();
        let ending = ending::ending(&at, user_id, picture.today).await;
        for (key, label, day) in ending.map_err(|error| internal(context, error))? {
            let muted = muted.contains(&key);
            let kind = NoticeKind::ConsentEnding;
            let (amount, compared, rests_on) = (None, None, Vec::new());
            let at = at.clone();
            all.insert(
                0,
                Notice { at, key, kind, label, amount, compared, day: Date(day), rests_on, muted },
            );
        }
        all.retain(|one| with_muted || !one.muted);
        Ok(all)
    }
}
