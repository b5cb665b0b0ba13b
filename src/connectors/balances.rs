//! Balances of a list that may name one kind several times.

use domain::observed::ObservedBalance;
use serde_json::value::RawValue;

use super::ObservedBalances;
use super::row::{Rejection, Row, apart, broken_row};

/// Reads the rows of a list; of several balances of one kind the one of the lowest rank stands, and of
/// equal ranks the first. None is a balance that is not ours to show.
pub(super) fn best_of_each_kind(
    rows: &[Box<RawValue>],
    read_one: impl Fn(Row) -> Result<Option<(u8, ObservedBalance)>, Rejection>,
) -> ObservedBalances {
    let mut best: Vec<(u8, ObservedBalance)> = Vec::new();
    let mut read = ObservedBalances::default();
    for (index, raw) in rows.iter().enumerate() {
        match Row::parse(raw.get()).ok_or_else(broken_row).and_then(&read_one) {
            Err(reason) => read.quarantined.push(apart(index, reason)),
            Ok(None) => {}
            Ok(Some((rank, balance))) => {
                match best.iter_mut().find(|(_, known)| known.kind == balance.kind) {
                    Some(known) if rank < known.0 => *known = (rank, balance),
                    Some(_) => {}
                    None => best.push((rank, balance)),
                }
            }
        }
    }
    read.balances = best.into_iter().map(|(_, balance)| balance).collect();
    read
}
