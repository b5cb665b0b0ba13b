//! Lists of certificates that were taken back (RFC 5280, section 5). Signature, issuer, scope and end are
//! judged by webpki.

use chrono::DateTime;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, ExpirationPolicy,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};

use super::der::{INTEGER, Reader, SEQUENCE};
use super::{AnyUse, Doubt, Pointers, Standing, Word, holds};

/// Longest list, in bytes.
pub const LARGEST_LIST: usize = 8 * 1024 * 1024;

/// What a list says of a certificate of an issuer.
///
/// # Errors
/// [`Doubt`] where it says nothing that counts.
pub fn read(
    list: &[u8],
    certificate: &CertificateDer<'_>,
    pointers: &Pointers,
    issuer: &TrustAnchor<'_>,
    now: UnixTime,
) -> Result<Word, Doubt> {
    let parsed = BorrowedCertRevocationList::from_der(list).map_err(|_| Doubt::Unreadable)?;
    let parsed = CertRevocationList::from(parsed);
    let until = until(list, now)?;
    let lists = [&parsed];
    let options = RevocationOptionsBuilder::new(&lists).map_err(|_| Doubt::Unreadable)?;
    let options = options
        .with_depth(RevocationCheckDepth::EndEntity)
        .with_status_policy(UnknownStatusPolicy::Deny)
        .with_expiration_policy(ExpirationPolicy::Enforce)
        .build();
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| Doubt::Unreadable)?;
    let anchors = [issuer.clone()];
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let verified =
        certificate.verify_for_usage(algorithms, &anchors, &[], now, AnyUse, Some(options), None);
    match verified {
        Ok(_) => Ok(Word { standing: Standing::Good, until }),
        Err(Error::CertRevoked) => {
            let entry = parsed.find_serial(&pointers.serial).ok().flatten();
            let at = entry.and_then(|entry| i64::try_from(entry.revocation_date.as_secs()).ok());
            let at = at.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            Ok(Word { standing: Standing::Revoked { at: at.unwrap_or_default() }, until })
        }
        Err(Error::UnknownRevocationStatus) => Err(Doubt::NotCovered),
        Err(Error::CrlExpired { .. }) => Err(Doubt::Old),
        Err(_) => Err(Doubt::Forged),
    }
}

/// Until when a list holds; one that does not say so is of no use (RFC 5280, section 5.1.2.5).
fn until(list: &[u8], now: UnixTime) -> Result<u64, Doubt> {
    let times = || {
        let mut outer = Reader::new(Reader::only(list, SEQUENCE)?);
        let mut inner = Reader::new(outer.expect(SEQUENCE)?.content);
        inner.optional(INTEGER);
        inner.expect(SEQUENCE)?;
        inner.expect(SEQUENCE)?;
        Some((inner.time()?, inner.time()?))
    };
    let (from, until) = times().ok_or(Doubt::Unreadable)?;
    holds(from, until, now)
}
