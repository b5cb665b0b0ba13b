//! A provider that does what a strict client does, for the tests.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::Algorithm;
use opl_sandbox::{Sandbox, SandboxOptions};
use reqwest::{Client, Method, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};

use crate::keys::Key;

pub const API_KEY: &str = "demo-api-key";
pub const REDIRECT: &str = "https://localhost:8181/oauth/access_token/accounts";

/// A directory of its own for every test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("opl-sandbox-{}", uuid::Uuid::new_v4())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

pub fn options(directory: &Directory) -> SandboxOptions {
    SandboxOptions {
        data_dir: directory.0.clone(),
        public_port: 0,
        mtls_port: 0,
        authorize_port: 0,
        auto_approve: true,
        ..SandboxOptions::default()
    }
}

/// An HTTP client that trusts the sandbox alone, with or without a client certificate.
pub fn http(ca_pem: &str, key: Option<&Key>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match key {
        None => builder.with_no_client_auth(),
        Some(key) => {
            let private = PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(key.pkcs1.clone()));
            let chain = vec![CertificateDer::from(key.certificate.clone())];
            builder.with_client_auth_cert(chain, private).unwrap()
        }
    };
    Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// A registered provider.
#[derive(Clone)]
pub struct Provider {
    pub tpp_id: String,
    pub qwac: Key,
    pub qseal: Key,
    pub client_id: String,
    pub client_secret: String,
    /// With the QWAC.
    pub http: Client,
    /// Without a certificate.
    pub browser: Client,
    pub public: String,
    pub mtls: String,
    pub authorize: String,
}

impl Provider {
    /// Makes certificates; nothing is registered yet.
    pub async fn generated(sandbox: &Sandbox) -> Self {
        let addresses = sandbox.addresses().clone();
        let browser = http(sandbox.ca_certificate_pem(), None);
        let generator = format!("{}/psd2-sandbox-tpp-generator/sandbox-tpp", addresses.public);
        let response = browser
            .post(format!("{generator}?c=fi&cn=TEST+TPP"))
            .header("x-api-key", API_KEY)
            .header("content-length", "0")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        assert!(response.headers()["location"].to_str().unwrap().contains("OP-SANDBOX-TPP-"));
        let made: Value = response.json().await.unwrap();
        let keys = made["privateJwks"]["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        let qwac = Key::from_jwk(&keys[0]);
        Self {
            tpp_id: made["tppId"].as_str().unwrap().to_owned(),
            http: http(sandbox.ca_certificate_pem(), Some(&qwac)),
            qseal: Key::from_jwk(&keys[1]),
            qwac,
            client_id: String::new(),
            client_secret: String::new(),
            browser,
            public: addresses.public,
            mtls: addresses.mtls,
            authorize: addresses.authorize,
        }
    }

    /// Makes certificates and registers.
    pub async fn registered(sandbox: &Sandbox) -> Self {
        let mut provider = Self::generated(sandbox).await;
        let request = provider.registration_request(&json!({}), &json!({}));
        let response = provider.register(&request).await;
        assert_eq!(response.status(), 201);
        let answer: Value = response.json().await.unwrap();
        provider.client_id = answer["client_id"].as_str().unwrap().to_owned();
        provider.client_secret = answer["client_secret"].as_str().unwrap().to_owned();
        provider
    }

    /// A signed registration request; members of the two objects replace the usual claims.
    pub fn registration_request(&self, statement: &Value, request: &Value) -> String {
        let now = Utc::now().timestamp();
        let key_set = format!("{}/{}/public-jwks.json", self.public, self.tpp_id);
        let claims = merged(
            json!({
                "iss": self.tpp_id, "iat": now - 100, "exp": now + 20_000, "jti": uuid::Uuid::new_v4(),
                "software_client_id": uuid::Uuid::new_v4(), "software_roles": ["AIS", "PIS", "CBPII"],
                "software_jwks_endpoint": key_set, "software_client_name": "One Point Ledger",
                "software_client_uri": "https://localhost", "software_redirect_uris": [REDIRECT, "https://localhost/second"],
                "org_name": "TEST TPP", "org_id": self.tpp_id, "org_contacts": [],
            }),
            statement,
        );
        let statement = self.qseal.sign_claims(&claims);
        let claims = merged(
            json!({
                "iat": now, "exp": now + 3600, "aud": "https://op.fi/", "jti": uuid::Uuid::new_v4(),
                "redirect_uris": [REDIRECT], "software_statement": statement,
                "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
            }),
            request,
        );
        self.qseal.sign_claims(&claims)
    }

    pub async fn register(&self, request: &str) -> Response {
        let address = format!("{}/tpp-registration/register", self.mtls);
        let post = self.http.post(address).header("content-type", "application/jwt");
        post.header("x-api-key", API_KEY).body(request.to_owned()).send().await.unwrap()
    }

    /// A token request; client id and secret are added.
    pub async fn token(&self, form: &[(&str, &str)]) -> Response {
        let mut form = form.to_vec();
        form.push(("client_id", &self.client_id));
        form.push(("client_secret", &self.client_secret));
        let post = self.http.post(format!("{}/oauth/token", self.mtls));
        post.form(&form).send().await.unwrap()
    }

    pub async fn client_token(&self, scope: &str) -> String {
        let response = self.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        assert!(answer["expires_in"].is_number());
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of a business API, attended.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.mtls))
            .header("x-api-key", API_KEY)
            .header("accept", "application/json")
            .header("x-fapi-customer-ip-address", "192.0.2.7")
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str, token: &str) -> Value {
        let response = self.call(Method::GET, path, token, None).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// A new account authorization of 90 days.
    pub async fn authorization(&self, range: bool) -> String {
        let token = self.client_token("accounts").await;
        let expires = (Utc::now() + chrono::Duration::days(90)).to_rfc3339();
        let mut body = json!({ "expires": expires });
        if range {
            let today = Utc::now().date_naive();
            body["transactionFrom"] = (today - chrono::Duration::days(730)).to_string().into();
            body["transactionTo"] = today.to_string().into();
        }
        let path = "/accounts-psd2/v1/authorizations";
        let response = self.call(Method::POST, path, &token, Some(&body)).await;
        assert_eq!(response.status(), 201);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["status"], "Unauthorized");
        answer["authorizationId"].as_str().unwrap().to_owned()
    }

    /// Claims of a request object.
    pub fn request_claims(
        &self,
        response_type: &str,
        scope: &str,
        authorization_id: &str,
    ) -> Value {
        let now = Utc::now().timestamp();
        json!({
            "aud": "https://mtls.apis.op.fi", "iss": self.client_id, "client_id": self.client_id,
            "response_type": response_type, "redirect_uri": REDIRECT, "scope": format!("openid {scope}"),
            "state": "state-3f9a", "nonce": "n-51c2", "max_age": 86400, "iat": now, "exp": now + 900,
            "claims": {
                "userinfo": { "authorizationId": { "value": authorization_id, "essential": true } },
                "id_token": {
                    "authorizationId": { "value": authorization_id, "essential": true },
                    "acr": { "essential": true, "values": ["urn:openbanking:psd2:sca"] },
                },
            },
        })
    }

    /// Visits the authorize endpoint with claims, following pages of the bank itself only.
    pub async fn visit(&self, claims: &Value) -> Response {
        let request = self.qseal.sign_claims(claims);
        let scope = claims["scope"].as_str().unwrap().replace(' ', "%20");
        let kind = claims["response_type"].as_str().unwrap().replace(' ', "%20");
        let address = format!(
            "{}/oauth/authorize?request={request}&response_type={kind}&client_id={}&scope={scope}",
            self.authorize, self.client_id
        );
        self.browser.get(address).send().await.unwrap()
    }

    /// Visits the authorize endpoint and returns the parameters of the redirect.
    pub async fn approved(
        &self,
        response_type: &str,
        scope: &str,
        authorization_id: &str,
    ) -> Vec<(String, String)> {
        let claims = self.request_claims(response_type, scope, authorization_id);
        let response = self.visit(&claims).await;
        assert_eq!(response.status(), 302);
        let mark = if response_type.contains("id_token") { '#' } else { '?' };
        parameters(&response, mark)
    }

    /// Exchanges a code.
    pub async fn exchange(&self, code: &str) -> Value {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        let response = self.token(&form).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// From nothing to a user token for all accounts of the first customer.
    pub async fn user_token(&self, range: bool) -> (String, Value) {
        let id = self.authorization(range).await;
        let answer = self.approved("code", "accounts", &id).await;
        let tokens = self.exchange(get(&answer, "code")).await;
        (id, tokens)
    }
}

/// The parameters of a redirect, after `?` or `#`.
pub fn parameters(response: &Response, mark: char) -> Vec<(String, String)> {
    let location = response.headers()["location"].to_str().unwrap();
    let (address, text) = location.split_once(mark).unwrap();
    assert_eq!(address, REDIRECT);
    let address = reqwest::Url::parse(&format!("https://localhost/?{text}")).unwrap();
    address.query_pairs().into_owned().collect()
}

pub fn get<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    parameters.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
}

/// Claims of a compact JWS, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Verifies a JWS with a key set.
pub fn verifies(token: &str, key_set: &Value) -> bool {
    let key = &key_set["keys"][0];
    let (input, signature) = token.rsplit_once('.').unwrap();
    let key = jsonwebtoken::DecodingKey::from_rsa_components(
        key["n"].as_str().unwrap(),
        key["e"].as_str().unwrap(),
    );
    let verified =
        jsonwebtoken::crypto::verify(signature, input.as_bytes(), &key.unwrap(), Algorithm::RS256);
    verified.unwrap_or(false)
}

fn merged(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}
