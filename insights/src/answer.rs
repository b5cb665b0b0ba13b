//! What the program knows of a row by itself: bank's words, codes, names, and the model that comes
//! with it.

use domain::categorisation::CATEGORIES;

use crate::base::Knowledge;
use crate::features::{Features, of_name};
use crate::linear::soften;
use crate::mcc;
use crate::phrases;
use crate::row::Subject;

/// What the program's own knowledge rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A payment of what a card owes.
    CardPayment,
    /// Words that banks and payers use.
    Phrase(&'static str),
    /// The merchant's category code.
    Code(u16),
    /// The merchant's name.
    Name(&'static str),
    /// The model that comes with the program.
    Model,
}

/// What the program knows of a row by itself.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The chances of the taxonomy's categories.
    pub chances: [f32; CATEGORIES.len()],
    /// On what grounds.
    pub ground: Ground,
    /// The category that is known rather than guessed.
    pub found: Option<usize>,
}

/// How often a phrase is right, and a code.
const PHRASE: u16 = 930;
const CODE: u16 = 900;
/// The model's answers are surer than they are right.
const TEMPERATURE: f32 = 1.3;

/// Asks everything in its order.
#[must_use]
pub fn basis(knowledge: &Knowledge, subject: &Subject) -> Basis {
    let mut features = Features::new();
    of_name(&subject.merchant, &mut features);
    let mut chances = [0.0; CATEGORIES.len()];
    knowledge.model.score(&features, &mut chances);
    soften(&mut chances, TEMPERATURE);
    let known = known(knowledge, subject, &chances);
    let Some((category, ground, confidence)) = known else {
        return Basis { chances, ground: Ground::Model, found: None };
    };
    let sure = f32::from(confidence) / 1000.0;
    for chance in &mut chances {
        *chance *= 1.0 - sure;
    }
    chances[category] += sure;
    Basis { chances, ground, found: Some(category) }
}

fn known(
    knowledge: &Knowledge,
    subject: &Subject,
    chances: &[f32],
) -> Option<(usize, Ground, u16)> {
    let incoming = subject.incoming();
    if subject.on_card && incoming && pays_a_card(&subject.folded) {
        return Some((crate::dictionary::place("transfer")?, Ground::CardPayment, PHRASE));
    }
    if let Some((category, phrase)) = phrases::find(&subject.folded, incoming) {
        return Some((category, Ground::Phrase(phrase), PHRASE));
    }
    let name = || {
        let found = knowledge.dictionary.find(&subject.merchant.name, subject.home)?;
        // Of several trades, the one that the rest of the text speaks for.
        let trades = found.trades().iter().map(|trade| usize::from(*trade));
        let category = trades.max_by(|one, two| chances[*one].total_cmp(&chances[*two]))?;
        Some((category, Ground::Name(found.name), found.confidence))
    };
    let code = || {
        let code = subject.mcc?;
        Some((mcc::category(code)?, Ground::Code(code), CODE))
    };
    code().or_else(name)
}

fn pays_a_card(text: &str) -> bool {
    text.split(' ').any(|word| matches!(word, "maksu" | "suoritus" | "payment" | "betalning"))
}
