//! A person's counted transactions as insights look at them, each part of a split one by itself.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::Money;
use insights::asking::{Met, worth};
use insights::cascade::Cascade;
use insights::movement::Movement;
use insights::row::{Row as Said, Subject};

use super::entry::CHOSEN;
use super::guides::{judged, taught};
use super::queries::Transactions;
use crate::database::{DatabaseError, RowReader, sql};
use crate::holders::kind_of_word;
use crate::rows::read_rows;
use domain::observed::AccountKind;
use domain::rules::RuleSet;

/// Most movements that are looked at: the newest.
pub const MOST_MOVEMENTS: u32 = 120_000;

/// A person's movements from some day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Newest first.
    pub movements: Vec<Movement>,
    /// The day from which on none is missing: the one that was asked for, unless there are too many.
    pub whole_from: NaiveDate,
}
/// Most rows of which it is told how they would change.
pub const MOST_EXAMPLES: usize = 20;

/// What reading the past anew would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows whose category would change.
    pub rows: u64,
    /// Rows that were looked at.
    pub of: u64,
    /// Whether all there are were looked at, and not only the newest [`MOST_MOVEMENTS`].
    pub is_whole: bool,
    /// How many would go from one category to another.
    pub moves: BTreeMap<(String, String), u64>,
    /// Some of the rows, newest first, with the category they would have and why.
    pub examples: Vec<(TransactionId, String, String)>,
}

/// What is to be tried.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// The rules.
    pub rules: RuleSet,
    /// The payees that were named, and would be.
    pub payees: BTreeMap<String, String>,
}

/// A payee that a person is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The payee, folded.
    pub payee: String,
    /// The payee as the bank wrote it last.
    pub label: String,
    /// One of its transactions: the newest.
    pub transaction_id: TransactionId,
    /// How many rows wait.
    pub rows: u64,
    /// What they come to.
    pub amount: Money,
    /// What the model guesses, and how sure it is, in parts of a thousand.
    pub guess: Option<(String, u16)>,
}

/// Which rows are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All that count.
    All,
    /// Those whose payee the person is asked about.
    Unsure,
}

/// What decides a row's category, as it stands in the table.
pub(super) struct Decided {
    id: TransactionId,
    pub(super) account: AccountId,
    pub(super) amount: Money,
    counterparty: Option<String>,
    text: String,
    bank_type: Option<String>,
    category: String,
    reason: String,
    kind: AccountKind,
}

impl Decided {
    /// Whether the person said so, of the row, its payee or by a rule.
    pub(super) fn is_said(&self) -> bool {
        let by = self.reason.split([':', '@']).next().unwrap_or_default();
        [CHOSEN, "rule", "payee"].contains(&by)
    }

    pub(super) fn said(&self) -> Said<'_> {
        Said {
            counterparty: self.counterparty.as_deref(),
            text: &self.text,
            bank_type: self.bank_type.as_deref(),
            mcc: None,
            minor: self.amount.minor,
            currency: self.amount.currency.code(),
            account: None,
            on_card: self.kind == AccountKind::Card,
        }
    }
}

impl Transactions {
    /// The counted transactions from a day on; the newest, where there are more than `most`.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn movements(
        &self,
        user_id: UserId,
        from: NaiveDate,
        most: u32,
    ) -> Result<Looked, DatabaseError> {
        // The parts of what was split stand beside it, so that all is read at one moment.
        let text = "SELECT t.transaction_id, t.account_id, t.booking_date, t.amount_minor,
             t.currency, t.counterparty, t.counterparty_identifier, t.text, t.category,
             p.amount_minor, p.currency, p.category
             FROM transactions t LEFT JOIN parts p ON p.transaction_id = t.transaction_id
             WHERE t.user_id = $1 AND t.booking_date >= $2 AND t.standing IS NULL
             ORDER BY t.booking_date DESC, t.position DESC, p.place LIMIT $3";
        let values = vec![user_id.into(), from.into(), most.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        let is_cut = rows.len() >= most as usize;
        let mut names = Names::default();
        let read = |row: &mut RowReader| {
            let (id, account, day) = (row.parsed()?, row.parsed()?, row.parsed()?);
            let amount = row.money()?;
            let (counterparty, identifier) = (row.optional_text()?, row.optional_text()?);
            let (text, category) = (row.text()?, row.text()?);
            let part = row.optional_money()?;
            let part = part.zip(Some(row.optional_text()?));
            let movement = Movement {
                id,
                account,
                day,
                minor: amount.minor,
                currency: amount.currency,
                payee: String::new(),
                label: String::new(),
                text: String::new(),
                category,
                counterparty_identifier: identifier,
            };
            Ok((names.give(movement, counterparty, text), part))
        };
        let mut movements: Vec<Movement> = Vec::with_capacity(rows.len());
        let mut parts: Vec<(Money, Option<String>)> = Vec::new();
        let mut whole: Option<Movement> = None;
        for (movement, part) in read_rows(rows, read)? {
            if whole.as_ref().is_some_and(|whole| whole.id != movement.id) {
                movements.extend(whole.take().into_iter().flat_map(|one| split(one, &parts)));
                parts.clear();
            }
            parts.extend(part);
            whole = Some(movement);
        }
        movements.extend(whole.into_iter().flat_map(|one| split(one, &parts)));
        // Of the oldest day some may be missing, and of its last transaction some parts.
        let oldest = movements.last().filter(|_| is_cut).map(|oldest| oldest.day);
        let whole_from = oldest.map_or(from, |day| day.succ_opt().unwrap_or(day));
        Ok(Looked { movements, whole_from })
    }

    /// The newest rows with what decides them, of those that the person is asked about or of all.
    pub(super) async fn decided(
        &self,
        user_id: UserId,
        which: Which,
        most: u32,
    ) -> Result<Vec<Decided>, DatabaseError> {
        let narrowed = match which {
            Which::All => "",
            Which::Unsure => "AND t.category_reason LIKE 'unsure:%'",
        };
        let text = format!(
            "SELECT t.transaction_id, t.account_id, t.amount_minor, t.currency,
             t.counterparty, t.text, t.bank_type, t.category, t.category_reason, h.kind
             FROM transactions t JOIN holders h ON h.account_id = t.account_id
             WHERE t.user_id = $1 AND t.standing IS NULL {narrowed}
             ORDER BY t.booking_date DESC, t.position DESC LIMIT $2"
        );
        let values = vec![user_id.into(), most.into()];
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| {
            Ok(Decided {
                id: row.parsed()?,
                account: row.parsed()?,
                amount: row.money()?,
                counterparty: row.optional_text()?,
                text: row.text()?,
                bank_type: row.optional_text()?,
                category: row.text()?,
                reason: row.text()?,
                kind: kind_of_word(&row.text()?),
            })
        };
        read_rows(rows, read)
    }

    /// What would change if the past were read by these rules and payees, and by what the person's
    /// corrections taught.
    ///
    /// # Errors
    /// See [`Self::movements`].
    pub async fn difference(
        &self,
        user_id: UserId,
        trial: &Trial,
    ) -> Result<Difference, DatabaseError> {
        let taught = taught(&self.0.database, user_id).await?;
        let Trial { rules, payees } = trial;
        let cascade = Cascade {
            rules: Some(rules),
            payees: Some(payees),
            taught: taught.as_ref(),
            ..Cascade::default()
        };
        let rows = self.decided(user_id, Which::All, MOST_MOVEMENTS).await?;
        let is_whole = rows.len() < MOST_MOVEMENTS as usize;
        let mut difference = Difference { is_whole, ..Difference::default() };
        for row in rows.into_iter().filter(|row| row.reason != CHOSEN) {
            difference.of += 1;
            let account = row.account.to_string();
            let subject = Subject::of(&Said { account: Some(&account), ..row.said() });
            let (category, reason) = judged(&cascade, &subject, row.amount.currency.code());
            if category == row.category {
                continue;
            }
            difference.rows += 1;
            let category = category.into_owned();
            *difference.moves.entry((row.category.clone(), category.clone())).or_default() += 1;
            if difference.examples.len() < MOST_EXAMPLES {
                difference.examples.push((row.id, category, reason));
            }
        }
        Ok(difference)
    }

    /// The payees whose rows wait for the person, at most `most`: those first whose answer is worth most
    /// ([`worth`]).
    ///
    /// # Errors
    /// See [`Self::movements`].
    pub async fn questions(
        &self,
        user_id: UserId,
        most: usize,
    ) -> Result<Vec<Question>, DatabaseError> {
        let mut payees: BTreeMap<(String, String), Question> = BTreeMap::new();
        for row in self.decided(user_id, Which::Unsure, MOST_MOVEMENTS).await? {
            let Some(guess) = row.reason.strip_prefix("unsure:") else { continue };
            let subject = Subject::of(&row.said());
            let payee = subject.merchant.name;
            let label = row.counterparty.clone().unwrap_or_else(|| row.text.clone());
            let guess = guess
                .rsplit_once(':')
                .and_then(|(category, sure)| Some((category.to_owned(), sure.parse().ok()?)));
            let key = (payee.clone(), row.amount.currency.code().to_owned());
            let question = payees.entry(key).or_insert_with(|| Question {
                payee,
                label,
                transaction_id: row.id,
                rows: 0,
                amount: Money::new(0, row.amount.currency),
                guess,
            });
            question.rows += 1;
            question.amount.minor = question.amount.minor.saturating_add(row.amount.minor);
        }
        let mut questions: Vec<Question> = payees.into_values().collect();
        let worth = |question: &Question| {
            let sure = question.guess.as_ref().map_or(0, |(_, sure)| *sure);
            let met = Met { rows: u32::try_from(question.rows).unwrap_or(u32::MAX), answers: 0 };
            worth(f32::from(sure) / 1000.0, met, met)
        };
        questions.sort_by(|one, two| {
            worth(two).total_cmp(&worth(one)).then_with(|| one.payee.cmp(&two.payee))
        });
        questions.truncate(most);
        Ok(questions)
    }
}

/// Each part with its own category, and what they leave in that of the whole.
fn split(whole: Movement, parts: &[(Money, Option<String>)]) -> Vec<Movement> {
    let fit = parts.iter().all(|(amount, _)| amount.currency == whole.currency);
    if parts.is_empty() || !fit {
        return vec![whole];
    }
    let one = |minor: i64, category: Option<&String>| Movement {
        minor,
        category: category.unwrap_or(&whole.category).clone(),
        ..whole.clone()
    };
    let sum: i64 = parts.iter().map(|(amount, _)| amount.minor).sum();
    let each = parts.iter().map(|(amount, category)| one(amount.minor, category.as_ref()));
    let rest = whole.minor.saturating_sub(sum);
    each.chain((rest != 0).then(|| one(rest, None))).collect()
}

/// What the same words say again: banks write most texts many times, and reading one costs more than
/// finding it again.
#[derive(Default)]
struct Names(HashMap<(Option<String>, String), (String, String, String)>);

impl Names {
    fn give(&mut self, movement: Movement, counterparty: Option<String>, text: String) -> Movement {
        let key = (counterparty, text);
        if let Some((payee, label, text)) = self.0.get(&key) {
            let (payee, label, text) = (payee.clone(), label.clone(), text.clone());
            return Movement { payee, label, text, ..movement };
        }
        let movement = movement.named(key.0.as_deref(), &key.1);
        let said = (movement.payee.clone(), movement.label.clone(), movement.text.clone());
        self.0.insert(key, said);
        movement
    }
}
