//! Lists of certificates that were taken back (RFC 5280, section 5). Signature, issuer, scope and end are
//! judged by webpki.

use chrono::DateTime;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, ExpirationPolicy,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::der::{BIT_STRING, INTEGER, Reader, SEQUENCE};
use super::{AnyUse, Doubt, Pointers, Standing, Word, holds, is_signed_by};

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

/// What a list says of an issuer's own certificate, which webpki does not judge alone. Lists of another issuer's
/// certificates, or of a part of them that leaves issuers out, are not taken for its word.
///
/// # Errors
/// [`Doubt`] where it says nothing that counts.
pub fn read_of_issuer(
    list: &[u8],
    pointers: &Pointers,
    issuer: &TrustAnchor<'_>,
    now: UnixTime,
) -> Result<Word, Doubt> {
    let (rest, parsed) =
        CertificateRevocationList::from_der(list).map_err(|_| Doubt::Unreadable)?;
    if !rest.is_empty() {
        return Err(Doubt::Unreadable);
    }
    let signed = || {
        let mut outer = Reader::new(Reader::only(list, SEQUENCE)?);
        let data = outer.expect(SEQUENCE)?.whole;
        let algorithm = outer.expect(SEQUENCE)?.content;
        let (unused, signature) = outer.expect(BIT_STRING)?.content.split_first()?;
        Some(*unused == 0 && is_signed_by(issuer, data, algorithm, signature))
    };
    if !signed().ok_or(Doubt::Unreadable)? {
        return Err(Doubt::Forged);
    }
    let until = until(list, now)?;
    if parsed.issuer().as_raw() != pointers.issuer_name || !covers_issuers(&parsed)? {
        return Err(Doubt::NotCovered);
    }
    let plain = |serial: &[u8]| -> Vec<u8> {
        serial.iter().copied().skip_while(|byte| *byte == 0).collect()
    };
    let number = plain(&pointers.serial);
    let mut entries = parsed.iter_revoked_certificates();
    let entry = entries.find(|entry| plain(entry.raw_serial()) == number);
    let standing = match entry {
        None => Standing::Good,
        Some(entry) => {
            let at = DateTime::from_timestamp(entry.revocation_date.timestamp(), 0);
            Standing::Revoked { at: at.unwrap_or_default() }
        }
    };
    Ok(Word { standing, until })
}

/// Whether a list tells of issuers' certificates (RFC 5280, section 5.2.5); what else is said to be critical in
/// it has to be understood.
fn covers_issuers(list: &CertificateRevocationList<'_>) -> Result<bool, Doubt> {
    let mut whole = true;
    for extension in list.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::IssuingDistributionPoint(point) => {
                let part = point.only_contains_user_certs
                    || point.only_contains_attribute_certs
                    || point.only_some_reasons.is_some()
                    || point.indirect_crl;
                whole = whole && !part;
            }
            _ if extension.critical => return Err(Doubt::Unreadable),
            _ => {}
        }
    }
    Ok(whole)
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
