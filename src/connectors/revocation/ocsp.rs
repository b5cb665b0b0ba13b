//! Questions about one certificate and their answers (OCSP, RFC 6960, in the profile of RFC 5019).

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use chrono::TimeDelta;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::der::{
    BIT_STRING, ENUMERATED, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, element,
    time,
};
use super::{Doubt, Pointers, Standing, Word, holds, is_signed_by};

/// Longest answer, in bytes.
pub const LARGEST_ANSWER: usize = 64 * 1024;
/// Media type of a question.
pub const QUESTION_TYPE: &str = "application/ocsp-request";
/// How long an answer is taken that does not say until when it holds.
const UNSTATED_LIFE: TimeDelta = TimeDelta::hours(1);
/// Most certificates of responders that are looked at in an answer.
const MOST_RESPONDERS: usize = 4;
/// Most answers that are looked at for ours.
const MOST_ANSWERS: usize = 16;

/// SHA-1 (1.3.14.3.2.26). It names the issuer and proves nothing (RFC 5019, section 2.1.1).
const SHA1_OBJECT: [u8; 5] = [0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// SHA-256 (2.16.840.1.101.3.4.2.1).
const SHA256_OBJECT: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// id-pkix-ocsp-basic (1.3.6.1.5.5.7.48.1.1).
const BASIC_OBJECT: [u8; 9] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// id-kp-OCSPSigning (1.3.6.1.5.5.7.3.9).
const RESPONDER_USE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// The question after one certificate; none where the issuer's key cannot be read.
#[must_use]
pub fn question(pointers: &Pointers, issuer: &TrustAnchor<'_>) -> Option<Vec<u8>> {
    let algorithm = &SHA1_FOR_LEGACY_USE_ONLY;
    let name = digest(algorithm, &pointers.issuer_name);
    let key = digest(algorithm, &key_of(issuer)?);
    let object = element(OBJECT_IDENTIFIER, &[&SHA1_OBJECT]);
    let null = [0x05, 0x00];
    let id = element(
        SEQUENCE,
        &[
            &element(SEQUENCE, &[&object, &null]),
            &element(OCTET_STRING, &[name.as_ref()]),
            &element(OCTET_STRING, &[key.as_ref()]),
            &element(INTEGER, &[&pointers.serial]),
        ],
    );
    let requested = element(SEQUENCE, &[&element(SEQUENCE, &[&id])]);
    Some(element(SEQUENCE, &[&element(SEQUENCE, &[&requested])]))
}

/// The bits of an issuer's public key.
fn key_of(issuer: &TrustAnchor<'_>) -> Option<Vec<u8>> {
    let whole = webpki::spki_for_anchor(issuer);
    let (_, parsed) = SubjectPublicKeyInfo::from_der(whole.as_ref()).ok()?;
    Some(parsed.subject_public_key.data.to_vec())
}

/// What an answer says of a certificate of an issuer.
///
/// # Errors
/// [`Doubt`] where it says nothing that counts.
pub fn read(
    answer: &[u8],
    pointers: &Pointers,
    issuer: &TrustAnchor<'_>,
    now: UnixTime,
) -> Result<Word, Doubt> {
    let mut outer = Reader::new(Reader::only(answer, SEQUENCE).ok_or(Doubt::Unreadable)?);
    let status = outer.expect(ENUMERATED).ok_or(Doubt::Unreadable)?;
    if status.content != [0] {
        // The responder could not answer (RFC 6960, section 2.3); that is not signed.
        return Err(Doubt::Unreachable);
    }
    let signed = Signed::read(outer).ok_or(Doubt::Unreadable)?;
    if !signed.is_by(issuer, now) {
        return Err(Doubt::Forged);
    }
    let mut data = Reader::new(Reader::only(signed.data, SEQUENCE).ok_or(Doubt::Unreadable)?);
    data.optional(0xa0);
    let mut single = || {
        data.next()?;
        data.time()?;
        data.expect(SEQUENCE)
    };
    let mut answers = Reader::new(single().ok_or(Doubt::Unreadable)?.content);
    for _ in 0..MOST_ANSWERS {
        let Some(answer) = answers.next() else { break };
        if let Some(word) = about(answer.content, pointers, issuer, now) {
            return word;
        }
    }
    Err(Doubt::NotCovered)
}

/// The signed part of an answer.
struct Signed<'a> {
    data: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    responders: Vec<CertificateDer<'a>>,
}

impl<'a> Signed<'a> {
    fn read(mut outer: Reader<'a>) -> Option<Self> {
        let mut bytes = Reader::new(Reader::only(outer.expect(0xa0)?.content, SEQUENCE)?);
        if bytes.expect(OBJECT_IDENTIFIER)?.content != BASIC_OBJECT {
            return None;
        }
        let basic = Reader::only(bytes.expect(OCTET_STRING)?.content, SEQUENCE)?;
        let mut basic = Reader::new(basic);
        let data = basic.expect(SEQUENCE)?.whole;
        let algorithm = basic.expect(SEQUENCE)?.content;
        let (unused, signature) = basic.expect(BIT_STRING)?.content.split_first()?;
        let mut responders = Vec::new();
        if let Some(certificates) = basic.optional(0xa0) {
            let mut list = Reader::new(Reader::only(certificates.content, SEQUENCE)?);
            while responders.len() < MOST_RESPONDERS
                && let Some(certificate) = list.next()
            {
                responders.push(CertificateDer::from(certificate.whole));
            }
        }
        (*unused == 0).then_some(Self { data, algorithm, signature, responders })
    }

    /// Whether the issuer signed it, or somebody the issuer certified for that (RFC 6960, section 4.2.2.2).
    fn is_by(&self, issuer: &TrustAnchor<'_>, now: UnixTime) -> bool {
        let algorithms = || {
            let all = webpki::ALL_VERIFICATION_ALGS.iter().copied();
            all.filter(|known: &&dyn SignatureVerificationAlgorithm| {
                known.signature_alg_id().as_ref() == self.algorithm
            })
        };
        is_signed_by(issuer, self.data, self.algorithm, self.signature)
            || self.responders.iter().any(|certificate| {
                let Ok(responder) = EndEntityCert::try_from(certificate) else { return false };
                let anchors = [issuer.clone()];
                let certified = responder.verify_for_usage(
                    webpki::ALL_VERIFICATION_ALGS,
                    &anchors,
                    &[],
                    now,
                    KeyUsage::required(RESPONDER_USE),
                    None,
                    None,
                );
                certified.is_ok()
                    && algorithms().any(|known| {
                        responder.verify_signature(known, self.data, self.signature).is_ok()
                    })
            })
    }
}

/// What one answer says, if it is about our certificate.
fn about(
    answer: &[u8],
    pointers: &Pointers,
    issuer: &TrustAnchor<'_>,
    now: UnixTime,
) -> Option<Result<Word, Doubt>> {
    let mut answer = Reader::new(answer);
    is_ours(answer.expect(SEQUENCE)?.content, pointers, issuer)?;
    let mut word = || {
        let status = answer.next()?;
        let from = answer.time()?;
        let until = match answer.optional(0xa0) {
            Some(stated) => Reader::new(stated.content).time()?,
            None => from + UNSTATED_LIFE,
        };
        let standing = match status.tag {
            0x80 => Ok(Standing::Good),
            0xa1 => Ok(Standing::Revoked { at: time(Reader::new(status.content).next()?)? }),
            _ => Err(Doubt::NotCovered),
        };
        Some((standing, from, until))
    };
    let Some((standing, from, until)) = word() else { return Some(Err(Doubt::Unreadable)) };
    Some(standing.and_then(|standing| Ok(Word { standing, until: holds(from, until, now)? })))
}

/// Whether an answer names our certificate and its issuer (RFC 6960, section 4.1.1).
fn is_ours(id: &[u8], pointers: &Pointers, issuer: &TrustAnchor<'_>) -> Option<()> {
    let mut id = Reader::new(id);
    let algorithm = Reader::new(id.expect(SEQUENCE)?.content).expect(OBJECT_IDENTIFIER)?;
    let algorithm: &'static Algorithm = match algorithm.content {
        object if object == SHA1_OBJECT => &SHA1_FOR_LEGACY_USE_ONLY,
        object if object == SHA256_OBJECT => &SHA256,
        _ => return None,
    };
    let same = id.expect(OCTET_STRING)?.content
        == digest(algorithm, &pointers.issuer_name).as_ref()
        && id.expect(OCTET_STRING)?.content == digest(algorithm, &key_of(issuer)?).as_ref()
        && plain(id.expect(INTEGER)?.content) == plain(&pointers.serial);
    same.then_some(())
}

/// A number without the zeros before it.
fn plain(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}
