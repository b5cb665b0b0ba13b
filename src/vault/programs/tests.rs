use serde_json::{Value as Json, json};

use super::*;

const NOW: i64 = 1_790_000_000;

fn key(byte: u8) -> DataKey {
    DataKey::new(Zeroizing::new([byte; 32])).expect("a key")
}

fn claims() -> Claims {
    Claims {
        iss: issuer(&key(1)),
        aud: AUDIENCE.to_owned(),
        sub: "s".to_owned(),
        client_id: "c".to_owned(),
        role_id: "r".to_owned(),
        jti: "j".to_owned(),
        iat: NOW,
        nbf: NOW,
        exp: NOW + ACCESS_SECONDS,
        scope: "analysis".to_owned(),
    }
}

fn signed(change: impl FnOnce(&mut Claims)) -> String {
    let mut claims = claims();
    change(&mut claims);
    sign(&key(1), NOW / KEY_SECONDS, &claims).expect("signed").expose().to_owned()
}

#[test]
fn what_is_signed_is_read_back_while_it_stands() {
    let text = signed(|_| {});
    assert_eq!(read_access(&key(1), &text, NOW).expect("read").client_id, "c");
    assert!(read_access(&key(1), &text, NOW + ACCESS_SECONDS - 1).is_some());
    assert!(read_access(&key(1), &text, NOW + ACCESS_SECONDS).is_none());
    assert!(read_access(&key(1), &text, NOW - 1).is_none());
    assert!(read_access(&key(2), &text, NOW).is_none(), "another platform's key");
}

#[test]
fn a_token_outlives_the_change_of_its_signing_key_by_its_own_time_only() {
    let edge = (NOW / KEY_SECONDS + 1) * KEY_SECONDS;
    let at = |iat: i64| {
        let claims = Claims { iat, nbf: iat, exp: iat + ACCESS_SECONDS, ..claims() };
        sign(&key(1), iat / KEY_SECONDS, &claims).expect("signed").expose().to_owned()
    };
    let (before, after) = (at(edge - 60), at(edge));
    let name = |text: &str| text.split('.').next().map(str::to_owned);
    assert_ne!(name(&before), name(&after), "another key signs");
    assert!(read_access(&key(1), &before, edge + 60).is_some());
    assert!(read_access(&key(1), &after, edge + 60).is_some());
    assert!(read_access(&key(1), &before, edge - 60 + ACCESS_SECONDS).is_none());
    let skipped = sign(&key(1), NOW / KEY_SECONDS - 2, &claims()).expect("signed");
    assert!(read_access(&key(1), skipped.expose(), NOW).is_none(), "a key of long ago");
}

#[test]
fn every_other_claim_and_header_is_refused() {
    for (what, text) in [
        ("audience", signed(|claims| claims.aud = "one-point-ledger/other".to_owned())),
        ("issuer", signed(|claims| claims.iss = "https://bank.example".to_owned())),
        ("not before", signed(|claims| claims.nbf = NOW + 1)),
        ("issued ahead", signed(|claims| claims.iat = NOW + 1)),
        ("too long", signed(|claims| claims.exp = NOW + ACCESS_SECONDS + 1)),
        ("over", signed(|claims| claims.exp = NOW)),
    ] {
        assert!(read_access(&key(1), &text, NOW).is_none(), "{what}");
    }
    let good = signed(|_| {});
    let parts: Vec<&str> = good.split('.').collect();
    let head: Json =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).expect("text")).expect("JSON");
    let with = |member: &str, value: Json| {
        let mut head = head.clone();
        head[member] = value;
        let head = URL_SAFE_NO_PAD.encode(head.to_string());
        format!("{head}.{}.{}", parts[1], parts[2])
    };
    for text in [
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("ES256")),
        with("alg", json!("nOnE")),
        with("typ", json!("JWT")),
        with("kid", json!("../../etc/passwd")),
        with("jwk", json!({ "kty": "OKP" })),
        with("jku", json!("https://evil.example/keys")),
        with("crit", json!(["exp"])),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.x"),
        "x".repeat(LONGEST_ACCESS + 1),
        String::new(),
    ] {
        assert!(read_access(&key(1), &text, NOW).is_none(), "{text}");
    }
    // Keyed with our public half, as if it were a secret.
    let public = public_half(&seed(&key(1), NOW / KEY_SECONDS)).expect("one");
    let secret = EncodingKey::from_secret(&public);
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &secret);
    assert!(read_access(&key(1), &confused.expect("signed"), NOW).is_none());
    assert!(read_access(&key(1), &good, NOW).is_some());
}

#[test]
fn a_refresh_token_is_ours_or_nothing() {
    let token_id = TokenId(Uuid::from_u128(5));
    let good = refresh_token(&key(1), token_id, 7);
    assert_eq!(read_refresh(&key(1), &good), Some((token_id, 7)));
    assert_eq!(read_refresh(&key(2), &good), None);
    let text = good.expose();
    for place in (REFRESH_PREFIX.len()..text.len()).step_by(5) {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = Secret::new(String::from_utf8(bytes).expect("text"));
        assert_eq!(read_refresh(&key(1), &changed), None, "{place}");
    }
    assert_eq!(read_refresh(&key(1), &Secret::new("oplr_")), None);
}
