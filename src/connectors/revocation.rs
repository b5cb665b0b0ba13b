//! Whether an issuer took a certificate back: where a certificate says to ask, and how its issuer's lists
//! (RFC 5280, section 5) and answers (OCSP, RFC 6960) are read. All of it is pure; the transport asks.
//!
//! Every certificate of a server's chain is asked after but the root: whom to trust as a root is decided by the
//! list of roots, and nobody above it could say anything of it.

use chrono::{DateTime, Utc};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, RawPublicKeyEntity};

mod der;
pub mod list;
pub mod ocsp;
mod pointers;

pub use pointers::Pointers;

/// How far ahead of ours an issuer's clock may be, in seconds.
const SKEW_SECONDS: u64 = 300;
/// Longest that an issuer's word is kept, in seconds, whatever it says itself.
pub const LONGEST_KEPT_SECONDS: u64 = 7 * 86_400;

/// What a bank's profile asks of the certificates its servers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationPolicy {
    /// Nobody is asked.
    NotAsked,
    /// The issuer is asked. A certificate that was taken back is refused; where there is no answer, the
    /// call is made and the lack is recorded.
    WherePossible,
    /// The issuer is asked, and without its word no call is made.
    Always,
}

impl RevocationPolicy {
    /// What that means, for an operator.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::NotAsked => "nobody is asked whether the bank's certificate was taken back",
            Self::WherePossible => {
                "the issuer of the bank's certificate is asked; without an answer calls are made"
            }
            Self::Always => {
                "the issuer of the bank's certificate is asked; without an answer no call is made"
            }
        }
    }
}

/// Why an issuer's word is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The certificate does not say where to ask.
    NoPlace,
    /// Nobody knows who issued it.
    NoIssuer,
    /// The place cannot be reached, or refuses.
    Unreachable,
    /// The answer is longer than its limit.
    TooLarge,
    /// The answer cannot be read.
    Unreadable,
    /// The answer was not signed by the issuer.
    Forged,
    /// The answer is over, or not valid yet.
    Old,
    /// The answer says nothing of this certificate.
    NotCovered,
}

impl Doubt {
    /// A stable word for records.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoPlace => "no_place_to_ask",
            Self::NoIssuer => "issuer_unknown",
            Self::Unreachable => "unreachable",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::Forged => "not_signed_by_the_issuer",
            Self::Old => "over",
            Self::NotCovered => "not_covered",
        }
    }
}

/// What an issuer says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stands.
    Good,
    /// It was taken back.
    Revoked {
        /// When.
        at: DateTime<Utc>,
    },
    /// There is no word.
    Unknown(Doubt),
}

/// An issuer's word and until when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// How the certificate stands.
    pub standing: Standing,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// Where a word came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The server brought it along in the handshake (RFC 6066, section 8).
    Stapled,
    /// The issuer's answer about this certificate.
    Answer,
    /// The issuer's list.
    List,
    /// Nowhere.
    Nowhere,
}

impl Source {
    /// A stable word for records.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Stapled => "stapled_ocsp",
            Self::Answer => "ocsp",
            Self::List => "crl",
            Self::Nowhere => "nowhere",
        }
    }
}

/// The issuer of a certificate, among those that are offered: the one whose key made its signature.
#[must_use]
pub fn issuer_of(
    certificate: &CertificateDer<'_>,
    offered: &[TrustAnchor<'_>],
    now: UnixTime,
) -> Option<TrustAnchor<'static>> {
    let parsed = EndEntityCert::try_from(certificate).ok()?;
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let path = parsed.verify_for_usage(algorithms, offered, &[], now, AnyUse, None, None).ok()?;
    Some(path.anchor().to_owned())
}

/// The chain of a certificate that a server shows: itself and those above it up to the root, which is left out,
/// each with its issuer. webpki bounds how long it may be and how much is tried. None where it leads to no root.
#[must_use]
pub fn chain_of(
    certificate: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    roots: &[TrustAnchor<'_>],
    now: UnixTime,
) -> Option<Vec<(CertificateDer<'static>, TrustAnchor<'static>)>> {
    let parsed = EndEntityCert::try_from(certificate).ok()?;
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let path = parsed.verify_for_usage(algorithms, roots, others, now, AnyUse, None, None).ok()?;
    let above: Vec<CertificateDer<'static>> =
        path.intermediate_certificates().map(|one| one.der().into_owned()).collect();
    let mut chain = Vec::with_capacity(above.len() + 1);
    let mut subject = certificate.clone().into_owned();
    for issuer in above {
        let anchor = webpki::anchor_from_trusted_cert(&issuer).ok()?.to_owned();
        chain.push((std::mem::replace(&mut subject, issuer), anchor));
    }
    chain.push((subject, path.anchor().to_owned()));
    Some(chain)
}

/// Whether an issuer's key made a signature. `algorithm` is the identifier as it stands beside the signature,
/// without its outermost tag.
fn is_signed_by(issuer: &TrustAnchor<'_>, data: &[u8], algorithm: &[u8], signature: &[u8]) -> bool {
    let key = webpki::spki_for_anchor(issuer);
    let known = webpki::ALL_VERIFICATION_ALGS.iter().copied();
    let mut fitting = known.filter(|known: &&dyn SignatureVerificationAlgorithm| {
        known.signature_alg_id().as_ref() == algorithm
    });
    RawPublicKeyEntity::try_from(&key)
        .is_ok_and(|key| fitting.any(|known| key.verify_signature(known, data, signature).is_ok()))
}

/// A certificate may be for anything; what it is used for is judged elsewhere.
struct AnyUse;

impl ExtendedKeyUsageValidator for AnyUse {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Whether a word that holds from one moment to another holds now, and until when it is kept.
fn holds(from: DateTime<Utc>, until: DateTime<Utc>, now: UnixTime) -> Result<u64, Doubt> {
    let seconds = |at: DateTime<Utc>| u64::try_from(at.timestamp()).unwrap_or_default();
    let now = now.as_secs();
    if seconds(from) > now + SKEW_SECONDS || seconds(until) <= now {
        return Err(Doubt::Old);
    }
    Ok(seconds(until).min(now + LONGEST_KEPT_SECONDS))
}
