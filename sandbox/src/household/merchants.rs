//! Where the households spend: names as card terminals print them, cities, price ranges in cents.

/// A shop with its usual range of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merchant {
    pub(super) name: &'static str,
    pub(super) city: &'static str,
    pub(super) low_cents: i64,
    pub(super) high_cents: i64,
}

pub(super) const fn merchant(
    name: &'static str,
    city: &'static str,
    low_cents: i64,
    high_cents: i64,
) -> Merchant {
    Merchant { name, city, low_cents, high_cents }
}

pub(super) const GROCERIES: [Merchant; 9] = [
    merchant("K-MARKET KALLIO", "HELSINKI", 480, 5200),
    merchant("S-MARKET SÖRNÄINEN", "HELSINKI", 850, 7600),
    merchant("PRISMA KANNELMÄKI", "HELSINKI", 3900, 18900),
    merchant("LIDL HELSINKI KALASATAMA", "HELSINKI", 1500, 9900),
    merchant("K-SUPERMARKET REDI", "HELSINKI", 1900, 9800),
    merchant("ALEPA HAKANIEMI", "HELSINKI", 290, 2900),
    merchant("K-CITYMARKET RUOHOLAHTI", "HELSINKI", 2900, 17400),
    merchant("S-MARKET HERTTONIEMI", "HELSINKI", 850, 7600),
    merchant("M-MARKET VALLILA", "HELSINKI", 900, 4100),
];

pub(super) const LUNCHES: [Merchant; 9] = [
    merchant("RAVINTOLA FAZER FOOD & CO", "HELSINKI", 1090, 1390),
    merchant("ESPRESSO HOUSE KAMPPI", "HELSINKI", 340, 890),
    merchant("HESBURGER MANNERHEIMINTIE", "HELSINKI", 690, 1490),
    merchant("R-KIOSKI RAUTATIENTORI", "HELSINKI", 190, 990),
    merchant("ROBERT'S COFFEE", "HELSINKI", 390, 950),
    merchant("UNICAFE", "HELSINKI", 295, 890),
    merchant("SUBWAY HAKANIEMI", "HELSINKI", 690, 1290),
    merchant("PICNIC ASEMATUNNELI", "HELSINKI", 590, 1190),
    merchant("KAHVILA TÖÖLÖNRANTA", "HELSINKI", 380, 1450),
];

/// The coffee that is now and then bought twice.
pub(super) const COFFEE: Merchant = merchant("KAFFA ROASTERY", "HELSINKI", 420, 420);

pub(super) const RESTAURANTS: [Merchant; 6] = [
    merchant("WOLT HELSINKI", "HELSINKI", 1650, 5400),
    merchant("FOODORA FI", "HELSINKI", 1490, 4600),
    merchant("RAVINTOLA ZETOR", "HELSINKI", 2900, 11800),
    merchant("PIZZERIA VIA TRIBUNALI", "HELSINKI", 2400, 7200),
    merchant("SUSHIBAR + WINE", "HELSINKI", 2200, 8800),
    merchant("HESBURGER ITÄKESKUS", "HELSINKI", 990, 3900),
];

pub(super) const FUEL: [Merchant; 4] = [
    merchant("NESTE ETU-TÖÖLÖ", "HELSINKI", 3500, 9200),
    merchant("ABC TIKKURILA", "VANTAA", 3200, 9500),
    merchant("NESTE K TURKU", "TURKU", 3800, 8800),
    merchant("ST1 MALMI", "HELSINKI", 2900, 8400),
];

pub(super) const PHARMACIES: [Merchant; 2] = [
    merchant("YLIOPISTON APTEEKKI", "HELSINKI", 590, 4900),
    merchant("KALLION APTEEKKI", "HELSINKI", 480, 3900),
];

pub(super) const CLOTHES: [Merchant; 5] = [
    merchant("H&M KAMPPI", "HELSINKI", 1290, 8900),
    merchant("STOCKMANN HELSINKI", "HELSINKI", 2900, 18900),
    merchant("REIMA OUTLET", "VANTAA", 2500, 9900),
    merchant("LINDEX REDI", "HELSINKI", 990, 6900),
    merchant("XXL SPORTS & OUTDOOR", "HELSINKI", 1990, 14900),
];

pub(super) const HOME: [Merchant; 6] = [
    merchant("IKEA VANTAA", "VANTAA", 1500, 24900),
    merchant("TOKMANNI", "HELSINKI", 690, 4900),
    merchant("CLAS OHLSON", "HELSINKI", 990, 5900),
    merchant("K-RAUTA", "HELSINKI", 1200, 15900),
    merchant("ALKO KALASATAMA", "HELSINKI", 1190, 5400),
    merchant("SUOMALAINEN KIRJAKAUPPA", "HELSINKI", 990, 4500),
];

pub(super) const ONLINE: [Merchant; 8] = [
    merchant("VERKKOKAUPPA.COM", "HELSINKI", 1990, 24900),
    merchant("ZALANDO", "BERLIN", 2490, 13900),
    merchant("STEAM PURCHASE", "HAMBURG", 499, 5999),
    merchant("FINNKINO OY", "HELSINKI", 1250, 4900),
    merchant("ADLIBRIS", "HELSINKI", 990, 5900),
    merchant("APPLE.COM/BILL", "CORK", 99, 1499),
    merchant("VR MATKALIPUT", "HELSINKI", 990, 7900),
    merchant("TICKETMASTER", "HELSINKI", 3900, 11900),
];

/// Bought in Swedish kronor, so that the original amount differs.
pub(super) const SWEDISH: [Merchant; 3] = [
    merchant("ICA NÄRA GAMLA STAN", "STOCKHOLM", 8900, 42000),
    merchant("SL BILJETT", "STOCKHOLM", 4200, 8400),
    merchant("ÅHLÉNS CITY", "STOCKHOLM", 19900, 129000),
];
