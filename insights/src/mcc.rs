//! Merchant category codes (ISO 18245).

use std::sync::LazyLock;

use crate::dictionary::place;

const CODES: &str = include_str!("../data/mcc.tsv");

static RANGES: LazyLock<Vec<(u16, u16, usize)>> = LazyLock::new(|| {
    let range = |line: &str| {
        let mut fields = line.split('\t');
        let (first, last) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((first, last, place(fields.next()?)?))
    };
    CODES.lines().filter_map(range).collect()
});

/// Place of a code's category in the taxonomy; none for a code that says nothing of a trade.
#[must_use]
pub fn category(code: u16) -> Option<usize> {
    let after = RANGES.partition_point(|(first, _, _)| *first <= code);
    let (_, last, category) = RANGES.get(after.checked_sub(1)?)?;
    let says = *last >= code && domain::categorisation::CATEGORIES[*category].0 != "other";
    says.then_some(*category)
}
