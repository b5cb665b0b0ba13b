//! Files of statements that the person brought, and what each came to.

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use domain::id::AccountId;
use domain::transaction::BalanceProof;
use projections::accounts::AccountRow;
use projections::imports::{ImportRow, ImportedStatement, MOST_IMPORTS};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::scalars::{Instant, Money, Position};
use super::transactions::PageInfo;
use super::visit::{internal, person, refuse};

/// Most files of one page.
const MOST_ROWS: i32 = MOST_IMPORTS as i32;

/// Whether a file's balances agree with its rows.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ImportCheck {
    /// They do.
    Holds,
    /// The file does not give enough to tell.
    NotGiven,
    /// They do not, and it was brought all the same.
    Breaks,
}

/// What a file came to for one account.
#[derive(SimpleObject)]
pub struct ImportedAccount {
    /// The account.
    id: ID,
    /// What it is called; none where it is put away.
    name: Option<String>,
    /// Rows of the file.
    rows: i32,
    /// Of these: new ones.
    new: i32,
    /// Ones that were known.
    same: i32,
    /// Pending ones that were booked by it.
    settled: i32,
    /// Ones put to the person.
    doubtful: i32,
    /// Whether its balances agree with its rows.
    check: ImportCheck,
    /// By how much its rows fall short of its balances, where they do.
    difference: Option<Money>,
}

/// A file that was brought.
#[derive(SimpleObject)]
pub struct StatementImport {
    /// Our identifier.
    id: ID,
    /// What the person calls the file.
    file_name: Option<String>,
    /// Its format: `camt053`, `camt052`, `mt940`, `ofx`, `qif` or `csv`.
    format: String,
    /// How many bytes it has.
    bytes: String,
    /// When it was brought.
    received_at: Instant,
    /// When all of it was decided; none where it broke off and waits for the same file again.
    completed_at: Option<Instant>,
    /// Who brought it, by their address.
    brought_by: Option<String>,
    /// What it came to, by account.
    accounts: Vec<ImportedAccount>,
    /// Where in the log it stands.
    position: Position,
}

/// A page of files.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportPage {
    /// The files, newest first.
    nodes: Vec<StatementImport>,
    /// Where it ends.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
    #[graphql(skip)]
    at: At,
}

names_its_place!(ImportPage);

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn account(statement: ImportedStatement, names: &HashMap<AccountId, String>) -> ImportedAccount {
    let (check, difference) = match statement.balance {
        BalanceProof::Holds => (ImportCheck::Holds, None),
        BalanceProof::NotGiven => (ImportCheck::NotGiven, None),
        BalanceProof::Breaks { difference, .. } => (ImportCheck::Breaks, Some(difference.into())),
    };
    ImportedAccount {
        id: ID(statement.account_id.to_string()),
        name: names.get(&statement.account_id).cloned(),
        rows: whole(statement.rows),
        new: whole(statement.new),
        same: whole(statement.same()),
        settled: whole(statement.settled),
        doubtful: whole(statement.doubtful),
        check,
        difference,
    }
}

fn file(
    row: ImportRow,
    names: &HashMap<AccountId, String>,
    brought_by: Option<&str>,
) -> StatementImport {
    StatementImport {
        id: ID(row.import_id.to_string()),
        file_name: row.file_name,
        format: row.format,
        bytes: row.bytes.to_string(),
        received_at: Instant(row.received_at),
        completed_at: row.completed_at.map(Instant),
        brought_by: brought_by.map(str::to_owned),
        accounts: row.statements.into_iter().map(|one| account(one, names)).collect(),
        position: Position(row.position),
    }
}

/// Reading files that were brought.
#[derive(Default)]
pub struct ImportQueries;

#[Object]
impl ImportQueries {
    /// Files of statements that the person brought, newest first; `first` at most 50.
    #[graphql(complexity = "usize::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1) \
                            * child_complexity / 10 + 1")]
    async fn imports(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: i32,
        after: Option<String>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<ImportPage> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let wrong = |_| refuse(context, "CURSOR_INVALID", "Begin again from the first page.");
        let after = after.map(|cursor| cursor.parse().map_err(wrong)).transpose()?;
        let first = u32::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1);
        let view = at.view();
        let page = view.imports().page(user_id, first, after).await;
        let page = page.map_err(|error| internal(context, error))?;
        let accounts = view.accounts().list(user_id).await;
        let accounts = accounts.map_err(|error| internal(context, error))?;
        let named = |row: AccountRow| (row.account_id, row.name);
        let names: HashMap<AccountId, String> = accounts.into_iter().map(named).collect();
        let known = view.people().one(user_id).await.map_err(|error| internal(context, error))?;
        let address = known.map(|person| person.email);
        let end_cursor = page.rows.last().map(|row| row.position.to_string());
        let nodes = page.rows.into_iter().map(|row| file(row, &names, address.as_deref()));
        Ok(ImportPage {
            nodes: nodes.collect(),
            page_info: PageInfo { has_next_page: page.has_next, end_cursor },
            total_count: whole(page.total_count),
            at,
        })
    }
}
