//! What a payment request must look like, SEPA and foreign.

use serde_json::{Map, Value};

use super::members::{Members, positive_cents};
use crate::api_error::{ApiError, Violation};
use crate::household::{is_finnish_iban, is_iban, is_reference};

/// Longest message to the payee, in characters.
const MESSAGE_MAX: usize = 140;
/// Longest name, in characters.
const NAME_MAX: usize = 70;
/// Address lines of a payee and characters of one.
const ADDRESS_LINES_MAX: usize = 4;
const ADDRESS_LINE_MAX: usize = 35;
/// Most repetitions of a recurring payment.
const COUNT_MAX: u64 = 999;

const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Checks a SEPA payment and fills in its defaults.
pub(super) fn sepa(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    const KNOWN: [&str; 10] = [
        "authorizationId", "amountEUR", "count", "payee", "payer", "message", "reference",
        "ultimatePayee", "originalPayer", "paymentOrder",
    ];
    let mut members = Members::new(body, "", &KNOWN);
    amount(&mut members, "amountEUR", true);
    let count = repetitions(&mut members);
    match members.object("payee") {
        Some(payee) => sepa_payee(&mut members, payee),
        None => missing(&mut members, "payee"),
    }
    payer(&mut members);
    let (message, reference) = (members.text("message"), members.text("reference"));
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    if filled(message) == filled(reference) {
        members.wrong("MessageOrReference", "message", "or reference must be given, and only one");
    }
    length(&mut members, "message", MESSAGE_MAX);
    if let Some(reference) = reference.filter(|reference| !reference.is_empty()) {
        let creditor = reference.starts_with("RF") && is_iban(reference);
        if !creditor && !is_reference(reference) {
            members.wrong("FinnishReference", "reference", "is neither a Finnish nor an RF reference");
        }
    }
    for name in ["ultimatePayee", "originalPayer"] {
        length(&mut members, name, NAME_MAX);
    }
    one_of(&mut members, "paymentOrder", &["SEPA", "SEPA_INST"], "PaymentOrder");
    members.finish()?;
    let mut request = body.clone();
    request.insert("count".to_owned(), count.into());
    request.insert("detailsOfCharges".to_owned(), "SHA".into());
    request.entry("paymentOrder").or_insert_with(|| "SEPA".into());
    Ok(request)
}

fn sepa_payee(members: &mut Members<'_>, payee: &Map<String, Value>) {
    let mut inner = Members::new(payee, "payee", &["iban", "name", "address", "country"]);
    inner.required_text("name");
    length(&mut inner, "name", NAME_MAX);
    let iban = inner.required_text("iban");
    if iban.is_some_and(|iban| !is_iban(iban)) {
        inner.wrong("SepaIban", "iban", "is not a valid account number");
    }
    let abroad = iban.is_some_and(|iban| !iban.starts_with("FI"));
    if abroad {
        if inner.value("address").is_none() {
            inner.wrong("SepaAddress", "address", "is required for an account outside Finland");
        }
        inner.required_text("country");
    }
    if let Some(country) = inner.text("country")
        && !is_country(country)
    {
        inner.wrong("CountryCode", "country", "is not a country of two letters");
    }
    if let Some(lines) = inner.value("address") {
        let lines = lines.as_array().map(Vec::as_slice).unwrap_or_default();
        let good = |line: &Value| {
            let length = line.as_str().map_or(0, |line| line.trim().chars().count());
            (1..=ADDRESS_LINE_MAX).contains(&length)
        };
        if lines.is_empty() || lines.len() > ADDRESS_LINES_MAX || !lines.iter().all(good) {
            inner.wrong("SepaAddress", "address", "has 1 to 4 lines of 1 to 35 characters");
        }
    }
    members.violations.append(&mut inner.violations);
}

/// Checks a foreign payment and fills in its defaults.
pub(super) fn foreign(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    const KNOWN: [&str; 9] = [
        "amount", "currency", "payee", "payer", "message", "detailsOfCharges", "paymentOrder",
        "exchangeRateReference", "count",
    ];
    let mut members = Members::new(body, "", &KNOWN);
    amount(&mut members, "amount", false);
    if let Some(currency) = members.required_text("currency")
        && (currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        members.wrong("InvalidValue", "currency", "is not a currency code");
    }
    match members.object("payee") {
        Some(payee) => foreign_payee(&mut members, payee),
        None => missing(&mut members, "payee"),
    }
    payer(&mut members);
    members.required_text("message");
    length(&mut members, "message", MESSAGE_MAX);
    one_of(&mut members, "detailsOfCharges", &["SHA", "OUR"], "ValidDetailOfCharges");
    one_of(&mut members, "paymentOrder", &["NORM", "HIGH"], "ValidPaymentOrder");
    if members.value("count").is_some_and(|count| count != 1) {
        members.wrong("ValidForeignPaymentRecurrence", "count", "must be 1");
    }
    members.finish()?;
    let mut request = body.clone();
    request.insert("count".to_owned(), 1.into());
    request.entry("detailsOfCharges").or_insert_with(|| "SHA".into());
    request.entry("paymentOrder").or_insert_with(|| "NORM".into());
    Ok(request)
}

fn foreign_payee(members: &mut Members<'_>, payee: &Map<String, Value>) {
    let known = ["name", "bankAccount", "financialInstitution", "foreignAddress"];
    let mut inner = Members::new(payee, "payee", &known);
    inner.required_text("name");
    let scheme = match inner.object("bankAccount") {
        Some(account) => bank_account(&mut inner, account),
        None => {
            missing(&mut inner, "bankAccount");
            None
        }
    };
    let bic = match inner.object("financialInstitution") {
        Some(institution) => institution_bic(&mut inner, institution),
        None => {
            missing(&mut inner, "financialInstitution");
            None
        }
    };
    let country = match inner.object("foreignAddress") {
        Some(address) => foreign_address(&mut inner, address),
        None => {
            missing(&mut inner, "foreignAddress");
            None
        }
    };
    let in_eea = country.is_some_and(|country| EEA.contains(&country));
    if in_eea && (scheme != Some("IBAN") || bic.is_none()) {
        inner.wrong("EuEtaValid", "bankAccount", "within the EEA needs an IBAN and a BIC");
    }
    members.violations.append(&mut inner.violations);
}

fn bank_account<'a>(members: &mut Members<'_>, account: &'a Map<String, Value>) -> Option<&'a str> {
    let mut inner = Members::new(account, "payee.bankAccount", &["id", "schemeName", "issuer"]);
    let id = inner.required_text("id");
    let scheme = inner.required_text("schemeName");
    if let Some(issuer) = inner.required_text("issuer")
        && !is_bic(issuer)
    {
        inner.wrong("ValidBic", "issuer", "is not a BIC");
    }
    match (scheme, id) {
        (Some("IBAN"), Some(id)) if !is_iban(id) => {
            inner.wrong("Iban", "id", "is not a valid account number");
        }
        (Some("BBAN"), Some(id)) if id.len() > 35 || !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            inner.wrong("InvalidValue", "id", "has up to 35 digits");
        }
        (Some("IBAN" | "BBAN") | None, _) => {}
        (Some(_), _) => inner.wrong("InvalidValue", "schemeName", "is IBAN or BBAN"),
    }
    members.violations.append(&mut inner.violations);
    scheme
}

fn institution_bic<'a>(
    members: &mut Members<'_>,
    institution: &'a Map<String, Value>,
) -> Option<&'a str> {
    let known = ["bic", "clearingSystemId", "name", "foreignBankAddress"];
    let mut inner = Members::new(institution, "payee.financialInstitution", &known);
    let bic = inner.text("bic").filter(|bic| !bic.is_empty());
    if bic.is_some_and(|bic| !is_bic(bic)) {
        inner.wrong("ValidBic", "bic", "is not a BIC");
    }
    let clearing = inner.text("clearingSystemId").filter(|id| !id.is_empty());
    let address = inner.object("foreignBankAddress");
    let both = bic.is_some() && clearing.is_some();
    if both || (bic.is_none() && clearing.is_none() && address.is_none()) {
        let text = "needs a BIC, or a clearing system id, or the bank's address";
        inner.wrong("CreditorBicOrAddress", "bic", text);
    }
    members.violations.append(&mut inner.violations);
    bic
}

fn foreign_address<'a>(
    members: &mut Members<'_>,
    address: &'a Map<String, Value>,
) -> Option<&'a str> {
    let known = ["addressLine1", "addressLine2", "country"];
    let mut inner = Members::new(address, "payee.foreignAddress", &known);
    inner.required_text("addressLine1");
    length(&mut inner, "addressLine2", ADDRESS_LINE_MAX);
    let country = inner.required_text("country");
    if country.is_some_and(|country| !is_country(country)) {
        inner.wrong("CountryCode", "country", "is not a country of two letters");
    }
    members.violations.append(&mut inner.violations);
    country
}

fn payer(members: &mut Members<'_>) {
    let Some(payer) = members.object("payer") else { return };
    let mut inner = Members::new(payer, "payer", &["iban"]);
    if let Some(iban) = inner.text("iban").filter(|iban| !iban.is_empty())
        && !is_finnish_iban(iban)
    {
        inner.wrong("FinnishIban", "iban", "is not a Finnish account number");
    }
    members.violations.append(&mut inner.violations);
}

fn amount(members: &mut Members<'_>, name: &'static str, euro: bool) {
    let Some(text) = members.required_text(name) else { return };
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.parse::<f64>().is_ok();
    if !number {
        members.wrong("TypeMismatch", name, "must be a decimal number");
    } else if euro && decimals != 0 && decimals != 2 {
        members.wrong("EuroCents", name, "has no or two decimals");
    } else if positive_cents(text).is_none() {
        let violation = Violation::new("Min", name, format!("{name} must be above zero"));
        members.violations.push(violation.with("value", "0.01").with("inclusive", true));
    }
}

fn repetitions(members: &mut Members<'_>) -> u64 {
    let Some(count) = members.value("count") else { return 1 };
    match count.as_u64() {
        Some(count @ 1..=COUNT_MAX) => return count,
        Some(0) => {
            let violation = Violation::new("Min", "count", "count must be at least 1");
            members.violations.push(violation.with("value", "1").with("inclusive", true));
        }
        Some(_) => {
            let violation = Violation::new("Max", "count", format!("count must be at most {COUNT_MAX}"));
            let violation = violation.with("value", COUNT_MAX.to_string());
            members.violations.push(violation.with("inclusive", true));
        }
        None => members.wrong("TypeMismatch", "count", "must be a whole number"),
    }
    1
}

fn length(members: &mut Members<'_>, name: &'static str, longest: usize) {
    let Some(text) = members.value(name).and_then(Value::as_str) else { return };
    if text.chars().count() > longest {
        let violation = Violation::new("Size", name, format!("{name} has up to {longest} characters"));
        members.violations.push(violation.with("min", 0).with("max", longest));
    }
}

fn one_of(members: &mut Members<'_>, name: &'static str, allowed: &[&str], kind: &'static str) {
    if members.text(name).is_some_and(|text| !allowed.contains(&text)) {
        members.wrong(kind, name, &format!("is one of {}", allowed.join(", ")));
    }
}

fn missing(members: &mut Members<'_>, name: &'static str) {
    if members.value(name).is_none() {
        members.required_text(name);
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_bic(text: &str) -> bool {
    let letters = text.len() >= 6 && text.bytes().take(6).all(|byte| byte.is_ascii_uppercase());
    letters && matches!(text.len(), 8 | 11) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(base: &Value, member: &str, value: Value, kind: Option<&str>) {
        let mut body = base.clone();
        *body.pointer_mut(member).unwrap() = value.clone();
        let body = body.as_object().unwrap();
        let outcome = if body.contains_key("amountEUR") { sepa(body) } else { foreign(body) };
        let kinds: Vec<&str> = match &outcome {
            Ok(_) => Vec::new(),
            Err(ApiError::Invalid(violations)) => violations.iter().map(|violation| violation.kind).collect(),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(kinds.first().copied(), kind, "{member} {value} {kinds:?}");
    }

    #[test]
    fn sepa_violations() {
        let base = json!({
            "amountEUR": "1.50", "count": 1, "message": "m", "reference": null, "paymentOrder": "SEPA",
            "payer": {"iban": "FI2112345600000785"},
            "payee": {"iban": "FI2112345600000785", "name": "Payee", "address": null, "country": null},
        });
        check(&base, "/amountEUR", json!("1.5"), Some("EuroCents"));
        check(&base, "/amountEUR", json!("2"), None);
        check(&base, "/amountEUR", json!("0"), Some("Min"));
        check(&base, "/amountEUR", json!("12,50"), Some("TypeMismatch"));
        check(&base, "/amountEUR", json!(""), Some("Required"));
        check(&base, "/count", json!(0), Some("Min"));
        check(&base, "/count", json!(12), None);
        check(&base, "/payee/iban", json!("FI2212345600000785"), Some("SepaIban"));
        check(&base, "/payee/iban", json!("DE89370400440532013000"), Some("SepaAddress"));
        check(&base, "/payer/iban", json!("DE89370400440532013000"), Some("FinnishIban"));
        check(&base, "/message", json!(null), Some("MessageOrReference"));
        check(&base, "/reference", json!("1232"), Some("MessageOrReference"));
        check(&base, "/paymentOrder", json!("HIGH"), Some("PaymentOrder"));
        check(&base, "/payee", json!(null), Some("Required"));
    }

    #[test]
    fn foreign_violations() {
        let base = json!({
            "amount": "10.00", "currency": "USD", "message": "m", "count": 1, "detailsOfCharges": "SHA",
            "payee": {
                "name": "Payee",
                "bankAccount": {"id": "123456789", "schemeName": "BBAN", "issuer": "CHASUS33"},
                "financialInstitution": {"bic": "CHASUS33", "clearingSystemId": null},
                "foreignAddress": {"addressLine1": "1 Main Street", "addressLine2": "New York", "country": "US"},
            },
        });
        check(&base, "/count", json!(1), None);
        check(&base, "/count", json!(2), Some("ValidForeignPaymentRecurrence"));
        check(&base, "/payee/foreignAddress/country", json!("DE"), Some("EuEtaValid"));
        check(&base, "/payee/financialInstitution/bic", json!(null), Some("CreditorBicOrAddress"));
        check(&base, "/payee/financialInstitution/clearingSystemId", json!("021"), Some("CreditorBicOrAddress"));
        check(&base, "/payee/bankAccount/issuer", json!("x"), Some("ValidBic"));
        check(&base, "/detailsOfCharges", json!("BEN"), Some("ValidDetailOfCharges"));
        check(&base, "/currency", json!("usd"), Some("InvalidValue"));
    }
}
