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
    /// The category that is limited, of the taxonomy.
    pub category: String,
    /// The currency.
    pub currency: Currency,
    /// The limit of a calendar month, in minor units; none takes it back.
    pub limit_minor: Option<i64>,
}

/// A notice was muted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeMuted {
    /// What the notice is about, as a key that stays the same when it is made anew.
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
mod tests;
