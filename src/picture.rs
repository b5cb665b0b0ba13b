//! A person's money as a whole: what insights are made from, read once and kept while nothing new
//! happens to it, and what the person said of how it is to be read.

mod ahead;
mod kept;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use chrono::{Days, NaiveDate};
use domain::guidance::{
    ForecastMade, ForecastPoint, Guidance, GuidanceCommand, GuidanceRefusal, MOST_POINTS,
};
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, BalanceKind};
use domain::stream::{Category, StreamId};
use insights::forecast::{Basis, Expected, Forecast, Outlook};
use insights::matching::{self, Pair, Verdicts};
use insights::movement::Movement;
use insights::notices::{Notice, notices};
use insights::recurring::{Stream, streams};
use projections::View;
use projections::accounts::AccountRow;
use projections::database::DatabaseError;
use projections::transactions::movements::Looked;

use crate::app::App;
use crate::ledger::{Cause, CommandError, LedgerError, Owner};

pub use ahead::make_ahead;
pub use kept::{PictureError, Pictures};

/// History that insights look at, in days: three years and a month, so that what comes once a year is seen.
const LOOKS_BACK: u64 = 1_127;
/// Days between the points a forecast is kept with.
const POINT_STEP: usize = 7;

fn looks_from(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(LOOKS_BACK)).unwrap_or(today)
}

/// A person's money on a day.
#[derive(Debug)]
pub struct Picture {
    /// The day.
    pub today: NaiveDate,
    /// Accounts and cards.
    pub accounts: Vec<AccountRow>,
    /// Counted transactions, newest first.
    pub movements: Vec<Movement>,
    /// The day from which on none of them is missing.
    pub whole_from: NaiveDate,
    /// Most of them that are looked at.
    pub most: u32,
    /// What the person said of refunds.
    pub verdicts: Verdicts,
    found: std::sync::Arc<Found>,
}

/// What was found in it, each when it is first asked for.
#[derive(Debug, Default)]
struct Found {
    streams: OnceLock<Vec<Stream>>,
    transfers: OnceLock<Vec<Pair>>,
    between_own: OnceLock<HashSet<TransactionId>>,
    refunds: OnceLock<Vec<Pair>>,
    outlooks: OnceLock<Vec<Outlook>>,
    notices: OnceLock<Vec<Notice>>,
}

impl Picture {
    /// Reads it.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn of(
        view: &View,
        user_id: UserId,
        today: NaiveDate,
        most: u32,
    ) -> Result<Self, DatabaseError> {
        let accounts = view.accounts().list(user_id).await?;
        let looked = view.transactions().movements(user_id, looks_from(today), most).await?;
        let verdicts = view.guidances().verdicts(user_id).await?;
        let Looked { movements, whole_from } = looked;
        let found = std::sync::Arc::default();
        Ok(Self { today, accounts, movements, whole_from, most, verdicts, found })
    }

    /// Whether rows were left out because there are too many.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.whole_from > looks_from(self.today)
    }

    /// Takes over what was found in an earlier picture, if it shows the same money: a note or a name
    /// changes none of it.
    #[must_use]
    pub(crate) fn like(mut self, earlier: &Self) -> Self {
        let accounts = |picture: &Self| -> Vec<_> {
            let of = |one: &AccountRow| {
                let booked = one.balance(BalanceKind::Booked).map(|balance| balance.amount);
                (one.account_id, one.kind, one.identifier.clone(), booked)
            };
            picture.accounts.iter().map(of).collect()
        };
        let same = self.today == earlier.today
            && self.verdicts == earlier.verdicts
            && self.movements == earlier.movements
            && accounts(&self) == accounts(earlier);
        if same {
            self.found = std::sync::Arc::clone(&earlier.found);
        }
        self
    }

    /// Finds all that can be found in it.
    fn find_all(&self) {
        let _ = (self.refunds(), self.notices());
    }

    /// What comes again.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        self.found.streams.get_or_init(|| streams(&self.movements, self.today))
    }

    /// Transfers between the person's own accounts.
    #[must_use]
    pub fn transfers(&self) -> &[Pair] {
        self.found.transfers.get_or_init(|| {
            let identifiers: HashMap<AccountId, String> = self
                .accounts
                .iter()
                .map(|account| (account.account_id, account.identifier.clone()))
                .collect();
            matching::transfers(&self.movements, &identifiers)
        })
    }

    /// Both halves of transfers that can be relied on: they count neither as earned nor as spent.
    #[must_use]
    pub fn between_own(&self) -> &HashSet<TransactionId> {
        self.found.between_own.get_or_init(|| {
            let certain = self.transfers().iter().filter(|pair| pair.certain);
            certain.flat_map(|pair| [pair.out, pair.back]).collect()
        })
    }

    /// Refunds, without what moves between own accounts.
    #[must_use]
    pub fn refunds(&self) -> &[Pair] {
        let find = || matching::refunds(&self.movements, self.between_own(), &self.verdicts);
        self.found.refunds.get_or_init(find)
    }

    /// The accounts that everyday money is on, by currency.
    fn everyday(&self) -> BTreeMap<Currency, Vec<AccountId>> {
        let mut accounts: BTreeMap<Currency, Vec<AccountId>> = BTreeMap::new();
        for account in self.accounts.iter().filter(|account| account.kind == AccountKind::Current) {
            if account.balance(BalanceKind::Booked).is_some() {
                accounts.entry(account.currency).or_default().push(account.account_id);
            }
        }
        accounts
    }

    /// The forecast of the everyday accounts of each currency; `supposed` is added to those of its
    /// own currency.
    #[must_use]
    pub fn forecasts(&self, supposed: &[(Currency, Expected)]) -> Vec<Forecast> {
        let outlooks = self.found.outlooks.get_or_init(|| self.outlooks());
        let forecasts = outlooks.iter().map(|outlook| {
            let own = supposed.iter().filter(|(of, _)| *of == outlook.currency());
            let supposed: Vec<Expected> = own.map(|(_, one)| one.clone()).collect();
            outlook.forecast(&supposed)
        });
        forecasts.collect()
    }

    fn outlooks(&self) -> Vec<Outlook> {
        let everyday = self.everyday();
        let outlooks = everyday.iter().map(|(currency, accounts)| {
            let booked =
                self.accounts.iter().filter(|account| accounts.contains(&account.account_id));
            let balance = booked
                .filter_map(|account| Some(account.balance(BalanceKind::Booked)?.amount.minor))
                .fold(0_i64, i64::saturating_add);
            Outlook::of(&Basis {
                movements: &self.movements,
                accounts,
                currency: *currency,
                balance,
                today: self.today,
            })
        });
        outlooks.collect()
    }

    /// What the person may want to know.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        let find = || notices(&self.movements, self.streams(), &self.forecasts(&[]), self.today);
        self.found.notices.get_or_init(find)
    }
}

/// A forecast in the form it is kept.
#[must_use]
pub fn kept(forecast: &Forecast, made_on: NaiveDate) -> ForecastMade {
    let weekly = forecast.days.iter().skip(POINT_STEP - 1).step_by(POINT_STEP);
    let points = weekly.take(MOST_POINTS).map(|day| ForecastPoint {
        day: day.day,
        known_minor: day.known,
        low_minor: day.low,
        high_minor: day.high,
    });
    ForecastMade {
        made_on,
        balance: Money::new(forecast.balance, forecast.currency),
        points: points.collect(),
    }
}

/// Why what a person said was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum GuideError {
    /// It cannot be.
    #[error(transparent)]
    Refused(GuidanceRefusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(LedgerError),
}

/// Records what a person says, or what is kept for them; answers with the position of the newest event of theirs, none if it
/// was so already.
///
/// # Errors
/// [`GuideError`].
pub async fn guide(
    app: &App,
    user_id: UserId,
    cause: Cause,
    command: GuidanceCommand,
) -> Result<Option<u64>, GuideError> {
    let stream = StreamId::new(Category::Guidance, user_id.0);
    let owner = Owner::Person(user_id);
    let done = app.ledger.execute::<Guidance>(stream, owner, cause, command).await;
    match done {
        Ok(done) if done.events.is_empty() => Ok(None),
        Ok(done) => Ok(Some(done.position)),
        Err(CommandError::Refused(refusal)) => Err(GuideError::Refused(refusal)),
        Err(CommandError::Ledger(error)) => Err(GuideError::Ledger(error)),
    }
}
