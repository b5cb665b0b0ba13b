use serde_json::{Value, json};

use super::*;
use crate::connectors::jose::SigningKey;
use crate::connectors::jose::tests::{ec_jwk, key_set, rsa_jwk, signing_key};

const NOW: i64 = 1_767_225_700;

/// What one case changes: the claims, the header, the keys, or what is expected.
struct Bench {
    rsa: Value,
    second: Value,
    ec: Value,
    key: SigningKey,
    keys: PublicKeys,
    secrets: Secrets,
    acr: Vec<String>,
}

struct Secrets {
    nonce: Secret,
    code: Secret,
    state: Secret,
    access: Secret,
    refresh: Secret,
}

impl Bench {
    fn new() -> Self {
        let (mut rsa, mut second, ec) = (rsa_jwk("bank-1"), rsa_jwk("bank-2"), ec_jwk("bank-e"));
        for key in [&mut rsa, &mut second] {
            key.as_object_mut().expect("an object").remove("alg");
        }
        Self {
            key: signing_key(&rsa, Algorithm::Rs256),
            keys: key_set(&[&rsa, &second, &ec]),
            rsa,
            second,
            ec,
            secrets: Secrets {
                nonce: Secret::new("n-51c2"),
                code: Secret::new("code-K7mQ2"),
                state: Secret::new("state-3f9a"),
                access: Secret::new("at-Zp81"),
                refresh: Secret::new("rt-Lw44"),
            },
            acr: vec!["urn:openbanking:psd2:sca".to_owned()],
        }
    }

    fn expectation(&self, channel: Channel) -> IdTokenExpectation<'_> {
        let back = channel != Channel::Front;
        IdTokenExpectation {
            channel,
            issuer: "https://localhost:9444",
            client_id: "q3Xn8",
            nonce: Some(&self.secrets.nonce),
            now: DateTime::from_timestamp(NOW, 0).expect("a time"),
            accepted_algorithms: &[Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256],
            accepted_acr: &self.acr,
            authorization_id: "5d0c1c3e",
            consent_claim: ConsentClaim::AuthorizationId,
            max_age_seconds: 86_400,
            code: Some(&self.secrets.code),
            state: Some(&self.secrets.state),
            access_token: back.then_some(&self.secrets.access),
            refresh_token: back.then_some(&self.secrets.refresh),
            require_at_hash: false,
            expected_subject: back.then_some("person-1"),
        }
    }

    fn signed(&self, claims: &Value) -> String {
        self.key.sign_compact(claims).expect("signed")
    }

    /// A token with a header of one's own, signed by the first key over RS256.
    fn with_header(&self, header: &str, claims: &Value) -> String {
        signed_by(&self.rsa, header, &claims.to_string())
    }

    fn verify(&self, channel: Channel, token: &str) -> Result<VerifiedIdToken, IdTokenError> {
        verify(token, &self.keys, &self.expectation(channel))
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn signed_by(jwk: &Value, header: &str, claims: &str) -> String {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
    let pkcs8 = signing_key(jwk, Algorithm::Rs256).pkcs8().clone();
    let pair = RsaKeyPair::from_pkcs8(pkcs8.expose()).expect("a key");
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
        .expect("signed");
    format!("{message}.{}", base64url(&signature))
}

fn front() -> Value {
    json!({"iss": "https://localhost:9444", "sub": "person-1", "aud": "q3Xn8",
           "iat": NOW - 5, "exp": NOW + 3600, "nonce": "n-51c2",
           "acr": "urn:openbanking:psd2:sca", "authorizationId": "5d0c1c3e",
           "c_hash": "SwyrYmrJHVEU3Nkz3Gx85w", "s_hash": "v_p2ux5IbypB2PeIIpAqcQ"})
}

fn back() -> Value {
    json!({"iss": "https://localhost:9444", "sub": "person-1", "aud": "q3Xn8",
           "iat": NOW - 5, "exp": NOW + 3600,
           "acr": "urn:openbanking:psd2:sca", "authorizationId": "5d0c1c3e",
           "at_hash": "6_kYt6w9C5Y90QLX4q16SQ", "rt_hash": "Omeibw4fTc0cJbmRVIygoA"})
}

/// Claims with one changed; `Value::Null` here means without it.
fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let members = claims.as_object_mut().expect("an object");
    if value.is_null() {
        members.remove(name)
    } else {
        members.insert(name.to_owned(), value)
    };
    claims
}

#[test]
fn honest_tokens_of_both_ways_are_accepted() {
    let bench = Bench::new();
    let expected = VerifiedIdToken {
        subject: "person-1".to_owned(),
        acr: "urn:openbanking:psd2:sca".to_owned(),
        issued_at: DateTime::from_timestamp(NOW - 5, 0).expect("a time"),
        authorization_id: "5d0c1c3e".to_owned(),
    };
    for (channel, claims) in [(Channel::Front, front()), (Channel::Back, back())] {
        assert_eq!(bench.verify(channel, &bench.signed(&claims)), Ok(expected.clone()));
    }
}

#[test]
fn claims_of_every_case() {
    use Channel::{Back, Front, Refreshed};
    use IdTokenError as Error;
    let bench = Bench::new();
    let none = Value::Null;
    let old = json!(NOW - 7 * 86_400);
    type Case = (&'static str, Channel, &'static str, Value, Result<(), Error>);
    let table: Vec<Case> = vec![
        ("N23", Front, "s_hash", none.clone(), Err(Error::StateHashMissing)),
        ("N24", Front, "s_hash", json!("AAAA"), Err(Error::StateHash)),
        ("N25", Front, "c_hash", none.clone(), Err(Error::CodeHashMissing)),
        ("N26", Front, "c_hash", json!("AAAA"), Err(Error::CodeHash)),
        ("N27", Back, "at_hash", json!("AAAA"), Err(Error::AccessTokenHash)),
        ("N27 refresh token", Back, "rt_hash", json!("AAAA"), Err(Error::RefreshTokenHash)),
        ("N28", Back, "at_hash", none.clone(), Ok(())),
        ("N28 refresh token", Back, "rt_hash", none.clone(), Ok(())),
        ("N24 back", Back, "s_hash", json!("AAAA"), Err(Error::StateHash)),
        ("N26 back", Back, "c_hash", json!("AAAA"), Err(Error::CodeHash)),
        ("N30", Front, "nonce", none.clone(), Err(Error::NonceMissing)),
        ("N30 back", Back, "nonce", none.clone(), Ok(())),
        ("N31", Front, "nonce", json!("n-other"), Err(Error::Nonce)),
        ("N31 empty", Front, "nonce", json!(""), Err(Error::Nonce)),
        ("N32", Back, "nonce", json!("n-other"), Err(Error::Nonce)),
        ("N32 right", Back, "nonce", json!("n-51c2"), Ok(())),
        ("N33 missing", Front, "iss", none.clone(), Err(Error::Issuer)),
        ("N33 wrong", Front, "iss", json!("https://evil.example"), Err(Error::Issuer)),
        ("N33 http", Front, "iss", json!("http://localhost:9444"), Err(Error::Issuer)),
        ("N33 slash", Front, "iss", json!("https://localhost:9444/"), Err(Error::Issuer)),
        ("N34 missing", Front, "aud", none.clone(), Err(Error::Audience)),
        ("N34 wrong", Front, "aud", json!("other"), Err(Error::Audience)),
        ("N34 array of one", Front, "aud", json!(["q3Xn8"]), Ok(())),
        ("N34 extra", Front, "aud", json!(["q3Xn8", "other"]), Err(Error::Audience)),
        ("N34 empty array", Front, "aud", json!([]), Err(Error::Audience)),
        ("N35", Front, "azp", json!("other"), Err(Error::AuthorizedParty)),
        ("N35 us", Front, "azp", json!("q3Xn8"), Ok(())),
        ("N36 missing", Front, "acr", none.clone(), Err(Error::Acr)),
        ("N36 back", Back, "acr", none.clone(), Err(Error::Acr)),
        ("N36 weaker", Front, "acr", json!("urn:openbanking:psd2:ca"), Err(Error::Acr)),
        ("N37", Front, "auth_time", json!(NOW - 86_400 - 61), Err(Error::AuthenticationTime)),
        ("N37 fresh", Front, "auth_time", json!(NOW - 86_400), Ok(())),
        ("N37 ahead", Front, "auth_time", json!(NOW + 61), Err(Error::AuthenticationTime)),
        ("N38", Front, "authorizationId", json!("other"), Err(Error::AuthorizationId)),
        ("N38 missing", Back, "authorizationId", none.clone(), Err(Error::AuthorizationId)),
        ("N39 missing", Front, "exp", none.clone(), Err(Error::Expired)),
        ("N39 past", Front, "exp", json!(NOW - 61), Err(Error::Expired)),
        ("N39 tolerated", Front, "exp", json!(NOW - 60), Ok(())),
        ("N39 as text", Front, "exp", json!("1767229240"), Err(Error::Malformed)),
        ("N39 endless", Front, "exp", json!(1e300), Err(Error::Expired)),
        ("N40 missing", Front, "iat", none.clone(), Err(Error::IssuedAt)),
        ("N40 a week old", Front, "iat", old, Err(Error::IssuedAt)),
        ("N40 61 s ahead", Front, "iat", json!(NOW + 61), Err(Error::IssuedAt)),
        ("N40 10 s ahead", Front, "iat", json!(NOW + 10), Ok(())),
        ("N41 missing", Front, "sub", none.clone(), Err(Error::SubjectMissing)),
        ("N41 empty", Front, "sub", json!(""), Err(Error::SubjectMissing)),
        ("N41 differs", Back, "sub", json!("person-2"), Err(Error::SubjectChanged)),
        ("N41 missing, back", Back, "sub", none.clone(), Err(Error::SubjectMissing)),
        ("N61", Refreshed, "sub", json!("person-2"), Err(Error::SubjectChanged)),
        ("N61 missing", Refreshed, "sub", none.clone(), Err(Error::SubjectMissing)),
        ("N62", Refreshed, "iss", json!("https://evil.example"), Err(Error::Issuer)),
        ("N62 audience", Refreshed, "aud", json!("other"), Err(Error::Audience)),
        (
            "refreshed, another consent",
            Refreshed,
            "authorizationId",
            json!("other"),
            Err(Error::AuthorizationId),
        ),
        ("refreshed, no consent", Refreshed, "authorizationId", none.clone(), Ok(())),
        ("refreshed, no acr", Refreshed, "acr", none.clone(), Ok(())),
        ("refreshed, weaker", Refreshed, "acr", json!("urn:openbanking:psd2:ca"), Err(Error::Acr)),
        ("refreshed, ahead", Refreshed, "iat", json!(NOW + 61), Err(Error::IssuedAt)),
        ("refreshed, no end", Refreshed, "exp", none, Err(Error::Expired)),
    ];
    for (case, channel, name, value, expected) in table {
        let claims = if channel == Front { front() } else { back() };
        let token = bench.signed(&with(claims, name, value));
        assert_eq!(bench.verify(channel, &token).map(|_| ()), expected, "{case}");
    }
}

/// Header and claims without a signature.
fn unsigned(header: &str) -> String {
    format!("{}.{}", base64url(header.as_bytes()), base64url(front().to_string().as_bytes()))
}

fn refuse_all(bench: &Bench, table: &[(&str, String, IdTokenError)]) {
    for (case, token, expected) in table {
        let refused = bench.verify(Channel::Front, token).map(|_| ());
        assert_eq!(refused, Err(*expected), "{case}");
    }
}

#[test]
fn algorithms_and_forms_of_every_case() {
    use IdTokenError as Error;
    let bench = Bench::new();
    let honest = bench.signed(&front());
    let (message, signature) = honest.rsplit_once('.').expect("three parts");
    let hmac = |secret: &[u8]| {
        use aws_lc_rs::hmac;
        let message = unsigned(r#"{"alg":"HS256","kid":"bank-1"}"#);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", base64url(tag.as_ref()))
    };
    let public = bench.rsa["n"].as_str().expect("text").as_bytes();
    let header = |header: &str| bench.with_header(header, &front());
    let small = header(r#"{"alg":"rs256","kid":"bank-1"}"#);
    let repeated = header(r#"{"alg":"none","alg":"RS256","kid":"bank-1"}"#);
    let twice = front().to_string().replacen('{', r#"{"sub":"x","#, 1);
    let twice = signed_by(&bench.rsa, r#"{"alg":"RS256","kid":"bank-1"}"#, &twice);
    let changed = format!("{}.{signature}", unsigned(r#"{"alg":"RS256","kid":"bank-1"}"#));
    let table = [
        ("N42 none", unsigned(r#"{"alg":"none"}"#) + ".", Error::AlgorithmNotAccepted),
        ("N42 None", unsigned(r#"{"alg":"None"}"#) + ".", Error::AlgorithmNotAccepted),
        ("N42 nOnE", unsigned(r#"{"alg":"nOnE"}"#) + ".", Error::AlgorithmNotAccepted),
        ("N42 no alg", unsigned(r#"{"kid":"bank-1"}"#) + ".", Error::Malformed),
        ("N42 empty signature", format!("{message}."), Error::Signature),
        ("N42 two parts", message.to_owned(), Error::Malformed),
        ("N43 public key", hmac(public), Error::AlgorithmNotAccepted),
        ("N43 client secret", hmac(b"secret"), Error::AlgorithmNotAccepted),
        ("N44 RSA key, ES256", header(r#"{"alg":"ES256","kid":"bank-1"}"#), Error::KeyUnfit),
        ("N44 PSS claimed", header(r#"{"alg":"PS256","kid":"bank-1"}"#), Error::Signature),
        ("N44 small letters", small, Error::AlgorithmNotAccepted),
        ("N46 JWE", "e30.AA.AA.AA.AA".to_owned(), Error::Encrypted),
        ("N46 too long", "a".repeat(LONGEST_TOKEN + 1), Error::Malformed),
        ("six parts", "a.b.c.d.e.f".to_owned(), Error::Malformed),
        ("padded", honest.replacen('.', "=.", 1), Error::Malformed),
        ("header twice", repeated, Error::Malformed),
        ("claim twice", twice, Error::Malformed),
        ("changed", changed, Error::Signature),
    ];
    refuse_all(&bench, &table);
}

#[test]
fn key_names_of_every_case() {
    use IdTokenError as Error;
    let bench = Bench::new();
    let header = |header: &str| bench.with_header(header, &front());
    let foreign = rsa_jwk("bank-1");
    let foreign_key = json!({"alg": "RS256", "kid": "bank-1", "jwk": foreign,
                             "jku": "https://evil.example/k", "x5u": "https://evil.example/c"});
    let foreign = signed_by(&foreign, &foreign_key.to_string(), &front().to_string());
    let second = r#"{"alg":"RS256","kid":"bank-1"}"#;
    let second = signed_by(&bench.second, second, &front().to_string());
    let critical = header(r#"{"alg":"RS256","kid":"bank-1","crit":["b64"],"b64":false}"#);
    let empty = header(r#"{"alg":"RS256","kid":"bank-1","crit":[]}"#);
    let table = [
        ("N45 unknown kid", header(r#"{"alg":"RS256","kid":"bank-9"}"#), Error::UnknownKey),
        ("N45 no kid", header(r#"{"alg":"RS256"}"#), Error::KeyIdMissing),
        ("N45 path", header(r#"{"alg":"RS256","kid":"../bank-1"}"#), Error::KeyIdMalformed),
        ("N45 quotes", header(r#"{"alg":"RS256","kid":"a' OR '1'='1"}"#), Error::KeyIdMalformed),
        ("N45 empty", header(r#"{"alg":"RS256","kid":""}"#), Error::KeyIdMalformed),
        ("N45 crit", critical, Error::CriticalHeader),
        ("N45 crit, empty", empty, Error::CriticalHeader),
        ("N45 key in the header", foreign, Error::Signature),
        ("another key of the bank", second, Error::Signature),
    ];
    refuse_all(&bench, &table);
}

#[test]
fn keys_and_profiles_decide_what_is_accepted() {
    use IdTokenError as Error;
    let bench = Bench::new();
    let token = bench.signed(&front());
    // N44: a bank whose profile names PS256 only.
    let strict = IdTokenExpectation {
        accepted_algorithms: &[Algorithm::Ps256],
        ..bench.expectation(Channel::Front)
    };
    let refused = verify(&token, &bench.keys, &strict).map(|_| ());
    assert_eq!(refused, Err(Error::AlgorithmNotAccepted));
    // N44: an EC key on another curve is no key for ES256.
    let es256 = signing_key(&bench.ec, Algorithm::Es256).sign_compact(&front()).expect("signed");
    assert_eq!(bench.verify(Channel::Front, &es256).map(|_| ()), Ok(()));
    let p384 = with(bench.ec.clone(), "crv", json!("P-384"));
    let refused = verify(&es256, &key_set(&[&p384]), &bench.expectation(Channel::Front));
    assert_eq!(refused.map(|_| ()), Err(Error::UnknownKey));
    // A key that is declared for another algorithm.
    let declared = key_set(&[&with(bench.rsa.clone(), "alg", json!("PS256"))]);
    let refused = verify(&token, &declared, &bench.expectation(Channel::Front));
    assert_eq!(refused.map(|_| ()), Err(Error::KeyUnfit));
    // Two keys of one name.
    let twins = key_set(&[&bench.rsa, &with(bench.second.clone(), "kid", json!("bank-1"))]);
    let refused = verify(&token, &twins, &bench.expectation(Channel::Front));
    assert_eq!(refused.map(|_| ()), Err(Error::KeyUnfit));
    // No key name is fine where there is one key only.
    let nameless = bench.with_header(r#"{"alg":"RS256"}"#, &front());
    let single = key_set(&[&bench.rsa]);
    let accepted = verify(&nameless, &single, &bench.expectation(Channel::Front));
    assert_eq!(accepted.map(|_| ()), Ok(()));
    // N28: a profile that demands at_hash.
    let demanding =
        IdTokenExpectation { require_at_hash: true, ..bench.expectation(Channel::Back) };
    let token = bench.signed(&with(back(), "at_hash", Value::Null));
    let refused = verify(&token, &bench.keys, &demanding).map(|_| ());
    assert_eq!(refused, Err(Error::AccessTokenHashMissing));
    // A front token can never be checked without what it must cover.
    let blind = IdTokenExpectation { nonce: None, ..bench.expectation(Channel::Front) };
    let refused = verify(&bench.signed(&front()), &bench.keys, &blind).map(|_| ());
    assert_eq!(refused, Err(Error::Nonce));
    let blind = IdTokenExpectation { state: None, ..bench.expectation(Channel::Front) };
    let refused = verify(&bench.signed(&front()), &bench.keys, &blind).map(|_| ());
    assert_eq!(refused, Err(Error::StateHash));
}

proptest::proptest! {
    #[test]
    fn no_token_makes_it_panic(token in "[A-Za-z0-9_.-]{0,200}") {
        let acr = Vec::new();
        let expected = IdTokenExpectation {
            channel: Channel::Back, issuer: "", client_id: "", nonce: None,
            now: DateTime::<Utc>::UNIX_EPOCH, accepted_algorithms: &[Algorithm::Rs256],
            accepted_acr: &acr, authorization_id: "", consent_claim: ConsentClaim::AuthorizationId, max_age_seconds: 0, code: None, state: None,
            access_token: None, refresh_token: None, require_at_hash: false,
            expected_subject: None,
        };
        proptest::prop_assert!(verify(&token, &PublicKeys::default(), &expected).is_err());
    }
}
