//! What a person says of how their rows are to be read.

use async_graphql::{Context, ID, Object, Result};
use domain::guidance::{
    BudgetSet, GuidanceCommand, GuidanceRefusal, NoticeMuted, PayeeNamed, RefundJudged,
};
use domain::money::Currency;

use super::{ABSENT, GuidePayload, GuideStatus, RuleInput, payee, read};
use crate::api::as_of::present;
use crate::api::scalars::Position;
use crate::api::visit::{app, caught_up, internal, person, refuse, visit};
use crate::ledger::{Actor, Cause};
use crate::picture::{self, GuideError};

async fn record(context: &Context<'_>, command: GuidanceCommand) -> Result<GuidePayload> {
    let user_id = person(context)?;
    let request_id = visit(context)?.request_id;
    let cause = Cause::new(Actor::Person, request_id);
    let done = picture::guide(app(context)?, user_id, cause, command).await;
    match done {
        Ok(position) => {
            let position = position.map(Position);
            caught_up(context, position).await?;
            let done = position.is_some();
            let status = if done { GuideStatus::Done } else { GuideStatus::AlreadySo };
            Ok(GuidePayload { status, position, message: None })
        }
        Err(GuideError::Refused(refusal)) => {
            let moved = refusal == GuidanceRefusal::Moved;
            let status = if moved { GuideStatus::Moved } else { GuideStatus::Invalid };
            Ok(GuidePayload { status, position: None, message: Some(refusal.to_string()) })
        }
        Err(GuideError::Ledger(error)) => Err(internal(context, error)),
    }
}

/// Saying how money is to be read.
#[derive(Default)]
pub struct GuidanceMutations;

#[Object]
impl GuidanceMutations {
    /// Adopts rules in place of the version they were written on. With `overPast` the past is read
    /// by them too; what the person said of a row itself is never overwritten.
    async fn adopt_rules(
        &self,
        context: &Context<'_>,
        from_version: i32,
        rules: Vec<RuleInput>,
        over_past: bool,
    ) -> Result<GuidePayload> {
        person(context)?;
        let rules = read(context, rules)?;
        let from_version = u32::try_from(from_version).unwrap_or(u32::MAX);
        record(context, GuidanceCommand::AdoptRules { from_version, rules, over_past }).await
    }

    /// Gives the payee of a transaction a category, once and for all; none takes it back.
    async fn name_payee(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        category_id: Option<String>,
        over_past: bool,
    ) -> Result<GuidePayload> {
        let at = present(context)?;
        let Some(payee) = payee(context, &at, &transaction_id).await? else { return Ok(ABSENT) };
        let named = PayeeNamed { payee, category: category_id, over_past };
        record(context, GuidanceCommand::NamePayee(named)).await
    }

    /// Sets what a category may come to in a calendar month; none takes it back.
    async fn set_budget(
        &self,
        context: &Context<'_>,
        category_id: String,
        currency: String,
        limit_minor: Option<String>,
    ) -> Result<GuidePayload> {
        person(context)?;
        let limit = limit_minor.map(|limit| limit.parse()).transpose();
        let Some((currency, limit_minor)) = Currency::parse(&currency).ok().zip(limit.ok()) else {
            let message = "An amount is whole minor units as text, with its currency.";
            return Err(refuse(context, "AMOUNT_INVALID", message));
        };
        let budget = BudgetSet { category: category_id, currency, limit_minor };
        record(context, GuidanceCommand::SetBudget(budget)).await
    }

    /// Mutes a notice, or wants it again.
    async fn mute_notice(
        &self,
        context: &Context<'_>,
        key: String,
        muted: bool,
    ) -> Result<GuidePayload> {
        record(context, GuidanceCommand::MuteNotice(NoticeMuted { key, muted })).await
    }

    /// Says whether money that came in gives back what was paid; without `belongs`, takes back what
    /// was said.
    async fn judge_refund(
        &self,
        context: &Context<'_>,
        out_id: ID,
        back_id: ID,
        belongs: Option<bool>,
    ) -> Result<GuidePayload> {
        let (user_id, at) = (person(context)?, present(context)?);
        let (Ok(out), Ok(back)) = (out_id.parse(), back_id.parse()) else { return Ok(ABSENT) };
        let rows = at.view().transactions().several(user_id, &[out, back]).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        let paid = rows.iter().find(|row| row.transaction_id == out);
        let came = rows.iter().find(|row| row.transaction_id == back);
        if paid.is_none_or(|row| row.amount.minor >= 0)
            || came.is_none_or(|row| row.amount.minor <= 0)
        {
            return Ok(ABSENT);
        }
        record(context, GuidanceCommand::JudgeRefund(RefundJudged { out, back, belongs })).await
    }

    /// Keeps today's forecast, so that it can be scored when its days have come: once a day.
    async fn keep_forecast(&self, context: &Context<'_>, currency: String) -> Result<GuidePayload> {
        person(context)?;
        let Ok(currency) = Currency::parse(&currency) else {
            return Err(refuse(context, "CURRENCY_INVALID", "A currency is three letters."));
        };
        let at = present(context)?;
        let today = at.now().date_naive();
        let picture = crate::api::insights::picture(context, &at).await?;
        let forecasts = picture.forecasts(&[]);
        let of_currency = forecasts.iter().find(|forecast| forecast.currency == currency);
        let Some(forecast) = of_currency else { return Ok(ABSENT) };
        let made = picture::kept(forecast, today);
        record(context, GuidanceCommand::KeepForecast(made)).await
    }
}
