use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};

use super::*;

const QUESTION: Question<'_> = Question {
    challenge: "Y2hhbGxlbmdl",
    origin: "https://ledger.example",
    service: "ledger.example",
};

/// A device that holds one key.
enum Device {
    P256(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Device {
    fn all() -> Vec<Self> {
        vec![
            Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            Self::Ed(Ed25519KeyPair::generate().expect("a key")),
            Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        ]
    }

    /// Its key as COSE writes it.
    fn cose(&self) -> Vec<u8> {
        let bytes = |bytes: &[u8]| {
            let mut out = vec![0x59];
            out.extend_from_slice(&u16::try_from(bytes.len()).expect("short").to_be_bytes());
            out.extend_from_slice(bytes);
            out
        };
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (bytes(&point[1..33]), bytes(&point[33..65]));
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21][..], &x, &[0x22], &y].concat()
            }
            Self::Ed(pair) => {
                let key = bytes(pair.public_key().as_ref());
                [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21][..], &key].concat()
            }
            Self::Rsa(pair) => {
                let public = pair.public_key();
                let n = bytes(public.modulus().big_endian_without_leading_zero());
                let e = bytes(public.exponent().big_endian_without_leading_zero());
                [&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20][..], &n, &[0x21], &e].concat()
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signed");
                signature
            }
        }
    }

    fn attestation(&self, flags: u8) -> Vec<u8> {
        let data =
            [&data("ledger.example", flags, 1)[..], &[7; 16], &[0, 4], b"abcd", &self.cose()]
                .concat();
        let length = u16::try_from(data.len()).expect("short").to_be_bytes();
        let head =
            [&[0xa3, 0x63][..], b"fmt", &[0x64], b"none", &[0x67], b"attStmt", &[0xa0, 0x68]];
        [&head.concat()[..], b"authData", &[0x59], &length, &data].concat()
    }
}

fn data(service: &str, flags: u8, counter: u32) -> Vec<u8> {
    [&Sha256::digest(service.as_bytes())[..], &[flags], &counter.to_be_bytes()].concat()
}

fn client(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
    serde_json::json!({ "type": kind, "challenge": challenge, "origin": origin })
        .to_string()
        .into_bytes()
}

fn create() -> Vec<u8> {
    client("webauthn.create", QUESTION.challenge, QUESTION.origin)
}

fn get() -> Vec<u8> {
    client("webauthn.get", QUESTION.challenge, QUESTION.origin)
}

const ALL: u8 = PRESENT | VERIFIED | HOLDS_KEY;

#[test]
fn keys_of_three_kinds_are_taken_and_sign_in() {
    for device in Device::all() {
        let made = made(&QUESTION, &create(), &device.attestation(ALL)).expect("made");
        assert_eq!((made.credential_id.as_slice(), made.counter), (&b"abcd"[..], 1));
        let (client, told) = (get(), data("ledger.example", PRESENT | VERIFIED, 2));
        let signature = device.sign(&[&told[..], &Sha256::digest(&client)].concat());
        assert_eq!(used(&QUESTION, (&made.key, 1), &client, &told, &signature), Ok(2));
        // The counter does not stand still, and does not go back.
        let again = used(&QUESTION, (&made.key, 2), &client, &told, &signature);
        assert_eq!(again, Err(WebauthnError::Counter));
        // A signature is over these bytes and no others.
        let other = data("ledger.example", PRESENT | VERIFIED, 3);
        let moved = used(&QUESTION, (&made.key, 1), &client, &other, &signature);
        assert_eq!(moved, Err(WebauthnError::Signature));
        let mut bent = signature.clone();
        bent[10] ^= 1;
        let bent = used(&QUESTION, (&made.key, 1), &client, &told, &bent);
        assert_eq!(bent, Err(WebauthnError::Signature));
    }
}

#[test]
fn a_device_that_does_not_count_stays_at_zero() {
    let device = &Device::all()[1];
    let made = made(&QUESTION, &create(), &device.attestation(ALL)).expect("made");
    let (client, told) = (get(), data("ledger.example", PRESENT | VERIFIED, 0));
    let signature = device.sign(&[&told[..], &Sha256::digest(&client)].concat());
    assert_eq!(used(&QUESTION, (&made.key, 0), &client, &told, &signature), Ok(0));
    let stolen = used(&QUESTION, (&made.key, 5), &client, &told, &signature);
    assert_eq!(stolen, Err(WebauthnError::Counter));
}

#[test]
fn every_answer_to_something_else_is_refused() {
    let device = &Device::all()[0];
    let kept = made(&QUESTION, &create(), &device.attestation(ALL)).expect("made").key;
    let use_with = |client: Vec<u8>, told: Vec<u8>| {
        let signature = device.sign(&[&told[..], &Sha256::digest(&client)].concat());
        used(&QUESTION, (&kept, 1), &client, &told, &signature)
    };
    let told = || data("ledger.example", PRESENT | VERIFIED, 9);
    let origin = QUESTION.origin;
    let table = [
        (
            client("webauthn.create", QUESTION.challenge, origin),
            told(),
            WebauthnError::OtherQuestion,
        ),
        (client("webauthn.get", "b3RoZXI", origin), told(), WebauthnError::OtherQuestion),
        (
            client("webauthn.get", QUESTION.challenge, "https://ledger.example.evil"),
            told(),
            WebauthnError::OtherOrigin,
        ),
        (
            client("webauthn.get", QUESTION.challenge, "http://ledger.example"),
            told(),
            WebauthnError::OtherOrigin,
        ),
        (get(), data("evil.example", PRESENT | VERIFIED, 9), WebauthnError::OtherService),
        (get(), data("ledger.example", PRESENT, 9), WebauthnError::NotVerified),
        (get(), data("ledger.example", VERIFIED, 9), WebauthnError::NotVerified),
        (get(), vec![0; 20], WebauthnError::Malformed),
        (b"{}".to_vec(), told(), WebauthnError::Malformed),
    ];
    for (client, told, refusal) in table {
        assert_eq!(use_with(client, told), Err(refusal));
    }
    let framed = serde_json::json!({ "type": "webauthn.get", "challenge": QUESTION.challenge,
        "origin": origin, "crossOrigin": true });
    let framed = use_with(framed.to_string().into_bytes(), told());
    assert_eq!(framed, Err(WebauthnError::OtherOrigin));
}

#[test]
fn a_passkey_is_made_with_a_verified_person_and_a_known_key() {
    let device = &Device::all()[0];
    for (flags, refusal) in [
        (PRESENT | HOLDS_KEY, WebauthnError::NotVerified),
        (PRESENT | VERIFIED, WebauthnError::Malformed),
    ] {
        assert_eq!(made(&QUESTION, &create(), &device.attestation(flags)), Err(refusal));
    }
    let good = device.attestation(ALL);
    for cut in 0..good.len() {
        assert!(made(&QUESTION, &create(), &good[..cut]).is_err(), "cut at {cut}");
    }
    // Another algorithm, another curve.
    let place = good.len() - device.cose().len();
    for (at, value) in [(4, 0x27), (6, 2), (2, 1)] {
        let mut other = good.clone();
        other[place + at] = value;
        assert!(made(&QUESTION, &create(), &other).is_err(), "{at} {value}");
    }
    assert_eq!(bytes_of("a+b"), Err(WebauthnError::Malformed));
    assert_eq!(bytes_of(&text_of(b"\xff\xfe")), Ok(vec![0xff, 0xfe]));
}
