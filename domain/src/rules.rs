//! A person's own rules for categories: conditions on what a row says, in an order.

use serde::{Deserialize, Serialize};

use crate::categorisation::CATEGORIES;
use crate::money::Currency;

/// Most rules of a person.
pub const MOST_RULES: usize = 200;
/// Most conditions of a rule.
pub const MOST_CONDITIONS: usize = 8;
/// Most characters of a name or of what a condition looks for.
pub const LONGEST_WORDS: usize = 100;

/// Which way money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// In.
    Incoming,
    /// Out.
    Outgoing,
}

/// What has to hold of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum Condition {
    /// The row's text or payee holds these words, whatever their case and marks.
    TextHolds {
        /// The words.
        words: String,
    },
    /// The payee is this one, whatever its case, marks, numbers and place.
    PayeeIs {
        /// The payee.
        payee: String,
    },
    /// The amount, without its sign, lies within these, both inclusive.
    AmountWithin {
        /// The least, in minor units; none for nothing.
        least: Option<i64>,
        /// The most, in minor units; none for no end.
        most: Option<i64>,
        /// The currency.
        currency: Currency,
    },
    /// The row is of this account.
    OnAccount {
        /// Its identifier here.
        account_id: crate::id::AccountId,
    },
    /// The money goes this way.
    Goes {
        /// Which way.
        sign: Sign,
    },
}

/// A rule: where all its conditions hold, a row has its category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What the person calls it; the reason of a category names it.
    pub name: String,
    /// What has to hold; never empty.
    pub conditions: Vec<Condition>,
    /// The category, of the taxonomy.
    pub category: String,
    /// Whether no later rule is asked where this one fits. Otherwise a later one that fits decides.
    pub stops: bool,
}

/// A person's rules in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// Counts a person's rule sets from 1; 0 is that of somebody who wrote none.
    pub version: u32,
    /// In order.
    pub rules: Vec<Rule>,
}

/// What is wrong with rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// There are too many.
    #[error("there are more than {MOST_RULES} rules")]
    TooMany,
    /// One has no condition, or too many.
    #[error("rule {0} needs 1 to {MOST_CONDITIONS} conditions")]
    Conditions(usize),
    /// Words are missing or too long.
    #[error(
        "rule {0} has a name or words that are empty or longer than {LONGEST_WORDS} characters"
    )]
    Words(usize),
    /// The category is not of the taxonomy.
    #[error("rule {0} names a category that is not known")]
    Category(usize),
    /// No amount can lie within its bounds.
    #[error("rule {0} has bounds that no amount can lie within")]
    Bounds(usize),
}

fn fitting(words: &str) -> bool {
    words.chars().any(char::is_alphanumeric) && words.chars().count() <= LONGEST_WORDS
}

/// Checks rules before they are adopted; a fault names the rule by its place, from 1.
///
/// # Errors
/// [`RuleFault`] names the first thing that is wrong.
pub fn check(rules: &[Rule]) -> Result<(), RuleFault> {
    if rules.len() > MOST_RULES {
        return Err(RuleFault::TooMany);
    }
    for (place, rule) in (1..).zip(rules) {
        if rule.conditions.is_empty() || rule.conditions.len() > MOST_CONDITIONS {
            return Err(RuleFault::Conditions(place));
        }
        if !fitting(&rule.name) {
            return Err(RuleFault::Words(place));
        }
        if !CATEGORIES.iter().any(|(known, _)| *known == rule.category) {
            return Err(RuleFault::Category(place));
        }
        for condition in &rule.conditions {
            match condition {
                Condition::TextHolds { words } | Condition::PayeeIs { payee: words } => {
                    if !fitting(words) {
                        return Err(RuleFault::Words(place));
                    }
                }
                Condition::AmountWithin { least, most, .. } => {
                    let (least, most) = (least.unwrap_or(0), most.unwrap_or(i64::MAX));
                    if least < 0 || most < least {
                        return Err(RuleFault::Bounds(place));
                    }
                }
                Condition::OnAccount { .. } | Condition::Goes { .. } => {}
            }
        }
    }
    Ok(())
}

/// How one rule set differs from the one before it, by the names of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// A rule that was not there.
    Added(String),
    /// A rule that is no longer there.
    Removed(String),
    /// A rule of the same name that asks for, or says, something else.
    Changed(String),
    /// The rules that stayed are asked in another order.
    Reordered,
}

/// How `after` differs from `before`: what is new in the order of `after`, then what is gone. Rules are told
/// apart by their names; of several with one name the first belongs to the first, and so on.
#[must_use]
pub fn changes(before: &[Rule], after: &[Rule]) -> Vec<RuleChange> {
    let mut free: Vec<bool> = vec![true; before.len()];
    let mut stayed: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for rule in after {
        let former = (0..before.len()).find(|&at| free[at] && before[at].name == rule.name);
        let Some(at) = former else {
            found.push(RuleChange::Added(rule.name.clone()));
            continue;
        };
        free[at] = false;
        stayed.push(at);
        if before[at] != *rule {
            found.push(RuleChange::Changed(rule.name.clone()));
        }
    }
    let gone = before.iter().zip(free).filter(|(_, free)| *free);
    found.extend(gone.map(|(rule, _)| RuleChange::Removed(rule.name.clone())));
    if !stayed.is_sorted() {
        found.push(RuleChange::Reordered);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(conditions: Vec<Condition>, category: &str) -> Rule {
        let (name, category) = ("Lunch".to_owned(), category.to_owned());
        Rule { name, conditions, category, stops: true }
    }

    #[test]
    fn rules_that_can_never_fit_are_refused_by_their_place() {
        let holds = |words: &str| Condition::TextHolds { words: words.to_owned() };
        let within = |least, most| Condition::AmountWithin { least, most, currency: Currency::EUR };
        let table = [
            (rule(vec![holds("lounas")], "restaurants"), Ok(())),
            (rule(vec![within(Some(0), Some(1500))], "restaurants"), Ok(())),
            (rule(vec![], "restaurants"), Err(RuleFault::Conditions(2))),
            (rule(vec![holds(" - ")], "restaurants"), Err(RuleFault::Words(2))),
            (rule(vec![holds(&"a".repeat(101))], "restaurants"), Err(RuleFault::Words(2))),
            (rule(vec![holds("lounas")], "lunch"), Err(RuleFault::Category(2))),
            (rule(vec![within(Some(2), Some(1))], "other"), Err(RuleFault::Bounds(2))),
            (rule(vec![within(Some(-1), None)], "other"), Err(RuleFault::Bounds(2))),
        ];
        for (second, wanted) in table {
            let rules = [rule(vec![holds("kahvi")], "restaurants"), second];
            assert_eq!(check(&rules), wanted, "{:?}", rules[1]);
        }
        let many = vec![rule(vec![holds("kahvi")], "restaurants"); MOST_RULES + 1];
        assert_eq!(check(&many), Err(RuleFault::TooMany));
    }

    #[test]
    fn what_changed_between_two_rule_sets_is_named() {
        let rule = |name: &str, category: &str| Rule {
            name: name.to_owned(),
            conditions: vec![Condition::TextHolds { words: name.to_owned() }],
            category: category.to_owned(),
            stops: true,
        };
        let [lunch, rent, cat] =
            [rule("lunch", "restaurants"), rule("rent", "housing"), rule("cat", "pets")];
        let before = [lunch.clone(), rent.clone()];
        let named = |change: fn(String) -> RuleChange, name: &str| change(name.to_owned());
        let cases: [(&[Rule], Vec<RuleChange>); 6] = [
            (&before, vec![]),
            (&[lunch.clone(), rent.clone(), cat.clone()], vec![named(RuleChange::Added, "cat")]),
            (std::slice::from_ref(&rent), vec![named(RuleChange::Removed, "lunch")]),
            (
                &[rule("lunch", "groceries"), rent.clone()],
                vec![named(RuleChange::Changed, "lunch")],
            ),
            (&[rent.clone(), lunch.clone()], vec![RuleChange::Reordered]),
            (
                &[cat.clone(), rent.clone(), rule("lunch", "pets")],
                vec![
                    named(RuleChange::Added, "cat"),
                    named(RuleChange::Changed, "lunch"),
                    RuleChange::Reordered,
                ],
            ),
        ];
        for (after, expected) in cases {
            assert_eq!(changes(&before, after), expected, "{after:?}");
        }
        assert_eq!(changes(&[], &before).len(), 2, "all of the first ones are new");
        let twice = [lunch.clone(), lunch.clone()];
        assert_eq!(changes(&twice, &[lunch]), [named(RuleChange::Removed, "lunch")]);
    }
}
