//! What a person said of how their money is to be read, to be shown: rules with their versions,
//! payees, budgets, muted notices, and the forecasts that were kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::event::Event;
use domain::guidance::{ForecastMade, GuidanceEvent};
use domain::id::{TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::rules::RuleSet;

use crate::database::{DatabaseError, RowReader, sql};
use crate::definition::{Definition, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::location::Generation;
use crate::rows::read_rows;

/// Most kept forecasts that are given: the newest.
pub const MOST_FORECASTS: u32 = 200;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "guidance",
    version: 4,
    tables: &[
        Table {
            name: "rule_sets",
            key: &["user_id", "version"],
            create: "CREATE TABLE IF NOT EXISTS rule_sets (
                user_id TEXT NOT NULL,
                version BIGINT NOT NULL,
                rule_set TEXT NOT NULL,
                adopted_at BIGINT NOT NULL,
                position BIGINT NOT NULL,
                over_past BIGINT NOT NULL,
                PRIMARY KEY (user_id, version))",
            indexes: &[],
        },
        Table {
            name: "named_payees",
            key: &["user_id", "payee"],
            create: "CREATE TABLE IF NOT EXISTS named_payees (
                user_id TEXT NOT NULL,
                payee TEXT NOT NULL,
                category TEXT NOT NULL,
                PRIMARY KEY (user_id, payee))",
            indexes: &[],
        },
        Table {
            name: "budgets",
            key: &["user_id", "category", "currency"],
            create: "CREATE TABLE IF NOT EXISTS budgets (
                user_id TEXT NOT NULL,
                category TEXT NOT NULL,
                limit_minor BIGINT NOT NULL,
                currency TEXT NOT NULL,
                PRIMARY KEY (user_id, category, currency))",
            indexes: &[],
        },
        Table {
            name: "muted",
            key: &["user_id", "notice"],
            create: "CREATE TABLE IF NOT EXISTS muted (
                user_id TEXT NOT NULL,
                notice TEXT NOT NULL,
                PRIMARY KEY (user_id, notice))",
            indexes: &[],
        },
        Table {
            name: "forecasts",
            key: &["user_id", "currency", "made_on"],
            create: "CREATE TABLE IF NOT EXISTS forecasts (
                user_id TEXT NOT NULL,
                currency TEXT NOT NULL,
                made_on TEXT NOT NULL,
                forecast TEXT NOT NULL,
                PRIMARY KEY (user_id, currency, made_on))",
            indexes: &[],
        },
        Table {
            name: "judged_refunds",
            key: &["user_id", "out_id", "back_id"],
            create: "CREATE TABLE IF NOT EXISTS judged_refunds (
                user_id TEXT NOT NULL,
                out_id TEXT NOT NULL,
                back_id TEXT NOT NULL,
                belongs BIGINT NOT NULL,
                PRIMARY KEY (user_id, out_id, back_id))",
            indexes: &[],
        },
    ],
};

const PERSONAL: [&str; 6] =
    ["rule_sets", "named_payees", "budgets", "muted", "forecasts", "judged_refunds"];

pub(crate) fn fold(events: &[Recorded]) -> Folded {
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            for table in PERSONAL {
                folded.push(forget(table, user_id));
            }
        }
        if let Some(Event::Guidance(event)) = recorded.event.as_deref() {
            let user_id = UserId(recorded.stream.id);
            folded.changed(Topic::Guidance, user_id);
            take(&mut folded, user_id, (recorded.position, recorded.recorded_at), event);
        }
    }
    folded
}

fn take(
    folded: &mut Folded,
    user_id: UserId,
    (position, at): (u64, DateTime<Utc>),
    event: &GuidanceEvent,
) {
    let statement = match event {
        GuidanceEvent::RulesAdopted(adopted) => sql(
            "INSERT INTO rule_sets (user_id, version, rule_set, adopted_at, position, over_past)
             VALUES ($1, $2, $3, $4, $5, $6)",
            vec![
                user_id.into(),
                adopted.set.version.into(),
                serde_json::to_string(&adopted.set).unwrap_or_default().into(),
                at.into(),
                position.into(),
                adopted.over_past.into(),
            ],
        ),
        GuidanceEvent::PayeeNamed(named) => match &named.category {
            Some(category) => sql(
                "INSERT INTO named_payees (user_id, payee, category) VALUES ($1, $2, $3)
                 ON CONFLICT (user_id, payee) DO UPDATE SET category = excluded.category",
                vec![user_id.into(), named.payee.as_str().into(), category.as_str().into()],
            ),
            None => sql(
                "DELETE FROM named_payees WHERE user_id = $1 AND payee = $2",
                vec![user_id.into(), named.payee.as_str().into()],
            ),
        },
        GuidanceEvent::BudgetSet(budget) => {
            let (category, currency) = (budget.category.as_str(), budget.currency.code());
            match budget.limit_minor {
                Some(limit) => sql(
                    "INSERT INTO budgets (user_id, category, currency, limit_minor)
                     VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, category, currency)
                     DO UPDATE SET limit_minor = excluded.limit_minor",
                    vec![user_id.into(), category.into(), currency.into(), limit.into()],
                ),
                None => sql(
                    "DELETE FROM budgets WHERE user_id = $1 AND category = $2 AND currency = $3",
                    vec![user_id.into(), category.into(), currency.into()],
                ),
            }
        }
        GuidanceEvent::NoticeMuted(notice) => {
            let text = match notice.muted {
                true => {
                    "INSERT INTO muted (user_id, notice) VALUES ($1, $2) ON CONFLICT DO NOTHING"
                }
                false => "DELETE FROM muted WHERE user_id = $1 AND notice = $2",
            };
            sql(text, vec![user_id.into(), notice.key.as_str().into()])
        }
        GuidanceEvent::RefundJudged(judged) => match judged.belongs {
            Some(belongs) => sql(
                "INSERT INTO judged_refunds (user_id, out_id, back_id, belongs)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, out_id, back_id)
                 DO UPDATE SET belongs = excluded.belongs",
                vec![
                    user_id.into(),
                    judged.out.into(),
                    judged.back.into(),
                    i64::from(belongs).into(),
                ],
            ),
            None => sql(
                "DELETE FROM judged_refunds WHERE user_id = $1 AND out_id = $2 AND back_id = $3",
                vec![user_id.into(), judged.out.into(), judged.back.into()],
            ),
        },
        GuidanceEvent::ForecastMade(made) => sql(
            "INSERT INTO forecasts (user_id, currency, made_on, forecast) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, currency, made_on) DO UPDATE SET forecast = excluded.forecast",
            vec![
                user_id.into(),
                made.balance.currency.code().into(),
                made.made_on.into(),
                serde_json::to_string(made).unwrap_or_default().into(),
            ],
        ),
    };
    folded.push(statement);
}

/// Rules, and when they were adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetRow {
    /// The rules with their version.
    pub set: RuleSet,
    /// When they were adopted.
    pub adopted_at: DateTime<Utc>,
    /// Where the log says so.
    pub position: u64,
    /// Whether the past was read by them too.
    pub over_past: bool,
}

fn read_rule_set(row: &mut RowReader) -> Result<RuleSetRow, DatabaseError> {
    let set = serde_json::from_str(&row.text()?).map_err(|_| DatabaseError::Column(0))?;
    let (adopted_at, position) = (row.instant()?, row.count()?);
    Ok(RuleSetRow { set, adopted_at, position, over_past: row.truth()? })
}

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetRow {
    /// Of which category.
    pub category: String,
    /// The limit of a calendar month.
    pub limit: Money,
}

/// Questions about what a person said.
#[derive(Clone, Debug)]
pub struct Guidances(pub(crate) Arc<Generation>);

impl Guidances {
    /// The rules of the newest version; none if there are none.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn rules(&self, user_id: UserId) -> Result<Option<RuleSetRow>, DatabaseError> {
        Ok(self.rule_sets(user_id, None, 1).await?.pop())
    }

    /// The versions of a person's rules, newest first: at most `most`, below the version `before`.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn rule_sets(
        &self,
        user_id: UserId,
        before: Option<u32>,
        most: u32,
    ) -> Result<Vec<RuleSetRow>, DatabaseError> {
        let text = "SELECT rule_set, adopted_at, position, over_past FROM rule_sets
             WHERE user_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3";
        let values = vec![user_id.into(), before.unwrap_or(u32::MAX).into(), most.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_rule_set)
    }

    /// The payees that were named, with their categories.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn payees(&self, user_id: UserId) -> Result<BTreeMap<String, String>, DatabaseError> {
        let text = "SELECT payee, category FROM named_payees WHERE user_id = $1";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        let read = |row: &mut RowReader| Ok((row.text()?, row.text()?));
        Ok(read_rows(rows, read)?.into_iter().collect())
    }

    /// The rules of the newest version and the payees that were named, at one moment.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn standing(
        &self,
        user_id: UserId,
    ) -> Result<(Option<RuleSet>, BTreeMap<String, String>), DatabaseError> {
        let text = "SELECT newest.rule_set, NULL FROM (SELECT rule_set FROM rule_sets
             WHERE user_id = $1 ORDER BY version DESC LIMIT 1) newest
             UNION ALL SELECT payee, category FROM named_payees WHERE user_id = $1";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        let read = |row: &mut RowReader| Ok((row.text()?, row.optional_text()?));
        let (mut rules, mut payees) = (None, BTreeMap::new());
        for (text, category) in read_rows(rows, read)? {
            match category {
                Some(category) => drop(payees.insert(text, category)),
                None => {
                    let set = serde_json::from_str(&text).map_err(|_| DatabaseError::Column(0))?;
                    rules = Some(set);
                }
            }
        }
        Ok((rules, payees))
    }

    /// The budgets, by category.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn budgets(&self, user_id: UserId) -> Result<Vec<BudgetRow>, DatabaseError> {
        let text = "SELECT category, limit_minor, currency FROM budgets WHERE user_id = $1
             ORDER BY category, currency";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        let read =
            |row: &mut RowReader| Ok(BudgetRow { category: row.text()?, limit: row.money()? });
        read_rows(rows, read)
    }

    /// The keys of the notices that were muted.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn muted(&self, user_id: UserId) -> Result<BTreeSet<String>, DatabaseError> {
        let text = "SELECT notice FROM muted WHERE user_id = $1";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        Ok(read_rows(rows, RowReader::text)?.into_iter().collect())
    }

    /// What the person said of refunds: what was paid, what came back, and whether they belong
    /// together.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn verdicts(
        &self,
        user_id: UserId,
    ) -> Result<HashMap<(TransactionId, TransactionId), bool>, DatabaseError> {
        let text = "SELECT out_id, back_id, belongs FROM judged_refunds WHERE user_id = $1";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        let read = |row: &mut RowReader| Ok(((row.parsed()?, row.parsed()?), row.truth()?));
        Ok(read_rows(rows, read)?.into_iter().collect())
    }

    /// The day the newest forecast was kept on; none without one.
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn newest_forecast(
        &self,
        user_id: UserId,
    ) -> Result<Option<NaiveDate>, DatabaseError> {
        let text = "SELECT made_on FROM forecasts WHERE user_id = $1
             ORDER BY made_on DESC LIMIT 1";
        let rows = self.0.database.query(sql(text, vec![user_id.into()])).await?;
        Ok(read_rows(rows, RowReader::parsed)?.pop())
    }

    /// The forecasts that were kept, newest first; at most [`MOST_FORECASTS`].
    ///
    /// # Errors
    /// See [`Self::rules`].
    pub async fn forecasts(
        &self,
        user_id: UserId,
        currency: Currency,
        from: NaiveDate,
    ) -> Result<Vec<ForecastMade>, DatabaseError> {
        let text = "SELECT forecast FROM forecasts WHERE user_id = $1 AND currency = $2
             AND made_on >= $3 ORDER BY made_on DESC LIMIT $4";
        let values =
            vec![user_id.into(), currency.code().into(), from.into(), MOST_FORECASTS.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| {
            serde_json::from_str(&row.text()?).map_err(|_| DatabaseError::Column(0))
        };
        read_rows(rows, read)
    }
}
