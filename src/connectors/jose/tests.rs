use aws_lc_rs::rsa::KeySize;
use serde_json::{Value, json};
use x509_parser::der_parser::parse_der;

use super::*;

/// A fresh key pair in the form a bank's generator hands it out.
pub(crate) fn rsa_jwk(kid: &str) -> Value {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = pair.as_der().expect("PKCS#8");
    let (_, outer) = parse_der(der.as_ref()).expect("DER");
    let inner = outer.as_sequence().expect("a sequence")[2].as_slice().expect("octets");
    let (_, key) = parse_der(inner).expect("RSAPrivateKey");
    let numbers: Vec<String> = key.as_sequence().expect("a sequence")[1..9]
        .iter()
        .map(|number| {
            let bytes = number.as_slice().expect("an integer");
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            URL_SAFE_NO_PAD.encode(&bytes[zeros..])
        })
        .collect();
    let [n, e, d, p, q, dp, dq, qi] = <[String; 8]>::try_from(numbers).expect("eight");
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e, "d": d,
           "p": p, "q": q, "dp": dp, "dq": dq, "qi": qi})
}

pub(crate) fn ec_jwk(kid: &str) -> Value {
    use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let private: EcPrivateKeyBin = pair.private_key().as_be_bytes().expect("bytes");
    let point = pair.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "kid": kid, "d": URL_SAFE_NO_PAD.encode(private.as_ref()),
           "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])})
}

/// The public members of keys, as a set.
pub(crate) fn key_set(keys: &[&Value]) -> PublicKeys {
    let public: Vec<Value> = keys
        .iter()
        .map(|key| {
            let mut key = (*key).clone();
            for member in ["d", "p", "q", "dp", "dq", "qi"] {
                key.as_object_mut().expect("an object").remove(member);
            }
            key
        })
        .collect();
    PublicKeys::parse(json!({ "keys": public }).to_string().as_bytes()).expect("a set")
}

pub(crate) fn signing_key(jwk: &Value, algorithm: Algorithm) -> SigningKey {
    SigningKey::from_jwk(&Secret::new(jwk.to_string()), algorithm).expect("a signing key")
}

#[test]
fn hashes_agree_with_the_published_vectors() {
    let table = [
        ("code-K7mQ2", "SwyrYmrJHVEU3Nkz3Gx85w"),
        ("state-3f9a", "v_p2ux5IbypB2PeIIpAqcQ"),
        ("at-Zp81", "6_kYt6w9C5Y90QLX4q16SQ"),
        ("rt-Lw44", "Omeibw4fTc0cJbmRVIygoA"),
    ];
    for (value, hash) in table {
        assert_eq!(left_half_hash(value), hash);
    }
}

#[test]
fn signs_what_its_public_half_verifies() {
    let (rsa, ec) = (rsa_jwk("r"), ec_jwk("e"));
    for (jwk, algorithm) in
        [(&rsa, Algorithm::Rs256), (&rsa, Algorithm::Ps256), (&ec, Algorithm::Es256)]
    {
        let mut public = jwk.clone();
        public.as_object_mut().expect("an object").remove("alg");
        let keys = key_set(&[&public]);
        let key = signing_key(jwk, algorithm);
        let token = key.sign_compact(&json!({"a": 1})).expect("signed");
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert!(keys.keys()[0].verifies(algorithm, message.as_bytes(), &signature));
        assert!(!keys.keys()[0].verifies(algorithm, b"else", &signature));
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header"));
        let header: Value = serde_json::from_slice(&header.expect("base64url")).expect("JSON");
        assert_eq!(header, json!({"alg": algorithm.name(), "kid": key.kid(), "typ": "JWT"}));
    }
}

#[test]
fn a_key_survives_the_vault_and_pem() {
    let key = signing_key(&rsa_jwk("r"), Algorithm::Rs256);
    let again = SigningKey::from_pkcs8("r", Algorithm::Rs256, key.pkcs8().clone()).expect("a key");
    assert_eq!(key.public_key_bits(), again.public_key_bits());
    let pem = key.to_pkcs8_pem();
    assert!(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\nMII"));
    assert!(pem.expose().lines().all(|line| line.len() <= 64));
    assert!(!format!("{key:?}").contains("MII"));
}

#[test]
fn odd_private_keys_are_refused_with_the_reason() {
    let refuse = |jwk: Value, algorithm| {
        SigningKey::from_jwk(&Secret::new(jwk.to_string()), algorithm)
            .map(|_| ())
            .expect_err("a refusal")
    };
    let without = |mut jwk: Value, member: &str| {
        jwk.as_object_mut().expect("an object").remove(member);
        jwk
    };
    let with = |mut jwk: Value, member: &str, value: &str| {
        jwk[member] = json!(value);
        jwk
    };
    let (rsa, ec) = (rsa_jwk("r"), ec_jwk("e"));
    let other = rsa_jwk("o");
    let other_q = other["q"].as_str().expect("text");
    let table = [
        (without(rsa.clone(), "p"), Algorithm::Rs256, JoseError::Missing("p")),
        (without(rsa.clone(), "kid"), Algorithm::Rs256, JoseError::Missing("kid")),
        (with(rsa.clone(), "qi", "***"), Algorithm::Rs256, JoseError::NotBase64("qi")),
        (with(rsa.clone(), "q", other_q), Algorithm::Rs256, JoseError::Inconsistent),
        (with(rsa.clone(), "kty", "oct"), Algorithm::Rs256, JoseError::Kind),
        (rsa, Algorithm::Es256, JoseError::Algorithm),
        (with(ec.clone(), "crv", "P-384"), Algorithm::Es256, JoseError::Kind),
        (with(ec.clone(), "y", "AAAA"), Algorithm::Es256, JoseError::Inconsistent),
        (ec, Algorithm::Rs256, JoseError::Algorithm),
        (json!([]), Algorithm::Rs256, JoseError::NotJson),
    ];
    for (jwk, algorithm, expected) in table {
        assert_eq!(refuse(jwk, algorithm), expected);
    }
}

#[test]
fn a_set_passes_over_what_it_cannot_use() {
    let rsa = rsa_jwk("r");
    let mut encryption = rsa.clone();
    encryption["use"] = json!("enc");
    let mut p384 = ec_jwk("e");
    p384["crv"] = json!("P-384");
    let set = key_set(&[&json!({"kty": "oct", "kid": "h", "k": "AAAA"}), &encryption, &p384, &rsa]);
    assert_eq!(set.keys().len(), 1);
    assert_eq!(set.keys()[0].kid(), Some("r"));
    let many = vec![json!({}); MOST_KEYS + 1];
    let refused = PublicKeys::parse(json!({ "keys": many }).to_string().as_bytes());
    assert_eq!(refused.map(|_| ()).expect_err("a refusal"), JoseError::TooMany);
    assert!(PublicKeys::parse(b"<html>").is_err());
}
