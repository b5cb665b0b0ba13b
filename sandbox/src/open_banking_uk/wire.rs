//! Accounts, balances and rows in the words of the standard.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeZone as _, Utc};
use serde_json::{Value, json};

use super::version::Version;
use crate::bank::Bank;
use crate::household::{Account, AccountKind, Party, Row, money};
use crate::misbehaviour::{Listed, Misbehaviour, Shown, Source, Standing, View};

/// What the issuer of proprietary codes is called.
const ISSUER: &str = "Albion Bank";

/// A moment as the bank writes it: seconds, with the offset of its zone.
pub(super) fn moment(bank: &Bank, moment: DateTime<Utc>) -> String {
    moment.with_timezone(&bank.house.zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// `Data` with its links.
pub(super) fn envelope(data: Value, own: &str, next: Option<String>) -> Value {
    let mut links = json!({ "Self": own });
    if let Some(next) = next {
        links["Next"] = next.into();
    }
    json!({ "Data": data, "Links": links, "Meta": {} })
}

/// Amount without a sign, and the word that says which way it counts.
pub(super) fn amount(cents: i64, currency: &str) -> (Value, &'static str) {
    let text = money(cents.saturating_abs());
    let indicator = if cents < 0 { "Debit" } else { "Credit" };
    (json!({ "Amount": text, "Currency": currency }), indicator)
}

/// An `OBAccount6` under an id; the number only with the permission for details.
pub(super) fn account(
    bank: &Bank,
    view: &View,
    account: &Account,
    id: &str,
    detail: bool,
    version: Version,
) -> Value {
    let mut value = json!({
        "AccountId": id,
        "Currency": bank.house.currency,
        "Nickname": account.product_name,
        "Status": "Enabled",
        "OpeningDate": "2019-11-04T00:00:00+00:00",
    });
    for (name, word) in version.account_kind(account.kind) {
        value[name] = word.into();
    }
    if detail {
        let bic = match view.on.has(Misbehaviour::BankMerger) {
            true => "SIMUGB21",
            false => bank.house.bic,
        };
        value["Servicer"] = json!({ "SchemeName": "UK.OBIE.BICFI", "Identification": bic });
        value["Account"] = identifications(account).into();
    }
    value
}

fn identifications(account: &Account) -> Vec<Value> {
    let number = account.iban.as_str();
    match account.kind {
        AccountKind::CreditCard => vec![
            json!({ "SchemeName": "UK.OBIE.PAN", "Identification": number, "Name": account.owner }),
        ],
        _ => vec![
            json!({
                "SchemeName": "UK.OBIE.SortCodeAccountNumber",
                "Identification": number.get(8..).unwrap_or_default(),
                "Name": account.owner,
            }),
            json!({ "SchemeName": "UK.OBIE.IBAN", "Identification": number, "Name": account.owner }),
        ],
    }
}

/// What a list of rows is written for.
pub(super) struct Rows<'a> {
    pub(super) bank: &'a Bank,
    pub(super) view: View,
    pub(super) account: &'a Account,
    pub(super) id: &'a str,
    pub(super) detail: bool,
    pub(super) version: Version,
}

impl Rows<'_> {
    /// An `OBTransaction6`.
    pub(super) fn show(&self, listed: Listed<'_>) -> Shown {
        let Listed { standing, identity, booked, cents, archive_id, source, .. } =
            self.view.settle(listed);
        let Source::Row(row) = source else {
            return Shown { identity: None, value: Value::Null };
        };
        let reversed = self.account.kind == AccountKind::CreditCard
            && self.view.on.has(Misbehaviour::CardSignReversed);
        let cents = if reversed { -cents } else { cents };
        let pending = standing == Standing::Pending;
        let (amount, indicator) = amount(cents, self.bank.house.currency);
        let (code, sub_code) = self.version.transaction_code(row.kind);
        let day = self.start_of(booked);
        let mut value = json!({
            "AccountId": self.id,
            "CreditDebitIndicator": indicator,
            "Status": self.version.entry(pending),
            "TransactionMutability": if pending { "Mutable" } else { "Immutable" },
            "BookingDateTime": day,
            "Amount": amount,
            "BankTransactionCode": { "Code": code, "SubCode": sub_code },
            "ProprietaryBankTransactionCode": { "Code": row.kind, "Issuer": ISSUER },
        });
        if !pending {
            value["ValueDateTime"] = day.into();
        }
        if let Some(id) = archive_id {
            value["TransactionId"] = id.into();
        }
        if let Some((original, currency)) = row.original {
            value["CurrencyExchange"] = json!({
                "SourceCurrency": currency,
                "TargetCurrency": self.bank.house.currency,
                "ExchangeRate": 1.16,
                "InstructedAmount": { "Amount": money(original), "Currency": currency },
            });
        }
        if self.detail {
            self.details(&row, &mut value);
        }
        Shown { identity: Some(identity.into_owned()), value }
    }

    /// What needs the permission for details: texts, merchant, the other side.
    fn details(&self, row: &Row, value: &mut Value) {
        let party = row.recipient.as_ref().map(|party| party.name.as_str()).unwrap_or_default();
        if row.is_card_purchase() || row.kind == crate::household::BRITISH_CARD_AUTHORISATION {
            value["TransactionInformation"] = format!("{party} {}", row.message).into();
            let merchant = party.split(", ").next().unwrap_or_default();
            value["MerchantDetails"] = json!({ "MerchantName": merchant });
            value["CardInstrument"] = json!({ "CardSchemeName": "VISA" });
            return;
        }
        value["TransactionInformation"] = row.message.as_str().into();
        if row.amount_cents < 0 {
            if let Some(party) = &row.recipient {
                value["CreditorAccount"] = other_side(party);
            }
        } else if let Some(payer) = &row.payer {
            value["DebtorAccount"] = json!({ "Name": payer });
        }
    }

    /// Booking days are padded with the first second of the day.
    fn start_of(&self, day: NaiveDate) -> String {
        let midnight = self.bank.house.zone.from_local_datetime(&day.and_time(NaiveTime::MIN));
        match midnight.earliest() {
            Some(moment) => moment.to_rfc3339_opts(SecondsFormat::Secs, false),
            None => format!("{day}T00:00:00+00:00"),
        }
    }

    /// A row of `broken-row`: an amount that is no number, no booking date, and null.
    pub(super) fn broken(&self, number: usize) -> Value {
        let day = self.start_of(self.view.today);
        match number {
            0 => json!({
                "AccountId": self.id, "TransactionId": "BROKEN1", "CreditDebitIndicator": "Debit",
                "Status": self.version.entry(false), "BookingDateTime": day,
                "Amount": { "Amount": "12,3x", "Currency": "GBP" },
            }),
            1 => json!({
                "AccountId": self.id, "TransactionId": "BROKEN2", "CreditDebitIndicator": "Debit",
                "Status": self.version.entry(false),
                "Amount": { "Amount": "4.00", "Currency": "GBP" },
            }),
            _ => Value::Null,
        }
    }
}

fn other_side(party: &Party) -> Value {
    match &party.iban {
        Some(iban) => json!({
            "SchemeName": "UK.OBIE.SortCodeAccountNumber",
            "Identification": iban.get(8..).unwrap_or_default(),
            "Name": party.name,
        }),
        None => json!({ "Name": party.name }),
    }
}
