//! What belongs together: transfers between own accounts, and refunds with what they give back.
//! Both are suggestions with their reasons; nothing is counted otherwise without the person.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use domain::categorisation::CategoryKind;
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;

use crate::movement::Movement;

/// The other half of a transfer may be booked so many days before, and so many after.
const EARLIEST: i64 = -1;
const LATEST: i64 = 4;
/// What two halves need at least.
const ENOUGH: i32 = 3;
/// Words of transfers, and words that speak against one.
const TRANSFER_WORDS: &[&str] = &[
    "tilisiirto",
    "siirto",
    "oma",
    "omalle",
    "omalta",
    "saasto",
    "saastoon",
    "saastosiirto",
    "saastotili",
    "transfer",
    "own",
    "savings",
    "overforing",
    "egen",
    "eget",
    "sparkonto",
    "sparande",
    "internal",
    "moving",
    "buffer",
    "puskuri",
    "luottokortti",
    "korttilasku",
    "kreditkort",
];
const OTHER_WORDS: &[&str] = &[
    "korttiosto",
    "osto",
    "card",
    "purchase",
    "kortkop",
    "palautus",
    "refund",
    "hyvitys",
    "retur",
    "palkka",
    "salary",
    "lon",
    "lasku",
    "invoice",
    "faktura",
    "vuokra",
    "rent",
    "hyra",
    "mobilepay",
    "swish",
];
/// A refund comes within so many days.
const REFUND_DAYS: i64 = 90;

/// Why two rows are thought to belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The amounts are the same.
    SameAmount,
    /// One names the other's account.
    NamesAccount,
    /// The words are those of a transfer.
    TransferWords,
    /// The category is that of a transfer.
    TransferCategory,
    /// So many days lie between them.
    DaysBetween(i64),
    /// The payee is the same.
    SamePayee,
    /// Nothing else comes into question.
    OnlyCandidate,
    /// A part of what was paid.
    Part,
    /// The person said so.
    Confirmed,
}

/// Two rows that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Money out.
    pub out: TransactionId,
    /// Money in.
    pub back: TransactionId,
    /// Whether it can be relied on without asking.
    pub certain: bool,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Transfers between the accounts of one person. `identifiers` are the accounts' IBANs.
#[must_use]
pub fn transfers(movements: &[Movement], identifiers: &HashMap<AccountId, String>) -> Vec<Pair> {
    let own: HashMap<String, AccountId> =
        identifiers.iter().map(|(account, text)| (plain(text), *account)).collect();
    let mut by_amount: BTreeMap<(i64, Currency), Vec<&Movement>> = BTreeMap::new();
    for movement in movements.iter().filter(|movement| movement.incoming()) {
        by_amount.entry((movement.minor, movement.currency)).or_default().push(movement);
    }
    for rows in by_amount.values_mut() {
        rows.sort_by_key(|row| (row.day, row.id));
    }
    let mut candidates = Vec::new();
    for out in movements.iter().filter(|movement| movement.minor < 0) {
        let Some(amount) = out.minor.checked_neg() else { continue };
        let rows = by_amount.get(&(amount, out.currency)).map_or(&[][..], Vec::as_slice);
        let from = rows.partition_point(|row| (row.day - out.day).num_days() < EARLIEST);
        for back in &rows[from..] {
            let days = (back.day - out.day).num_days();
            if days > LATEST {
                break;
            }
            if back.account == out.account {
                continue;
            }
            let (score, reasons) = score(out, back, days, &own);
            if score >= ENOUGH {
                candidates.push((score, days.abs(), out.id, back.id, reasons));
            }
        }
    }
    candidates.sort_by_key(|one| (-one.0, one.1, one.2, one.3));
    let mut taken: HashSet<TransactionId> = HashSet::new();
    let mut pairs = Vec::new();
    for (score, _, out, back, reasons) in candidates {
        if !taken.contains(&out) && !taken.contains(&back) {
            taken.extend([out, back]);
            pairs.push(Pair { out, back, certain: score >= 6, reasons });
        }
    }
    pairs
}

fn plain(identifier: &str) -> String {
    identifier.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase()
}

fn score(
    out: &Movement,
    back: &Movement,
    days: i64,
    own: &HashMap<String, AccountId>,
) -> (i32, Vec<Reason>) {
    let mut reasons = vec![Reason::SameAmount, Reason::DaysBetween(days)];
    let mut score = if days == 0 { 1 } else { 0 };
    for (one, other) in [(out, back), (back, out)] {
        let Some(named) = &one.counterparty_identifier else { continue };
        match own.get(&plain(named)) {
            Some(account) if *account == other.account => {
                score += 6;
                reasons.push(Reason::NamesAccount);
            }
            _ => score -= 8,
        }
    }
    let holds =
        |row: &Movement, words: &[&str]| row.text.split(' ').any(|word| words.contains(&word));
    let kind = |row: &Movement| row.kind() == CategoryKind::Transfer;
    if holds(out, TRANSFER_WORDS) || holds(back, TRANSFER_WORDS) {
        score += if holds(out, TRANSFER_WORDS) && holds(back, TRANSFER_WORDS) { 4 } else { 2 };
        reasons.push(Reason::TransferWords);
    }
    if kind(out) || kind(back) {
        score += if kind(out) && kind(back) { 3 } else { 1 };
        reasons.push(Reason::TransferCategory);
    }
    if holds(out, OTHER_WORDS) || holds(back, OTHER_WORDS) {
        score -= 4;
    }
    reasons.dedup();
    (score, reasons)
}

/// What a person said of pairs: money out, money in, and whether they belong together.
pub type Verdicts = HashMap<(TransactionId, TransactionId), bool>;

/// Refunds: money back from a payee that was paid before. Exact ones with one candidate are certain,
/// and those the person confirmed; those they refused are not looked at again.
#[must_use]
pub fn refunds(
    movements: &[Movement],
    linked: &HashSet<TransactionId>,
    verdicts: &Verdicts,
) -> Vec<Pair> {
    let mut paid: HashMap<(&str, Currency), Vec<&Movement>> = HashMap::new();
    let mut sorted: Vec<&Movement> =
        movements.iter().filter(|movement| !linked.contains(&movement.id)).collect();
    sorted.sort_by_key(|row| (row.day, row.id));
    let mut given_back: HashSet<TransactionId> = HashSet::new();
    let mut pairs = Vec::new();
    for row in sorted {
        let key = (row.payee.as_str(), row.currency);
        if row.minor < 0 {
            paid.entry(key).or_default().push(row);
            continue;
        }
        if row.kind() != CategoryKind::Spending {
            continue;
        }
        let recent = |from: NaiveDate| (row.day - from).num_days() <= REFUND_DAYS;
        let said = |before: &Movement| verdicts.get(&(before.id, row.id)).copied();
        let open: Vec<&&Movement> = paid
            .get(&key)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter(|before| recent(before.day) && !given_back.contains(&before.id))
            .filter(|before| said(before) != Some(false))
            .collect();
        if let Some(confirmed) = open.iter().find(|before| said(before) == Some(true)) {
            given_back.insert(confirmed.id);
            let reasons = vec![Reason::SamePayee, Reason::Confirmed];
            pairs.push(Pair { out: confirmed.id, back: row.id, certain: true, reasons });
            continue;
        }
        let exact: Vec<&&&Movement> =
            open.iter().filter(|before| before.minor.checked_neg() == Some(row.minor)).collect();
        let (found, certain, mut reasons) = match (exact.as_slice(), open.as_slice()) {
            ([one], _) => (one.id, true, vec![Reason::SameAmount, Reason::OnlyCandidate]),
            // Of several the newest, but it is asked about.
            ([.., newest], _) => (newest.id, false, vec![Reason::SameAmount]),
            ([], [one]) if one.minor.saturating_abs() > row.minor => {
                (one.id, false, vec![Reason::Part, Reason::OnlyCandidate])
            }
            _ => continue,
        };
        if !reasons.contains(&Reason::Part) {
            given_back.insert(found);
        }
        reasons.insert(0, Reason::SamePayee);
        pairs.push(Pair { out: found, back: row.id, certain, reasons });
    }
    pairs
}
