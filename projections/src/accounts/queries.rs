//! Questions about accounts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{AccountId, BankId, ConsentId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, BalanceKind};

use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::holders::kind_of_word;
use crate::location::Generation;
use crate::rows::read_rows;

/// A balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceRow {
    /// Which.
    pub kind: BalanceKind,
    /// How much.
    pub amount: Money,
    /// When the bank first said so.
    pub observed_at: DateTime<Utc>,
}

/// An account or card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Which.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// The consent that showed it last.
    pub consent_id: Option<ConsentId>,
    /// What kind.
    pub kind: AccountKind,
    /// IBAN, or masked card number.
    pub identifier: String,
    /// The currency it is kept in.
    pub currency: Currency,
    /// The product name.
    pub name: String,
    /// The owner or owners.
    pub owner: Option<String>,
    /// BIC of the keeping bank.
    pub servicer: Option<String>,
    /// Every balance known, in the order of their kinds.
    pub balances: Vec<BalanceRow>,
    /// How many transactions are recorded.
    pub transaction_count: u64,
    /// When its rows, or a changed balance, were last read from the bank.
    pub last_read_at: Option<DateTime<Utc>>,
    /// Whether the consent behind it stands, or files feed it and no consent ever did.
    pub live: bool,
}

impl AccountRow {
    /// The balance of one kind.
    #[must_use]
    pub fn balance(&self, kind: BalanceKind) -> Option<&BalanceRow> {
        self.balances.iter().find(|balance| balance.kind == kind)
    }

    /// By how much what can be used exceeds what is booked less what is reserved: a credit line, or
    /// bookings the booked balance lacks. It is never money of one's own. None where it does not
    /// exceed it, where the bank does not say both, and for a card.
    #[must_use]
    pub fn beyond_own(&self) -> Option<Money> {
        if self.kind == AccountKind::Card {
            return None;
        }
        let minor = |kind| self.balance(kind).map(|balance| i128::from(balance.amount.minor));
        let (available, booked) = (minor(BalanceKind::Available)?, minor(BalanceKind::Booked)?);
        // Banks write what is reserved with either sign.
        let reserved = minor(BalanceKind::Reserved).unwrap_or_default().abs();
        let beyond = i64::try_from(available - (booked - reserved)).ok()?;
        (beyond > 0).then(|| Money::new(beyond, self.currency))
    }
}

const SELECT: &str = "SELECT accounts.account_id, accounts.user_id, accounts.bank_id,
    accounts.consent_id, accounts.kind, accounts.identifier, accounts.currency, accounts.name,
    accounts.owner, accounts.servicer, accounts.transaction_count, accounts.last_read_at,
    COALESCE(permissions.active, CASE WHEN accounts.consent_id IS NULL THEN 1 ELSE 0 END),
    balances.kind, balances.amount_minor, balances.currency, balances.observed_at
    FROM accounts LEFT JOIN permissions ON permissions.consent_id = accounts.consent_id
    LEFT JOIN balances ON balances.account_id = accounts.account_id";

fn read(row: &mut RowReader) -> Result<AccountRow, DatabaseError> {
    Ok(AccountRow {
        account_id: row.parsed()?,
        user_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        consent_id: row.optional_parsed()?,
        kind: kind_of_word(&row.text()?),
        identifier: row.text()?,
        currency: Currency::parse(&row.text()?).map_err(|_| DatabaseError::Column(7))?,
        name: row.text()?,
        owner: row.optional_text()?,
        servicer: row.optional_text()?,
        balances: Vec::new(),
        transaction_count: row.count()?,
        last_read_at: row.optional_instant()?,
        live: row.truth()?,
    })
}

fn read_balance(row: &mut RowReader) -> Result<Option<BalanceRow>, DatabaseError> {
    let Some(kind) = row.optional_text()? else { return Ok(None) };
    let kind = match kind.as_str() {
        "booked" => BalanceKind::Booked,
        "available" => BalanceKind::Available,
        "counter" => BalanceKind::Counter,
        "reserved" => BalanceKind::Reserved,
        "outstanding" => BalanceKind::Outstanding,
        "closing" => BalanceKind::Closing,
        "opening" => BalanceKind::Opening,
        "expected" => BalanceKind::Expected,
        "forward" => BalanceKind::Forward,
        _ => return Err(DatabaseError::Column(14)),
    };
    Ok(Some(BalanceRow { kind, amount: row.money()?, observed_at: row.instant()? }))
}

/// Questions about accounts.
#[derive(Clone, Debug)]
pub struct Accounts(pub(crate) Arc<Generation>);

impl Accounts {
    /// A person's accounts, in the order in which they were first seen.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn list(&self, user_id: UserId) -> Result<Vec<AccountRow>, DatabaseError> {
        self.read("accounts.user_id = $1", vec![user_id.into()]).await
    }

    /// One account of a person.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn one(
        &self,
        user_id: UserId,
        account_id: AccountId,
    ) -> Result<Option<AccountRow>, DatabaseError> {
        let condition = "accounts.user_id = $1 AND accounts.account_id = $2";
        Ok(self.read(condition, vec![user_id.into(), account_id.into()]).await?.pop())
    }

    /// The accounts a consent of a person shows or showed.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub async fn by_consent(
        &self,
        user_id: UserId,
        consent_id: ConsentId,
    ) -> Result<Vec<AccountRow>, DatabaseError> {
        let condition = "accounts.user_id = $1 AND accounts.account_id IN
            (SELECT account_id FROM links WHERE links.consent_id = $2)";
        self.read(condition, vec![user_id.into(), consent_id.into()]).await
    }

    async fn read(
        &self,
        condition: &str,
        values: Vec<Value>,
    ) -> Result<Vec<AccountRow>, DatabaseError> {
        let order = "ORDER BY accounts.position, accounts.account_id";
        let text = format!("{SELECT} WHERE {condition} {order}");
        let rows = self.0.database.query(sql(text, values)).await?;
        let both = |row: &mut RowReader| Ok((read(row)?, read_balance(row)?));
        let mut accounts: Vec<AccountRow> = Vec::new();
        for (account, balance) in read_rows(rows, both)? {
            // An account stands in a row for each of its balances.
            if accounts.last().is_none_or(|last| last.account_id != account.account_id) {
                accounts.push(account);
            }
            if let Some(account) = accounts.last_mut() {
                account.balances.extend(balance);
            }
        }
        for account in &mut accounts {
            account.balances.sort_by_key(|balance| balance.kind);
            let observed = account.balances.iter().map(|balance| balance.observed_at).max();
            account.last_read_at = account.last_read_at.max(observed);
        }
        Ok(accounts)
    }
}
