//! Balances of accounts at the end of days, walked back from what the banks state now. They are made of sums
//! that the database gives, by day or by month, so they hold for any number of rows.

use std::collections::BTreeMap;

use async_graphql::{Context, Result};
use chrono::{Datelike as _, NaiveDate};
use domain::id::{AccountId, UserId};
use domain::money::{Currency, Money};
use domain::observed::BalanceKind;
use insights::cashflow::walked_back;
use projections::accounts::AccountRow;

use crate::api::as_of::At;
use crate::api::visit::internal;

fn ends_a_month(day: NaiveDate) -> bool {
    day.succ_opt().is_none_or(|next| next.day() == 1)
}

/// Balances at the end of days in rising order, none after today; by currency, those of accounts whose bank
/// states a booked one. Nothing where no bank does.
pub(super) async fn balances(
    context: &Context<'_>,
    at: &At,
    user_id: UserId,
    accounts: &[AccountRow],
    days: &[NaiveDate],
) -> Result<BTreeMap<Currency, Vec<i64>>> {
    let stated: Vec<(AccountId, Money)> = accounts
        .iter()
        .filter_map(|account| {
            let booked = account.balance(BalanceKind::Booked)?;
            Some((account.account_id, booked.amount))
        })
        .collect();
    let ids: Vec<AccountId> = stated.iter().map(|(id, _)| *id).collect();
    let (Some(first), false) = (days.first(), ids.is_empty()) else { return Ok(BTreeMap::new()) };
    let today = at.now().date_naive();
    let transactions = at.view().transactions();
    let booked = match days.iter().all(|day| ends_a_month(*day) || *day >= today) {
        true => transactions.booked_by_month(user_id, &ids).await,
        false => transactions.booked_by_day(user_id, &ids, *first).await,
    };
    let booked = booked.map_err(|error| internal(context, error))?;
    let mut sums: BTreeMap<Currency, Vec<i64>> = BTreeMap::new();
    for (id, now) in stated {
        let changes = booked.get(&(id, now.currency)).map_or(&[][..], Vec::as_slice);
        let mut line = walked_back(now.minor, changes, days);
        // What stands now is what the bank says, whatever it has booked ahead.
        if let Some(last) = line.last_mut().filter(|_| days.last() >= Some(&today)) {
            *last = now.minor;
        }
        let sum = sums.entry(now.currency).or_insert_with(|| vec![0; days.len()]);
        for (sum, one) in sum.iter_mut().zip(line) {
            *sum = sum.saturating_add(one);
        }
    }
    Ok(sums)
}
