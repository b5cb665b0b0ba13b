//! Asking whether the certificate a bank's server shows was taken back. rustls verifies without waiting, so
//! a handshake with a certificate nobody asked after yet breaks off before a byte of a request is sent; the
//! issuer is asked, and the call is made again with its word at hand.

mod asking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Client;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::TransportError;
use super::reach::Reach;
use crate::connectors::certificate::fingerprint;
use crate::connectors::revocation::ocsp::LARGEST_ANSWER;
use crate::connectors::revocation::{
    Doubt, Pointers, RevocationPolicy, Source, Standing, Word, chain_of, ocsp,
};

/// How long nobody is asked again after there was no answer, in seconds.
const ASK_AGAIN_SECONDS: u64 = 60;
/// Most words that are kept; beyond that all are forgotten and asked for anew.
const MOST_WORDS: usize = 256;
/// Most certificates that wait to be asked after.
const MOST_WAITING: usize = 16;

/// What was found about a certificate, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// SHA-256 of the certificate, in small hexadecimal digits.
    pub fingerprint: String,
    /// How it stands.
    pub standing: Standing,
    /// Who said so.
    pub source: Source,
    /// Whether calls are refused for it.
    pub refused: bool,
}

/// Is told what is found.
pub type Report = Arc<dyn Fn(Finding) + Send + Sync>;

/// Nobody was asked after this certificate yet.
#[derive(Debug, thiserror::Error)]
#[error("nobody was asked yet whether the certificate was taken back")]
struct NotAskedYet;

/// Whether a handshake broke off because nobody was asked yet.
pub(super) fn is_not_asked_yet(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::Other(OtherError(cause)) if cause.is::<NotAskedYet>())
}

/// A certificate that is to be asked after, with its issuer.
#[derive(Clone)]
struct Question {
    certificate: CertificateDer<'static>,
    issuer: TrustAnchor<'static>,
    /// Whether it issues certificates itself.
    is_issuer: bool,
}

#[derive(Default)]
struct State {
    words: HashMap<String, Word>,
    lists: HashMap<String, Arc<[u8]>>,
    waiting: Vec<Question>,
    /// What was told of certificates.
    told: HashMap<String, Standing>,
}

/// What issuers said, and a way to ask them.
pub(super) struct Standings {
    policy: RevocationPolicy,
    roots: Arc<RootCertStore>,
    client: Client,
    reach: Reach,
    report: Option<Report>,
    state: Mutex<State>,
    asking: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Standings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Standings").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Standings {
    pub(super) fn new(
        policy: RevocationPolicy,
        roots: Arc<RootCertStore>,
        reach: Reach,
        report: Option<Report>,
    ) -> Result<Self, TransportError> {
        let client = asking::client(&roots, reach)?;
        Ok(Self {
            policy,
            roots,
            client,
            reach,
            report,
            state: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A word that still holds.
    fn word(&self, fingerprint: &str, now: UnixTime) -> Option<Standing> {
        let state = self.state();
        let word = state.words.get(fingerprint).filter(|word| word.until > now.as_secs())?;
        Some(word.standing)
    }

    /// Keeps a word, and tells of it unless that was told.
    fn keep(&self, fingerprint: &str, word: Word, source: Source) {
        let mut state = self.state();
        if state.words.len() >= MOST_WORDS {
            state.words.clear();
        }
        state.words.insert(fingerprint.to_owned(), word);
        if state.told.get(fingerprint) == Some(&word.standing) {
            return;
        }
        if state.told.len() >= MOST_WORDS {
            state.told.clear();
        }
        state.told.insert(fingerprint.to_owned(), word.standing);
        drop(state);
        let refused = self.verdict(word.standing).is_err();
        if let Some(report) = &self.report {
            let fingerprint = fingerprint.to_owned();
            report(Finding { fingerprint, standing: word.standing, source, refused });
        }
    }

    /// Whether a call may be made to a server whose certificate stands like that.
    fn verdict(&self, standing: Standing) -> Result<(), CertificateError> {
        match (standing, self.policy) {
            (_, RevocationPolicy::NotAsked) | (Standing::Good, _) => Ok(()),
            (Standing::Revoked { .. }, _) => Err(CertificateError::Revoked),
            (Standing::Unknown(_), RevocationPolicy::WherePossible) => Ok(()),
            (Standing::Unknown(Doubt::Old), RevocationPolicy::Always) => {
                Err(CertificateError::ExpiredRevocationList)
            }
            (Standing::Unknown(_), RevocationPolicy::Always) => {
                Err(CertificateError::UnknownRevocationStatus)
            }
        }
    }

    /// Judges a certificate whose chain and name are right, and those above it up to the root.
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        if self.policy == RevocationPolicy::NotAsked {
            return Ok(());
        }
        let Some(chain) = chain_of(certificate, others, &self.roots.roots, now) else {
            let standing = Standing::Unknown(Doubt::NoIssuer);
            let until = now.as_secs() + ASK_AGAIN_SECONDS;
            self.keep(&fingerprint(certificate), Word { standing, until }, Source::Nowhere);
            return self.verdict(standing);
        };
        let mut asks = false;
        for (place, (certificate, issuer)) in chain.into_iter().enumerate() {
            let is_issuer = place > 0;
            let question = Question { certificate, issuer, is_issuer };
            // What a server brings along is about its own certificate.
            let stapled = if is_issuer { &[] } else { stapled };
            match self.judge_one(&question, stapled, now) {
                Some(standing) => self.verdict(standing)?,
                None => {
                    asks = true;
                    self.wait_for(question);
                }
            }
        }
        if asks { Err(CertificateError::Other(OtherError(Arc::new(NotAskedYet)))) } else { Ok(()) }
    }

    /// How a certificate stands, as far as that is known without asking.
    fn judge_one(&self, question: &Question, stapled: &[u8], now: UnixTime) -> Option<Standing> {
        let name = fingerprint(&question.certificate);
        if let Some(standing) = self.word(&name, now) {
            return Some(standing);
        }
        if stapled.is_empty() || stapled.len() > LARGEST_ANSWER {
            return None;
        }
        let pointers = Pointers::of(&question.certificate)?;
        let word = ocsp::read(stapled, &pointers, &question.issuer, now).ok()?;
        self.keep(&name, word, Source::Stapled);
        Some(word.standing)
    }

    /// Lets a certificate wait to be asked after.
    fn wait_for(&self, question: Question) {
        let mut state = self.state();
        let known = |waiting: &Question| waiting.certificate == question.certificate;
        if state.waiting.len() < MOST_WAITING && !state.waiting.iter().any(known) {
            state.waiting.push(question);
        }
    }
}

/// rustls' verification, and after it the issuer's word.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) chain: Arc<WebPkiServerVerifier>,
    pub(super) standings: Arc<Standings>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        self.standings.judge(end_entity, intermediates, ocsp_response, now)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
