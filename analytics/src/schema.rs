//! The tables of the data set and their columns. Whoever reads the files relies on them.

/// Raised when a column changes its meaning or goes away. A new column at the end of a table is no
/// new version.
pub const DATA_SET_VERSION: u32 = 1;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that is often said again, such as a category.
    Word,
    /// Text of any kind.
    Text,
    /// A whole number of 64 bits; amounts are minor units.
    Whole,
    /// A day.
    Day,
    /// An instant, in microseconds of UTC.
    Instant,
    /// Yes or no.
    Truth,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row has a value.
    pub required: bool,
    /// Whether it may name a person; for analysts it is empty.
    pub personal: bool,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// The column that names the folder of a month, its first day; none if the table is one file.
    /// It is not in the files.
    pub month: Option<&'static str>,
    /// Its columns in their order.
    pub columns: &'static [Column],
}

impl Table {
    /// The table of a name, whatever its letters' case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().copied().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

const fn must(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: true, personal: false }
}

const fn may(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false, personal: false }
}

const fn personal(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false, personal: true }
}

/// One row for each counted transaction, or each part of one that was split.
pub static TRANSACTIONS: Table = Table {
    name: "transactions",
    month: Some("booked_month"),
    columns: &[
        must("position", Kind::Whole),
        must("part", Kind::Whole),
        must("person", Kind::Word),
        must("account", Kind::Word),
        must("booked_on", Kind::Day),
        may("value_on", Kind::Day),
        must("amount_minor", Kind::Whole),
        must("currency", Kind::Word),
        must("category", Kind::Word),
        must("category_kind", Kind::Word),
        must("category_source", Kind::Word),
        must("state", Kind::Word),
        must("recorded_at", Kind::Instant),
        personal("category_reason", Kind::Word),
        personal("counterparty", Kind::Word),
        personal("counterparty_account", Kind::Word),
        personal("text", Kind::Text),
        personal("reference", Kind::Text),
        personal("note", Kind::Text),
    ],
};

/// What each account held at the begin and at the end of a month with rows.
pub static BALANCES: Table = Table {
    name: "balances",
    month: Some("booked_month"),
    columns: &[
        must("person", Kind::Word),
        must("account", Kind::Word),
        must("currency", Kind::Word),
        must("opening_minor", Kind::Whole),
        must("booked_minor", Kind::Whole),
        must("closing_minor", Kind::Whole),
    ],
};

/// The accounts, with what their banks said last.
pub static ACCOUNTS: Table = Table {
    name: "accounts",
    month: None,
    columns: &[
        must("person", Kind::Word),
        must("account", Kind::Word),
        must("bank", Kind::Word),
        must("kind", Kind::Word),
        must("currency", Kind::Word),
        may("booked_minor", Kind::Whole),
        may("available_minor", Kind::Whole),
        may("last_read_at", Kind::Instant),
        personal("identifier", Kind::Text),
        personal("name", Kind::Text),
        personal("owner", Kind::Text),
    ],
};

/// The taxonomy of categories.
pub static CATEGORIES: Table = Table {
    name: "categories",
    month: None,
    columns: &[
        must("category", Kind::Word),
        must("kind", Kind::Word),
        must("taxonomy_version", Kind::Whole),
        may("plaid_pfc_v1", Kind::Word),
        may("coicop_2018", Kind::Word),
    ],
};

/// What comes again, as it stands on the day of the export.
pub static RECURRING: Table = Table {
    name: "recurring",
    month: None,
    columns: &[
        must("person", Kind::Word),
        must("account", Kind::Word),
        must("category", Kind::Word),
        must("currency", Kind::Word),
        must("rhythm", Kind::Word),
        must("state", Kind::Word),
        must("fixed", Kind::Truth),
        must("times", Kind::Whole),
        must("first_on", Kind::Day),
        must("last_on", Kind::Day),
        must("next_on", Kind::Day),
        must("expected_minor", Kind::Whole),
        must("yearly_minor", Kind::Whole),
        personal("payee", Kind::Text),
    ],
};

/// Permissions at banks.
pub static CONSENTS: Table = Table {
    name: "consents",
    month: None,
    columns: &[
        must("person", Kind::Word),
        must("consent", Kind::Word),
        must("connection", Kind::Word),
        must("bank", Kind::Word),
        must("status", Kind::Word),
        must("requested_at", Kind::Instant),
        may("granted_at", Kind::Instant),
        may("expires_at", Kind::Instant),
        may("ended_at", Kind::Instant),
        may("ended_reason", Kind::Word),
        must("history_from", Kind::Day),
        must("history_to", Kind::Day),
    ],
};

/// Calls to banks.
pub static BANK_CALLS: Table = Table {
    name: "bank_calls",
    month: Some("called_month"),
    columns: &[
        must("called_at", Kind::Instant),
        must("person", Kind::Word),
        must("consent", Kind::Word),
        must("run", Kind::Word),
        must("endpoint", Kind::Word),
        may("status", Kind::Whole),
        may("problem", Kind::Word),
        must("attended", Kind::Truth),
    ],
};

/// Every table.
pub static TABLES: [&Table; 7] =
    [&TRANSACTIONS, &BALANCES, &ACCOUNTS, &CATEGORIES, &RECURRING, &CONSENTS, &BANK_CALLS];
