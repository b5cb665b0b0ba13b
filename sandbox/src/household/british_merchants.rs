//! Where the British customers shop; all prices are invented.

use super::merchants::{Merchant, merchant};

pub(super) const GROCERIES: [Merchant; 6] = [
    merchant("TESCO STORES 3217", "LEEDS", 620, 9_400),
    merchant("SAINSBURYS S/MKTS", "LEEDS", 540, 8_900),
    merchant("CO-OP GROUP FOOD", "HEADINGLEY", 260, 3_800),
    merchant("ALDI 41 775", "LEEDS", 900, 7_600),
    merchant("MARKS&SPENCER PLC", "LEEDS", 480, 4_900),
    merchant("WAITROSE 642", "MEANWOOD", 700, 8_200),
];

pub(super) const LUNCHES: [Merchant; 5] = [
    merchant("GREGGS PLC 1422", "LEEDS", 210, 890),
    merchant("PRET A MANGER", "LEEDS", 299, 1_260),
    merchant("COSTA COFFEE 43011", "LEEDS", 285, 940),
    merchant("BOOTS 0512", "LEEDS", 340, 1_850),
    merchant("WHSMITH RAIL", "LEEDS STN", 150, 1_290),
];

pub(super) const EVENINGS: [Merchant; 5] = [
    merchant("THE ORIGINAL OAK", "HEADINGLEY", 560, 6_200),
    merchant("DELIVEROO", "LONDON", 1_250, 4_800),
    merchant("NANDOS LEEDS", "LEEDS", 1_490, 5_600),
    merchant("EVERYMAN CINEMA", "LEEDS", 1_150, 4_200),
    merchant("DISHOOM & SONS", "MANCHESTER", 2_200, 9_600),
];

pub(super) const TRAVEL: [Merchant; 4] = [
    merchant("TFL TRAVEL CH", "TFL.GOV.UK/CP", 170, 1_490),
    merchant("NORTHERN TRAINS", "YORK", 380, 2_960),
    merchant("SHELL OTLEY ROAD", "LEEDS", 2_400, 8_400),
    merchant("UBER *TRIP", "HELP.UBER.COM", 540, 2_700),
];

pub(super) const SHOPS: [Merchant; 6] = [
    merchant("AMAZON.CO.UK*2L4", "AMAZON.CO.UK", 499, 12_900),
    merchant("JOHN LEWIS", "LEEDS", 1_500, 19_900),
    merchant("B&Q 1190", "LEEDS", 690, 9_800),
    merchant("ARGOS LTD", "LEEDS", 899, 14_900),
    merchant("WATERSTONES", "LEEDS", 699, 3_900),
    merchant("ASOS.COM", "LONDON", 1_400, 9_900),
];

/// Bought in euros, so that the original amount differs.
pub(super) const ABROAD: [Merchant; 3] = [
    merchant("EUROSTAR CAFE", "PARIS", 450, 2_900),
    merchant("MERCADO SAN MIGUEL", "MADRID", 900, 6_800),
    merchant("ALBERT HEIJN 1521", "AMSTERDAM", 300, 4_200),
];
