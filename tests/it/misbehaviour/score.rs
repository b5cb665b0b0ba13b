//! What the ledger shows against what is really in the bank.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::id::AccountId;
use domain::observed::RowState;
use domain::transaction::Standing;
use sandbox::TrueLedger;
use serde_json::json;

use crate::support::{Browser, World};

/// Days a booking may be off and still be the same transaction: a weekend and a holiday.
const DAYS_OFF: i64 = 7;

/// How a ledger compares with the truth.
#[derive(Debug, Default)]
pub struct Score {
    /// Booked at the bank, shown by it, and neither counted, pending nor held here: by identity.
    pub lost: Vec<String>,
    /// Counted here as booked more often than it is at the bank: account, day, amount.
    pub doubled: Vec<String>,
    pub counted: usize,
    pub held: usize,
    pub pending: usize,
    pub accounts: usize,
}

/// A row by what tells real transactions apart here: the day and the amount without its sign.
type Mark = (NaiveDate, u64);

/// Takes the mark that is equal, or else the nearest one of the same amount.
fn take(marks: &mut Vec<Mark>, wanted: Mark, days_off: i64) -> bool {
    let off = |mark: &Mark| (mark.0 - wanted.0).num_days().abs();
    let fits = |mark: &&Mark| mark.1 == wanted.1 && off(mark) <= days_off;
    let Some(best) = marks.iter().filter(fits).min_by_key(|mark| off(mark)).copied() else {
        return false;
    };
    let place = marks.iter().position(|mark| *mark == best).expect("it is there");
    marks.swap_remove(place);
    true
}

/// Compares account by account. A transaction the bank never showed cannot be lost.
pub async fn score(world: &World, person: &mut Browser) -> Score {
    let head = world.app.ledger.log().head().await.expect("a head").position;
    let text = "query ($at: Position) { accounts(atLeast: $at) { id identifier } }";
    let data = person.graphql(text, json!({ "at": head.to_string() })).await;
    let truth: TrueLedger = world.bank.true_ledger();
    let mut shown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &truth.shown {
        let names = row.identities.iter().map(String::as_str);
        shown.entry(row.number.as_str()).or_default().extend(names);
    }
    let mut score = Score::default();
    let mut ours: BTreeMap<String, [Vec<Mark>; 3]> = BTreeMap::new();
    for account in data["accounts"].as_array().expect("a list") {
        score.accounts += 1;
        let id: AccountId = account["id"].as_str().expect("an id").parse().expect("an id");
        let rows = world.app.read.transactions().known_rows_of(id, None).await.expect("rows").0;
        let number = account["identifier"].as_str().expect("a number").to_owned();
        let [counted, pending, held] = ours.entry(number).or_default();
        for row in rows {
            let mark = (row.observed.booking_date, row.observed.amount.minor.unsigned_abs());
            match (row.standing, row.observed.state) {
                (Standing::Counted, RowState::Booked) => counted.push(mark),
                (Standing::Counted, RowState::Pending) => pending.push(mark),
                (Standing::Doubted, _) => held.push(mark),
                (Standing::Withdrawn | Standing::Absorbed, _) => {}
            }
        }
        score.counted += counted.len();
        score.pending += pending.len();
        score.held += held.len();
    }
    for history in &truth.accounts {
        let Some([counted, pending, held]) = ours.get_mut(&history.number) else { continue };
        let mut open = Vec::new();
        let booked = history.transactions.iter().filter(|one| one.is_booked());
        for days_off in [0, DAYS_OFF] {
            let wanted: Vec<_> = match days_off {
                0 => booked.clone().collect(),
                _ => std::mem::take(&mut open),
            };
            for one in wanted {
                let day = one.booked.unwrap_or(one.made);
                if !take(counted, (day, one.amount_minor.unsigned_abs()), days_off) {
                    open.push(one);
                }
            }
        }
        // The clock has moved on since the first read: what has left the bank's books cannot be
        // compared with them any more.
        let oldest = history.transactions.iter().filter_map(|one| one.booked).min();
        for (day, minor) in counted.iter().filter(|(day, _)| oldest.is_none_or(|old| *day >= old)) {
            score.doubled.push(format!("{} {day} {minor}", history.number));
        }
        let known = shown.get(history.number.as_str());
        for one in open {
            let mark = (one.booked.unwrap_or(one.made), one.amount_minor.unsigned_abs());
            let there = take(held, mark, DAYS_OFF) || take(pending, mark, DAYS_OFF);
            if !there && known.is_some_and(|known| known.contains(one.identity.as_str())) {
                score.lost.push(one.identity.clone());
            }
        }
    }
    score
}
