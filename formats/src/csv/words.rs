//! What banks write above their columns: Finnish, Swedish, Norwegian, Danish, English, German.

use super::mapping::Role;

/// Headings in small letters, each with what it means.
const HEADINGS: &[(Role, &[&str])] = &[
    (
        Role::BookingDate,
        &[
            "kirjauspäivä",
            "kirjauspvm",
            "kirjattu",
            "pvm",
            "päivämäärä",
            "päiväys",
            "tapahtumapäivä",
            "bokföringsdag",
            "bokföringsdatum",
            "bokförd",
            "bokfdag",
            "bokf.dag",
            "reskontradatum",
            "datum",
            "bokføringsdato",
            "bogføringsdato",
            "bokført dato",
            "dato",
            "booking date",
            "bookingdate",
            "date",
            "posting date",
            "transaction date",
            "completed date",
            "date completed",
            "buchungstag",
            "buchungsdatum",
            "bookdate",
            "entry date",
            "booked",
        ],
    ),
    (
        Role::ValueDate,
        &[
            "arvopäivä",
            "arvopvm",
            "valutadag",
            "valutadatum",
            "rentedato",
            "valørdato",
            "value date",
            "valuedate",
            "interest date",
            "wertstellung",
            "wertstellungsdatum",
            "valutatag",
        ],
    ),
    (
        Role::PaymentDate,
        &[
            "maksupäivä",
            "ostopäivä",
            "transaktionsdag",
            "transaktionsdatum",
            "transdag",
            "köpdatum",
            "started date",
            "purchase date",
            "payment date",
            "utført dato",
        ],
    ),
    (
        Role::Amount,
        &[
            "määrä",
            "määrä euroa",
            "summa",
            "euroa",
            "belopp",
            "beløp",
            "beløb",
            "amount",
            "betrag",
            "amount (eur)",
            "amount (sek)",
            "amount (gbp)",
            "amount(eur)",
            "umsatz",
            "value",
            "sum",
        ],
    ),
    (
        Role::Credit,
        &[
            "inn på konto",
            "inn",
            "insättning",
            "insättningar",
            "credit",
            "money in",
            "paid in",
            "pano",
            "panot",
            "tulot",
            "credit amount",
            "indsat",
            "haben",
        ],
    ),
    (
        Role::Debit,
        &[
            "ut fra konto",
            "ut",
            "uttag",
            "uttagningar",
            "debit",
            "money out",
            "paid out",
            "otto",
            "otot",
            "menot",
            "debit amount",
            "hævet",
            "soll",
        ],
    ),
    (
        Role::Direction,
        &["direction", "debit/credit", "credit/debit", "af bij", "af/bij", "d/c", "dc"],
    ),
    (Role::Currency, &["valuutta", "valuta", "currency", "währung", "ccy", "amount currency"]),
    (
        Role::Balance,
        &[
            "saldo",
            "balance",
            "bokfört saldo",
            "kontosaldo",
            "balance after",
            "running balance",
            "saldo nach buchung",
            "booked balance",
        ],
    ),
    (
        Role::Counterparty,
        &[
            "saaja/maksaja",
            "maksaja/saaja",
            "saaja / maksaja",
            "nimi",
            "vastapuoli",
            "mottagare/avsändare",
            "motpart",
            "namn",
            "navn",
            "payee name",
            "counterparty",
            "name",
            "payee",
            "merchant",
            "partner name",
            "merchant name",
            "auftraggeber/empfänger",
            "beguenstigter/zahlungspflichtiger",
            "counter party",
        ],
    ),
    (Role::Payer, &["maksaja", "avsändare", "avsender", "afsender", "payer", "payer name"]),
    (
        Role::Payee,
        &[
            "saajan nimi",
            "saaja",
            "maksunsaaja",
            "mottagare",
            "mottaker",
            "modtager",
            "beneficiary",
            "recipient",
            "target name",
        ],
    ),
    (
        Role::CounterpartyAccount,
        &[
            "saajan tilinumero",
            "saajan tilinumero ja pankin bic",
            "vastatili",
            "tilinumero/iban",
            "motkonto",
            "motpartens konto",
            "counterparty iban",
            "partner iban",
            "counterparty account",
            "payee account number",
            "kontonummer/iban",
            "iban",
        ],
    ),
    (
        Role::CounterpartyBank,
        &[
            "saajan bic-tunnus",
            "saajan bic",
            "bic",
            "bic (swift-code)",
            "partner bic",
            "counterparty bic",
        ],
    ),
    (
        Role::Text,
        &[
            "viesti",
            "selite",
            "otsikko",
            "kuvaus",
            "lisätiedot",
            "meddelande",
            "text",
            "beskrivning",
            "rubrik",
            "text/mottagare",
            "forklaring",
            "tekst",
            "melding",
            "besked",
            "description",
            "message",
            "memo",
            "details",
            "narrative",
            "payment reference text",
            "verwendungszweck",
            "transaction description",
            "notes",
            "particulars",
        ],
    ),
    (
        Role::Reference,
        &[
            "viite",
            "viitenumero",
            "ocr",
            "kid",
            "reference",
            "referens",
            "payment reference",
            "referanse",
            "kid/melding",
        ],
    ),
    (
        Role::BankReference,
        &[
            "arkistointitunnus",
            "arkivreferens",
            "archive id",
            "archiveid",
            "transaction id",
            "transactionid",
            "id",
            "verifikationsnummer",
            "arkivref",
            "arkivreferanse",
            "transaction reference",
        ],
    ),
    (
        Role::Kind,
        &[
            "laji",
            "selitys",
            "tapahtumalaji",
            "transaktionstyp",
            "typ",
            "type",
            "transaction type",
            "buchungstext",
            "kontotyp",
            "tapahtuma",
            "transaksjonstype",
        ],
    ),
    (Role::State, &["tila", "status", "state"]),
    (
        Role::Account,
        &[
            "tilinumero",
            "tili",
            "kontonr",
            "kontonummer",
            "account number",
            "account",
            "oma tilinumero",
            "auftragskonto",
            "konto",
        ],
    ),
];

/// A heading as it is compared.
pub(crate) fn evened(text: &str) -> String {
    crate::text::evened(text).to_lowercase()
}

/// What a heading says its column holds.
pub(crate) fn role_of(heading: &str) -> Option<Role> {
    let heading = evened(heading);
    let found = HEADINGS.iter().find(|(_, words)| words.contains(&heading.as_str()));
    found.map(|(role, _)| *role)
}

/// Whether a state's word says that the row is not booked yet; none for words that say nothing known.
pub(crate) fn pending(word: &str) -> Option<bool> {
    match evened(word).as_str() {
        "" | "booked" | "book" | "completed" | "kirjattu" | "toteutunut" | "suoritettu"
        | "bokförd" | "utförd" | "udført" | "bokført" | "posted" | "cleared" | "settled" => {
            Some(false)
        }
        "pending" | "pdng" | "odottaa" | "varaus" | "katevaraus" | "tulossa" | "väntar"
        | "reserverad" | "kommande" | "afventer" | "reservert" | "authorised" | "authorized" => {
            Some(true)
        }
        _ => None,
    }
}

/// Whether a row with this state never touched the account.
pub(crate) fn never_was(word: &str) -> bool {
    matches!(
        evened(word).as_str(),
        "reverted"
            | "declined"
            | "failed"
            | "cancelled"
            | "canceled"
            | "hylätty"
            | "peruttu"
            | "avvisad"
            | "afvist"
            | "slettet"
    )
}

/// Whether a word says that money comes in.
pub(crate) fn comes_in(word: &str) -> Option<bool> {
    match evened(word).as_str() {
        "credit" | "cr" | "c" | "crdt" | "in" | "bij" | "pano" | "insättning" | "inn" | "+" => {
            Some(true)
        }
        "debit" | "dr" | "d" | "dbit" | "out" | "af" | "otto" | "uttag" | "ut" | "-" => Some(false),
        _ => None,
    }
}
