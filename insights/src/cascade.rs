//! One row's category: own rules, then what was named before, then what is known, then the models.
//! Every answer says why, and how sure it is.

use std::collections::BTreeMap;
use std::fmt;

use domain::categorisation::CATEGORIES;
use domain::rules::{Condition, Rule, RuleSet, Sign};

use crate::answer::{Basis, Ground, basis};
use crate::base::{Knowledge, LISTS_VERSION};
use crate::learnt::{Learnt, Said};
use crate::linear::best;
use crate::row::Subject;
use crate::taught::Taught;
use crate::text::{folded, merchant};

/// Below this confidence, in parts of a thousand, a person is asked rather than told.
pub const ASKS_BELOW: u16 = 500;

/// Why a row has its category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A rule of the person's own: its name and the version of the rule set.
    Rule(String, u32),
    /// The person said so of this payee, once and for all.
    Payee(String),
    /// The program's lists: codes, names, words.
    Known(Ground),
    /// The payee was in what was learnt from.
    Before(String),
    /// What was learnt from, by likeness.
    Learnt,
    /// The model that comes with the program.
    Model(u16),
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(name, version) => write!(formatter, "rule:{name}@{version}"),
            Self::Payee(payee) => write!(formatter, "payee:{payee}"),
            Self::Before(payee) => write!(formatter, "before:{payee}"),
            Self::Learnt => write!(formatter, "learnt"),
            Self::Model(version) => write!(formatter, "model@{version}"),
            Self::Known(Ground::CardPayment) => write!(formatter, "card@{LISTS_VERSION}"),
            Self::Known(Ground::Phrase(words)) => {
                write!(formatter, "words:{words}@{LISTS_VERSION}")
            }
            Self::Known(Ground::Code(code)) => write!(formatter, "code:{code:04}@{LISTS_VERSION}"),
            Self::Known(Ground::Name(name)) => write!(formatter, "name:{name}@{LISTS_VERSION}"),
            Self::Known(Ground::Model) => write!(formatter, "model"),
        }
    }
}

/// A category, how sure it is and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The category, or the label of what was learnt from.
    pub category: &'a str,
    /// How sure, in parts of a thousand.
    pub confidence: u16,
    /// Why.
    pub why: Why,
}

/// What a row is asked of, beside what the program knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cascade<'a> {
    /// The person's rules.
    pub rules: Option<&'a RuleSet>,
    /// What the person said of payees, by their merchant's name.
    pub payees: Option<&'a BTreeMap<String, String>>,
    /// What was learnt from examples.
    pub learnt: Option<&'a Learnt>,
    /// What the person's corrections taught; asked before what was learnt from examples.
    pub taught: Option<&'a Taught>,
}

impl<'a> Cascade<'a> {
    /// A row's category.
    #[must_use]
    pub fn answer(&self, subject: &Subject, currency: &str) -> Answer<'a> {
        if let Some((rule, version)) = self.rule(subject, currency) {
            let why = Why::Rule(rule.name.clone(), version);
            return Answer { category: &rule.category, confidence: 1000, why };
        }
        let payee = &subject.merchant.name;
        if let Some(category) = self.payees.and_then(|payees| payees.get(payee)) {
            return Answer { category, confidence: 1000, why: Why::Payee(payee.clone()) };
        }
        match (self.taught, self.learnt) {
            (Some(taught), _) => told(taught.labels(), &taught.says(subject), subject),
            (None, Some(learnt)) => told(learnt.labels(), &learnt.says(subject), subject),
            (None, None) => alone(subject),
        }
    }

    fn rule(&self, subject: &Subject, currency: &str) -> Option<(&'a Rule, u32)> {
        let set = self.rules?;
        let mut decided = None;
        for rule in &set.rules {
            if fits(rule, subject, currency) {
                decided = Some((rule, set.version));
                if rule.stops {
                    break;
                }
            }
        }
        decided
    }
}

/// Whether all conditions of a rule hold.
#[must_use]
pub fn fits(rule: &Rule, subject: &Subject, currency: &str) -> bool {
    rule.conditions.iter().all(|condition| match condition {
        Condition::TextHolds { words } => subject.folded.contains(&folded(words)),
        Condition::PayeeIs { payee } => subject.merchant.name == merchant(&folded(payee)).name,
        Condition::AmountWithin { least, most, currency: of } => {
            let size = subject.minor.saturating_abs();
            of.code() == currency
                && least.is_none_or(|least| size >= least)
                && most.is_none_or(|most| size <= most)
        }
        Condition::OnAccount { account_id } => {
            subject.account.as_deref() == Some(account_id.to_string().as_str())
        }
        Condition::Goes { sign } => subject.incoming() == (*sign == Sign::Incoming),
    })
}

fn told<'a>(labels: &'a [String], said: &Said, subject: &Subject) -> Answer<'a> {
    let (label, chance) = best(&said.chances);
    let category = labels[label].as_str();
    let known = said.found.is_some_and(|found| CATEGORIES[found].0 == category);
    let why = match said.ground {
        _ if said.seen => Why::Before(subject.merchant.name.clone()),
        ground if known => Why::Known(ground),
        _ => Why::Learnt,
    };
    Answer { category, confidence: per_mille(chance), why }
}

fn alone<'a>(subject: &Subject) -> Answer<'a> {
    let knowledge = Knowledge::bundled();
    let Basis { chances, ground, .. } = basis(knowledge, subject);
    let (place, chance) = best(&chances);
    let why = match ground {
        Ground::Model => Why::Model(knowledge.model.version()),
        ground => Why::Known(ground),
    };
    Answer { category: CATEGORIES[place].0, confidence: per_mille(chance), why }
}

/// A chance in whole parts of a thousand.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within 0..=1000")]
fn per_mille(chance: f32) -> u16 {
    (chance * 1000.0).round().clamp(0.0, 1000.0) as u16
}
