//! What the certificates say (ETSI TS 119 495, RFC 5280).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use opl_sandbox::Sandbox;
use serde_json::{Value, json};
use x509_parser::prelude::*;

use crate::keys::url;
use crate::support::{Directory, Provider, http, options};

#[tokio::test]
async fn provider_certificates_carry_the_psd2_statement() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::generated(&sandbox).await;
    assert!(provider.qwac.kid.contains("qwac") && !provider.qseal.kid.contains("qwac"));
    let authority = parse_x509_pem(sandbox.ca_certificate_pem().as_bytes()).unwrap().1;
    let authority = authority.parse_x509().unwrap();
    for (key, kind) in [(&provider.qwac, 3), (&provider.qseal, 2)] {
        let certificate = X509Certificate::from_der(&key.certificate).unwrap().1;
        assert!(certificate.verify_signature(Some(authority.public_key())).is_ok());
        let identifier = certificate
            .subject()
            .iter_attributes()
            .find(|attribute| attribute.attr_type().to_id_string() == "2.5.4.97")
            .unwrap();
        assert_eq!(identifier.as_str().unwrap(), format!("PSD{}", provider.tpp_id));
        let extension = |id: &str| {
            let mut all = certificate.extensions().iter();
            all.find(|extension| extension.oid.to_id_string() == id)
        };
        assert!(extension("2.5.29.35").is_some(), "authority key identifier");
        let statements = extension("1.3.6.1.5.5.7.1.3").unwrap().value;
        let psd2 = [0x06, 0x06, 0x04, 0x00, 0x81, 0x98, 0x27, 0x02];
        let quality = [0x06, 0x07, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x06, kind];
        let role = [0x30, 0x11, 0x06, 0x07, 0x04, 0x00, 0x81, 0x98, 0x27, 0x01, 0x03, 0x0c, 0x06];
        for part in [&psd2[..], &quality, &role, b"PSP_AI", b"FI-FINFSA"] {
            assert!(statements.windows(part.len()).any(|window| window == part), "{part:?}");
        }
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert_eq!((usage.client_auth, usage.server_auth), (true, kind == 3));
    }
    let address = format!("{}/{}/public-jwks.json", provider.public, provider.tpp_id);
    let keys: Value = provider.browser.get(address).send().await.unwrap().json().await.unwrap();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert!(
        keys.iter().all(|key| key["x5c"].is_array() && key["d"].is_null() && key["p"].is_null())
    );
}

#[tokio::test]
async fn the_generator_says_what_is_missing() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::generated(&sandbox).await;
    let generator = format!("{}/psd2-sandbox-tpp-generator/sandbox-tpp", provider.public);
    for (query, key, status) in [
        ("c=FI&cn=A&roles=AIS,PIS", "demo-api-key", 201),
        ("c=FI&cn=A", "wrong", 401),
        ("c=FI", "demo-api-key", 400),
        ("cn=A", "demo-api-key", 400),
        ("c=FIN&cn=A", "demo-api-key", 400),
        ("c=FI&cn=A&roles=BANK", "demo-api-key", 400),
    ] {
        let post = provider.browser.post(format!("{generator}?{query}")).header("x-api-key", key);
        let response = post.send().await.unwrap();
        assert_eq!(response.status(), status, "{query}");
        assert!(response.json::<Value>().await.is_ok());
    }
}

#[tokio::test]
async fn a_provider_may_sign_with_a_key_of_its_own_and_use_either_certificate() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let mut provider = Provider::generated(&sandbox).await;
    let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = curve.public_key().as_ref();
    let key = json!({
        "kty": "EC", "crv": "P-256", "kid": "es-1", "d": "never kept",
        "x": url(&point[1..33]), "y": url(&point[33..]),
    });
    let address = format!("{}/{}/public-jwks.json", provider.mtls, provider.tpp_id);
    let publish = |provider: &Provider| provider.http.post(&address).json(&key).send();
    let stranger = Provider::generated(&sandbox).await;
    assert_eq!(publish(&stranger).await.unwrap().status(), 404);
    let published = publish(&provider).await.unwrap();
    assert_eq!(published.status(), 201);
    let keys: Value = published.json().await.unwrap();
    assert_eq!(keys["keys"][2]["kid"], "es-1");
    assert!(keys["keys"][2]["d"].is_null());

    // A request signed with ES256 over a statement signed with RS256 by the seal key.
    let usual = provider.registration_request(&json!({}), &json!({}));
    let header = json!({ "alg": "ES256", "kid": "es-1" });
    let payload = usual.split('.').nth(1).unwrap();
    let input = format!("{}.{payload}", url(header.to_string().as_bytes()));
    let signature = curve.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    let request = format!("{input}.{}", url(signature.as_ref()));
    assert_eq!(provider.register(&request).await.status(), 201);

    // One key for everything, as OP's registration example does: the seal certificate for TLS too,
    // and PS256 beside RS256.
    provider.http = http(sandbox.ca_certificate_pem(), Some(&provider.qseal));
    assert_eq!(provider.register(&usual).await.status(), 201);
    let claims: Value = crate::support::claims(&usual);
    let header = json!({ "alg": "PS256", "kid": provider.qwac.kid });
    let request = provider.qwac.sign(header, claims.to_string().as_bytes());
    assert_eq!(provider.register(&request).await.status(), 201);
}
