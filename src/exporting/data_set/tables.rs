//! The rows of each table of the data set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analytics::schema::{
    ACCOUNTS, BALANCES, BANK_CALLS, CATEGORIES, CONSENTS, RECURRING, TRANSACTIONS,
};
use analytics::{Cell, Rows};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::categorisation::{CategoryKind, TAXONOMY_VERSION, kind_of};
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::Money;
use domain::observed::{AccountKind, BalanceKind, RowState};
use domain::transaction::{SplitPart, Standing};
use insights::recurring::{Rhythm, State, Stream};
use projections::View;
use projections::accounts::AccountRow;
use projections::consents::ConsentRow;
use projections::transactions::movements::MOST_MOVEMENTS;
use projections::transactions::{MOST_ROWS as ROWS_A_PAGE, TransactionFilter, TransactionRow};

use super::Whose;
use crate::exporting::ExportError;
use crate::exporting::book::by_category;
use crate::picture::Picture;

/// Tables that are one file each.
pub(super) const WHOLE_TABLES: usize = 4;
/// Most calls to banks of one person: the newest.
const MOST_CALLS: u32 = 1_000_000;

/// What one person has that is not read a month at a time.
struct Holding {
    user_id: UserId,
    accounts: Vec<AccountRow>,
    consents: Vec<ConsentRow>,
    streams: Vec<Stream>,
    parts: HashMap<TransactionId, Vec<SplitPart>>,
    months: BTreeSet<String>,
    /// What each account holds at the end of the month that is written next.
    closing: HashMap<AccountId, i64>,
}

/// What all people have.
pub(super) struct Snapshot {
    holdings: Vec<Holding>,
}

impl Snapshot {
    pub async fn read(view: &View, whose: &Whose, today: NaiveDate) -> Result<Self, ExportError> {
        let mut holdings = Vec::with_capacity(whose.people.len());
        let people: BTreeSet<UserId> = whose.people.iter().copied().collect();
        for user_id in people {
            let transactions = view.transactions();
            let buckets = transactions.buckets(user_id, &TransactionFilter::default()).await?;
            let picture = Picture::of(view, user_id, today, MOST_MOVEMENTS).await?;
            let streams =
                if whose.covers_always() { picture.streams().to_vec() } else { Vec::new() };
            let booked = |account: &AccountRow| {
                let stated = account.balance(BalanceKind::Booked)?;
                Some((account.account_id, stated.amount.minor))
            };
            let accounts = picture.accounts;
            holdings.push(Holding {
                user_id,
                consents: view.consents().list(user_id).await?,
                streams,
                parts: transactions.all_parts(user_id).await?,
                months: buckets.into_iter().map(|one| one.month).collect(),
                closing: accounts.iter().filter_map(booked).collect(),
                accounts,
            });
        }
        Ok(Self { holdings })
    }

    /// The months with rows (`YYYY-MM`).
    pub fn months(&self) -> BTreeSet<String> {
        self.holdings.iter().flat_map(|one| one.months.iter().cloned()).collect()
    }

    /// Transactions and balances of a month. It has to be asked from the newest month on.
    pub async fn month(
        &mut self,
        view: &View,
        whose: &Whose,
        month: &str,
    ) -> Result<(Rows, Rows), ExportError> {
        let mut found: Vec<(&Holding, TransactionRow)> = Vec::new();
        let mut sums: Vec<BTreeMap<AccountId, i64>> = Vec::new();
        let mut people = 0;
        for holding in &self.holdings {
            let mut of_person = BTreeMap::new();
            if holding.months.contains(month) {
                let before = found.len();
                for row in in_month(view, holding.user_id, month).await? {
                    if row.state == RowState::Booked {
                        let sum: &mut i64 = of_person.entry(row.account_id).or_default();
                        *sum = sum.saturating_add(row.amount.minor);
                    }
                    if whose.covers(row.recorded_at) {
                        found.push((holding, row));
                    }
                }
                people += usize::from(found.len() > before);
            }
            sums.push(of_person);
        }
        if !whose.enough(people) {
            found.clear();
        }
        let tell = !found.is_empty() && whose.covers_always();
        let transactions = transactions(whose, found)?;
        let mut balances = Rows::of(&BALANCES);
        for (holding, sums) in self.holdings.iter_mut().zip(sums) {
            for (account_id, sum) in sums {
                let Some(closing) = holding.closing.get_mut(&account_id) else { continue };
                let opening = closing.saturating_sub(sum);
                let account = holding.accounts.iter().find(|one| one.account_id == account_id);
                if let Some(account) = account.filter(|_| tell) {
                    balances.push(&[
                        whose.name(holding.user_id.0).as_str().into(),
                        whose.name(account_id.0).as_str().into(),
                        account.currency.code().into(),
                        opening.into(),
                        sum.into(),
                        (*closing).into(),
                    ])?;
                }
                *closing = opening;
            }
        }
        Ok((transactions, balances))
    }

    /// The tables that are one file each.
    pub fn tables(&self, whose: &Whose) -> Result<[Rows; WHOLE_TABLES], ExportError> {
        let (mut accounts, mut recurring) = (Rows::of(&ACCOUNTS), Rows::of(&RECURRING));
        let mut consents = Rows::of(&CONSENTS);
        let tell = whose.enough(self.holdings.len());
        for holding in self.holdings.iter().filter(|_| tell) {
            let person = whose.name(holding.user_id.0);
            for account in &holding.accounts {
                account_row(&mut accounts, whose, &person, account)?;
            }
            for stream in &holding.streams {
                stream_row(&mut recurring, whose, &person, stream)?;
            }
            for consent in holding.consents.iter().filter(|one| whose.covers(one.requested_at)) {
                consent_row(&mut consents, whose, &person, consent)?;
            }
        }
        Ok([accounts, categories()?, recurring, consents])
    }
}

async fn in_month(
    view: &View,
    user_id: UserId,
    month: &str,
) -> Result<Vec<TransactionRow>, ExportError> {
    let (mut rows, mut offset) = (Vec::new(), 0);
    let filter = TransactionFilter::default();
    loop {
        let transactions = view.transactions();
        let page = transactions.in_month(user_id, month, offset, ROWS_A_PAGE, &filter).await?;
        let last = page.len() < ROWS_A_PAGE as usize;
        offset += ROWS_A_PAGE;
        rows.extend(page.into_iter().filter(|row| row.standing == Standing::Counted));
        if last {
            return Ok(rows);
        }
    }
}

fn kind_word(kind: CategoryKind) -> &'static str {
    match kind {
        CategoryKind::Spending => "spending",
        CategoryKind::Income => "income",
        CategoryKind::Transfer => "transfer",
    }
}

fn transactions(
    whose: &Whose,
    mut found: Vec<(&Holding, TransactionRow)>,
) -> Result<Rows, ExportError> {
    // By account, so that what is alike lies together. Under pseudonyms neither the order of the log
    // nor a row's place in it is told.
    found.sort_by_cached_key(|(_, row)| {
        let hidden = if whose.hides() { row.amount.minor } else { 0 };
        (whose.name(row.account_id.0), row.booking_date, hidden, row.position)
    });
    let mut rows = Rows::of(&TRANSACTIONS);
    for (number, (holding, row)) in found.iter().enumerate() {
        let (person, account) = (whose.name(holding.user_id.0), whose.name(row.account_id.0));
        let place = if whose.hides() { number as u64 } else { row.position };
        let parts = holding.parts.get(&row.transaction_id).map_or(&[][..], Vec::as_slice);
        for (part, (category, amount)) in by_category(row, parts).into_iter().enumerate() {
            let source = row.category_reason.split(':').next().unwrap_or_default();
            let recorded_at = instant(whose, row.recorded_at);
            rows.push(&[
                whole(place).into(),
                whole(part as u64).into(),
                person.as_str().into(),
                account.as_str().into(),
                row.booking_date.into(),
                row.value_date.into(),
                amount.minor.into(),
                amount.currency.code().into(),
                category.as_str().into(),
                kind_word(kind_of(&category)).into(),
                source.into(),
                if row.state == RowState::Booked { "booked" } else { "pending" }.into(),
                recorded_at.into(),
                whose.told(Some(&row.category_reason)).into(),
                whose.told(row.counterparty.as_deref()).into(),
                whose.told(row.counterparty_identifier.as_deref()).into(),
                whose.told(Some(&row.text)).into(),
                whose.told(row.reference.as_deref()).into(),
                whose.told(row.note.as_deref()).into(),
            ])?;
        }
    }
    Ok(rows)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An instant; under pseudonyms only its day, so that nobody is found by when they were read.
fn instant(whose: &Whose, at: DateTime<Utc>) -> DateTime<Utc> {
    if whose.hides() { at.date_naive().and_time(NaiveTime::MIN).and_utc() } else { at }
}

fn account_row(
    rows: &mut Rows,
    whose: &Whose,
    person: &str,
    account: &AccountRow,
) -> Result<(), ExportError> {
    let minor = |kind| {
        let stated: Money = account.balance(kind).filter(|_| whose.covers_always())?.amount;
        Some(stated.minor)
    };
    let kind = match account.kind {
        AccountKind::Current => "current",
        AccountKind::Savings => "savings",
        AccountKind::Card => "card",
        AccountKind::Other => "other",
    };
    Ok(rows.push(&[
        person.into(),
        whose.name(account.account_id.0).as_str().into(),
        account.bank_id.0.as_str().into(),
        kind.into(),
        account.currency.code().into(),
        minor(BalanceKind::Booked).into(),
        minor(BalanceKind::Available).into(),
        account.last_read_at.map(|at| instant(whose, at)).into(),
        whose.told(Some(&account.identifier)).into(),
        whose.told(Some(&account.name)).into(),
        whose.told(account.owner.as_deref()).into(),
    ])?)
}

fn rhythm_word(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Weekly => "weekly",
        Rhythm::TwoWeekly => "two_weekly",
        Rhythm::FourWeekly => "four_weekly",
        Rhythm::Monthly => "monthly",
        Rhythm::TwoMonthly => "two_monthly",
        Rhythm::Quarterly => "quarterly",
        Rhythm::HalfYearly => "half_yearly",
        Rhythm::Yearly => "yearly",
    }
}

fn stream_row(
    rows: &mut Rows,
    whose: &Whose,
    person: &str,
    stream: &Stream,
) -> Result<(), ExportError> {
    let (Some(first), Some(last)) = (stream.hits.first(), stream.hits.last()) else {
        return Ok(());
    };
    let state = match stream.state {
        State::New => "new",
        State::Running => "running",
        State::Stopped => "stopped",
    };
    Ok(rows.push(&[
        person.into(),
        whose.name(stream.account.0).as_str().into(),
        stream.category.as_str().into(),
        stream.currency.code().into(),
        rhythm_word(stream.rhythm).into(),
        state.into(),
        stream.fixed.into(),
        whole(stream.hits.len() as u64).into(),
        first.day.into(),
        last.day.into(),
        stream.next.into(),
        stream.expected.into(),
        stream.yearly().into(),
        whose.told(Some(&stream.label)).into(),
    ])?)
}

fn consent_row(
    rows: &mut Rows,
    whose: &Whose,
    person: &str,
    consent: &ConsentRow,
) -> Result<(), ExportError> {
    let at = |at: Option<DateTime<Utc>>| at.map(|at| instant(whose, at));
    Ok(rows.push(&[
        person.into(),
        whose.name(consent.consent_id.0).as_str().into(),
        whose.name(consent.connection_id.0).as_str().into(),
        consent.bank_id.0.as_str().into(),
        consent.status.word().into(),
        instant(whose, consent.requested_at).into(),
        at(consent.granted_at).into(),
        at(consent.expires_at).into(),
        at(consent.ended_at).into(),
        consent.ended_reason.map(|reason| reason.word()).into(),
        consent.history_from.into(),
        consent.history_to.into(),
    ])?)
}

fn categories() -> Result<Rows, ExportError> {
    let mut rows = Rows::of(&CATEGORIES);
    for line in insights::taxonomy::PUBLISHED.lines().skip(1) {
        let mut fields = line.split(',').map(|field| Some(field).filter(|text| !text.is_empty()));
        let mut next = || Cell::from(fields.next().flatten());
        let (category, kind) = (next(), next());
        let version = Cell::Whole(i64::from(TAXONOMY_VERSION));
        rows.push(&[category, kind, version, next(), next()])?;
    }
    Ok(rows)
}

/// Calls to banks by month (`YYYY-MM`).
pub(super) async fn calls(
    view: &View,
    whose: &Whose,
) -> Result<BTreeMap<String, Rows>, ExportError> {
    let mut months: BTreeMap<String, (BTreeSet<UserId>, Vec<_>)> = BTreeMap::new();
    for user_id in whose.people.iter().copied().collect::<BTreeSet<_>>() {
        for call in view.fetches().calls(user_id, MOST_CALLS).await? {
            if whose.covers(call.called_at) {
                let month = call.called_at.format("%Y-%m").to_string();
                let (people, calls) = months.entry(month).or_default();
                people.insert(user_id);
                calls.push((call.called_at, call.request_id.clone(), user_id, call));
            }
        }
    }
    let mut tables = BTreeMap::new();
    for (month, (people, mut calls)) in months {
        if !whose.enough(people.len()) {
            continue;
        }
        calls.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let mut rows = Rows::of(&BANK_CALLS);
        for (_, _, user_id, call) in &calls {
            rows.push(&[
                instant(whose, call.called_at).into(),
                whose.name(user_id.0).as_str().into(),
                whose.name(call.consent_id.0).as_str().into(),
                whose.name(call.fetch_id.0).as_str().into(),
                call.endpoint.as_str().into(),
                call.status.map(i64::from).into(),
                call.problem.as_deref().into(),
                call.attended.into(),
            ])?;
        }
        tables.insert(month, rows);
    }
    Ok(tables)
}
