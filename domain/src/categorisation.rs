//! The published taxonomy of categories. How a row gets its category is decided in the insights.

/// Raised with every change to the taxonomy. An identifier never changes its meaning.
pub const TAXONOMY_VERSION: u32 = 1;

/// What money of a category is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryKind {
    /// Money spent.
    Spending,
    /// Money earned.
    Income,
    /// Money moved between places of one's own.
    Transfer,
}

/// Every category with its kind.
pub const CATEGORIES: [(&str, CategoryKind); 37] = [
    ("groceries", CategoryKind::Spending),
    ("restaurants", CategoryKind::Spending),
    ("alcohol_tobacco", CategoryKind::Spending),
    ("fuel_charging", CategoryKind::Spending),
    ("public_transport", CategoryKind::Spending),
    ("mobility_rental", CategoryKind::Spending),
    ("parking", CategoryKind::Spending),
    ("car", CategoryKind::Spending),
    ("lodging", CategoryKind::Spending),
    ("air_travel", CategoryKind::Spending),
    ("travel_agency", CategoryKind::Spending),
    ("clothing", CategoryKind::Spending),
    ("electronics", CategoryKind::Spending),
    ("telecom", CategoryKind::Spending),
    ("utilities", CategoryKind::Spending),
    ("housing", CategoryKind::Spending),
    ("home_diy", CategoryKind::Spending),
    ("health", CategoryKind::Spending),
    ("beauty", CategoryKind::Spending),
    ("sports_fitness", CategoryKind::Spending),
    ("entertainment", CategoryKind::Spending),
    ("gambling", CategoryKind::Spending),
    ("books_toys_stationery", CategoryKind::Spending),
    ("general_merchandise", CategoryKind::Spending),
    ("pets", CategoryKind::Spending),
    ("education", CategoryKind::Spending),
    ("insurance", CategoryKind::Spending),
    ("bank_fees_cash", CategoryKind::Spending),
    ("post_parcel", CategoryKind::Spending),
    ("government", CategoryKind::Spending),
    ("charity", CategoryKind::Spending),
    ("professional_services", CategoryKind::Spending),
    ("other", CategoryKind::Spending),
    ("income", CategoryKind::Income),
    ("transfer", CategoryKind::Transfer),
    ("savings_investment", CategoryKind::Transfer),
    ("loan", CategoryKind::Spending),
];

/// The kind of a category; unknown names count as spending.
#[must_use]
pub fn kind_of(category: &str) -> CategoryKind {
    CATEGORIES
        .iter()
        .find(|(name, _)| *name == category)
        .map_or(CategoryKind::Spending, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_name_of_its_own_and_an_unknown_one_is_spending() {
        let mut names = CATEGORIES.map(|(name, _)| name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(kind_of("savings_investment"), CategoryKind::Transfer);
        assert_eq!(kind_of("income"), CategoryKind::Income);
        assert_eq!(kind_of("no such category"), CategoryKind::Spending);
    }
}
