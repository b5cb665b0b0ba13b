//! One transaction while events change it: what is known of it, and the row it is written as.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::{AccountKind, ObservedTransaction, RowState};
use domain::reconcile::match_key;
use domain::transaction::{SplitPart, Standing};

use super::guides::Judged;
use super::months::Listed;
use super::words;
use crate::database::{DatabaseError, RowReader, Rows};
use crate::holders::Holder;
use crate::search::write_folded;
use crate::spending::Counted;

/// The reason of a category that a person chose.
pub const CHOSEN: &str = "person";

/// Columns of a row nothing was decided about yet; the table gives the others what they begin with.
pub(super) const FIRST_COLUMNS: [&str; 25] = [
    "transaction_id",
    "account_id",
    "user_id",
    "booking_date",
    "value_date",
    "payment_date",
    "amount_minor",
    "currency",
    "original_minor",
    "original_currency",
    "counterparty",
    "counterparty_identifier",
    "text",
    "reference",
    "bank_type",
    "bank_reference",
    "category",
    "category_reason",
    "match_key",
    "ordinal",
    "position",
    "recorded_at",
    "search",
    "bank_identifier",
    "state",
];

/// The columns after [`FIRST_COLUMNS`].
pub(super) const LATER_COLUMNS: [&str; 9] = [
    "standing",
    "missed",
    "edited",
    "own_category",
    "note",
    "same_as",
    "decided_at",
    "hidden",
    "became",
];

/// What the first columns of a row are made of. A log's events go this way by the million, so
/// nothing is copied before it is a value.
#[derive(Debug)]
pub(super) struct First<'a> {
    pub(super) transaction_id: TransactionId,
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) observed: &'a ObservedTransaction,
    pub(super) match_key: String,
    pub(super) ordinal: u32,
    pub(super) position: u64,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) judged: Judged,
    pub(super) note: Option<&'a str>,
}

impl First<'_> {
    /// Writes the values of [`FIRST_COLUMNS`].
    fn write(&self, row: &mut Rows) {
        let (observed, original) = (self.observed, self.observed.original_amount);
        let (category, reason) = &self.judged;
        row.id(self.transaction_id.0);
        row.id(self.account_id.0);
        row.id(self.user_id.0);
        row.day(Some(observed.booking_date));
        row.day(observed.value_date);
        row.day(observed.payment_date);
        row.integer(observed.amount.minor);
        row.text(observed.amount.currency.code());
        row.optional_integer(original.map(|money| money.minor));
        row.optional_text(original.as_ref().map(|money| money.currency.code()));
        row.optional_text(observed.counterparty.as_deref());
        row.optional_text(observed.counterparty_identifier.as_deref());
        row.text(&observed.text);
        row.optional_text(observed.reference.as_deref());
        row.optional_text(observed.bank_type.as_deref());
        row.optional_text(observed.bank_reference.as_deref());
        row.text(category);
        row.text(reason);
        row.text(&self.match_key);
        row.integer(self.ordinal.into());
        row.value(&self.position.into());
        row.value(&self.recorded_at.into());
        let parts = [
            observed.counterparty.as_deref(),
            Some(observed.text.as_str()),
            observed.reference.as_deref(),
            self.note,
        ];
        row.written(|text| write_folded(text, &parts));
        row.optional_text(observed.bank_identifier.as_deref());
        row.optional_text(words::of_state(observed.state));
    }

    /// Adds a row of [`FIRST_COLUMNS`]; gives the category.
    pub(super) fn row(self, rows: &mut Rows) -> Cow<'static, str> {
        self.write(rows);
        rows.end_row();
        self.judged.0
    }
}

/// A transaction.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) transaction_id: TransactionId,
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) observed: ObservedTransaction,
    pub(super) match_key: String,
    pub(super) ordinal: u32,
    pub(super) position: u64,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) standing: Standing,
    pub(super) missed: u32,
    pub(super) edited: bool,
    pub(super) own_category: Option<String>,
    /// What it counts as, and why: the person's own category, if there is one.
    pub(super) judged: Judged,
    pub(super) note: Option<String>,
    /// Which one it is another reading of.
    pub(super) same_as: Option<TransactionId>,
    /// Where in the log the last decision about it stands.
    pub(super) decided_at: Option<u64>,
    /// Whether the person took it off the lists.
    pub(super) hidden: bool,
    /// Whether it is what the one it is another reading of became when that was booked.
    pub(super) became: bool,
    pub(super) parts: Vec<SplitPart>,
}

impl Entry {
    /// One that was not known before.
    pub(super) fn new(
        transaction_id: TransactionId,
        (account_id, user_id): (AccountId, UserId),
        observed: ObservedTransaction,
        ordinal: u32,
        (position, recorded_at): (u64, DateTime<Utc>),
        judged: Judged,
    ) -> Self {
        Self {
            transaction_id,
            account_id,
            user_id,
            match_key: match_key(&observed),
            observed,
            ordinal,
            position,
            recorded_at,
            standing: Standing::Counted,
            missed: 0,
            edited: false,
            own_category: None,
            judged,
            note: None,
            same_as: None,
            decided_at: None,
            hidden: false,
            became: false,
            parts: Vec::new(),
        }
    }

    /// It as a row that nothing was decided about.
    fn first(&self) -> First<'_> {
        First {
            transaction_id: self.transaction_id,
            account_id: self.account_id,
            user_id: self.user_id,
            observed: &self.observed,
            match_key: self.match_key.clone(),
            ordinal: self.ordinal,
            position: self.position,
            recorded_at: self.recorded_at,
            judged: self.judged.clone(),
            note: self.note.as_deref(),
        }
    }

    /// What it counts for.
    pub(super) fn counts(&self) -> Vec<Counted> {
        self.counted(&self.judged.0)
    }

    /// Adds a row of [`FIRST_COLUMNS`] and [`LATER_COLUMNS`]; gives what the transaction counts for.
    pub(super) fn whole_row(&self, rows: &mut Rows) -> Vec<Counted> {
        self.first().write(rows);
        rows.optional_text(words::of_standing(self.standing));
        rows.integer(self.missed.into());
        rows.integer(self.edited.into());
        rows.optional_text(self.own_category.as_deref());
        rows.optional_text(self.note.as_deref());
        match self.same_as {
            Some(other) => rows.id(other.0),
            None => rows.optional_text(None),
        }
        rows.optional_integer(self.decided_at.and_then(|position| i64::try_from(position).ok()));
        rows.integer(self.hidden.into());
        rows.integer(self.became.into());
        rows.end_row();
        self.counted(&self.judged.0)
    }

    /// What the lists show of it: nothing of another reading of a row that they show.
    pub(super) fn listed(&self) -> Option<Listed> {
        let counts = self.standing == Standing::Counted;
        (self.standing != Standing::Absorbed).then_some(Listed {
            user_id: self.user_id,
            account_id: self.account_id,
            day: self.observed.booking_date,
            currency: self.observed.amount.currency,
            hidden: self.hidden,
            minor: if counts { self.observed.amount.minor } else { 0 },
        })
    }

    /// What it counts for: each part in its own category, and what the parts leave in the whole's.
    #[expect(clippy::ptr_arg, reason = "a borrowed category of the taxonomy is not copied")]
    fn counted(&self, category: &Cow<'static, str>) -> Vec<Counted> {
        if self.standing != Standing::Counted {
            return Vec::new();
        }
        let day = self.observed.booking_date;
        let amount = self.observed.amount;
        let one = |category: &Cow<'static, str>, minor| Counted {
            user_id: self.user_id,
            account_id: self.account_id,
            day,
            category: category.clone(),
            currency: amount.currency,
            minor,
        };
        // Parts in another currency than the bank's word now are no parts of it.
        let fit = self.parts.iter().all(|part| part.amount.currency == amount.currency);
        let sum = self.parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.amount.minor));
        let rest = sum.and_then(|sum| amount.minor.checked_sub(sum));
        match rest {
            Some(rest) if fit && !self.parts.is_empty() => {
                let parts = self.parts.iter().map(|part| {
                    let own = part.category.clone().map(Cow::Owned);
                    one(own.as_ref().unwrap_or(category), part.amount.minor)
                });
                parts.chain((rest != 0).then(|| one(category, rest))).collect()
            }
            _ => vec![one(category, amount.minor)],
        }
    }
}

/// The columns that [`read`] takes, of `transactions`.
pub(super) const READ_COLUMNS: &str = "transaction_id, account_id, user_id, booking_date,
    value_date, payment_date, amount_minor, currency, original_minor, original_currency,
    counterparty, counterparty_identifier, text, reference, bank_type, bank_reference, match_key,
    ordinal, position, recorded_at, bank_identifier, state, standing, missed, edited, own_category,
    note, same_as, decided_at, hidden, became, category, category_reason";

/// Reads an entry, without its parts.
pub(super) fn read(row: &mut RowReader) -> Result<Entry, DatabaseError> {
    let transaction_id = row.parsed()?;
    let account_id = row.parsed()?;
    let user_id = row.parsed()?;
    let booking_date: NaiveDate = row.parsed()?;
    let mut observed = ObservedTransaction {
        booking_date,
        value_date: row.optional_parsed()?,
        payment_date: row.optional_parsed()?,
        amount: row.money()?,
        original_amount: row.optional_money()?,
        counterparty: row.optional_text()?,
        counterparty_identifier: row.optional_text()?,
        text: row.text()?,
        reference: row.optional_text()?,
        bank_type: row.optional_text()?,
        bank_reference: row.optional_text()?,
        // What follows never decides anything, or is read below.
        amount_text: String::new(),
        counterparty_servicer: None,
        unmapped: None,
        bank_identifier: None,
        state: RowState::Booked,
    };
    let match_key = row.text()?;
    let ordinal = words::small(row)?;
    let position = row.count()?;
    let recorded_at = row.instant()?;
    observed.bank_identifier = row.optional_text()?;
    observed.state = words::state(row.optional_text()?.as_deref());
    let mut entry = Entry {
        transaction_id,
        account_id,
        user_id,
        observed,
        match_key,
        ordinal,
        position,
        recorded_at,
        standing: words::standing(row.optional_text()?.as_deref()),
        missed: words::small(row)?,
        edited: row.truth()?,
        own_category: row.optional_text()?,
        judged: Judged::default(),
        note: row.optional_text()?,
        same_as: row.optional_parsed()?,
        decided_at: row.optional_integer()?.and_then(|position| u64::try_from(position).ok()),
        hidden: row.truth()?,
        became: row.truth()?,
        parts: Vec::new(),
    };
    entry.judged = (Cow::Owned(row.text()?), row.text()?);
    Ok(entry)
}

/// What an entry was when it was last written, as far as sums need it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) entry: Entry,
    pub(super) kind: AccountKind,
    /// Whether it differs from what the table has.
    pub(super) changed: bool,
    /// Whether its parts differ from what the table has.
    pub(super) split: bool,
    /// What the sums hold of it.
    pub(super) counted: Vec<Counted>,
    /// What the months hold of it.
    pub(super) listed: Option<Listed>,
}

impl Kept {
    /// One that the table does not have.
    pub(super) fn unwritten(entry: Entry, (_, kind): Holder) -> Self {
        Self { entry, kind, changed: true, split: false, counted: Vec::new(), listed: None }
    }

    /// One as the table has it.
    pub(super) fn as_written(entry: Entry, (_, kind): Holder) -> Self {
        let (counted, listed) = (entry.counts(), entry.listed());
        Self { entry, kind, changed: false, split: false, counted, listed }
    }
}
