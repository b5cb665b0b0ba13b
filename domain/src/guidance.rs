//! What a person says of how their money is to be read: rules, payees, budgets, notices they do not
//! want to see again; and the forecasts that were made for them, so that each can be scored later.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::categorisation::CATEGORIES;
use crate::event::events;
use crate::id::TransactionId;
use crate::money::{Currency, Money};
use crate::rules::{LONGEST_WORDS, Rule, RuleFault, RuleSet, check};

/// Most payees a person may name.
pub const MOST_PAYEES: usize = 5_000;
/// Most notices that can be muted.
pub const MOST_MUTED: usize = 2_000;
/// Most characters of a notice's key.
pub const LONGEST_KEY: usize = 200;
/// Most pairs of transactions that can be spoken of.
pub const MOST_VERDICTS: usize = 5_000;
/// Most points a forecast is kept with.
pub const MOST_POINTS: usize = 20;

events! {
    /// What a person can say of how their money is to be read.
    GuidanceEvent {
        /// Rules were adopted in place of those before.
        RulesAdopted(RulesAdopted) = "guidance.rules_adopted" 1,
        /// A payee was given a category, once and for all.
        PayeeNamed(PayeeNamed) = "guidance.payee_named" 1,
        /// A budget was set.
        BudgetSet(BudgetSet) = "guidance.budget_set" 1,
        /// A notice was muted, or is wanted again.
        NoticeMuted(NoticeMuted) = "guidance.notice_muted" 1,
        /// A forecast was made and is kept, to be scored.
        ForecastMade(ForecastMade) = "guidance.forecast_made" 1,
        /// A refund was confirmed or refused.
        RefundJudged(RefundJudged) = "guidance.refund_judged" 1,
    }
}

/// Rules were adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesAdopted {
    /// The rules with their version.
    pub set: RuleSet,
    /// Whether the past is read by them too, and not only what comes from now on.
    pub over_past: bool,
}

/// A payee was given a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeNamed {
    /// The payee, folded as the categoriser does.
    pub payee: String,
    /// The category, of the taxonomy; none takes it back.
    pub category: Option<String>,
    /// Whether the past is read so too.
    pub over_past: bool,
}

/// A budget was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetSet {
    /// The category.
    pub category: String,
    /// The currency.
    pub currency: Currency,
    /// The limit of a calendar month, in minor units; none takes it back.
    pub limit_minor: Option<i64>,
}

/// A notice was muted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeMuted {
    /// The notice.
    pub key: String,
    /// Whether it is muted now.
    pub muted: bool,
}

/// A point of a kept forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastPoint {
    /// The day.
    pub day: NaiveDate,
    /// Balance and known payments, in minor units.
    pub known_minor: i64,
    /// The lower end of the band.
    pub low_minor: Option<i64>,
    /// The upper end.
    pub high_minor: Option<i64>,
}

/// A forecast was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastMade {
    /// The day it was made on.
    pub made_on: NaiveDate,
    /// What it began with.
    pub balance: Money,
    /// Some of its days.
    pub points: Vec<ForecastPoint>,
}

/// A refund was confirmed or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundJudged {
    /// What was paid.
    pub out: TransactionId,
    /// What came back.
    pub back: TransactionId,
    /// Whether it gives back what was paid; none takes back what was said.
    pub belongs: Option<bool>,
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum GuidanceCommand {
    /// Adopt rules in place of the version that was looked at.
    AdoptRules {
        /// The version they were written on.
        from_version: u32,
        /// The rules, in order.
        rules: Vec<Rule>,
        /// Whether the past is read by them too.
        over_past: bool,
    },
    /// Give a payee a category, or take it back.
    NamePayee(PayeeNamed),
    /// Set a budget, or take it back.
    SetBudget(BudgetSet),
    /// Mute a notice, or want it again.
    MuteNotice(NoticeMuted),
    /// Keep a forecast: one a day and currency.
    KeepForecast(ForecastMade),
    /// Confirm or refuse a refund, or take that back.
    JudgeRefund(RefundJudged),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuidanceRefusal {
    /// Something is wrong with a rule.
    #[error(transparent)]
    Rules(#[from] RuleFault),
    /// Other rules were adopted meanwhile.
    #[error("other rules were adopted meanwhile; look at them first")]
    Moved,
    /// The category is not of the taxonomy.
    #[error("this category is not known")]
    Category,
    /// The words are missing or too long.
    #[error("this is empty or too long")]
    Words,
    /// A limit below nought.
    #[error("a budget cannot be below nought")]
    Limit,
    /// There are too many of them.
    #[error("there are too many of these already")]
    TooMany,
    /// A transaction is no refund of itself.
    #[error("these are one and the same transaction")]
    Same,
}

/// What a person said so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guidance {
    rules: RuleSet,
    payees: BTreeMap<String, String>,
    budgets: BTreeMap<String, i64>,
    muted: BTreeSet<String>,
    forecast: BTreeMap<String, NaiveDate>,
    /// By what was paid and what came back: whether they belong together.
    #[serde(default)]
    refunds: BTreeMap<String, bool>,
}

fn known(category: &str) -> Result<(), GuidanceRefusal> {
    let found = CATEGORIES.iter().any(|(known, _)| *known == category);
    found.then_some(()).ok_or(GuidanceRefusal::Category)
}

fn refund_key(judged: &RefundJudged) -> String {
    format!("{}/{}", judged.out, judged.back)
}

fn budget_key(category: &str, currency: Currency) -> String {
    format!("{category}/{}", currency.code())
}

impl Guidance {
    /// What is to be written, if anything is new.
    fn decide(&self, command: GuidanceCommand) -> Result<Option<GuidanceEvent>, GuidanceRefusal> {
        Ok(match command {
            GuidanceCommand::AdoptRules { from_version, rules, over_past } => {
                check(&rules)?;
                if from_version != self.rules.version {
                    return Err(GuidanceRefusal::Moved);
                }
                let set = RuleSet { version: from_version + 1, rules };
                let new = over_past || set.rules != self.rules.rules;
                new.then_some(GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past }))
            }
            GuidanceCommand::NamePayee(named) => {
                let length = named.payee.chars().count();
                if named.payee.trim().is_empty() || length > LONGEST_WORDS {
                    return Err(GuidanceRefusal::Words);
                }
                if let Some(category) = &named.category {
                    known(category)?;
                }
                let before = self.payees.get(&named.payee);
                if before.is_none() && self.payees.len() >= MOST_PAYEES {
                    return Err(GuidanceRefusal::TooMany);
                }
                let new = before != named.category.as_ref() || named.over_past;
                new.then_some(GuidanceEvent::PayeeNamed(named))
            }
            GuidanceCommand::SetBudget(budget) => {
                known(&budget.category)?;
                if budget.limit_minor.is_some_and(|limit| limit < 0) {
                    return Err(GuidanceRefusal::Limit);
                }
                let before = self.budgets.get(&budget_key(&budget.category, budget.currency));
                let new = before.copied() != budget.limit_minor;
                new.then_some(GuidanceEvent::BudgetSet(budget))
            }
            GuidanceCommand::MuteNotice(muted) => {
                if muted.key.is_empty() || muted.key.chars().count() > LONGEST_KEY {
                    return Err(GuidanceRefusal::Words);
                }
                if muted.muted && self.muted.len() >= MOST_MUTED {
                    return Err(GuidanceRefusal::TooMany);
                }
                let new = self.muted.contains(&muted.key) != muted.muted;
                new.then_some(GuidanceEvent::NoticeMuted(muted))
            }
            GuidanceCommand::KeepForecast(made) => {
                if made.points.is_empty() || made.points.len() > MOST_POINTS {
                    return Err(GuidanceRefusal::TooMany);
                }
                let before = self.forecast.get(made.balance.currency.code());
                let new = before.is_none_or(|day| *day < made.made_on);
                new.then_some(GuidanceEvent::ForecastMade(made))
            }
            GuidanceCommand::JudgeRefund(judged) => {
                if judged.out == judged.back {
                    return Err(GuidanceRefusal::Same);
                }
                let before = self.refunds.get(&refund_key(&judged)).copied();
                if before.is_none() && self.refunds.len() >= MOST_VERDICTS {
                    return Err(GuidanceRefusal::TooMany);
                }
                let new = before != judged.belongs;
                new.then_some(GuidanceEvent::RefundJudged(judged))
            }
        })
    }
}

impl Aggregate for Guidance {
    const TYPE: &'static str = "guidance";
    type Command = GuidanceCommand;
    type Event = GuidanceEvent;
    type Error = GuidanceRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: GuidanceCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), GuidanceRefusal> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: GuidanceEvent) {
        match event {
            GuidanceEvent::RulesAdopted(adopted) => self.rules = adopted.set,
            GuidanceEvent::PayeeNamed(PayeeNamed { payee, category: Some(category), .. }) => {
                self.payees.insert(payee, category);
            }
            GuidanceEvent::PayeeNamed(named) => {
                self.payees.remove(&named.payee);
            }
            GuidanceEvent::BudgetSet(budget) => {
                let key = budget_key(&budget.category, budget.currency);
                match budget.limit_minor {
                    Some(limit) => self.budgets.insert(key, limit),
                    None => self.budgets.remove(&key),
                };
            }
            GuidanceEvent::NoticeMuted(NoticeMuted { key, muted: true }) => {
                self.muted.insert(key);
            }
            GuidanceEvent::NoticeMuted(notice) => {
                self.muted.remove(&notice.key);
            }
            GuidanceEvent::ForecastMade(made) => {
                self.forecast.insert(made.balance.currency.code().to_owned(), made.made_on);
            }
            GuidanceEvent::RefundJudged(judged) => {
                let key = refund_key(&judged);
                match judged.belongs {
                    Some(belongs) => self.refunds.insert(key, belongs),
                    None => self.refunds.remove(&key),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::rules::Condition;

    fn lunch() -> Rule {
        Rule {
            name: "Lounas".to_owned(),
            conditions: vec![Condition::TextHolds { words: "unicafe".to_owned() }],
            category: "restaurants".to_owned(),
            stops: true,
        }
    }

    fn adopt(from_version: u32, over_past: bool) -> GuidanceCommand {
        GuidanceCommand::AdoptRules { from_version, rules: vec![lunch()], over_past }
    }

    fn adopted(version: u32) -> GuidanceEvent {
        let set = RuleSet { version, rules: vec![lunch()] };
        GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past: false })
    }

    fn named(category: Option<&str>) -> PayeeNamed {
        let category = category.map(str::to_owned);
        PayeeNamed { payee: "kioski kulma".to_owned(), category, over_past: false }
    }

    #[test]
    fn rules_count_their_versions_and_the_same_ones_are_nothing_new() {
        let framework = || TestFramework::<Guidance>::with(());
        framework()
            .given_no_previous_events()
            .when(adopt(0, false))
            .then_expect_events(vec![adopted(1)]);
        framework().given(vec![adopted(1)]).when(adopt(1, false)).then_expect_events(vec![]);
        let set = RuleSet { version: 2, rules: vec![lunch()] };
        let again = GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past: true });
        framework().given(vec![adopted(1)]).when(adopt(1, true)).then_expect_events(vec![again]);
    }

    #[test]
    fn rules_written_on_others_than_the_last_are_refused() {
        TestFramework::<Guidance>::with(())
            .given(vec![adopted(1)])
            .when(adopt(0, false))
            .then_expect_error(GuidanceRefusal::Moved);
    }

    #[test]
    fn a_payee_is_named_once_and_can_be_taken_back() {
        let framework = || TestFramework::<Guidance>::with(());
        let event = |category| GuidanceEvent::PayeeNamed(named(category));
        let name = |category| GuidanceCommand::NamePayee(named(category));
        framework()
            .given_no_previous_events()
            .when(name(Some("groceries")))
            .then_expect_events(vec![event(Some("groceries"))]);
        framework()
            .given(vec![event(Some("groceries"))])
            .when(name(Some("groceries")))
            .then_expect_events(vec![]);
        framework()
            .given(vec![event(Some("groceries"))])
            .when(name(None))
            .then_expect_events(vec![event(None)]);
        framework()
            .given_no_previous_events()
            .when(name(Some("kiosks")))
            .then_expect_error(GuidanceRefusal::Category);
    }

    #[test]
    fn a_budget_and_a_muted_notice_are_said_once() {
        let budget = |limit_minor| BudgetSet {
            category: "groceries".to_owned(),
            currency: Currency::EUR,
            limit_minor,
        };
        let mute = |muted| NoticeMuted { key: "double_charge:1".to_owned(), muted };
        let before = || {
            TestFramework::<Guidance>::with(()).given(vec![
                GuidanceEvent::BudgetSet(budget(Some(40_000))),
                GuidanceEvent::NoticeMuted(mute(true)),
            ])
        };
        let set = |limit| GuidanceCommand::SetBudget(budget(limit));
        before().when(set(Some(40_000))).then_expect_events(vec![]);
        before().when(set(Some(-1))).then_expect_error(GuidanceRefusal::Limit);
        before().when(set(None)).then_expect_events(vec![GuidanceEvent::BudgetSet(budget(None))]);
        before().when(GuidanceCommand::MuteNotice(mute(true))).then_expect_events(vec![]);
        before()
            .when(GuidanceCommand::MuteNotice(mute(false)))
            .then_expect_events(vec![GuidanceEvent::NoticeMuted(mute(false))]);
    }

    #[test]
    fn one_forecast_a_day_is_kept() {
        let made = |day: u32| ForecastMade {
            made_on: NaiveDate::from_ymd_opt(2026, 3, day).unwrap_or_default(),
            balance: Money::new(120_000, Currency::EUR),
            points: vec![ForecastPoint {
                day: NaiveDate::from_ymd_opt(2026, 4, 1).unwrap_or_default(),
                known_minor: 100_000,
                low_minor: Some(80_000),
                high_minor: Some(130_000),
            }],
        };
        let keep = |day| GuidanceCommand::KeepForecast(made(day));
        let event = |day| GuidanceEvent::ForecastMade(made(day));
        let framework = || TestFramework::<Guidance>::with(()).given(vec![event(3)]);
        framework().when(keep(3)).then_expect_events(vec![]);
        framework().when(keep(4)).then_expect_events(vec![event(4)]);
    }

    #[test]
    fn a_refund_is_judged_once_and_that_can_be_taken_back() {
        let id = |number| TransactionId(uuid::Uuid::from_u128(number));
        let judged = |belongs| RefundJudged { out: id(1), back: id(2), belongs };
        let judge = |belongs| GuidanceCommand::JudgeRefund(judged(belongs));
        let event = |belongs| GuidanceEvent::RefundJudged(judged(belongs));
        let framework = || TestFramework::<Guidance>::with(()).given(vec![event(Some(true))]);
        framework().when(judge(Some(true))).then_expect_events(vec![]);
        framework().when(judge(Some(false))).then_expect_events(vec![event(Some(false))]);
        framework().when(judge(None)).then_expect_events(vec![event(None)]);
        let itself = RefundJudged { out: id(1), back: id(1), belongs: Some(true) };
        framework()
            .when(GuidanceCommand::JudgeRefund(itself))
            .then_expect_error(GuidanceRefusal::Same);
    }
}
