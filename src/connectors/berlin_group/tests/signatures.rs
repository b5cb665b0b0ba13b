use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::profile::{NameOrder, SerialNumber, SignatureRules};
use super::*;
use crate::connectors::secret::SecretBytes;

fn signed(rules: &SignatureRules) -> BankRequest {
    let request =
        BankRequest::new(Method::Post, "https://api.nordvik.example/x", Endpoint::Accounts)
            .header("x-request-id", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
            .header("tpp-redirect-uri", "https://ledger.example/callback/nordvik?state=s")
            .header("date", "Mon, 05 Jan 2026 12:00:00 GMT")
            .body("application/json", SecretBytes::new("{\"a\":1}"));
    signature::sign(request, seal(), rules).expect("signed")
}

fn parameter<'a>(value: &'a str, name: &str) -> &'a str {
    let start = format!("{name}=\"");
    let at = value.find(&start).expect("a parameter") + start.len();
    value[at..].split('"').next().expect("quoted")
}

#[test]
fn the_digest_of_an_empty_body_is_that_of_nothing() {
    let nothing = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(signature::digest_of(b""), nothing);
}

#[test]
fn a_signature_covers_what_is_sent_and_is_made_with_the_seal() {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    let request = signed(&SignatureRules::STANDARD);
    let header = |name| request.header_value(name).expect("a header");
    let value = header("signature");
    assert_eq!(parameter(value, "headers"), "digest x-request-id date tpp-redirect-uri");
    assert_eq!(parameter(value, "algorithm"), "rsa-sha256");
    let text = format!(
        "digest: {}\nx-request-id: {}\ndate: {}\ntpp-redirect-uri: {}",
        signature::digest_of(b"{\"a\":1}"),
        header("x-request-id"),
        header("date"),
        header("tpp-redirect-uri"),
    );
    let bytes = STANDARD.decode(parameter(value, "signature")).expect("base64");
    let key =
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &seal().certificate.public_key_bits);
    assert!(key.verify(text.as_bytes(), &bytes).is_ok());
    assert!(key.verify(text.replace("12:00", "12:01").as_bytes(), &bytes).is_err());
    let shown = STANDARD.decode(header("tpp-signature-certificate")).expect("base64");
    assert_eq!(shown, seal().certificate.der);
}

#[test]
fn a_key_is_named_in_the_spelling_of_the_bank() {
    let name =
        |rules: SignatureRules| signature::key_id(&seal().certificate, &rules).expect("a name");
    let standard = SignatureRules::STANDARD;
    assert_eq!(name(standard), "SN=0AB1FF,CA=C=FI,O=Test%20Oy,CN=Test%20Seal%20CA");
    let encoded = SignatureRules { name_order: NameOrder::AsEncoded, ..standard };
    assert_eq!(name(encoded), "SN=0AB1FF,CA=CN=Test%20Seal%20CA,O=Test%20Oy,C=FI");
    let plain = SignatureRules { name_encoded: false, ..standard };
    assert_eq!(name(plain), "SN=0AB1FF,CA=C=FI,O=Test Oy,CN=Test Seal CA");
    let decimal = SignatureRules { serial: SerialNumber::Decimal, ..standard };
    assert!(name(decimal).starts_with("SN=700927,CA="));
}

#[test]
fn a_bank_that_wants_no_signature_gets_none() {
    let plain = changed(|bank| bank.signature = None);
    let request = page_of(plain, AccountKind::Current, "r-1001", None).expect("a request");
    for name in ["signature", "digest", "tpp-signature-certificate", "date"] {
        assert_eq!(request.header_value(name), None, "{name}");
    }
}
