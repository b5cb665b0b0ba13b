//! Signing requests with the seal (draft-cavage-http-signatures-10, as NextGenPSD2 Implementation
//! Guidelines 1.3, section 12.2, use it): `Digest` over the body, `Signature` over chosen headers, and the
//! certificate beside them.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::profile::{NameOrder, SerialNumber, SignatureRules};
use crate::connectors::IssuedCertificate;
use crate::connectors::certificate::Certificate;
use crate::connectors::error::BankError;
use crate::connectors::exchange::BankRequest;

/// The only algorithm the standard names that every bank takes.
const ALGORITHM: &str = "rsa-sha256";
const NOT_SIGNED: BankError = BankError::NotSent { what: "signature of the request" };

/// Adds `Digest`, `Signature` and `TPP-Signature-Certificate` to a request that is otherwise complete.
///
/// # Errors
/// [`BankError::NotSent`] when the key does not sign or the certificate is not readable.
pub fn sign(
    request: BankRequest,
    seal: &IssuedCertificate,
    rules: &SignatureRules,
) -> Result<BankRequest, BankError> {
    let body = request.body.as_ref().map_or(&[][..], |body| body.expose());
    let digest = digest_of(body);
    let request = request.header("digest", digest);
    let (names, text) = signing_text(&request, rules);
    let signature = seal.key.sign_rsa_sha256(text.as_bytes()).map_err(|_| NOT_SIGNED)?;
    let key_id = key_id(&seal.certificate, rules).ok_or(NOT_SIGNED)?;
    let value = format!(
        "keyId=\"{key_id}\",algorithm=\"{ALGORITHM}\",headers=\"{names}\",signature=\"{}\"",
        STANDARD.encode(signature)
    );
    Ok(request
        .header("signature", value)
        .header("tpp-signature-certificate", STANDARD.encode(&seal.certificate.der)))
}

/// The value of `Digest` (RFC 3230, RFC 5843) for a body, which may be empty.
#[must_use]
pub fn digest_of(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(digest::digest(&digest::SHA256, body)))
}

/// The names of the signed headers and the text that is signed: one header a line, the name in small
/// letters, no line end after the last (draft-cavage-http-signatures-10, section 2.3).
fn signing_text(request: &BankRequest, rules: &SignatureRules) -> (String, String) {
    let sent = |name: &&&str| request.header_value(name).is_some();
    let names: Vec<&str> = rules.headers.iter().filter(sent).copied().collect();
    let line = |name: &&str| format!("{name}: {}", request.header_value(name).unwrap_or_default());
    let lines: Vec<String> = names.iter().map(line).collect();
    (names.join(" "), lines.join("\n"))
}

/// The name of the key: number and issuer of the certificate, in the bank's spelling.
#[must_use]
pub fn key_id(certificate: &Certificate, rules: &SignatureRules) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(&certificate.der).ok()?;
    let serial = match rules.serial {
        SerialNumber::Hexadecimal => {
            let hexadecimal = format!("{:X}", parsed.tbs_certificate.serial);
            if hexadecimal.len() % 2 == 1 { format!("0{hexadecimal}") } else { hexadecimal }
        }
        SerialNumber::Decimal => parsed.tbs_certificate.serial.to_string(),
    };
    let mut parts = Vec::new();
    for attribute in parsed.issuer().iter_attributes() {
        let name = short_name(&attribute.attr_type().to_id_string());
        parts.push(format!("{name}={}", spelt(attribute.as_str().ok()?, rules.name_encoded)));
    }
    if rules.name_order == NameOrder::SpecificFirst {
        parts.reverse();
    }
    Some(format!("SN={serial},CA={}", parts.join(",")))
}

/// The short names of RFC 4514, section 3; any other type by its number.
fn short_name(oid: &str) -> String {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        other => other,
    }
    .to_owned()
}

/// A part of a name: percent-encoded, or with the escapes of RFC 4514 and without what would end the
/// quoted text.
fn spelt(text: &str, encoded: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || "-._".contains(letter) {
            out.push(letter);
        } else if encoded || letter == '"' || letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            if ",+<>;\\".contains(letter) {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
}
