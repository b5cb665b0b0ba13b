//! What a person's money does: what comes again, what comes in and goes out, what is coming, and
//! what is worth a word. Everything is read as it is now, or as it was.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{Days, NaiveDate};
use domain::money::{Currency, Money as Amount};
use insights::cashflow::{self, Budget as Limit, Flow, Period};
use insights::forecast::Expected;
use insights::matching::{Pair, Reason};
use insights::notices::{Matter, Notice as Found};
use insights::recurring::{self, Stream};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::scalars::{Date, Money, Position};
use super::transactions::{Category, Transaction};
use super::visit::{internal, person, refuse};
use crate::picture::Picture;

/// Most payments that may be supposed in one forecast.
const MOST_SUPPOSED: usize = 20;
/// Most transactions that a notice or a pair shows.
const MOST_SHOWN: usize = 10;
/// Most days of a series of net worth.
const MOST_DAYS: i64 = 1_200;

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

/// What periods are.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PeriodKind {
    /// Calendar months.
    Month,
    /// From pay-day to pay-day; calendar months without a salary that comes again.
    PayDay,
}

/// A category's part of a period.
#[derive(SimpleObject)]
pub struct CategoryFlow {
    /// The category.
    category: Category,
    /// Spent, less what was given back.
    spent: Money,
}

/// What a period came to, in one currency.
pub struct CashFlow {
    at: At,
    period: Period,
    currency: Currency,
    flow: Flow,
}

#[Object]
impl CashFlow {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
    /// The first day.
    async fn from(&self) -> Date {
        Date(self.period.from)
    }
    /// The last day.
    async fn to(&self) -> Date {
        Date(self.period.until.pred_opt().unwrap_or(self.period.until))
    }
    /// Money earned.
    async fn income(&self) -> Money {
        Amount::new(self.flow.income, self.currency).into()
    }
    /// Money spent, less what was given back.
    async fn spent(&self) -> Money {
        Amount::new(self.flow.spent, self.currency).into()
    }
    /// Put aside, less what was taken from there.
    async fn saved(&self) -> Money {
        Amount::new(self.flow.saved, self.currency).into()
    }
    /// What is left of the income, in parts of a thousand of it; none without income.
    async fn savings_rate_per_mille(&self) -> Option<i32> {
        let rate = self.flow.savings_rate()?;
        Some(i32::try_from(rate).unwrap_or(if rate < 0 { i32::MIN } else { i32::MAX }))
    }
    /// Spent by category, the most first.
    async fn categories(&self) -> Vec<CategoryFlow> {
        let mut sums: Vec<(&String, &i64)> = self.flow.categories.iter().collect();
        sums.sort_by_key(|(category, minor)| (-**minor, (*category).clone()));
        let of = |(category, minor): (&String, &i64)| CategoryFlow {
            category: Category::of(category),
            spent: Amount::new(*minor, self.currency).into(),
        };
        sums.into_iter().map(of).collect()
    }
}

/// Everything owned less everything owed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct NetWorth {
    #[graphql(skip)]
    at: At,
    /// At the end of which day.
    day: Date,
    /// One amount a currency.
    amounts: Vec<Money>,
}

/// A payment a forecast counts on.
#[derive(SimpleObject)]
pub struct ExpectedPayment {
    /// The day.
    day: Date,
    /// How much, signed.
    amount: Money,
    /// Whom it is with.
    label: String,
    /// How often it comes; none for what was supposed.
    rhythm: Option<Rhythm>,
}

/// One day of a forecast.
#[derive(SimpleObject)]
pub struct ForecastDay {
    /// The day.
    day: Date,
    /// Today's balance and what is known to come.
    known: Money,
    /// The lower end of the band that held four times out of five in the person's own past.
    low: Option<Money>,
    /// The upper end.
    high: Option<Money>,
    /// The likeliest balance; only where such a point was nearer than "the balance stays".
    point: Option<Money>,
}

/// The balance of the everyday accounts over the coming ninety days.
pub struct Forecast(insights::forecast::Forecast, At);

fn forecast_day(day: &insights::forecast::Day, currency: Currency) -> ForecastDay {
    let money = |minor| Money::from(Amount::new(minor, currency));
    ForecastDay {
        day: Date(day.day),
        known: money(day.known),
        low: day.low.map(money),
        high: day.high.map(money),
        point: day.point.map(money),
    }
}

#[Object]
impl Forecast {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
    /// What it begins with.
    async fn balance(&self) -> Money {
        Amount::new(self.0.balance, self.0.currency).into()
    }
    /// Its days, from tomorrow.
    async fn days(&self) -> Vec<ForecastDay> {
        self.0.days.iter().map(|day| forecast_day(day, self.0.currency)).collect()
    }
    /// The day with the lowest end of the band, or of what is known.
    async fn lowest(&self) -> Option<ForecastDay> {
        self.0.lowest().map(|day| forecast_day(day, self.0.currency))
    }
    /// The payments it counts on: what is assumed.
    async fn expected(&self) -> Vec<ExpectedPayment> {
        let of = |one: &Expected| ExpectedPayment {
            day: Date(one.day),
            amount: Amount::new(one.minor, self.0.currency).into(),
            label: one.label.clone(),
            rhythm: one.rhythm.map(Into::into),
        };
        self.0.expected.iter().map(of).collect()
    }
    /// Points of the past at which the same method was tried; none without enough history.
    async fn tried(&self) -> Option<i32> {
        self.0.tried.map(|tried| i32::try_from(tried.origins).unwrap_or(i32::MAX))
    }
    /// Its error there after thirty days, in parts of a thousand of that of "the balance stays".
    async fn error_per_mille(&self) -> Option<i32> {
        self.0.tried.map(|tried| i32::try_from(tried.error_per_mille).unwrap_or(i32::MAX))
    }
}

/// A payment to try out.
#[derive(InputObject)]
pub struct SupposedPayment {
    /// The day.
    day: Date,
    /// Whole minor units as text, signed: money out is negative.
    minor: String,
    /// ISO 4217.
    currency: String,
    /// What it is.
    label: String,
}

/// How a kept forecast came true.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ForecastScore {
    #[graphql(skip)]
    at: At,
    /// The day it was made on.
    made_on: Date,
    /// Its points whose day has come.
    due: i32,
    /// Of these, how many the band held.
    held: i32,
    /// The mean distance of what was known from what came.
    mean_error: Money,
}

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

/// Why two transactions are thought to belong together.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PairReason {
    /// The amounts are the same.
    SameAmount,
    /// One names the other's account.
    NamesAccount,
    /// The words are those of a transfer.
    TransferWords,
    /// The category is that of a transfer.
    TransferCategory,
    /// They lie within days of each other.
    DaysBetween,
    /// The payee is the same.
    SamePayee,
    /// Nothing else comes into question.
    OnlyCandidate,
    /// A part of what was paid.
    Part,
}

/// Two transactions that are thought to belong together.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct TransactionPair {
    #[graphql(skip)]
    at: At,
    /// Money out.
    out: Option<Transaction>,
    /// Money in.
    back: Option<Transaction>,
    /// Whether it can be relied on without asking.
    certain: bool,
    /// Why.
    reasons: Vec<PairReason>,
}

/// What is paid to one payee.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PayeeSpending {
    #[graphql(skip)]
    at: At,
    /// The payee, as it is compared.
    payee: String,
    /// The payee as the bank wrote it last.
    label: String,
    /// Money out, less what was given back.
    amount: Money,
    /// Rows.
    count: i32,
}

names_its_place!(NetWorth, ForecastScore, Budget, Notice, TransactionPair, PayeeSpending);

async fn picture(context: &Context<'_>, at: &At) -> Result<Picture> {
    let (user_id, today) = (person(context)?, at.now().date_naive());
    let read = Picture::of(at.view(), user_id, today).await;
    read.map_err(|error| internal(context, error))
}

async fn pairs(
    context: &Context<'_>,
    at: &At,
    pairs: Vec<Pair>,
    first: usize,
) -> Result<Vec<TransactionPair>> {
    let user_id = person(context)?;
    let mut shown = Vec::new();
    for pair in pairs.into_iter().rev().take(first.min(MOST_SHOWN)) {
        let one = async |id| {
            let row = at.view().transactions().one(user_id, id).await;
            let row = row.map_err(|error| internal(context, error))?;
            Ok::<_, async_graphql::Error>(row.map(|row| Transaction::of(row, at)))
        };
        let (out, back) = (one(pair.out).await?, one(pair.back).await?);
        let reasons = pair.reasons.into_iter().map(pair_reason).collect();
        shown.push(TransactionPair { at: at.clone(), out, back, certain: pair.certain, reasons });
    }
    Ok(shown)
}

fn pair_reason(reason: Reason) -> PairReason {
    match reason {
        Reason::SameAmount => PairReason::SameAmount,
        Reason::NamesAccount => PairReason::NamesAccount,
        Reason::TransferWords => PairReason::TransferWords,
        Reason::TransferCategory => PairReason::TransferCategory,
        Reason::DaysBetween(_) => PairReason::DaysBetween,
        Reason::SamePayee => PairReason::SamePayee,
        Reason::OnlyCandidate => PairReason::OnlyCandidate,
        Reason::Part => PairReason::Part,
    }
}

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

/// Reading insights.
#[derive(Default)]
pub struct InsightQueries;

#[Object]
impl InsightQueries {
    /// What comes again, by the day of its next beat.
    async fn recurring(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Recurring>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let streams = picture(context, &at).await?.streams();
        Ok(streams.into_iter().map(|stream| Recurring(stream, at.clone())).collect())
    }

    /// Money in and out by period, oldest first, from the period of one day to that of another.
    async fn cash_flow(
        &self,
        context: &Context<'_>,
        by: PeriodKind,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<CashFlow>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let months = || cashflow::months(from.0, to.0);
        let periods = match by {
            PeriodKind::Month => months(),
            PeriodKind::PayDay => {
                cashflow::pay_periods(&picture.streams(), from.0, to.0).unwrap_or_else(months)
            }
        };
        let flows = cashflow::flows(&picture.movements, &periods, &picture.between_own());
        let of = |(period, sums): (Period, std::collections::BTreeMap<Currency, Flow>)| {
            let at = at.clone();
            sums.into_iter().map(move |(currency, flow)| CashFlow {
                at: at.clone(),
                period,
                currency,
                flow,
            })
        };
        Ok(flows.into_iter().flat_map(of).collect())
    }

    /// Everything owned less everything owed, at the end of each month and of the last day.
    async fn net_worth(
        &self,
        context: &Context<'_>,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<NetWorth>> {
        person(context)?;
        if (to.0 - from.0).num_days() > MOST_DAYS {
            return Err(refuse(context, "PERIOD_TOO_LONG", "Ask for at most three years."));
        }
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let last = to.0.min(picture.today);
        let ends = cashflow::months(from.0, last);
        let mut days: Vec<NaiveDate> = ends
            .iter()
            .filter_map(|month| month.until.checked_sub_days(Days::new(1)))
            .map(|day| day.min(last))
            .collect();
        days.dedup();
        let worth = |(day, sums): (NaiveDate, std::collections::BTreeMap<Currency, i64>)| {
            let money = |(currency, minor)| Money::from(Amount::new(minor, currency));
            let amounts = sums.into_iter().map(money).collect();
            NetWorth { at: at.clone(), day: Date(day), amounts }
        };
        Ok(picture.net_worth(&days).into_iter().map(worth).collect())
    }

    /// The balance of the everyday accounts over the coming ninety days, one forecast a currency;
    /// `supposed` payments are added to it.
    async fn forecasts(
        &self,
        context: &Context<'_>,
        supposed: Option<Vec<SupposedPayment>>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Forecast>> {
        person(context)?;
        let supposed = supposed.unwrap_or_default();
        if supposed.len() > MOST_SUPPOSED {
            return Err(refuse(context, "SUPPOSED_TOO_MANY", "Suppose at most 20 payments."));
        }
        let mut read = Vec::with_capacity(supposed.len());
        for one in supposed {
            let parsed = one.minor.parse().ok().zip(Currency::parse(&one.currency).ok());
            let Some((minor, currency)) = parsed else {
                let message = "An amount is whole minor units as text, with its currency.";
                return Err(refuse(context, "AMOUNT_INVALID", message));
            };
            let (label, payee) = (one.label, String::new());
            read.push((currency, Expected { day: one.day.0, minor, label, payee, rhythm: None }));
        }
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let forecasts = picture.forecasts(&read).into_iter();
        Ok(forecasts.map(|forecast| Forecast(forecast, at.clone())).collect())
    }

    /// How forecasts that were kept came true, newest first.
    async fn forecast_scores(
        &self,
        context: &Context<'_>,
        currency: String,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<ForecastScore>> {
        let user_id = person(context)?;
        let Ok(currency) = Currency::parse(&currency) else {
            return Err(refuse(context, "CURRENCY_INVALID", "A currency is three letters."));
        };
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let from = picture.today.checked_sub_days(Days::new(400)).unwrap_or(picture.today);
        let made = at.view().guidances().forecasts(user_id, currency, from).await;
        let made = made.map_err(|error| internal(context, error))?;
        let score = |made: &domain::guidance::ForecastMade| {
            let due: Vec<_> =
                made.points.iter().filter(|point| point.day <= picture.today).collect();
            let days: Vec<NaiveDate> = due.iter().map(|point| point.day).collect();
            let came = picture.everyday_balances(currency, &days);
            let (mut held, mut error) = (0, 0_i64);
            for (point, came) in due.iter().zip(&came) {
                let within = point.low_minor.is_some_and(|low| *came >= low)
                    && point.high_minor.is_some_and(|high| *came <= high);
                held += i32::from(within);
                error = error.saturating_add((came - point.known_minor).saturating_abs());
            }
            let count = i64::try_from(due.len()).unwrap_or(i64::MAX);
            ForecastScore {
                at: at.clone(),
                made_on: Date(made.made_on),
                due: i32::try_from(count).unwrap_or(i32::MAX),
                held,
                mean_error: Amount::new(error / count.max(1), currency).into(),
            }
        };
        Ok(made.iter().map(score).collect())
    }

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
        let streams = picture.streams();
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
        let mut all: Vec<Notice> = picture
            .notices()
            .into_iter()
            .map(|found| {
                let is_muted = muted.contains(&found.key);
                notice(&at, found, is_muted)
            })
            .collect();
        let ending = super::insights_ending::ending(&at, user_id, picture.today).await;
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

    /// Transfers between own accounts, newest first; at most 10 are shown.
    async fn own_transfers(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<TransactionPair>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let found = picture(context, &at).await?.transfers();
        pairs(context, &at, found, first as usize).await
    }

    /// Refunds with what they give back, newest first; at most 10 are shown.
    async fn refunds(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<TransactionPair>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let found = picture(context, &at).await?.refunds();
        pairs(context, &at, found, first as usize).await
    }

    /// What was paid to each payee of a category, the most first, from a day to a day; at most 100.
    async fn payee_spending(
        &self,
        context: &Context<'_>,
        category_id: String,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<PayeeSpending>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let mut payees: std::collections::BTreeMap<(&str, Currency), (i64, i32, &str)> =
            std::collections::BTreeMap::new();
        let within = |day: NaiveDate| day >= from.0 && day <= to.0;
        for movement in picture.movements.iter().filter(|movement| within(movement.day)) {
            if movement.category == category_id {
                let key = (movement.payee.as_str(), movement.currency);
                let sum = payees.entry(key).or_insert((0, 0, &movement.label));
                sum.0 = sum.0.saturating_sub(movement.minor);
                sum.1 += 1;
            }
        }
        let mut rows: Vec<PayeeSpendingSum> = payees.into_iter().collect();
        rows.sort_by_key(|((payee, _), (minor, _, _))| (-minor, *payee));
        let of = |((payee, currency), (minor, count, label)): PayeeSpendingSum| PayeeSpending {
            at: at.clone(),
            payee: payee.to_owned(),
            label: label.to_owned(),
            amount: Amount::new(minor, currency).into(),
            count,
        };
        Ok(rows.into_iter().take(100).map(of).collect())
    }
}

/// A payee and currency, and what was paid, how often and under what name.
type PayeeSpendingSum<'a> = ((&'a str, Currency), (i64, i32, &'a str));
