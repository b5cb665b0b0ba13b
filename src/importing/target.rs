//! Which account of the ledger a statement stands for.

use domain::account::Opened;
use domain::id::{AccountId, BankId, UserId};
use formats::AccountStatement;
use projections::accounts::AccountRow;

use super::{ImportError, Target};
use crate::app::App;
use crate::identity::{account_id, iban_identity};

/// Longest name of an account that files feed, in characters.
pub(super) const LONGEST_NAME: usize = 60;
/// The bank of an account that no bank's interface has shown.
pub const FILE: &str = "file";

/// The account a statement is of.
pub(super) struct Account {
    /// How it is, or would be, opened.
    pub opened: Opened,
    /// Whether it is known.
    pub known: bool,
}

/// Finds the account: the one that was chosen; else by IBAN and currency, as over all consents of
/// banks; else by the number the bank gave it.
pub(super) async fn find(
    app: &App,
    user_id: UserId,
    target: &Target,
    statement: &AccountStatement,
) -> Result<Account, ImportError> {
    let rows = app.read.accounts().list(user_id).await?;
    let named = statement.account.identifier.as_deref();
    let currency = statement.currency;
    if let Some(row) = known(&rows, target, statement)? {
        let opened = Opened {
            account_id: row.account_id,
            user_id,
            bank_id: row.bank_id.clone(),
            kind: row.kind,
            identifier: row.identifier.clone(),
            currency: row.currency,
            name: row.name.clone(),
            owner: row.owner.clone(),
            servicer: row.servicer.clone(),
        };
        return Ok(Account { opened, known: true });
    }
    let (identifier, name) = match (target, named) {
        (Target::Named(name), _) => (name.trim().to_owned(), name.trim().to_owned()),
        (_, Some(number)) => {
            let name = statement.account.name.clone();
            (number.to_owned(), name.unwrap_or_else(|| number.to_owned()))
        }
        (_, None) => return Err(ImportError::NoAccount),
    };
    if identifier.is_empty() || identifier.chars().count() > LONGEST_NAME {
        return Err(ImportError::Name);
    }
    let key = app.ledger.key_of_person(user_id).await?;
    // An account that a bank's interface shows as well is one with it.
    let identity = match formats::is_iban(&identifier) {
        true => iban_identity(&identifier, currency),
        false => format!("{FILE}|{identifier}|{currency}"),
    };
    let account_id = account_id(&key, &identity);
    let shown = &statement.account;
    let opened = Opened {
        account_id,
        user_id,
        bank_id: BankId(FILE.to_owned()),
        kind: shown.kind,
        identifier,
        currency,
        name,
        owner: shown.owner.clone(),
        servicer: shown.servicer.clone(),
    };
    Ok(Account { known: by_id(&rows, account_id).is_some(), opened })
}

fn by_id(rows: &[AccountRow], account_id: AccountId) -> Option<&AccountRow> {
    rows.iter().find(|row| row.account_id == account_id)
}

/// The account that was chosen, if the statement can be of it, or the one the statement names.
fn known<'a>(
    rows: &'a [AccountRow],
    target: &Target,
    statement: &AccountStatement,
) -> Result<Option<&'a AccountRow>, ImportError> {
    let (named, currency) = (statement.account.identifier.as_deref(), statement.currency);
    match target {
        Target::Known(account_id) => {
            let row = by_id(rows, *account_id).ok_or(ImportError::UnknownAccount)?;
            let other =
                named.is_some_and(|number| formats::is_iban(number) && number != row.identifier);
            if row.currency != currency || other {
                return Err(ImportError::OtherAccount);
            }
            Ok(Some(row))
        }
        Target::AsNamed => {
            let number = named.ok_or(ImportError::NoAccount)?;
            Ok(rows.iter().find(|row| row.identifier == number && row.currency == currency))
        }
        Target::Named(_) => Ok(None),
    }
}
