//! Transactions invented from a seed: many people, words that repeat as they do on statements.

use analytics::schema::TRANSACTIONS;
use analytics::{Cell, Rows, WrongCell};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};

const CATEGORIES: [(&str, &str); 20] = [
    ("groceries", "spending"),
    ("restaurants", "spending"),
    ("fuel_charging", "spending"),
    ("public_transport", "spending"),
    ("clothing", "spending"),
    ("electronics", "spending"),
    ("telecom", "spending"),
    ("utilities", "spending"),
    ("housing", "spending"),
    ("home_diy", "spending"),
    ("health", "spending"),
    ("beauty", "spending"),
    ("entertainment", "spending"),
    ("pets", "spending"),
    ("insurance", "spending"),
    ("bank_fees_cash", "spending"),
    ("other", "spending"),
    ("income", "income"),
    ("transfer", "transfer"),
    ("savings_investment", "transfer"),
];
const TOWNS: [&str; 12] = [
    "HELSINKI",
    "ESPOO",
    "TAMPERE",
    "VANTAA",
    "OULU",
    "TURKU",
    "JYVASKYLA",
    "KUOPIO",
    "LAHTI",
    "PORI",
    "LOHJA",
    "VAASA",
];
const TRADES: [&str; 16] = [
    "KAUPPA",
    "MARKET",
    "RAVINTOLA",
    "APTEEKKI",
    "KAHVILA",
    "HUOLTO",
    "SAHKO",
    "VAKUUTUS",
    "TELE",
    "KIRJA",
    "PUUTARHA",
    "AUTO",
    "KENKA",
    "KUKKA",
    "LEIPOMO",
    "KIOSKI",
];
const SHOPS: usize = 400;
/// Shops where a person is a regular, and how many of ten payments are made there.
const REGULARS: usize = 12;
const REGULAR_IN_TEN: usize = 6;
/// Rows an account has in a month; each person has two accounts.
const ROWS_AN_ACCOUNT: usize = 35;

/// A small generator (xorshift64*): the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % below.max(1)
    }
}

/// About so many rows, month by month, in the order an export writes them: by account and day.
pub fn months(rows: usize, months: usize) -> Result<Vec<(String, Rows)>, WrongCell> {
    let mut dice = Dice(0x0DD5_EED5);
    let first = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap_or_default();
    let mut all = Vec::with_capacity(months);
    let mut position = 0_i64;
    for number in 0..months {
        let count = rows * (number + 1) / months - rows * number / months;
        let ahead = u32::try_from(number).unwrap_or(0);
        let month = first.checked_add_months(Months::new(ahead)).unwrap_or(first);
        let mut of_month = Rows::of(&TRANSACTIONS);
        let mut left = count;
        let mut account = 0;
        while left > 0 {
            let mut days: Vec<usize> =
                (0..left.min(ROWS_AN_ACCOUNT)).map(|_| dice.roll(28)).collect();
            left -= days.len();
            days.sort_unstable();
            for day in days {
                position += 1 + i64::try_from(dice.roll(3)).unwrap_or(0);
                let day = month.checked_add_days(Days::new(u64::try_from(day).unwrap_or(0)));
                row(&mut of_month, &mut dice, position, day.unwrap_or(month), account)?;
            }
            account += 1;
        }
        all.push((month.to_string(), of_month));
    }
    Ok(all)
}

/// Where a person pays: mostly where they always do, and else more often where everybody does.
fn shop(dice: &mut Dice, person: usize) -> usize {
    if dice.roll(10) < REGULAR_IN_TEN {
        return (person * 31 + dice.roll(REGULARS) * 7_919) % SHOPS;
    }
    let most = dice.roll(SHOPS) + 1;
    dice.roll(most)
}

fn row(
    rows: &mut Rows,
    dice: &mut Dice,
    position: i64,
    day: NaiveDate,
    account: usize,
) -> Result<(), WrongCell> {
    let person = account / 2;
    let shop = shop(dice, person);
    // Shops sell one kind of thing; a few rows are no purchase.
    let place = if dice.roll(20) == 0 { 17 + dice.roll(3) } else { shop % 17 };
    let (category, kind) = CATEGORIES[place];
    let counterparty =
        format!("{} {} {shop}", TRADES[shop % TRADES.len()], TOWNS[shop % TOWNS.len()]);
    let text = format!("OSTO {counterparty} KORTTI {:04}", person % 10_000);
    let reference = (dice.roll(4) == 0).then(|| format!("RF{:08}", dice.roll(100_000_000)));
    let minor = match kind {
        "income" => 150_000 + i64::try_from(dice.roll(300_000)).unwrap_or(0),
        _ => -(100 + i64::try_from(dice.roll(120) * dice.roll(120)).unwrap_or(0)),
    };
    let noon = day.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    // An account is read once a day: its new rows of a day are recorded together.
    let read = (account * 7_919 + day.ordinal() as usize * 104_729) % 40_000_000;
    let recorded: DateTime<Utc> =
        noon + TimeDelta::microseconds(i64::try_from(read).unwrap_or(0) * 1_000);
    let who = format!("8c1f0a52-7d7e-4c55-9a3e-{person:012x}");
    let account = format!("1f64c0de-52b1-4d0b-8e11-{:012x}", account);
    rows.push(&[
        position.into(),
        Cell::Whole(0),
        who.as_str().into(),
        account.as_str().into(),
        day.into(),
        day.into(),
        minor.into(),
        "EUR".into(),
        category.into(),
        kind.into(),
        "name".into(),
        "booked".into(),
        recorded.into(),
        "name:1".into(),
        counterparty.as_str().into(),
        Cell::Empty,
        text.as_str().into(),
        reference.as_deref().into(),
        Cell::Empty,
    ])
}
