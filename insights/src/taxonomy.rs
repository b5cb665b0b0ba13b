//! The published taxonomy: its categories, and what they are called elsewhere.

/// The taxonomy as CSV: identifier, kind, Plaid's personal finance categories (v1), COICOP 2018
/// and examples of merchant category codes.
pub const PUBLISHED: &str = include_str!("../data/taxonomy.csv");

#[cfg(test)]
mod tests {
    use domain::categorisation::{CATEGORIES, CategoryKind};

    use super::*;

    #[test]
    fn what_is_published_is_what_is_used() {
        let published: Vec<(&str, &str)> = PUBLISHED
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut fields = line.split(',');
                Some((fields.next()?, fields.next()?))
            })
            .collect();
        let used = CATEGORIES.map(|(name, kind)| {
            let kind = match kind {
                CategoryKind::Spending => "spending",
                CategoryKind::Income => "income",
                CategoryKind::Transfer => "transfer",
            };
            (name, kind)
        });
        assert_eq!(published, used);
    }
}
