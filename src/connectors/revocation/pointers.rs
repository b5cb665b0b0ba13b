//! Where a certificate says to ask after it.

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Most places of a kind that are asked.
pub const MOST_PLACES: usize = 2;
/// id-ad-ocsp (RFC 5280, section 4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// id-ad-caIssuers (RFC 5280, section 4.2.2.1).
const ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// What a certificate says about itself and its issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointers {
    /// Its number, as encoded.
    pub(super) serial: Vec<u8>,
    /// Its issuer's name, as encoded.
    pub(super) issuer_name: Vec<u8>,
    /// Where its issuer answers questions about it (OCSP).
    pub answers_at: Vec<String>,
    /// Where its issuer's list is.
    pub lists_at: Vec<String>,
    /// Where its issuer's certificate is.
    pub issuers_at: Vec<String>,
}

impl Pointers {
    /// Reads them; none where the certificate cannot be read.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let mut found = Self {
            serial: parsed.raw_serial().to_vec(),
            issuer_name: parsed.issuer().as_raw().to_vec(),
            answers_at: Vec::new(),
            lists_at: Vec::new(),
            issuers_at: Vec::new(),
        };
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::AuthorityInfoAccess(access) => {
                    for place in access.iter() {
                        match place.access_method.to_id_string().as_str() {
                            OCSP => add(&mut found.answers_at, &place.access_location),
                            ISSUERS => add(&mut found.issuers_at, &place.access_location),
                            _ => {}
                        }
                    }
                }
                ParsedExtension::CRLDistributionPoints(points) => {
                    for point in points.iter() {
                        if let Some(DistributionPointName::FullName(names)) =
                            &point.distribution_point
                        {
                            names.iter().for_each(|name| add(&mut found.lists_at, name));
                        }
                    }
                }
                _ => {}
            }
        }
        Some(found)
    }
}

fn add(places: &mut Vec<String>, name: &GeneralName<'_>) {
    if let GeneralName::URI(url) = name
        && places.len() < MOST_PLACES
    {
        places.push((*url).to_owned());
    }
}
