//! How a person's money is to be read: rules with a look at what they would change, payees named
//! once and for all, budgets, and notices nobody wants to see again.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, Result, SimpleObject,
};
use domain::money::Currency;
use domain::rules::{self, Condition, RuleSet, Sign};
use insights::row::{Row, Subject};
use projections::transactions::movements::{Difference, Trial};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place, present};
use super::scalars::{Instant, Money, Position};
use super::transactions::{Category, Transaction};
use super::visit::{internal, person, refuse};

pub use changes::GuidanceMutations;

mod changes;

/// Most questions that are asked at once.
const MOST_QUESTIONS: usize = 50;
/// Most rules a request may name; the rules allow fewer.
const MOST_RULES: usize = 300;

/// Which way money goes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Sign")]
pub enum MoneyWay {
    /// In.
    Incoming,
    /// Out.
    Outgoing,
}

/// Bounds of an amount without its sign, both inclusive.
#[derive(Clone, InputObject)]
pub struct AmountBounds {
    /// The least, in whole minor units as text; none for nothing.
    least: Option<String>,
    /// The most, in whole minor units as text; none for no end.
    most: Option<String>,
    /// ISO 4217.
    currency: String,
}

/// What has to hold of a row.
#[derive(Clone, OneofObject)]
pub enum ConditionInput {
    /// Its text or payee holds these words, whatever their case and marks.
    TextHolds(String),
    /// Its payee is this one, whatever its case, marks, numbers and place.
    PayeeIs(String),
    /// Its amount lies within these.
    AmountWithin(AmountBounds),
    /// It is of this account.
    OnAccount(ID),
    /// The money goes this way.
    Goes(MoneyWay),
}

/// A rule as a person writes it.
#[derive(Clone, InputObject)]
pub struct RuleInput {
    /// What they call it.
    name: String,
    /// What has to hold: all of it.
    conditions: Vec<ConditionInput>,
    /// The category.
    category_id: String,
    /// Whether no later rule is asked where this one fits.
    stops: bool,
}

/// What has to hold of a row. One of the fields is there.
#[derive(SimpleObject, Default)]
pub struct RuleCondition {
    /// Its text or payee holds these words.
    text_holds: Option<String>,
    /// Its payee is this one.
    payee_is: Option<String>,
    /// Its amount is at least this.
    least: Option<Money>,
    /// Its amount is at most this.
    most: Option<Money>,
    /// It is of this account.
    on_account: Option<ID>,
    /// The money goes this way.
    goes: Option<MoneyWay>,
}

/// A rule.
#[derive(SimpleObject)]
pub struct Rule {
    /// What the person calls it.
    name: String,
    /// What has to hold: all of it.
    conditions: Vec<RuleCondition>,
    /// The category.
    category: Category,
    /// Whether no later rule is asked where this one fits.
    stops: bool,
}

impl Rule {
    pub(super) fn of(rule: rules::Rule) -> Self {
        Self {
            name: rule.name,
            conditions: rule.conditions.iter().map(shown).collect(),
            category: Category::of(&rule.category),
            stops: rule.stops,
        }
    }
}

/// A person's rules in their order.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Rules {
    #[graphql(skip)]
    at: At,
    /// Counts a person's rules from 1; 0 where there are none yet.
    version: i32,
    /// When they were adopted.
    adopted_at: Option<Instant>,
    /// In order.
    rules: Vec<Rule>,
}

names_its_place!(Rules, PayeeQuestion);

/// How many rows would go from one category to another.
#[derive(SimpleObject)]
pub struct CategoryMove {
    /// From.
    from: Category,
    /// To.
    to: Category,
    /// How many.
    rows: i32,
}

/// A row that would change.
#[derive(SimpleObject)]
pub struct ChangedRow {
    /// The row as it is.
    transaction: Option<Transaction>,
    /// The category it would have.
    to: Category,
    /// Why.
    reason: String,
}

/// What reading the past anew would change.
#[derive(SimpleObject)]
pub struct RulesPreview {
    /// Rows whose category would change.
    rows: i32,
    /// Rows that were looked at: all but those whose category the person chose themselves.
    of: i32,
    /// Whether all there are were looked at, and not only the newest 120,000. Adopting is over all.
    is_whole: bool,
    /// From what to what.
    moves: Vec<CategoryMove>,
    /// Some of the rows, newest first.
    examples: Vec<ChangedRow>,
}

/// A payee nobody is sure of.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PayeeQuestion {
    #[graphql(skip)]
    at: At,
    /// The payee, as it is compared.
    payee: String,
    /// The payee as the bank wrote it last.
    label: String,
    /// How many rows wait.
    rows: i32,
    /// What they come to.
    amount: Money,
    /// One of them.
    transaction_id: ID,
    /// What is guessed.
    guess: Option<Category>,
    /// How sure the guess is, in parts of a thousand.
    confidence_per_mille: Option<i32>,
}

/// What came of something that was said.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum GuideStatus {
    /// It is recorded.
    Done,
    /// It was so already.
    AlreadySo,
    /// Other rules were adopted meanwhile.
    Moved,
    /// Something is wrong with it; `message` says what.
    Invalid,
    /// There is no such transaction.
    NotFound,
}

/// What came of something that was said.
#[derive(SimpleObject)]
pub struct GuidePayload {
    /// What.
    status: GuideStatus,
    /// Where in the log it stands.
    position: Option<Position>,
    /// What is wrong, in plain English.
    message: Option<String>,
}

const ABSENT: GuidePayload =
    GuidePayload { status: GuideStatus::NotFound, position: None, message: None };

fn condition(input: ConditionInput) -> Option<Condition> {
    let bound = |text: Option<String>| match text {
        Some(text) => text.parse().map(Some).ok(),
        None => Some(None),
    };
    Some(match input {
        ConditionInput::TextHolds(words) => Condition::TextHolds { words },
        ConditionInput::PayeeIs(payee) => Condition::PayeeIs { payee },
        ConditionInput::AmountWithin(bounds) => Condition::AmountWithin {
            least: bound(bounds.least)?,
            most: bound(bounds.most)?,
            currency: Currency::parse(&bounds.currency).ok()?,
        },
        ConditionInput::OnAccount(id) => Condition::OnAccount { account_id: id.parse().ok()? },
        ConditionInput::Goes(way) => Condition::Goes { sign: way.into() },
    })
}

fn read(context: &Context<'_>, inputs: Vec<RuleInput>) -> Result<Vec<rules::Rule>> {
    if inputs.len() > MOST_RULES {
        return Err(refuse(context, "RULES_INVALID", "There are too many rules."));
    }
    let mut read = Vec::with_capacity(inputs.len());
    for RuleInput { name, conditions, category_id, stops } in inputs {
        let conditions: Option<Vec<Condition>> = conditions.into_iter().map(condition).collect();
        let Some(conditions) = conditions else {
            let message = "A condition names an amount, currency or account that is none.";
            return Err(refuse(context, "RULES_INVALID", message));
        };
        read.push(rules::Rule { name, conditions, category: category_id, stops });
    }
    Ok(read)
}

fn shown(condition: &Condition) -> RuleCondition {
    let nothing = RuleCondition::default();
    match condition {
        Condition::TextHolds { words } => {
            RuleCondition { text_holds: Some(words.clone()), ..nothing }
        }
        Condition::PayeeIs { payee } => RuleCondition { payee_is: Some(payee.clone()), ..nothing },
        Condition::AmountWithin { least, most, currency } => {
            let money = |minor: i64| domain::money::Money::new(minor, *currency).into();
            // Without either bound it is still a condition on the currency.
            let least = least.or(most.is_none().then_some(0));
            RuleCondition { least: least.map(money), most: most.map(money), ..nothing }
        }
        Condition::OnAccount { account_id } => {
            RuleCondition { on_account: Some(ID(account_id.to_string())), ..nothing }
        }
        Condition::Goes { sign } => RuleCondition { goes: Some((*sign).into()), ..nothing },
    }
}

async fn preview(context: &Context<'_>, at: &At, trial: &Trial) -> Result<RulesPreview> {
    let user_id = person(context)?;
    let transactions = at.view().transactions();
    let difference = transactions.difference(user_id, trial).await;
    let Difference { rows, of, is_whole, moves, examples } =
        difference.map_err(|error| internal(context, error))?;
    let number = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    let ids: Vec<_> = examples.iter().map(|(id, _, _)| *id).collect();
    let found =
        transactions.several(user_id, &ids).await.map_err(|error| internal(context, error))?;
    let mut changed = Vec::with_capacity(examples.len());
    for (id, category, reason) in examples {
        let row = found.iter().find(|row| row.transaction_id == id).cloned();
        let transaction = row.map(|row| Transaction::of(row, at));
        changed.push(ChangedRow { transaction, to: Category::of(&category), reason });
    }
    let mut moves: Vec<CategoryMove> = moves
        .into_iter()
        .map(|((from, to), count)| CategoryMove {
            from: Category::of(&from),
            to: Category::of(&to),
            rows: number(count),
        })
        .collect();
    moves.sort_by_key(|one| -one.rows);
    Ok(RulesPreview { rows: number(rows), of: number(of), is_whole, moves, examples: changed })
}

/// The rules and payees that stand.
async fn standing(context: &Context<'_>, at: &At) -> Result<Trial> {
    let user_id = person(context)?;
    let standing = at.view().guidances().standing(user_id).await;
    let (rules, payees) = standing.map_err(|error| internal(context, error))?;
    Ok(Trial { rules: rules.unwrap_or_default(), payees })
}

/// Reading what a person said, and trying what they might say.
#[derive(Default)]
pub struct GuidanceQueries;

#[Object]
impl GuidanceQueries {
    /// The rules in their order.
    async fn rules(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Rules> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let row = at.view().guidances().rules(user_id).await;
        let row = row.map_err(|error| internal(context, error))?;
        let adopted_at = row.as_ref().map(|row| Instant(row.adopted_at));
        let set = row.map(|row| row.set).unwrap_or_default();
        let version = i32::try_from(set.version).unwrap_or(i32::MAX);
        let rules = set.rules.into_iter().map(Rule::of).collect();
        Ok(Rules { at, version, adopted_at, rules })
    }

    /// What these rules, in place of those that stand, would change in the past. Nothing is
    /// recorded. Without rules: what the rules that stand, the payees that were named, the
    /// corrections and the program's own knowledge of today would.
    async fn rules_preview(
        &self,
        context: &Context<'_>,
        rules: Option<Vec<RuleInput>>,
    ) -> Result<RulesPreview> {
        person(context)?;
        let at = present(context)?;
        let mut trial = standing(context, &at).await?;
        if let Some(inputs) = rules {
            let rules = read(context, inputs)?;
            if let Err(fault) = rules::check(&rules) {
                return Err(refuse(context, "RULES_INVALID", &fault.to_string()));
            }
            trial.rules = RuleSet { version: trial.rules.version + 1, rules };
        }
        preview(context, &at, &trial).await
    }

    /// What naming the payee of a transaction would change in the past. Nothing is recorded.
    async fn payee_preview(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        category_id: String,
    ) -> Result<RulesPreview> {
        person(context)?;
        let at = present(context)?;
        let Some(payee) = payee(context, &at, &transaction_id).await? else {
            return Err(refuse(context, "NOT_FOUND", "There is no such transaction."));
        };
        let mut trial = standing(context, &at).await?;
        trial.payees.insert(payee, category_id);
        preview(context, &at, &trial).await
    }

    /// The payees nobody is sure of, those with the most rows first; at most 50.
    async fn payee_questions(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<PayeeQuestion>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let most = (first as usize).min(MOST_QUESTIONS);
        let found = at.view().transactions().questions(user_id, most).await;
        let found = found.map_err(|error| internal(context, error))?;
        let of = |question: projections::transactions::movements::Question| PayeeQuestion {
            at: at.clone(),
            payee: question.payee,
            label: question.label,
            rows: i32::try_from(question.rows).unwrap_or(i32::MAX),
            amount: question.amount.into(),
            transaction_id: ID(question.transaction_id.to_string()),
            guess: question.guess.as_ref().map(|(category, _)| Category::of(category)),
            confidence_per_mille: question.guess.map(|(_, sure)| i32::from(sure)),
        };
        Ok(found.into_iter().map(of).collect())
    }
}

/// The payee of a transaction, as it is compared.
async fn payee(context: &Context<'_>, at: &At, id: &ID) -> Result<Option<String>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let row = at.view().transactions().one(person(context)?, id).await;
    let row = row.map_err(|error| internal(context, error))?;
    Ok(row.map(|row| {
        let said = Row {
            counterparty: row.counterparty.as_deref(),
            text: &row.text,
            minor: row.amount.minor,
            ..Row::default()
        };
        Subject::of(&said).merchant.name
    }))
}
