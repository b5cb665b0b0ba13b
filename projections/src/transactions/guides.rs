//! What a person said of how their rows are to be read, as far as it decides the categories of new
//! rows: their rules, the payees they named, and the corrections their own model learns from.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::categorisation::CATEGORIES;
use domain::guidance::{GuidanceEvent, PayeeNamed, RulesAdopted};
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::{AccountKind, ObservedTransaction};
use domain::rules::RuleSet;
use insights::cascade::{ASKS_BELOW, Cascade, Why};
use insights::row::{Row as Said, Subject};
use insights::taught::Taught;
use uuid::Uuid;

use crate::database::{Database, DatabaseError, RowReader, Statement, sql};
use crate::definition::{Folded, Table};
use crate::rows::{look_up, read_rows};

/// The category of what nothing is known of, going out and coming in.
const UNKNOWN: (&str, &str) = ("other", "income");
/// Most corrections a person's model is made from: the newest. With one more, so many of the oldest
/// are forgotten at once, and the model is made anew without them: so what it is made of hangs on the
/// events alone, and not on where a page of them ended.
pub const MOST_CORRECTIONS: usize = 2_000;
const FORGOTTEN_AT_ONCE: usize = 200;
/// Most answers that are kept for rows that say the same.
const MOST_KEPT: usize = 20_000;

/// The tables.
pub(super) const RULES: Table = Table {
    name: "rules",
    key: &["user_id"],
    create: "CREATE TABLE IF NOT EXISTS rules (
        user_id TEXT NOT NULL PRIMARY KEY,
        rule_set TEXT NOT NULL)",
    indexes: &[],
};
/// How many rows went to another category when the past was read by a version of the rules.
pub(super) const MOVED: Table = Table {
    name: "moved",
    key: &["user_id", "version"],
    create: "CREATE TABLE IF NOT EXISTS moved (
        user_id TEXT NOT NULL,
        version BIGINT NOT NULL,
        row_count BIGINT NOT NULL,
        PRIMARY KEY (user_id, version))",
    indexes: &[],
};
/// Payees a person named.
pub(super) const PAYEES: Table = Table {
    name: "payees",
    key: &["user_id", "payee"],
    create: "CREATE TABLE IF NOT EXISTS payees (
        user_id TEXT NOT NULL,
        payee TEXT NOT NULL,
        category TEXT NOT NULL,
        PRIMARY KEY (user_id, payee))",
    indexes: &[],
};
/// Corrections, in the order of the log: the person's model is made of nothing else.
pub(super) const CORRECTIONS: Table = Table {
    name: "corrections",
    key: &["transaction_id"],
    create: "CREATE TABLE IF NOT EXISTS corrections (
        transaction_id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        position BIGINT NOT NULL,
        counterparty TEXT,
        text TEXT NOT NULL,
        bank_type TEXT,
        amount_minor BIGINT NOT NULL,
        currency TEXT NOT NULL,
        category TEXT NOT NULL)",
    indexes: &["CREATE INDEX IF NOT EXISTS corrections_person ON corrections (user_id, position)"],
};

const DELETE_CORRECTION: &str = "DELETE FROM corrections WHERE transaction_id = $1";

/// Keeps how many rows a version of the rules moved.
pub(super) fn write_moved(user_id: UserId, version: u32, rows: u64) -> Statement {
    let text = "INSERT INTO moved (user_id, version, row_count) VALUES ($1, $2, $3)";
    sql(text, vec![user_id.into(), version.into(), rows.into()])
}

/// A category and the reason for it.
pub(super) type Judged = (Cow<'static, str>, String);

/// What one person said.
#[derive(Debug, Default)]
struct Guide {
    rules: RuleSet,
    payees: BTreeMap<String, String>,
    /// In the order of the log: of each transaction the last one.
    corrections: Vec<Correction>,
    taught: Option<Taught>,
}

/// A correction, as it is learnt.
#[derive(Debug)]
struct Correction {
    transaction_id: TransactionId,
    subject: Subject,
    label: usize,
}

/// A model of corrections and nothing else; none of none.
fn model(corrections: &[Correction]) -> Option<Taught> {
    Some(model_told(corrections)?.0)
}

/// The same, and of each correction whether the model would have said it by itself.
fn model_told(corrections: &[Correction]) -> Option<(Taught, Vec<bool>)> {
    if corrections.is_empty() {
        return None;
    }
    let mut taught = Taught::of_taxonomy();
    let told = corrections.iter().map(|one| taught.learn(&one.subject, one.label)).collect();
    Some((taught, told))
}

/// What the persons of a page said.
#[derive(Debug, Default)]
pub(super) struct Guides {
    of: HashMap<UserId, Guide>,
    /// Answers for rows of persons who said nothing, by all that decides them.
    kept: HashMap<Vec<u8>, Judged>,
    /// Where what decides a row is put together.
    room: Vec<u8>,
}

/// A row as the categoriser takes it.
pub(crate) fn subject(
    observed: &ObservedTransaction,
    account_id: AccountId,
    kind: AccountKind,
) -> Subject {
    let account = account_id.to_string();
    Subject::of(&Said {
        counterparty: observed.counterparty.as_deref(),
        text: &observed.text,
        bank_type: observed.bank_type.as_deref(),
        mcc: None,
        minor: observed.amount.minor,
        currency: observed.amount.currency.code(),
        account: Some(&account),
        on_card: kind == AccountKind::Card,
    })
}

/// A category of the taxonomy is not copied.
fn of_taxonomy(category: &str) -> Cow<'static, str> {
    let known = CATEGORIES.iter().find(|(name, _)| *name == category);
    known.map_or_else(|| Cow::Owned(category.to_owned()), |(name, _)| Cow::Borrowed(*name))
}

/// What a cascade says of a row; where it is not sure, the row waits for the person under what
/// nothing is known of, and the guess is in the reason.
pub(crate) fn judged(cascade: &Cascade<'_>, subject: &Subject, currency: &str) -> Judged {
    let answer = cascade.answer(subject, currency);
    if answer.confidence < ASKS_BELOW && matches!(answer.why, Why::Model(_) | Why::Learnt) {
        let unknown = if subject.incoming() { UNKNOWN.1 } else { UNKNOWN.0 };
        let reason = format!("unsure:{}:{}", answer.category, answer.confidence);
        return (Cow::Borrowed(unknown), reason);
    }
    (of_taxonomy(answer.category), answer.why.to_string())
}

impl Guides {
    /// Reads what persons said before the page.
    pub(super) async fn begin(
        reader: &Database,
        users: &BTreeSet<Uuid>,
    ) -> Result<Self, DatabaseError> {
        let mut guides = Self::default();
        if users.is_empty() {
            return Ok(guides);
        }
        let select = "SELECT user_id, rule_set FROM rules WHERE user_id IN";
        let read = |row: &mut RowReader| Ok((row.parsed()?, row.text()?));
        for (user_id, text) in read_rows(look_up(reader, select, users).await?, read)? {
            let rules = serde_json::from_str(&text).map_err(|_| DatabaseError::Column(1))?;
            guides.of.entry(user_id).or_default().rules = rules;
        }
        let select = "SELECT user_id, payee, category FROM payees WHERE user_id IN";
        let read = |row: &mut RowReader| Ok((row.parsed()?, row.text()?, row.text()?));
        for (user_id, payee, category) in read_rows(look_up(reader, select, users).await?, read)? {
            guides.of.entry(user_id).or_default().payees.insert(payee, category);
        }
        // Most persons never corrected anything.
        let select = "SELECT DISTINCT user_id FROM corrections WHERE user_id IN";
        for user_id in read_rows(look_up(reader, select, users).await?, RowReader::parsed)? {
            let corrections = corrections(reader, user_id).await?;
            let guide = guides.of.entry(user_id).or_default();
            guide.taught = model(&corrections);
            guide.corrections = corrections;
        }
        Ok(guides)
    }

    /// A row's category by everything that was said so far.
    pub(super) fn judge(
        &mut self,
        user_id: UserId,
        observed: &ObservedTransaction,
        account_id: AccountId,
        kind: AccountKind,
    ) -> Judged {
        let currency = observed.amount.currency.code();
        if let Some(guide) = self.of.get(&user_id) {
            let cascade = Cascade {
                rules: Some(&guide.rules),
                payees: Some(&guide.payees),
                taught: guide.taught.as_ref(),
                ..Cascade::default()
            };
            return judged(&cascade, &subject(observed, account_id, kind), currency);
        }
        let Self { kept, room, .. } = self;
        room.clear();
        room.extend([observed.amount.minor > 0, kind == AccountKind::Card].map(u8::from));
        room.extend_from_slice(currency.as_bytes());
        for words in [&observed.counterparty, &observed.bank_type] {
            // Each after its length, so that no two rows are put together the same.
            let words = words.as_deref().unwrap_or_default();
            room.extend_from_slice(&words.len().to_be_bytes());
            room.extend_from_slice(words.as_bytes());
        }
        room.extend_from_slice(observed.text.as_bytes());
        if let Some(known) = kept.get(room.as_slice()) {
            return known.clone();
        }
        let said = judged(&Cascade::default(), &subject(observed, account_id, kind), currency);
        if kept.len() < MOST_KEPT {
            kept.insert(room.clone(), said.clone());
        }
        said
    }

    /// Takes in what a person said; whether their past is to be read by it.
    pub(super) fn take(
        &mut self,
        folded: &mut Folded,
        user_id: UserId,
        event: &GuidanceEvent,
    ) -> bool {
        match event {
            GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past }) => {
                let text = serde_json::to_string(set).unwrap_or_default();
                folded.push(sql(
                    "INSERT INTO rules (user_id, rule_set) VALUES ($1, $2)
                     ON CONFLICT (user_id) DO UPDATE SET rule_set = excluded.rule_set",
                    vec![user_id.into(), text.into()],
                ));
                self.of.entry(user_id).or_default().rules = set.clone();
                *over_past
            }
            GuidanceEvent::PayeeNamed(PayeeNamed { payee, category, over_past }) => {
                let guide = self.of.entry(user_id).or_default();
                match category {
                    Some(category) => {
                        folded.push(sql(
                            "INSERT INTO payees (user_id, payee, category) VALUES ($1, $2, $3)
                             ON CONFLICT (user_id, payee) DO UPDATE SET category = excluded.category",
                            vec![user_id.into(), payee.as_str().into(), category.as_str().into()],
                        ));
                        guide.payees.insert(payee.clone(), category.clone());
                    }
                    None => {
                        folded.push(sql(
                            "DELETE FROM payees WHERE user_id = $1 AND payee = $2",
                            vec![user_id.into(), payee.as_str().into()],
                        ));
                        guide.payees.remove(payee);
                    }
                }
                *over_past
            }
            GuidanceEvent::BudgetSet(_)
            | GuidanceEvent::NoticeMuted(_)
            | GuidanceEvent::ForecastMade(_)
            | GuidanceEvent::RefundJudged(_) => false,
        }
    }

    /// Learns a correction, in place of what was said of the same row before; without a category
    /// that is only forgotten.
    pub(super) fn learn(
        &mut self,
        folded: &mut Folded,
        (user_id, position): (UserId, u64),
        (transaction_id, account_id): (TransactionId, AccountId),
        observed: &ObservedTransaction,
        category: Option<&str>,
    ) {
        let guide = self.of.entry(user_id).or_default();
        let before = guide.corrections.len();
        guide.corrections.retain(|known| known.transaction_id != transaction_id);
        if guide.corrections.len() < before {
            folded.push(sql(DELETE_CORRECTION, vec![transaction_id.into()]));
            guide.taught = model(&guide.corrections);
        }
        let Some((category, label)) = category.and_then(|name| Some((name, place(name)?))) else {
            return;
        };
        folded.push(sql(
            "INSERT INTO corrections (transaction_id, user_id, account_id, position, counterparty,
             text, bank_type, amount_minor, currency, category)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            vec![
                transaction_id.into(),
                user_id.into(),
                account_id.into(),
                position.into(),
                observed.counterparty.as_deref().into(),
                observed.text.as_str().into(),
                observed.bank_type.as_deref().into(),
                observed.amount.minor.into(),
                observed.amount.currency.code().into(),
                category.into(),
            ],
        ));
        let account = account_id.to_string();
        let subject = Subject::of(&Said {
            counterparty: observed.counterparty.as_deref(),
            text: &observed.text,
            bank_type: observed.bank_type.as_deref(),
            minor: observed.amount.minor,
            currency: observed.amount.currency.code(),
            account: Some(&account),
            ..Said::default()
        });
        guide.taught.get_or_insert_with(Taught::of_taxonomy).learn(&subject, label);
        guide.corrections.push(Correction { transaction_id, subject, label });
        if guide.corrections.len() > MOST_CORRECTIONS {
            for old in guide.corrections.drain(..FORGOTTEN_AT_ONCE) {
                folded.push(sql(DELETE_CORRECTION, vec![old.transaction_id.into()]));
            }
            guide.taught = model(&guide.corrections);
        }
    }

    /// Nothing of a person is kept.
    pub(super) fn forget(&mut self, user_id: UserId) {
        self.of.remove(&user_id);
    }
}

fn place(category: &str) -> Option<usize> {
    CATEGORIES.iter().position(|(name, _)| *name == category)
}

/// A person's own model, made anew from their corrections; none without any.
pub(crate) async fn taught(
    reader: &Database,
    user_id: UserId,
) -> Result<Option<Taught>, DatabaseError> {
    Ok(model(&corrections(reader, user_id).await?))
}

/// The same, with what its corrections say of it: the payees they are about, and of each correction,
/// oldest first, whether the model would have said it by itself.
pub(super) async fn taught_told(
    reader: &Database,
    user_id: UserId,
) -> Result<Option<(Taught, usize, Vec<bool>)>, DatabaseError> {
    let corrections = corrections(reader, user_id).await?;
    let payees: BTreeSet<&str> =
        corrections.iter().map(|one| one.subject.merchant.name.as_str()).collect();
    let payees = payees.len();
    Ok(model_told(&corrections).map(|(taught, told)| (taught, payees, told)))
}

/// A person's corrections, oldest first.
async fn corrections(reader: &Database, user_id: UserId) -> Result<Vec<Correction>, DatabaseError> {
    let text = "SELECT transaction_id, account_id, counterparty, text, bank_type, amount_minor,
         currency, category FROM corrections WHERE user_id = $1 ORDER BY position";
    let rows = reader.query(sql(text, vec![user_id.into()])).await?;
    let read = |row: &mut RowReader| {
        let transaction_id = row.parsed()?;
        let account = row.parsed::<AccountId>()?.to_string();
        let (counterparty, text, kind) = (row.optional_text()?, row.text()?, row.optional_text()?);
        let amount = row.money()?;
        let said = Said {
            counterparty: counterparty.as_deref(),
            text: &text,
            bank_type: kind.as_deref(),
            minor: amount.minor,
            currency: amount.currency.code(),
            account: Some(&account),
            ..Said::default()
        };
        let subject = Subject::of(&said);
        let label = place(&row.text()?).ok_or(DatabaseError::Column(7))?;
        Ok(Correction { transaction_id, subject, label })
    };
    read_rows(rows, read)
}
