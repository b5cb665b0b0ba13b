//! The ways of banks to misbehave that show in rows, windows, balances or calls.

use std::fmt;

macro_rules! misbehaviours {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// One way of a bank to misbehave.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Misbehaviour { $($(#[$doc])+ $variant,)+ }

        impl Misbehaviour {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name on the command line and in tables.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

misbehaviours! {
    /// Every consent gives each account a new identifier.
    AccountIdPerConsent = "account-id-per-consent",
    /// An identifier differs between two reads of one row.
    IdPerCall = "transaction-id-per-call",
    /// The reference is the row's place, and moves when a row comes in.
    PositionalReference = "positional-reference",
    /// The reference is missing on the first day.
    LateReference = "late-reference",
    /// References begin anew after two months.
    ReusedId = "reused-id",
    /// Rows of two accounts bear the same references.
    IdAcrossAccounts = "id-across-accounts",
    /// There is no identifier at all.
    NoId = "no-id",
    /// Many purchases are equal in every field.
    IdenticalTwins = "identical-twins",
    /// Some rows are shown twice, with two references.
    EchoedRow = "echoed-row",
    /// A card purchase stays as an authorisation beside its settlement.
    CardPair = "card-pair",
    /// The booked amount differs from the pending one.
    AmountDrift = "pending-amount-drift",
    /// The booked day differs from the pending one.
    DateDrift = "pending-date-drift",
    /// The text is written anew when a row is booked.
    RewrittenText = "rewritten-text",
    /// Pending rows go without being booked.
    VanishingPending = "vanishing-pending",
    /// Asking for pending rows is refused now and then.
    PendingFilterRefused = "pending-filter-refused",
    /// The first day that is asked for is ignored.
    DateFilterIgnored = "date-filter-ignored",
    /// Windows of more than ninety days are refused.
    WindowRefused = "window-refused",
    /// The key of the next page repeats.
    RepeatingCursor = "repeating-cursor",
    /// Page two refuses its own key.
    RefusedCursor = "refused-cursor",
    /// Old rows are shown only in the first minutes of a consent.
    FirstMinutesHistory = "first-minutes-history",
    /// A renewal shows years of rows that were not there before.
    HistoryFlood = "history-flood",
    /// The balance is often not to be had.
    BalanceDown = "balance-down",
    /// The balance is often old.
    StaleBalance = "stale-balance",
    /// Rows that cannot be read.
    BrokenRow = "broken-row",
    /// Calls are refused although there is quota left.
    OddRetryAfter = "odd-retry-after",
    /// Consents end early.
    ShorterConsent = "shorter-consent",
    /// One account is refused until the next consent.
    RevokedAtBank = "revoked-at-bank",
    /// The accounts move to another bank, which gives every row another reference.
    BankMerger = "bank-merger",
    /// The bank is a day ahead around midnight.
    ClockSkew = "clock-skew",
    /// Booked rows are corrected or taken back.
    CorrectedHistory = "corrected-history",
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Some of them at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set(u64);

impl Set {
    /// Those.
    #[must_use]
    pub fn of(those: &[Misbehaviour]) -> Self {
        Self(those.iter().fold(0, |bits, one| bits | 1 << *one as u64))
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(self, one: Misbehaviour) -> bool {
        self.0 >> (one as u64) & 1 == 1
    }

    /// Names with commas between.
    ///
    /// # Errors
    /// The name that is none.
    pub fn parse(names: &str) -> Result<Self, String> {
        let mut those = Vec::new();
        for name in names.split(',').filter(|name| !name.is_empty() && *name != "none") {
            let found = Misbehaviour::ALL.iter().find(|one| one.name() == name);
            those.push(*found.ok_or_else(|| format!("no misbehaviour is called {name:?}"))?);
        }
        Ok(Self::of(&those))
    }
}

impl fmt::Display for Set {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> =
            Misbehaviour::ALL.iter().filter(|one| self.has(**one)).map(|one| one.name()).collect();
        let text = if names.is_empty() { "none".to_owned() } else { names.join(",") };
        formatter.write_str(&text)
    }
}
