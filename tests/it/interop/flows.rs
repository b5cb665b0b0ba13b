//! Four ways to tokens, each to its end: authorization request, the person's way, the answer, the code,
//! the id tokens, a token that is bound to our certificate, and the next one.

use std::collections::BTreeMap;

use chrono::Utc;
use opl::connectors::bank::{AuthorizationServer, ClientAuthentication, SecurityProfile};
use opl::connectors::id_token::{self, Channel, ConsentClaim, IdTokenExpectation};
use opl::connectors::jarm::{self, JarmExpectation};
use opl::connectors::jose::Algorithm;
use opl::connectors::op::{Op, OpHosts};
use opl::connectors::open_banking_uk::V4;
use opl::connectors::transport::Transport;
use opl::connectors::{
    AuthorizationRequest, AuthorizationStep, Bank, BankAnswer, BankRequest, CallbackAnswer, Caller,
    ClientCredentials, CodeExchange, ConsentStatus, Endpoint, IssuedCertificate, Method,
    ObservedConsent, PublicKeys, ResponseType, Secret, Tokens, read_callback,
};
use serde_json::Value;
use uuid::Uuid;

use super::parts::{Authority, CLIENT_ID, CLIENT_SECRET, Node, REDIRECT};

/// One profile of the server, and us as its client.
pub struct Way {
    pub name: &'static str,
    pub security: SecurityProfile,
    pub response: ResponseType,
    pub pushed: bool,
    pub authentication: ClientAuthentication,
    pub algorithm: Algorithm,
    pub claim: ConsentClaim,
}

pub const FAPI1: Way = Way {
    name: "fapi1",
    security: SecurityProfile::Fapi1Advanced,
    response: ResponseType::CodeIdToken,
    pushed: false,
    authentication: ClientAuthentication::SignedAssertion,
    algorithm: Algorithm::Ps256,
    claim: ConsentClaim::IntentId,
};
pub const JARM: Way = Way {
    name: "jarm",
    response: ResponseType::CodeJwt,
    pushed: true,
    authentication: ClientAuthentication::Certificate,
    ..FAPI1
};
pub const FAPI2: Way = Way {
    name: "fapi2",
    security: SecurityProfile::Fapi2,
    response: ResponseType::Code,
    pushed: true,
    ..FAPI1
};
pub const OP: Way = Way {
    name: "op",
    authentication: ClientAuthentication::SecretInForm,
    algorithm: Algorithm::Rs256,
    claim: ConsentClaim::AuthorizationId,
    ..FAPI1
};

/// Everything that talks to one server.
pub struct Party {
    pub bank: Bank,
    pub transport: Transport,
    pub others: Transport,
    pub browser: reqwest::Client,
    pub seal: IssuedCertificate,
    pub client: ClientCredentials,
    pub state: Secret,
    pub nonce: Secret,
    pub verifier: Secret,
    pub consent: ObservedConsent,
}

impl Party {
    pub fn new(authority: &Authority, issuers: &Value, way: &Way) -> Self {
        let issuer = issuers[way.name].as_str().expect("an issuer").to_owned();
        let at = |path: &str| format!("{issuer}{path}");
        let bank = Bank {
            standard: if way.claim == ConsentClaim::AuthorizationId { &Op } else { &V4 },
            server: Some(AuthorizationServer {
                token_url: at("/token"),
                authorize_url: at("/auth"),
                pushed_url: way.pushed.then(|| at("/request")),
                issuer: issuer.clone(),
                issuer_in_answers: way.response != ResponseType::CodeIdToken,
                keys_url: Some(at("/jwks")),
                request_object_audience: issuer.clone(),
                security: way.security,
                client_authentication: way.authentication,
                id_tokens: Some(way.claim),
                accepted_algorithms: vec![way.algorithm],
                accepted_acr: vec!["urn:openbanking:psd2:sca".to_owned()],
                at_hash_required: false,
                max_age_seconds: 86_400,
            }),
            response_type: way.response,
            ..Bank::op(&OpHosts::sandbox())
        };
        let hosts = vec![issuer.trim_start_matches("https://").to_owned()];
        Self {
            bank,
            transport: authority.transport(hosts.clone()),
            others: authority.others_transport(hosts),
            browser: authority.browser(),
            seal: authority.seal(way.algorithm),
            client: ClientCredentials {
                client_id: Secret::new(CLIENT_ID),
                client_secret: Some(Secret::new(CLIENT_SECRET)),
                api_key: None,
            },
            state: Secret::new("c3RhdGUtb2YtdGhlLWludGVyb3AtdGVzdA"),
            nonce: Secret::new("bm9uY2Utb2YtdGhlLWludGVyb3AtdGVzdA"),
            verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            consent: ObservedConsent {
                authorization_id: "urn-consent-9d1c".to_owned(),
                status: ConsentStatus::Unauthorized,
                created: None,
                authorized: None,
                expires: None,
                history_from: None,
                history_to: None,
                links: Vec::new(),
                sca_approach: None,
                message: None,
                accounts: Vec::new(),
            },
        }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller {
            client: &self.client,
            seal: &self.seal,
            interaction_id: Uuid::new_v4(),
            attended: None,
            now: Utc::now(),
        }
    }

    pub fn server(&self) -> &AuthorizationServer {
        self.bank.server.as_ref().expect("a server")
    }

    /// The next step after the answers so far.
    pub fn step(&self, answers: &[BankAnswer]) -> AuthorizationStep {
        let request = AuthorizationRequest {
            consent: &self.consent,
            redirect_uri: REDIRECT,
            state: &self.state,
            nonce: &self.nonce,
            code_verifier: &self.verifier,
            request_id: Uuid::new_v4(),
        };
        let step = self.bank.standard.authorize(&self.bank, &self.caller(), &request, answers);
        step.expect("a step")
    }

    /// The address to send the browser to.
    pub async fn address(&self) -> Secret {
        let mut answers = Vec::new();
        loop {
            match self.step(&answers) {
                AuthorizationStep::Ask(question) => {
                    let answer = self.transport.send(&question).await.expect("an answer");
                    answers.push(answer);
                }
                AuthorizationStep::Browser { url, .. } => return url,
                AuthorizationStep::Elsewhere { .. } => panic!("elsewhere"),
            }
        }
    }

    /// Follows the server's own redirects with its cookies until it leads back to us, or answers.
    pub async fn visit(&self, url: &str) -> Result<String, (u16, String)> {
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        let mut url = reqwest::Url::parse(url).expect("an address");
        for _ in 0..8 {
            let jar: Vec<String> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = self.browser.get(url.clone()).header("cookie", jar.join("; "));
            let answer = request.send().await.expect("an answer");
            for cookie in answer.headers().get_all("set-cookie") {
                let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
                let (name, value) = pair.split_once('=').expect("a value");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(location) = answer.headers().get("location") else {
                let status = answer.status().as_u16();
                return Err((status, answer.text().await.unwrap_or_default()));
            };
            let location = location.to_str().expect("text").to_owned();
            if location.starts_with(REDIRECT) {
                return Ok(location);
            }
            url = url.join(&location).expect("an address");
        }
        panic!("the server leads round in circles");
    }

    /// Query and fragment of an address, read as our callback reads them.
    pub fn read(&self, address: &str, keys: &PublicKeys) -> CallbackAnswer {
        let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (_, query) = address.split_once('?').unwrap_or((address, ""));
        let read = read_callback(query, fragment, self.bank.response_type).expect("an answer");
        let CallbackAnswer::Signed { response } = read else { return read };
        let expected = JarmExpectation {
            issuer: &self.server().issuer,
            client_id: CLIENT_ID,
            now: Utc::now(),
            accepted_algorithms: &self.server().accepted_algorithms,
        };
        jarm::open(response.expose(), keys, &expected).expect("opens")
    }

    pub async fn keys(&self) -> PublicKeys {
        let url = self.server().keys_url.clone().expect("an address");
        let request = BankRequest::new(Method::Get, url, Endpoint::Keys);
        let answer = self.transport.send(&request).await.expect("keys");
        PublicKeys::parse(&answer.body).expect("a set")
    }

    async fn tokens(&self, request: &BankRequest) -> Tokens {
        let answer = self.transport.send(request).await.expect("an answer");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200, "{body}");
        self.bank.standard.read_tokens(&answer, "openid accounts").expect("tokens")
    }

    fn expect<'a>(&'a self, channel: Channel, claim: ConsentClaim) -> IdTokenExpectation<'a> {
        let server = self.server();
        IdTokenExpectation {
            channel,
            issuer: &server.issuer,
            client_id: CLIENT_ID,
            nonce: Some(&self.nonce),
            now: Utc::now(),
            accepted_algorithms: &server.accepted_algorithms,
            accepted_acr: &server.accepted_acr,
            authorization_id: &self.consent.authorization_id,
            consent_claim: claim,
            max_age_seconds: server.max_age_seconds,
            code: None,
            state: None,
            access_token: None,
            refresh_token: None,
            require_at_hash: false,
            expected_subject: None,
        }
    }

    /// What the server's own API answers to a token, over a connection.
    async fn userinfo(&self, transport: &Transport, token: &Secret) -> u16 {
        let url = format!("{}/me", self.server().issuer);
        let request = BankRequest::new(Method::Get, url, Endpoint::Accounts)
            .header("authorization", format!("Bearer {}", token.expose()));
        transport.send(&request).await.expect("an answer").status
    }
}

async fn to_the_end(authority: &Authority, issuers: &Value, way: &Way) {
    let party = Party::new(authority, issuers, way);
    let keys = party.keys().await;
    let url = party.address().await;
    let back = party.visit(url.expose()).await.expect("back at our address");
    let CallbackAnswer::Granted { code, id_token, state, issuer } = party.read(&back, &keys) else {
        panic!("{}: {back}", way.name)
    };
    assert!(party.state.matches(state.expose()));
    // The issuer is named beside the code, unless an id token is there that names it (RFC 9207, section 2).
    let named = id_token.is_none().then_some(party.server().issuer.as_str());
    assert_eq!(issuer.as_deref(), named, "{}", way.name);
    let mut subject = None;
    if let Some(token) = &id_token {
        let mut expected = party.expect(Channel::Front, way.claim);
        (expected.code, expected.state) = (Some(&code), Some(&state));
        let front = id_token::verify(token.expose(), &keys, &expected).expect("a front token");
        subject = Some(front.subject);
    }
    assert_eq!(id_token.is_some(), way.response == ResponseType::CodeIdToken);
    let exchange = CodeExchange {
        code: &code,
        redirect_uri: REDIRECT,
        code_verifier: (way.name != "op").then_some(&party.verifier),
    };
    let caller = party.caller();
    let request = party.bank.standard.exchange_code(&party.bank, &caller, &exchange);
    let tokens = party.tokens(&request.expect("a request")).await;
    let mut expected = party.expect(Channel::Back, way.claim);
    expected.access_token = Some(&tokens.access);
    expected.expected_subject = subject.as_deref();
    let back = tokens.id_token.as_ref().expect("an id token");
    id_token::verify(back.expose(), &keys, &expected).expect("a back token");
    // The token is of use over our certificate only (RFC 8705, section 3).
    assert_eq!(party.userinfo(&party.transport, &tokens.access).await, 200, "{}", way.name);
    assert_eq!(party.userinfo(&party.others, &tokens.access).await, 401, "{}", way.name);
    let refresh = tokens.refresh.as_ref().expect("a refresh token");
    let caller = party.caller();
    let request = party.bank.standard.refresh(&party.bank, &caller, refresh);
    let next = party.tokens(&request.expect("a request")).await;
    assert_eq!(party.userinfo(&party.transport, &next.access).await, 200, "{}", way.name);
}

/// Authority, servers and their issuers; the servers live as long as the second.
pub fn started() -> (Authority, Node, Value) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = Authority::new();
    let (node, issuers) = authority.servers();
    (authority, node, issuers)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_profile_leads_to_tokens_that_are_bound_to_our_certificate() {
    let (authority, _servers, issuers) = started();
    for way in [&FAPI1, &JARM, &FAPI2, &OP] {
        to_the_end(&authority, &issuers, way).await;
    }
}
