//! Rows that are not booked yet. OP lists none and has no filter for them: they are an extension of the
//! simulator, there only while one of the pending misbehaviours is on. Every row then says `status`
//! (`PENDING` or `BOOKED`), a pending row has no archive id, and reads take `status=PENDING|BOOKED`.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use super::rows::{Listed, Shape, Source, Standing};
use super::{Misbehaviour, View};
use crate::api_error::ApiError;
use crate::chance::lot;
use crate::house::House;
use crate::household::{
    BRITISH_CARD_AUTHORISATION, CARD_PURCHASE, CardRow, NORDIC_CARD_AUTHORISATION, Party, Row,
};
use crate::options::SandboxStandard;

/// How long a pending row that never books is listed, in days, its first day included.
pub(crate) const PHANTOM_DAYS: u64 = 3;
/// How long an authorisation stands beside its booked row, in days after the booking.
const PAIR_DAYS: i64 = 2;
/// The code of an authorisation row; the booked one has `KORTTIOSTO`.
const AUTHORISATION_CODE: &str = "KORTTIVARAUS";
/// The text of a pending row with `rewritten-text`.
fn pending_text(house: &House) -> &'static str {
    match house.standard {
        SandboxStandard::Op | SandboxStandard::EnableBanking => "KATEVARAUS",
        SandboxStandard::OpenBankingUk => "PENDING",
        SandboxStandard::BerlinGroup => "RESERVERAT",
    }
}

/// Which rows a read asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusFilter {
    All,
    Booked,
    Pending,
}

impl StatusFilter {
    /// Reads the parameter `status`. Without a pending misbehaviour it means nothing, as at OP; with
    /// `pending-filter-refused` asking for pending rows is an error.
    pub(crate) fn parse(view: &View, status: Option<&str>) -> Result<Self, ApiError> {
        let status = status.filter(|_| view.on.lists_pending()).unwrap_or_default();
        if status.eq_ignore_ascii_case("BOOKED") {
            return Ok(match view.on.has(Misbehaviour::BookedFilterIgnored) {
                true => Self::All,
                false => Self::Booked,
            });
        }
        if !status.eq_ignore_ascii_case("PENDING") {
            return Ok(Self::All);
        }
        if !view.on.has(Misbehaviour::PendingFilterRefused) {
            return Ok(Self::Pending);
        }
        let message = "status PENDING is not supported";
        Err(match view.seed.is_multiple_of(2) {
            true => ApiError::Technical(422, message.to_owned()),
            false => ApiError::violation("InvalidValue", "status", message),
        })
    }

    /// The filter as the links of a page repeat it; none where everything is listed.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Booked => Some("BOOKED"),
            Self::Pending => Some("PENDING"),
        }
    }

    pub(super) fn holds(self, standing: Standing) -> bool {
        match self {
            Self::All => true,
            Self::Booked => standing == Standing::Booked,
            Self::Pending => standing == Standing::Pending,
        }
    }
}

/// A reservation that is released and never booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phantom {
    pub(crate) identity: String,
    pub(crate) made: NaiveDate,
    /// Above zero.
    pub(crate) cents: i64,
}

impl Phantom {
    /// The reservation a day begins on an account or card, if it begins one.
    pub(crate) fn of(seed: u64, number: &str, day: NaiveDate) -> Option<Self> {
        let identity = format!("reservation-{day}-{number}");
        let drawn = lot(seed, "phantom", &identity);
        let cents = 1_000 + (drawn / 2 % 9_000) as i64;
        drawn.is_multiple_of(2).then_some(Self { identity, made: day, cents })
    }
}

/// The reservations of `vanishing-pending` listed today, newest first.
pub(crate) fn phantoms(view: &View, number: &str, pays_by_card: bool) -> Vec<Phantom> {
    if !view.on.has(Misbehaviour::VanishingPending) || !pays_by_card {
        return Vec::new();
    }
    let days = (0..PHANTOM_DAYS).filter_map(|back| view.today.checked_sub_days(Days::new(back)));
    days.filter_map(|day| Phantom::of(view.seed, number, day)).collect()
}

impl Phantom {
    pub(super) fn on_account(&self, house: &House) -> Row {
        let (kind, hotel) = match house.standard {
            SandboxStandard::Op | SandboxStandard::EnableBanking => {
                (CARD_PURCHASE, "HOTELLI VARAUS")
            }
            SandboxStandard::OpenBankingUk => (BRITISH_CARD_AUTHORISATION, "HOTEL DEPOSIT"),
            SandboxStandard::BerlinGroup => (NORDIC_CARD_AUTHORISATION, "HOTELL DEPOSITION"),
        };
        Row {
            identity: self.identity.clone(),
            archive_id: String::new(),
            message: pending_text(house).to_owned(),
            reference: None,
            amount_cents: -self.cents,
            original: None,
            booking_date: self.made,
            value_date: self.made,
            payment_date: self.made,
            payer: None,
            recipient: Some(Party { name: hotel.to_owned(), iban: None, bic: "" }),
            kind,
            correction: None,
        }
    }

    pub(super) fn on_card(&self) -> CardRow {
        CardRow {
            identity: self.identity.clone(),
            made: self.made,
            description: "HOTELLI VARAUS\tHELSINKI".to_owned(),
            amount_cents: self.cents,
            original_cents: self.cents,
            original_currency: "EUR",
            posting_date: self.made,
        }
    }
}

impl View {
    /// The pending row of a purchase on an account that is not booked yet.
    pub(super) fn pending_row(&self, row: &Row) -> Listed<'static> {
        self.pending(Listed::of_row(row))
    }

    /// The pending row of a purchase on a card that is not posted yet.
    pub(super) fn pending_card_row(&self, row: &CardRow) -> Listed<'static> {
        self.pending(Listed::of_card_row(row))
    }

    /// True when the authorisation of a booked purchase is still listed (`card-pair`).
    pub(super) fn has_pair(&self, made: NaiveDate, booked: NaiveDate) -> bool {
        let age = (self.today - booked).num_days();
        self.on.has(Misbehaviour::CardPair) && made < booked && (0..=PAIR_DAYS).contains(&age)
    }

    fn pending(&self, listed: Listed<'_>) -> Listed<'static> {
        let Listed { shape, made, mut booked, mut cents, source, .. } = listed;
        let drawn = lot(self.seed, "drift", &listed.identity);
        let mut source = match source {
            Source::Row(row) => Source::Row(Cow::Owned(row.into_owned())),
            Source::CardRow(row) => Source::CardRow(Cow::Owned(row.into_owned())),
        };
        let mut archive_id = None;
        if self.on.has(Misbehaviour::PendingAmountDrift) {
            let percent = 1 + (drawn % 20) as i64;
            cents += cents.signum() * (1 + cents.abs() * percent / 100);
        }
        if self.on.has(Misbehaviour::PendingDateDrift) {
            booked = made;
        }
        if self.on.has(Misbehaviour::RewrittenText) {
            rewrite(self.house, &mut source);
        }
        if self.on.has(Misbehaviour::CardPair) {
            // Card rows have neither an id nor a code at OP: their text tells the two apart.
            match &mut source {
                Source::Row(row) => {
                    archive_id = Some(format!("V{:015}", drawn % 1_000_000_000_000_000));
                    row.to_mut().kind = match self.house.standard {
                        SandboxStandard::Op | SandboxStandard::EnableBanking => AUTHORISATION_CODE,
                        SandboxStandard::OpenBankingUk => BRITISH_CARD_AUTHORISATION,
                        SandboxStandard::BerlinGroup => NORDIC_CARD_AUTHORISATION,
                    };
                }
                Source::CardRow(row) => {
                    let row = row.to_mut();
                    row.description = format!("{AUTHORISATION_CODE} {}", row.description);
                }
            }
        }
        Listed {
            shape,
            standing: Standing::Pending,
            identity: Cow::Owned(listed.identity.into_owned()),
            made,
            booked,
            cents,
            archive_id,
            source,
        }
    }
}

/// The text a purchase has before it is booked: shortened, without the town, under another party name.
fn rewrite(house: &House, source: &mut Source<'_>) {
    let pending = pending_text(house);
    let short = |text: &str| {
        let kept = text.split(['\t', ' ']).next().unwrap_or_default();
        format!("{pending} {}", kept.chars().take(6).collect::<String>())
    };
    match source {
        Source::Row(row) => {
            let row = row.to_mut();
            let name = row.recipient.as_ref().map(|party| short(&party.name));
            row.recipient =
                Some(Party { name: name.unwrap_or_else(|| short("")), iban: None, bic: "" });
            row.message = pending.to_owned();
        }
        Source::CardRow(row) => {
            let row = row.to_mut();
            row.description = short(&row.description);
        }
    }
}

/// A row before any misbehaviour.
impl<'a> Listed<'a> {
    pub(super) fn of_row(row: &'a Row) -> Self {
        Self {
            shape: Shape::Account,
            standing: Standing::Booked,
            identity: Cow::Borrowed(&row.identity),
            made: row.payment_date,
            booked: row.booking_date,
            cents: row.amount_cents,
            archive_id: Some(row.archive_id.clone()),
            source: Source::Row(Cow::Borrowed(row)),
        }
    }

    pub(super) fn of_card_row(row: &'a CardRow) -> Self {
        Self {
            shape: Shape::Card,
            standing: Standing::Booked,
            identity: Cow::Borrowed(&row.identity),
            made: row.made,
            booked: row.posting_date,
            cents: row.amount_cents,
            archive_id: None,
            source: Source::CardRow(Cow::Borrowed(row)),
        }
    }
}
