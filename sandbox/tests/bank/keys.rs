//! Private keys of a provider, read from the generator's answer.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// A key of the provider with its certificate.
#[derive(Clone)]
pub struct Key {
    pub kid: String,
    pub certificate: Vec<u8>,
    pub pkcs1: Vec<u8>,
}

impl Key {
    pub fn from_jwk(jwk: &Value) -> Self {
        let mut numbers = vec![0x02, 0x01, 0x00];
        for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            let mut number = vec![0];
            number.extend(URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap());
            if number[1] < 0x80 {
                number.remove(0);
            }
            numbers.extend(element(0x02, &number));
        }
        Self {
            kid: jwk["kid"].as_str().unwrap().to_owned(),
            certificate: STANDARD.decode(jwk["x5c"][0].as_str().unwrap()).unwrap(),
            pkcs1: element(0x30, &numbers),
        }
    }

    pub fn sign(&self, header: Value, payload: &[u8]) -> String {
        let input = format!("{}.{}", url(header.to_string().as_bytes()), url(payload));
        let key = EncodingKey::from_rsa_der(&self.pkcs1);
        let algorithm = match header["alg"].as_str() {
            Some("PS256") => Algorithm::PS256,
            _ => Algorithm::RS256,
        };
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key, algorithm).unwrap();
        format!("{input}.{signature}")
    }

    pub fn sign_claims(&self, claims: &Value) -> String {
        self.sign(json!({"alg": "RS256", "kid": self.kid}), claims.to_string().as_bytes())
    }

    pub fn sign_detached(&self, payload: &[u8]) -> String {
        let compact = self.sign(json!({"alg": "RS256", "kid": self.kid}), payload);
        let parts: Vec<&str> = compact.split('.').collect();
        format!("{}..{}", parts[0], parts[2])
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut bytes = vec![tag];
    match content.len() {
        0..=0x7f => bytes.push(length[1]),
        0x80..=0xff => bytes.extend([0x81, length[1]]),
        _ => bytes.extend([0x82, length[0], length[1]]),
    }
    bytes.extend(content);
    bytes
}

pub fn url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
