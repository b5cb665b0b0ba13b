//! Asking an issuer: for an answer about one certificate, and else for its list.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};

use super::super::reach::Reach;
use super::super::{Timeouts, TransportError, builder, read_body, tls};
use super::{ASK_AGAIN_SECONDS, Question, Standings};
use crate::connectors::certificate::fingerprint;
use crate::connectors::error::BankError;
use crate::connectors::revocation::list::LARGEST_LIST;
use crate::connectors::revocation::ocsp::{LARGEST_ANSWER, QUESTION_TYPE};
use crate::connectors::revocation::{
    Doubt, Pointers, Source, Standing, Word, issuer_of, list, ocsp,
};

/// How long a question to an issuer may take: to connect, silent, and as a whole.
const ASK_TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(5),
    total: Duration::from_secs(10),
};
/// Most lists that are kept; beyond that all are forgotten and asked for anew.
const MOST_LISTS: usize = 4;
/// Longest certificate of an issuer, in bytes.
const LARGEST_ISSUER: usize = 16 * 1024;

/// The client issuers are asked with. Lists and answers come over plain HTTP (RFC 5280, section 8); they
/// are signed themselves.
pub(super) fn client(roots: &Arc<RootCertStore>, reach: Reach) -> Result<Client, TransportError> {
    let client = builder(tls::plain(roots)?, ASK_TIMEOUTS, reach).https_only(false).build();
    client.map_err(|_| TransportError::Client)
}

impl Standings {
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
    pub(in crate::connectors::transport) async fn ask_after_waiting(&self) {
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
    pub(in crate::connectors::transport) async fn of_our_own(
        &self,
        certificate: &CertificateDer<'_>,
    ) -> (Standing, Source) {
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
