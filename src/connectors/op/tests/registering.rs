use base64::Engine as _;
use serde_json::json;

use super::super::registration::*;

use super::*;
use crate::connectors::certificate::CertificateProblem;
use crate::connectors::jose::tests::rsa_jwk;
use crate::connectors::jose::{JoseError, SigningKey};
use crate::connectors::settings::SettingsError;

const SETTINGS: &str = include_str!("../fixtures/settings.json");
const REGISTRATION: &str = include_str!("../fixtures/registration.json");

fn settings() -> RegistrationSettings {
    RegistrationSettings::parse(SETTINGS).expect("settings")
}

/// A key as the generator writes it, with a certificate of its own.
fn issued_jwk(kid: &str) -> Value {
    let mut jwk = rsa_jwk(kid);
    let secret = Secret::new(jwk.to_string());
    let key = SigningKey::from_jwk(&secret, Algorithm::Rs256).expect("a key");
    let pair = rcgen::KeyPair::from_pem_and_sign_algo(
        key.to_pkcs8_pem().expose(),
        &rcgen::PKCS_RSA_SHA256,
    );
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    let organization = rcgen::DnType::CustomDnType(vec![2, 5, 4, 97]);
    params.distinguished_name.push(organization, "PSDOP-SANDBOX-TPP-7c1e09ab-4f2d");
    let signed = params.self_signed(&pair.expect("a pair")).expect("a certificate");
    let x5c = base64::engine::general_purpose::STANDARD.encode(signed.der());
    jwk["x5c"] = json!([x5c]);
    jwk
}

fn generated() -> Value {
    json!({"tppId": "OP-SANDBOX-TPP-7c1e09ab-4f2d",
           "publicJwksUrl": "https://localhost:9441/tpp/public-jwks.json",
           "privateJwks": {"keys": [issued_jwk("QWAC-7c1e"), issued_jwk("qseal-7c1e")]}})
}

fn read(generated: &Value) -> Result<IssuedCertificates, RegistrationError> {
    read_certificates(&bank(), &answer(201, &generated.to_string()))
}

#[test]
fn settings_are_checked_and_complete_themselves() {
    let hosts = settings().hosts().expect("hosts");
    assert_eq!(hosts, OpHosts::sandbox());
    let change = |name: &str, value: Value| {
        let mut settings: Value = serde_json::from_str(SETTINGS).expect("JSON");
        settings[name] = value;
        RegistrationSettings::parse(&settings.to_string())
    };
    let unknown =
        change("redirect_url", json!("x")).map(|_| ()).expect_err("a refusal").to_string();
    assert!(unknown.contains("unknown field `redirect_url`"), "{unknown}");
    let text = change("roles", json!("AIS, CBPII")).expect("settings");
    assert_eq!(text.roles, ["AIS", "CBPII"]);
    let own = json!("https://localhost:9441/sandbox-tpp");
    let table = [
        ("roles", json!(["ROOT"]), SettingsError::Roles),
        ("roles", json!([]), SettingsError::Roles),
        (
            "sandbox_url",
            json!("http://sandbox.apis.op.fi/x"),
            SettingsError::Address("sandbox_url"),
        ),
        ("sandbox_url", json!("sandbox"), SettingsError::Address("sandbox_url")),
        ("sandbox_url", own, SettingsError::Needed("token_url")),
        ("token_url", json!("ftp://x"), SettingsError::Address("token_url")),
        ("redirect_uris", json!([]), SettingsError::Empty("redirect_uris")),
        ("redirect_uris", json!(["https://x.example"]), SettingsError::RedirectUris),
        ("api_key", json!(" "), SettingsError::Empty("api_key")),
    ];
    for (name, value, expected) in table {
        assert_eq!(change(name, value.clone()), Err(expected), "{name} {value}");
    }
    assert!(!format!("{:?}", settings()).contains("portal-key"));
}

#[test]
fn the_generator_is_asked_without_a_certificate() {
    let request = certificate_request(&bank(), &settings()).expect("a request");
    assert_eq!(
        request.url,
        "https://sandbox.apis.op.fi/psd2-sandbox-tpp-generator/sandbox-tpp?c=FI&cn=One+Point+Ledger&roles=AIS,PIS"
    );
    assert!(!request.client_certificate && request.body.is_none());
    assert_eq!(request.header_value("x-api-key"), Some("portal-key"));
}

#[test]
fn certificates_are_read_and_matched_with_their_keys() {
    let good = generated();
    let issued = read(&good).expect("certificates");
    assert_eq!(issued.tpp_id, "OP-SANDBOX-TPP-7c1e09ab-4f2d");
    assert_eq!((issued.qwac.key.kid(), issued.qseal.key.kid()), ("QWAC-7c1e", "qseal-7c1e"));
    let mut armoured = good.clone();
    let bare = good["privateJwks"]["keys"][0]["x5c"][0].as_str().expect("text");
    let (head, tail) = bare.split_at(64);
    armoured["privateJwks"]["keys"][0]["x5c"][0] =
        json!(format!("-----BEGIN CERTIFICATE-----\n{head}\n{tail}\n-----END CERTIFICATE-----\n"));
    assert!(read(&armoured).is_ok());
    let mut third = good.clone();
    let keys = third["privateJwks"]["keys"].as_array_mut().expect("a list");
    keys.push(json!({"kty": "EC", "kid": "further"}));
    assert!(read(&third).is_ok(), "a further key is passed over");
    let change = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).expect("a place") = value;
        read(&changed).map(|_| ()).expect_err("a refusal")
    };
    let other = good["privateJwks"]["keys"][1]["x5c"].clone();
    let mismatch = RegistrationError::Certificate(CertificateProblem::KeyMismatch);
    assert_eq!(change("/privateJwks/keys/0/x5c", other), mismatch);
    assert_eq!(change("/tppId", json!("")), RegistrationError::Missing("tppId"));
    let http = json!("http://localhost/jwks");
    assert_eq!(change("/publicJwksUrl", http), RegistrationError::Missing("publicJwksUrl"));
    assert_eq!(change("/privateJwks/keys/0/x5c", json!([])), RegistrationError::Missing("x5c"));
    let renamed = change("/privateJwks/keys/0/kid", json!("other"));
    assert_eq!(renamed, RegistrationError::Missing("key for TLS"));
    let no_prime = change("/privateJwks/keys/0/p", json!(null));
    assert_eq!(no_prime, RegistrationError::Key(JoseError::Missing("p")));
    assert!(matches!(
        read_certificates(&bank(), &answer(401, "")),
        Err(RegistrationError::Bank(_))
    ));
}

#[test]
fn the_statement_is_short_and_the_request_carries_it() {
    let (bank, settings, issued) = (bank(), settings(), read(&generated()).expect("certificates"));
    let software = Uuid::from_u128(7);
    let statement =
        software_statement(&settings, &issued, software, Uuid::nil(), noon()).expect("signed");
    let (header, claims) = decoded(&statement.compact);
    assert_eq!(header, json!({"alg": "RS256", "kid": "qseal-7c1e", "typ": "JWT"}));
    let now = noon().timestamp();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 3600)));
    assert_eq!(claims["iss"], "OP-SANDBOX-TPP-7c1e09ab-4f2d");
    assert_eq!(claims["org_id"], "OP-SANDBOX-TPP-7c1e09ab-4f2d");
    assert_eq!(claims["software_jwks_endpoint"], "https://localhost:9441/tpp/public-jwks.json");
    assert_eq!(claims["software_client_id"], json!(software));
    assert_eq!(claims["org_contacts"][0]["type"], "Support");
    let request = registration_request(&bank, &settings, &issued, &statement, Uuid::nil(), noon());
    let request = request.expect("a request");
    assert!(request.client_certificate);
    assert_eq!(request.header_value("content-type"), Some("application/jwt"));
    let (_, claims) = decoded(body(&request));
    assert_eq!(claims["aud"], "https://op.fi/");
    assert_eq!(claims["software_statement"], json!(statement.compact));
    assert_eq!(claims["redirect_uris"], json!(["https://localhost:8181/callback/op"]));
    // N75: an expired statement is never sent.
    for hours in [-1, 1] {
        let then = noon() + chrono::TimeDelta::hours(hours);
        let refused =
            registration_request(&bank, &settings, &issued, &statement, Uuid::nil(), then);
        assert_eq!(
            refused.map(|_| ()).expect_err("a refusal"),
            RegistrationError::StatementNotValid
        );
    }
}

#[test]
fn only_the_registration_asked_for_is_accepted() {
    let settings = settings();
    let registered =
        read_registration(&settings, &answer(201, REGISTRATION), noon()).expect("registered");
    assert_eq!(registered.client_id.expose(), "q3Xn8LkP0vZs5TbW2yRd");
    assert_eq!(
        registered.api_key.as_ref().expect("a key").expose(),
        "portal-key",
        "an empty one is none"
    );
    assert_eq!((registered.secret_expires_at, registered.roles.len()), (None, 2));
    assert!(!format!("{registered:?}").contains("Vh2sKq81"));
    let change = |name: &str, value: Value| {
        let mut changed: Value = serde_json::from_str(REGISTRATION).expect("JSON");
        changed[name] = value;
        let answer = answer(201, &changed.to_string());
        read_registration(&settings, &answer, noon()).map(|_| ())
    };
    use RegistrationError as Error;
    let uri = "https://localhost:8181/callback/op";
    let table = [
        ("client_secret", json!(null), Err(Error::Missing("client_secret"))),
        ("client_secret", json!(""), Err(Error::Missing("client_secret"))),
        ("client_secret", json!("a\r\nb"), Err(Error::Missing("client_secret"))),
        ("client_id", json!(null), Err(Error::Missing("client_id"))),
        ("redirect_uris", json!(["https://evil.example"]), Err(Error::RedirectUrisDiffer)),
        ("redirect_uris", json!([uri, "https://evil.example"]), Err(Error::RedirectUrisDiffer)),
        ("redirect_uris", json!([]), Err(Error::RedirectUrisDiffer)),
        ("redirect_uris", json!(null), Err(Error::Missing("redirect_uris"))),
        ("software_roles", json!(["AIS", "PIS", "CBPII"]), Err(Error::MoreRoles)),
        ("software_roles", json!(["AIS"]), Ok(())),
        ("client_secret_expires_at", json!(1), Err(Error::SecretExpired)),
        ("client_secret_expires_at", json!(noon().timestamp()), Err(Error::SecretExpired)),
        ("client_secret_expires_at", json!(noon().timestamp() + 9), Ok(())),
        ("scope", json!(["openid", "accounts"]), Ok(())),
    ];
    for (name, value, expected) in table {
        assert_eq!(change(name, value.clone()), expected, "N76 {name} {value}");
    }
    let refused = answer(400, r#"{"error":"invalid_software_statement"}"#);
    let refused =
        read_registration(&settings, &refused, noon()).map(|_| ()).expect_err("a refusal");
    let code = "invalid_software_statement".to_owned();
    assert_eq!(refused, Error::Bank(BankError::Refused { status: 400, code }));
}
