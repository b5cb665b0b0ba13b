//! Whose an account is and of what kind: a table that several projections keep for themselves.

use std::collections::HashMap;

use domain::account::{AccountEvent, Opened};
use domain::id::{AccountId, UserId};
use domain::observed::AccountKind;
use uuid::Uuid;

use crate::database::{Database, DatabaseError, sql};
use crate::definition::{Folded, Table};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::rows::{account_ids, look_up, read_rows};

/// The table.
pub(crate) const HOLDERS: Table = Table {
    name: "holders",
    key: &["account_id"],
    create: "CREATE TABLE IF NOT EXISTS holders (
        account_id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL)",
    indexes: &[],
};

const ROWS: Shape = Shape::new("holders", &["account_id", "user_id", "kind", "name"], 1);

/// Whose an account is, and of what kind.
pub(crate) type Holder = (UserId, AccountKind);

/// The stable word of a kind.
pub(crate) fn kind_word(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Current => "current",
        AccountKind::Savings => "savings",
        AccountKind::Card => "card",
        AccountKind::Other => "other",
    }
}

/// The kind a word stands for.
pub(crate) fn kind_of_word(word: &str) -> AccountKind {
    match word {
        "current" => AccountKind::Current,
        "savings" => AccountKind::Savings,
        "card" => AccountKind::Card,
        _ => AccountKind::Other,
    }
}

/// Reads the holders of the accounts that the chosen ones of `events` tell of, as far as they are
/// known from before.
pub(crate) async fn known_holders(
    reader: &Database,
    events: &[Recorded],
    chosen: impl Fn(&AccountEvent) -> bool,
) -> Result<HashMap<AccountId, Holder>, DatabaseError> {
    let ids = account_ids(events, chosen);
    let select = "SELECT account_id, user_id, kind FROM holders WHERE account_id IN";
    let read = |row: &mut crate::database::RowReader| {
        Ok((row.parsed()?, (row.parsed()?, kind_of_word(&row.text()?))))
    };
    Ok(read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect())
}

/// Notes a new account.
pub(crate) fn open(folded: &mut Folded, holders: &mut HashMap<AccountId, Holder>, opened: &Opened) {
    holders.insert(opened.account_id, (opened.user_id, opened.kind));
    let row = vec![
        opened.account_id.into(),
        opened.user_id.into(),
        kind_word(opened.kind).into(),
        opened.name.as_str().into(),
    ];
    folded.insert(&ROWS, row);
}

/// Under whom the rows of an account stand while its person has put it away, and the other way round.
/// Nobody signs in as them: no question about a person finds the rows, and they count in nothing.
pub(crate) fn away(user_id: UserId) -> UserId {
    // Not one of the versions (RFC 9562, section 4.2) that identifiers of people have.
    UserId(Uuid::from_u128(!user_id.0.as_u128()))
}

/// Whether an event takes an account out of sight, or back.
pub(crate) fn turns(event: &AccountEvent) -> bool {
    matches!(event, AccountEvent::PutAway(_) | AccountEvent::BroughtBack(_))
}

/// Takes an account out of sight or back, in the table of holders and in those named, which say of
/// each row of which account and whose it is. None if the account is not known.
pub(crate) fn turn(
    folded: &mut Folded,
    holders: &mut HashMap<AccountId, Holder>,
    account_id: AccountId,
    tables: &[&str],
) -> Option<(UserId, UserId)> {
    let holder = holders.get_mut(&account_id)?;
    let (from, to) = (holder.0, away(holder.0));
    holder.0 = to;
    for table in tables.iter().chain(&["holders"]) {
        folded.push(sql(
            format!("UPDATE {table} SET user_id = $1 WHERE account_id = $2"),
            vec![to.into(), account_id.into()],
        ));
    }
    Some((from, to))
}

/// Notes a new name.
pub(crate) fn describe(folded: &mut Folded, account: Uuid, name: &str) {
    folded.change(&ROWS, &[account.into()], &[("name", To::Value(name.into()))]);
}
