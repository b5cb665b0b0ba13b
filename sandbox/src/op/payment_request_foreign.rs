//! What a foreign payment request must look like.

use serde_json::{Map, Value};

use super::payment_request::{
    ADDRESS_LINE_MAX, MESSAGE_MAX, amount, is_country, length, missing, one_of, payer,
};
use crate::api_error::ApiError;
use crate::household::is_iban;
use crate::members::Members;

/// Countries of the European Economic Area (ISO 3166).
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Checks a foreign payment and fills in its defaults.
pub(super) fn foreign(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    const KNOWN: [&str; 9] = [
        "amount",
        "currency",
        "payee",
        "payer",
        "message",
        "detailsOfCharges",
        "paymentOrder",
        "exchangeRateReference",
        "count",
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
        (Some("BBAN"), Some(id))
            if id.len() > 35 || !id.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
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

fn is_bic(text: &str) -> bool {
    let letters = text.len() >= 6 && text.bytes().take(6).all(|byte| byte.is_ascii_uppercase());
    letters && matches!(text.len(), 8 | 11) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::super::payment_request::tests::check;
    use serde_json::json;

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
        check(
            &base,
            "/payee/financialInstitution/clearingSystemId",
            json!("021"),
            Some("CreditorBicOrAddress"),
        );
        check(&base, "/payee/bankAccount/issuer", json!("x"), Some("ValidBic"));
        check(&base, "/detailsOfCharges", json!("BEN"), Some("ValidDetailOfCharges"));
        check(&base, "/currency", json!("usd"), Some("InvalidValue"));
    }
}
