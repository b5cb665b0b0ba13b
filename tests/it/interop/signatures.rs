//! Our signatures verified by npm's `jose`, its signatures verified by us, and one changed byte refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use opl::connectors::SecretBytes;
use opl::connectors::jose::detached::{Signer, verifies_detached};
use opl::connectors::jose::{Algorithm, PublicKeys, SigningKey};
use rcgen::{KeyPair, PublicKeyData as _, RsaKeySize};
use serde_json::{Value, json};

use super::parts::{Node, pem};

const PAYLOAD: &[u8] =
    "{\"Data\":{\"Amount\":\"12.30\",\"Reference\":\"crème brûlée\"}}".as_bytes();
const SIGNER: Signer<'static> =
    Signer { issuer: "CN=0015800001041REAAY, O=Test", trust_anchor: "openbanking.org.uk" };

/// A key of ours with its public half.
fn ours(algorithm: Algorithm) -> (SigningKey, String) {
    let pair = match algorithm {
        Algorithm::Es256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        _ => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
    };
    let pair = pair.expect("a key");
    let pkcs8 = SecretBytes::new(pair.serialize_der());
    let key = SigningKey::from_pkcs8("ours", algorithm, pkcs8).expect("a key");
    (key, pem(&pair.subject_public_key_info()))
}

fn verify(node: &mut Node, token: &str, payload: &[u8], alg: &str, spki: &str) -> Value {
    node.ask(&json!({
        "operation": "verify", "token": token, "payload": STANDARD.encode(payload),
        "alg": alg, "spki": spki,
    }))
}

/// The same bytes with one bit turned.
fn turned(payload: &[u8], place: usize) -> Vec<u8> {
    let mut turned = payload.to_vec();
    turned[place] ^= 1;
    turned
}

/// A token whose signature has one letter changed, not the last: that one holds bits without meaning.
fn spoiled(token: &str) -> String {
    let at = token.len() - 20;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

#[test]
fn our_signatures_are_taken_and_one_changed_byte_is_not() {
    let mut node = Node::start("signatures.mjs");
    for algorithm in [Algorithm::Ps256, Algorithm::Es256, Algorithm::Rs256] {
        let ((key, spki), alg) = (ours(algorithm), algorithm.name());
        let detached = key.sign_detached(PAYLOAD, &SIGNER, Utc::now()).expect("signed");
        let read = verify(&mut node, &detached, PAYLOAD, alg, &spki);
        assert_eq!(read["valid"], true, "{alg}: {read}");
        assert_eq!(read["header"]["kid"], "ours");
        assert_eq!(read["header"]["http://openbanking.org.uk/tan"], SIGNER.trust_anchor);
        for place in [0, PAYLOAD.len() / 2, PAYLOAD.len() - 1] {
            let read = verify(&mut node, &detached, &turned(PAYLOAD, place), alg, &spki);
            assert_eq!(read["code"], "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "{alg} {place}");
        }
        assert_eq!(verify(&mut node, &spoiled(&detached), PAYLOAD, alg, &spki)["valid"], false);
        let compact = key.sign_compact(&json!({ "iss": "us" })).expect("signed");
        assert_eq!(verify(&mut node, &compact, b"", alg, &spki)["valid"], true, "{alg}");
        assert_eq!(verify(&mut node, &spoiled(&compact), b"", alg, &spki)["valid"], false);
    }
}

#[test]
fn their_signatures_are_taken_and_one_changed_byte_is_not() {
    let mut node = Node::start("signatures.mjs");
    let crit = ["iat", "iss", "tan"].map(|name| format!("http://openbanking.org.uk/{name}"));
    let mut header = json!({ "crit": crit });
    for (name, value) in crit.iter().zip([json!(1_767_600_000), json!("them"), json!("anchor")]) {
        header[name.as_str()] = value;
    }
    for algorithm in [Algorithm::Ps256, Algorithm::Es256] {
        let signed = node.ask(&json!({
            "operation": "sign", "payload": STANDARD.encode(PAYLOAD), "alg": algorithm.name(),
            "header": header, "detached": true,
        }));
        let keys = PublicKeys::parse(signed["jwks"].to_string().as_bytes()).expect("keys");
        let token = signed["token"].as_str().expect("a token");
        assert!(verifies_detached(token, PAYLOAD, &keys, &[algorithm]));
        for place in [0, PAYLOAD.len() / 2, PAYLOAD.len() - 1] {
            assert!(!verifies_detached(token, &turned(PAYLOAD, place), &keys, &[algorithm]));
        }
        assert!(!verifies_detached(&spoiled(token), PAYLOAD, &keys, &[algorithm]));
        // Another algorithm than the profile's, and another key, verify nothing.
        assert!(!verifies_detached(token, PAYLOAD, &keys, &[Algorithm::Rs256]));
        assert!(!verifies_detached(token, PAYLOAD, &PublicKeys::default(), &[algorithm]));
    }
    // A demand that nobody here understands is no signature, however right it is.
    let signed = node.ask(&json!({
        "operation": "sign", "payload": STANDARD.encode(PAYLOAD), "alg": "PS256",
        "header": { "crit": [crit[0], crit[1]], "b64": false, crit[0].clone(): 1, crit[1].clone(): "x" },
        "detached": true,
    }));
    let keys = PublicKeys::parse(signed["jwks"].to_string().as_bytes()).expect("keys");
    let token = signed["token"].as_str().expect("a token");
    assert!(!verifies_detached(token, PAYLOAD, &keys, &[Algorithm::Ps256]));
}
