//! Asking whether the certificate a bank's server shows was taken back. rustls verifies without waiting, so
//! a handshake with a certificate nobody asked after yet breaks off before a byte of a request is sent; the
//! issuer is asked, and the call is made again with its word at hand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::reach::Reach;
use super::{Timeouts, TransportError, read_body, tls};
use crate::connectors::certificate::fingerprint;
use crate::connectors::error::BankError;
use crate::connectors::revocation::list::LARGEST_LIST;
use crate::connectors::revocation::ocsp::{LARGEST_ANSWER, QUESTION_TYPE};
use crate::connectors::revocation::{
    Doubt, Pointers, RevocationPolicy, Source, Standing, Word, chain_of, issuer_of, list, ocsp,
};

/// How long a question to an issuer may take: to connect, silent, and as a whole.
const ASK_TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(5),
    total: Duration::from_secs(10),
};
/// How long nobody is asked again after there was no answer, in seconds.
const ASK_AGAIN_SECONDS: u64 = 60;
/// Most words that are kept, and most lists; beyond that all are forgotten and asked for anew.
const MOST_WORDS: usize = 256;
const MOST_LISTS: usize = 4;
/// Most certificates that wait to be asked after.
const MOST_WAITING: usize = 16;
/// Longest certificate of an issuer, in bytes.
const LARGEST_ISSUER: usize = 16 * 1024;

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
        // Lists and answers come over plain HTTP (RFC 5280, section 8); they are signed themselves.
        let client = super::builder(tls::plain(&roots)?, ASK_TIMEOUTS, reach)
            .https_only(false)
            .build()
            .map_err(|_| TransportError::Client)?;
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

    fn issuer(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<TrustAnchor<'static>> {
        let shown = others.iter().filter_map(|other| webpki::anchor_from_trusted_cert(other).ok());
        let shown: Vec<TrustAnchor<'_>> = shown.collect();
        issuer_of(certificate, &shown, now)
            .or_else(|| issuer_of(certificate, &self.roots.roots, now))
    }

    /// Asks after every certificate that waits for it.
    pub(super) async fn ask_after_waiting(&self) {
        let _one_at_a_time = self.asking.lock().await;
        let waiting = std::mem::take(&mut self.state().waiting);
        for question in waiting {
            let name = fingerprint(&question.certificate);
            if self.word(&name, UnixTime::now()).is_none() {
                self.ask_and_keep(&name, &question).await;
            }
        }
    }

    /// How a certificate of our own stands. Its issuer need not be among the roots: the certificate says
    /// where the issuer's is, and only the one whose key signed it is taken.
    pub(super) async fn of_our_own(&self, certificate: &CertificateDer<'_>) -> (Standing, Source) {
        let (name, now) = (fingerprint(certificate), UnixTime::now());
        if let Some(standing) = self.word(&name, now) {
            return (standing, Source::Nowhere);
        }
        let certificate = certificate.clone().into_owned();
        let places =
            |pointers: &Pointers| !pointers.answers_at.is_empty() || !pointers.lists_at.is_empty();
        let Some(pointers) = Pointers::of(&certificate).filter(places) else {
            return (Standing::Unknown(Doubt::NoPlace), Source::Nowhere);
        };
        let mut issuer = self.issuer(&certificate, &[], now);
        if issuer.is_none() {
            for place in &pointers.issuers_at {
                let Ok(found) = self.fetch(place, None, LARGEST_ISSUER).await else { continue };
                issuer = self.issuer(&certificate, &[CertificateDer::from(&found[..])], now);
                if issuer.is_some() {
                    break;
                }
            }
        }
        match issuer {
            Some(issuer) => {
                let question = Question { certificate, issuer, is_issuer: false };
                let (word, source) = self.ask(&question).await;
                (word.standing, source)
            }
            None => (Standing::Unknown(Doubt::NoIssuer), Source::Nowhere),
        }
    }

    async fn ask_and_keep(&self, name: &str, question: &Question) {
        let (word, source) = self.ask(question).await;
        self.keep(name, word, source);
    }

    /// Asks the issuer: for an answer about the one certificate, and else for the list.
    async fn ask(&self, question: &Question) -> (Word, Source) {
        let now = UnixTime::now();
        let mut doubt = Doubt::NoPlace;
        if let Some(pointers) = Pointers::of(&question.certificate) {
            for place in &pointers.answers_at {
                match self.answer(place, &pointers, &question.issuer, now).await {
                    Ok(word) => return (word, Source::Answer),
                    Err(why) => doubt = why,
                }
            }
            for place in &pointers.lists_at {
                match self.list(place, question, &pointers, now).await {
                    Ok(word) => return (word, Source::List),
                    Err(why) => doubt = why,
                }
            }
        }
        let until = now.as_secs() + ASK_AGAIN_SECONDS;
        (Word { standing: Standing::Unknown(doubt), until }, Source::Nowhere)
    }

    async fn answer(
        &self,
        place: &str,
        pointers: &Pointers,
        issuer: &TrustAnchor<'_>,
        now: UnixTime,
    ) -> Result<Word, Doubt> {
        let question = ocsp::question(pointers, issuer).ok_or(Doubt::Unreadable)?;
        let answer = self.fetch(place, Some(question), LARGEST_ANSWER).await?;
        ocsp::read(&answer, pointers, issuer, now)
    }

    async fn list(
        &self,
        place: &str,
        question: &Question,
        pointers: &Pointers,
        now: UnixTime,
    ) -> Result<Word, Doubt> {
        let (certificate, issuer) = (&question.certificate, &question.issuer);
        let read = |bytes: &[u8]| match question.is_issuer {
            true => list::read_of_issuer(bytes, pointers, issuer, now),
            false => list::read(bytes, certificate, pointers, issuer, now),
        };
        let known = self.state().lists.get(place).cloned();
        if let Some(Ok(word)) = known.map(|known| read(&known)) {
            return Ok(word);
        }
        let bytes = self.fetch(place, None, LARGEST_LIST).await?;
        let word = read(&bytes)?;
        let mut state = self.state();
        if state.lists.len() >= MOST_LISTS {
            state.lists.clear();
        }
        state.lists.insert(place.to_owned(), bytes.into());
        Ok(word)
    }

    /// Asks a place that a certificate names. The certificate's chain was verified before, so its issuer
    /// chose the place.
    async fn fetch(
        &self,
        place: &str,
        question: Option<Vec<u8>>,
        limit_bytes: usize,
    ) -> Result<Vec<u8>, Doubt> {
        let url = Url::parse(place).map_err(|_| Doubt::NoPlace)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        if !plain || !self.reach.takes(&url) {
            return Err(Doubt::NoPlace);
        }
        let request = match question {
            Some(question) => {
                self.client.post(url).header(CONTENT_TYPE, QUESTION_TYPE).body(question)
            }
            None => self.client.get(url),
        };
        let answer = request.send().await.map_err(|_| Doubt::Unreachable)?;
        if answer.status().as_u16() != 200 {
            return Err(Doubt::Unreachable);
        }
        match read_body(answer, limit_bytes).await {
            Ok(body) => Ok(body.to_vec()),
            Err(BankError::AnswerTooLarge { .. }) => Err(Doubt::TooLarge),
            Err(_) => Err(Doubt::Unreachable),
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
