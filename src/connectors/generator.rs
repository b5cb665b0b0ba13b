//! The certificate generator of a sandbox: it hands out a QWAC and a QSEAL with their private keys, as
//! JSON Web Keys (RFC 7517) with a chain. In production a qualified trust service provider issues them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::bank::Bank;
use super::certificate::{Certificate, CertificateProblem};
use super::error::BankError;
use super::exchange::{BankAnswer, BankRequest, Endpoint, Method};
use super::jose::{Algorithm, JoseError, SigningKey};
use super::registrar::{IssuedCertificate, IssuedCertificates, RegistrationError};
use super::secret::Secret;

/// Most keys read of a generator's answer.
const MOST_ISSUED_KEYS: usize = 8;

/// Asks the generator for two certificates.
///
/// # Errors
/// [`RegistrationError::NoGenerator`], or an address that cannot be built.
pub fn certificate_request(
    bank: &Bank,
    country: &str,
    tpp_name: &str,
    roles: &[String],
) -> Result<BankRequest, RegistrationError> {
    let generator = bank.generator_url.as_deref().ok_or(RegistrationError::NoGenerator)?;
    let mut url = Url::parse(generator).map_err(|_| RegistrationError::NoGenerator)?;
    url.query_pairs_mut()
        .append_pair("c", &country.to_ascii_uppercase())
        .append_pair("cn", tpp_name);
    // The roles are plain words, joined by commas that OP's own clients leave as they are.
    let query = format!("{}&roles={}", url.query().unwrap_or_default(), roles.join(","));
    url.set_query(Some(&query));
    Ok(BankRequest::new(Method::Post, url, Endpoint::CertificateGenerator)
        .header("accept", "application/json"))
}

/// Turns the request into one for further certificates of somebody the generator knows.
///
/// # Errors
/// [`RegistrationError::NoGenerator`] if the address takes no name.
pub fn of_known(mut request: BankRequest, tpp_id: &str) -> Result<BankRequest, RegistrationError> {
    let mut url = Url::parse(&request.url).map_err(|_| RegistrationError::NoGenerator)?;
    url.path_segments_mut().map_err(|()| RegistrationError::NoGenerator)?.push(tpp_id);
    request.url = url.to_string();
    Ok(request)
}

/// Reads what the generator issued. Each key must belong to its certificate.
///
/// # Errors
/// [`RegistrationError`] says what is missing or does not fit.
pub fn read_certificates(
    bank: &Bank,
    answer: &BankAnswer,
) -> Result<IssuedCertificates, RegistrationError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        tpp_id: Option<String>,
        public_jwks_url: Option<String>,
        private_jwks: Option<Keys>,
    }
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<Box<RawValue>>,
    }
    if !answer.is_success() {
        let refused = BankError::Refused { status: answer.status, code: "none".to_owned() };
        return Err(refused.into());
    }
    let read: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "certificates" })?;
    let keys = read.private_jwks.ok_or(RegistrationError::Missing("privateJwks"))?.keys;
    let (mut qwac, mut qseal) = (None, None);
    for raw in keys.iter().take(MOST_ISSUED_KEYS) {
        if qwac.is_some() && qseal.is_some() {
            break;
        }
        let jwk = Secret::new(raw.get());
        let issued = read_issued(bank, &jwk)?;
        // The key for TLS has `qwac` in its name; the first other one is for signing.
        let place = if issued.key.kid().to_ascii_lowercase().contains("qwac") {
            &mut qwac
        } else {
            &mut qseal
        };
        if place.is_none() {
            *place = Some(issued);
        }
    }
    let public_jwks_url = read
        .public_jwks_url
        .filter(|url| Url::parse(url).is_ok_and(|url| url.scheme() == "https"))
        .ok_or(RegistrationError::Missing("publicJwksUrl"))?;
    Ok(IssuedCertificates {
        tpp_id: read
            .tpp_id
            .filter(|id| !id.is_empty())
            .ok_or(RegistrationError::Missing("tppId"))?,
        public_jwks_url,
        qwac: qwac.ok_or(RegistrationError::Missing("key for TLS"))?,
        qseal: qseal.ok_or(RegistrationError::Missing("key for signing"))?,
    })
}

fn read_issued(bank: &Bank, jwk: &Secret) -> Result<IssuedCertificate, RegistrationError> {
    #[derive(Deserialize)]
    struct Chain {
        #[serde(default)]
        x5c: Vec<String>,
    }
    let key = match SigningKey::from_jwk(jwk, bank.signing_algorithm) {
        Err(JoseError::Algorithm) => SigningKey::from_jwk(jwk, Algorithm::Es256)?,
        other => other?,
    };
    let chain: Chain = serde_json::from_str(jwk.expose()).map_err(|_| JoseError::NotJson)?;
    let first = chain.x5c.first().ok_or(RegistrationError::Missing("x5c"))?;
    let certificate = Certificate::parse(&from_x5c(first)?)?;
    certificate.check_key(&key)?;
    Ok(IssuedCertificate { key, certificate })
}

/// Decodes an `x5c` entry (RFC 7517, section 4.7). A PEM frame and line ends are tolerated.
fn from_x5c(text: &str) -> Result<Vec<u8>, CertificateProblem> {
    let bare: String = text
        .replace("-----BEGIN CERTIFICATE-----", "")
        .replace("-----END CERTIFICATE-----", "")
        .split_ascii_whitespace()
        .collect();
    STANDARD.decode(bare).map_err(|_| CertificateProblem::Malformed)
}
