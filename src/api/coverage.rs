//! Which days of an account are known.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::transaction::BalanceProof;
use projections::coverage::{Covered, Days, WindowRow, cover};

use super::as_of::{AsOf, At, KnownAt, moment};
use super::scalars::{Date, Instant, Money, Position};
use super::visit::{internal, person};

/// Most windows of one answer.
const MOST_WINDOWS: i32 = 200;

/// Days in a row, both ends included.
#[derive(SimpleObject)]
pub struct DayRange {
    /// The first; none for as far back as the bank goes.
    from: Option<Date>,
    /// The last.
    to: Date,
}

impl From<Days> for DayRange {
    fn from(days: Days) -> Self {
        Self { from: days.from.map(Date), to: Date(days.to) }
    }
}

/// Whether balances and rows agree.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum BalanceCheck {
    /// The bank did not give enough to tell.
    NotGiven,
    /// They agree.
    Holds,
    /// They do not.
    Breaks,
}

/// A window that was read.
#[derive(SimpleObject)]
pub struct ReadWindow {
    /// Where in the log it stands.
    position: Position,
    /// The run that read it.
    fetch_id: ID,
    /// The first day asked for; none for as far back as the bank goes.
    from: Option<Date>,
    /// The last day.
    to: Date,
    /// Whether everything in it could be read.
    whole: bool,
    /// Rows the bank showed.
    rows: i32,
    /// Of these: new ones.
    new: i32,
    /// Whether the balances agree.
    balance: BalanceCheck,
    /// When it was decided.
    read_at: Instant,
}

impl From<WindowRow> for ReadWindow {
    fn from(row: WindowRow) -> Self {
        let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            position: Position(row.position),
            fetch_id: ID(row.fetch_id.to_string()),
            from: row.from.map(Date),
            to: Date(row.to),
            whole: row.whole,
            rows: whole(row.rows),
            new: whole(row.new),
            balance: match row.balance {
                BalanceProof::NotGiven => BalanceCheck::NotGiven,
                BalanceProof::Holds => BalanceCheck::Holds,
                BalanceProof::Breaks { .. } => BalanceCheck::Breaks,
            },
            read_at: Instant(row.read_at),
        }
    }
}

/// What is known of an account's days.
pub struct Coverage {
    covered: Covered,
    windows: Vec<WindowRow>,
    at: At,
}

/// What is known of an account's days.
#[Object]
impl Coverage {
    /// Days that a whole window showed, oldest first.
    async fn days(&self) -> Vec<DayRange> {
        self.covered.days.iter().copied().map(Into::into).collect()
    }

    /// Days between and after them that none showed, oldest first.
    async fn gaps(&self) -> Vec<DayRange> {
        self.covered.gaps.iter().copied().map(Into::into).collect()
    }

    /// When the last whole window was read.
    async fn last_good_at(&self) -> Option<Instant> {
        self.covered.last_good_at.map(Instant)
    }

    /// The last day that a whole window showed.
    async fn last_good_day(&self) -> Option<Date> {
        self.covered.last_good_day.map(Date)
    }

    /// Whether balances and rows agree, by the newest window that can tell.
    async fn balance(&self) -> BalanceCheck {
        match self.covered.balance_holds {
            None => BalanceCheck::NotGiven,
            Some(true) => BalanceCheck::Holds,
            Some(false) => BalanceCheck::Breaks,
        }
    }

    /// The first day whose sum cannot be right, where that can be told.
    async fn breaking_day(&self) -> Option<Date> {
        self.covered.breaking_day.map(Date)
    }

    /// By how much the rows fall short of the balance.
    async fn difference(&self) -> Option<Money> {
        self.covered.difference.map(Into::into)
    }

    /// Windows that were read, newest first; `first` at most 200.
    #[graphql(complexity = "usize::try_from(first.clamp(1, MOST_WINDOWS)).unwrap_or(1) \
                            * child_complexity / 10 + 1")]
    async fn windows(&self, #[graphql(default = 20)] first: i32) -> Vec<ReadWindow> {
        let first = usize::try_from(first.clamp(1, MOST_WINDOWS)).unwrap_or(1);
        self.windows.iter().take(first).cloned().map(Into::into).collect()
    }

    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

/// Reading coverage.
#[derive(Default)]
pub struct CoverageQueries;

#[Object]
impl CoverageQueries {
    /// Which days of an account are known; nothing is known of an account that is not yours.
    #[graphql(complexity = "child_complexity + 20")]
    async fn coverage(
        &self,
        context: &Context<'_>,
        account_id: ID,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Option<Coverage>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let Ok(account_id) = account_id.parse() else { return Ok(None) };
        let account = at.view().accounts().one(user_id, account_id).await;
        if account.map_err(|error| internal(context, error))?.is_none() {
            return Ok(None);
        }
        let windows = at.view().coverage().windows(user_id, account_id).await;
        let windows = windows.map_err(|error| internal(context, error))?;
        let covered = cover(&windows, at.now().date_naive());
        Ok(Some(Coverage { covered, windows, at }))
    }
}
