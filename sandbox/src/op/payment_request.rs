//! What a SEPA payment request must look like.

use serde_json::{Map, Value};

use crate::api_error::{ApiError, Violation};
use crate::household::{is_finnish_iban, is_iban, is_reference};
use crate::members::{Members, positive_cents};

/// Longest message to the payee, in characters.
pub(super) const MESSAGE_MAX: usize = 140;
/// Longest name, in characters.
const NAME_MAX: usize = 70;
/// Address lines of a payee and characters of one.
const ADDRESS_LINES_MAX: usize = 4;
pub(super) const ADDRESS_LINE_MAX: usize = 35;
/// Most repetitions of a recurring payment.
const COUNT_MAX: u64 = 999;

/// Checks a SEPA payment and fills in its defaults.
pub(super) fn sepa(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    const KNOWN: [&str; 10] = [
        "authorizationId",
        "amountEUR",
        "count",
        "payee",
        "payer",
        "message",
        "reference",
        "ultimatePayee",
        "originalPayer",
        "paymentOrder",
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
            members.wrong(
                "FinnishReference",
                "reference",
                "is neither a Finnish nor an RF reference",
            );
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

pub(super) fn payer(members: &mut Members<'_>) {
    let Some(payer) = members.object("payer") else {
        return;
    };
    let mut inner = Members::new(payer, "payer", &["iban"]);
    if let Some(iban) = inner.text("iban").filter(|iban| !iban.is_empty())
        && !is_finnish_iban(iban)
    {
        inner.wrong("FinnishIban", "iban", "is not a Finnish account number");
    }
    members.violations.append(&mut inner.violations);
}

pub(super) fn amount(members: &mut Members<'_>, name: &'static str, euro: bool) {
    let Some(text) = members.required_text(name) else {
        return;
    };
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.parse::<f64>().is_ok();
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
    let Some(count) = members.value("count") else {
        return 1;
    };
    match count.as_u64() {
        Some(count @ 1..=COUNT_MAX) => return count,
        Some(0) => {
            let violation = Violation::new("Min", "count", "count must be at least 1");
            members.violations.push(violation.with("value", "1").with("inclusive", true));
        }
        Some(_) => {
            let violation =
                Violation::new("Max", "count", format!("count must be at most {COUNT_MAX}"));
            let violation = violation.with("value", COUNT_MAX.to_string());
            members.violations.push(violation.with("inclusive", true));
        }
        None => members.wrong("TypeMismatch", "count", "must be a whole number"),
    }
    1
}

pub(super) fn length(members: &mut Members<'_>, name: &'static str, longest: usize) {
    let Some(text) = members.value(name).and_then(Value::as_str) else {
        return;
    };
    if text.chars().count() > longest {
        let violation =
            Violation::new("Size", name, format!("{name} has up to {longest} characters"));
        members.violations.push(violation.with("min", 0).with("max", longest));
    }
}

pub(super) fn one_of(
    members: &mut Members<'_>,
    name: &'static str,
    allowed: &[&str],
    kind: &'static str,
) {
    if members.text(name).is_some_and(|text| !allowed.contains(&text)) {
        members.wrong(kind, name, &format!("is one of {}", allowed.join(", ")));
    }
}

pub(super) fn missing(members: &mut Members<'_>, name: &'static str) {
    if members.value(name).is_none() {
        members.required_text(name);
    }
}

pub(super) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::payment_request_foreign::foreign;
    use super::*;
    use serde_json::json;

    pub(in super::super) fn check(base: &Value, member: &str, value: Value, kind: Option<&str>) {
        let mut body = base.clone();
        *body.pointer_mut(member).unwrap() = value.clone();
        let body = body.as_object().unwrap();
        let outcome = if body.contains_key("amountEUR") { sepa(body) } else { foreign(body) };
        let kinds: Vec<&str> = match &outcome {
            Ok(_) => Vec::new(),
            Err(ApiError::Invalid(violations)) => {
                violations.iter().map(|violation| violation.kind).collect()
            }
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
}
