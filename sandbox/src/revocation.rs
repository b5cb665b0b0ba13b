//! What the test authority says of certificates it took back: a list (RFC 5280, section 5) and answers about
//! single ones (OCSP, RFC 6960), over plain HTTP as both are asked for everywhere. Tests take certificates
//! back, and make the authority answer badly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
    SigningKey as _,
};

use crate::bank::Bank;
use crate::certificates::Authority;
use crate::der;

/// How long a list or an answer holds.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// Path of the list.
pub(crate) const LIST_PATH: &str = "/authority/revoked.crl";
/// Path at which answers are given.
pub(crate) const ANSWER_PATH: &str = "/authority/ocsp";
/// Path of the authority's own certificate.
pub(crate) const ISSUER_PATH: &str = "/authority/issuer.cer";

/// id-pkix-ocsp-basic (RFC 6960, section 4.2.1).
const BASIC_RESPONSE: [u64; 10] = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1];
/// SHA-1, with which responders name an issuer (RFC 5019, section 2.1.1).
const SHA1: [u64; 6] = [1, 3, 14, 3, 2, 26];
/// sha256WithRSAEncryption (RFC 4055, section 5).
const RSA_SHA256: [u64; 7] = [1, 2, 840, 113_549, 1, 1, 11];
/// ecdsa-with-SHA256 (RFC 5758, section 3.2).
const ECDSA_SHA256: [u64; 7] = [1, 2, 840, 10045, 4, 3, 2];
/// Universal tag of a BIT STRING, an ENUMERATED, a NULL and a GeneralizedTime.
const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const ENUMERATED: u8 = 0x0a;
const GENERALIZED_TIME: u8 = 0x18;

/// How the authority answers questions about certificates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Responder {
    /// As it should.
    #[default]
    Well,
    /// With a failure, to every question.
    Away,
    /// By its list alone; single questions fail.
    ListOnly,
    /// With a list and with answers that are over.
    Old,
    /// With a list and with answers that another key signed.
    Forged,
}

#[derive(Debug, Default)]
struct State {
    revoked: Vec<(Vec<u8>, DateTime<Utc>)>,
    servers: Vec<Vec<u8>>,
    responder: Responder,
    staples: bool,
}

/// The certificates that were taken back, and how the authority speaks of them.
#[derive(Debug, Default)]
pub struct Revocations(Mutex<State>);

impl Revocations {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_server(&self, serial: &[u8]) {
        self.state().servers.push(serial.to_owned());
    }

    /// Takes back every certificate the bank's own servers show.
    pub fn revoke_servers(&self) {
        let mut state = self.state();
        let now = Utc::now();
        let servers: Vec<_> = state.servers.iter().map(|serial| (serial.clone(), now)).collect();
        state.revoked.extend(servers);
    }

    /// Takes back a certificate (DER). One that cannot be read is nobody's.
    pub fn revoke(&self, certificate: &[u8]) {
        if let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) {
            self.state().revoked.push((parsed.raw_serial().to_vec(), Utc::now()));
        }
    }

    /// Gives back everything that was taken back.
    pub fn reinstate_all(&self) {
        self.state().revoked.clear();
    }

    /// How questions are answered from now on.
    pub fn respond(&self, responder: Responder) {
        self.state().responder = responder;
    }

    /// Whether the bank's servers bring an answer along in the handshake (RFC 6066, section 8).
    pub fn staple(&self, staples: bool) {
        self.state().staples = staples;
    }

    fn responder(&self) -> Responder {
        self.state().responder
    }

    /// Since when a certificate does not count any more.
    fn revoked_at(&self, serial: &[u8]) -> Option<DateTime<Utc>> {
        let plain = |serial: &[u8]| -> Vec<u8> {
            serial.iter().copied().skip_while(|byte| *byte == 0).collect()
        };
        let state = self.state();
        let mut revoked = state.revoked.iter();
        revoked.find(|(known, _)| plain(known) == plain(serial)).map(|(_, at)| *at)
    }
}

/// The listener's paths.
pub(crate) fn router(bank: Arc<Bank>) -> Router {
    Router::new()
        .route(LIST_PATH, get(list))
        .route(ISSUER_PATH, get(issuer))
        .route(ANSWER_PATH, post(answer))
        .with_state(bank)
}

fn of_type(kind: &'static str, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn away() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "away").into_response()
}

async fn issuer(Shared(bank): Shared<Arc<Bank>>) -> Response {
    of_type("application/pkix-cert", bank.authority.certificate().to_vec())
}

async fn list(Shared(bank): Shared<Arc<Bank>>) -> Response {
    match bank.authority.revocations.responder() {
        Responder::Away => away(),
        _ => bank.authority.list().map_or_else(away, |list| of_type("application/pkix-crl", list)),
    }
}

async fn answer(Shared(bank): Shared<Arc<Bank>>, body: Bytes) -> Response {
    match bank.authority.revocations.responder() {
        Responder::Away | Responder::ListOnly => away(),
        _ => {
            let answer = question(&body).and_then(|(id, serial)| bank.authority.answer(id, serial));
            answer.map_or_else(away, |answer| of_type("application/ocsp-response", answer))
        }
    }
}

/// The name of the certificate that is asked after (RFC 6960, section 4.1.1), whole, and its number.
fn question(request: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = |bytes| der::split(bytes).map(|(_, content, _)| content);
    let mut rest = inside(inside(request)?)?;
    loop {
        let (tag, content, after) = der::split(rest)?;
        if tag == der::SEQUENCE {
            let requested = inside(content)?;
            let (_, id, after) = der::split(requested)?;
            let whole = &requested[..requested.len() - after.len()];
            let (_, _, rest) = der::split(id)?;
            let (_, _, rest) = der::split(rest)?;
            let (_, _, rest) = der::split(rest)?;
            return Some((whole, inside(rest)?));
        }
        rest = after;
    }
}

fn time(at: DateTime<Utc>) -> Vec<u8> {
    der::element(GENERALIZED_TIME, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

fn algorithm(identifier: &[u64]) -> Vec<u8> {
    der::sequence(&[der::object_identifier(identifier), der::element(NULL, &[])])
}

impl Authority {
    /// Since when the newest word holds, and until when.
    fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let now = Utc::now();
        match self.revocations.responder() {
            Responder::Old => (now - LIFE * 2, now - LIFE),
            _ => (now - TimeDelta::minutes(1), now + LIFE),
        }
    }

    /// Signs with the authority's key, or with a stranger's; with the name of the algorithm.
    fn sign(&self, bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let by = |key: &KeyPair| Some((signature_algorithm(key), key.sign(bytes).ok()?));
        match self.revocations.responder() {
            Responder::Forged => by(&stranger()?),
            _ => by(self.issuer.key()),
        }
    }

    /// The list of what was taken back.
    fn list(&self) -> Option<Vec<u8>> {
        let at = |time: DateTime<Utc>| {
            let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
        };
        let (from, until) = self.span();
        let revoked = self.revocations.state().revoked.clone();
        let params = CertificateRevocationListParams {
            this_update: at(from),
            next_update: at(until),
            crl_number: SerialNumber::from(u64::try_from(from.timestamp()).unwrap_or_default()),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .iter()
                .map(|(serial, when)| RevokedCertParams {
                    serial_number: SerialNumber::from_slice(serial),
                    revocation_time: at(*when),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let signed = match self.revocations.responder() {
            Responder::Forged => {
                let forger = Issuer::from_ca_cert_der(self.certificate(), stranger()?).ok()?;
                params.signed_by(&forger)
            }
            _ => params.signed_by(&self.issuer),
        };
        Some(signed.ok()?.der().to_vec())
    }

    /// What a server brings along of its own certificate, where it does.
    pub(crate) fn stapled(&self, serial: &[u8]) -> Option<Vec<u8>> {
        if !self.revocations.state().staples {
            return None;
        }
        let (_, parsed) = x509_parser::parse_x509_certificate(self.certificate()).ok()?;
        let id = der::sequence(&[
            algorithm(&SHA1),
            der::element(der::OCTET_STRING, &sha1(parsed.subject().as_raw())),
            der::element(der::OCTET_STRING, &sha1(&parsed.public_key().subject_public_key.data)),
            der::element(der::INTEGER, serial),
        ]);
        self.answer(&id, serial)
    }

    /// The answer about one certificate (RFC 6960, section 4.2.1).
    fn answer(&self, id: &[u8], serial: &[u8]) -> Option<Vec<u8>> {
        let (from, until) = self.span();
        let status = match self.revocations.revoked_at(serial) {
            Some(at) => der::element(0xa1, &time(at)),
            None => der::element(0x80, &[]),
        };
        let single =
            der::sequence(&[id.to_vec(), status, time(from), der::element(0xa0, &time(until))]);
        let (_, parsed) = x509_parser::parse_x509_certificate(self.certificate()).ok()?;
        let responder = sha1(&parsed.public_key().subject_public_key.data);
        let data = der::sequence(&[
            der::element(0xa2, &der::element(der::OCTET_STRING, &responder)),
            time(from),
            der::sequence(&[single]),
        ]);
        let (algorithm, signed) = self.sign(&data)?;
        let signature = der::element(BIT_STRING, &[&[0], &signed[..]].concat());
        let basic = der::sequence(&[data, algorithm, signature]);
        let bytes = der::sequence(&[
            der::object_identifier(&BASIC_RESPONSE),
            der::element(der::OCTET_STRING, &basic),
        ]);
        Some(der::sequence(&[der::element(ENUMERATED, &[0]), der::element(0xa0, &bytes)]))
    }
}

/// How a key signs (RFC 4055, section 5; RFC 5758, section 3.2). A directory of an earlier program holds an
/// RSA key.
fn signature_algorithm(key: &KeyPair) -> Vec<u8> {
    if key.algorithm() == &rcgen::PKCS_RSA_SHA256 {
        algorithm(&RSA_SHA256)
    } else {
        der::sequence(&[der::object_identifier(&ECDSA_SHA256)])
    }
}

/// A key the authority does not know.
fn stranger() -> Option<KeyPair> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).ok()
}

/// The extensions that lead to the list, to the answers and to the authority (RFC 5280, sections 4.2.1.13
/// and 4.2.2.1).
pub(crate) fn access_locations(base: &str) -> Vec<u8> {
    let place = |arc: u64, path: &str| {
        der::sequence(&[
            der::object_identifier(&[1, 3, 6, 1, 5, 5, 7, 48, arc]),
            der::element(0x86, format!("{base}{path}").as_bytes()),
        ])
    };
    der::sequence(&[place(1, ANSWER_PATH), place(2, ISSUER_PATH)])
}
