//! The sandbox certificate authority, the server certificates and the certificates of providers.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, RsaKeySize, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::chance::random_bytes;
use crate::der;
use crate::house::House;
use crate::options::SandboxError;
use crate::storage::Storage;

/// Life of a server certificate, in days.
const SERVER_LIFE_DAYS: u64 = 90;
/// Life of a provider's certificate, in days: two years, as qualified certificates usually have.
const PROVIDER_LIFE_DAYS: u64 = 730;
/// Life of the authority, in days.
const AUTHORITY_LIFE_DAYS: u64 = 3650;
/// How far back every certificate is valid, in days, against clocks that run late.
const BACKDATED_DAYS: u64 = 1;

/// Life of a certificate that is over: an hour less than it is backdated.
const EXPIRED_AFTER: Duration = Duration::from_secs((BACKDATED_DAYS * 24 - 1) * 3600);

const CERTIFICATE_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca-key.pem";

/// What a provider's certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Website authentication: the TLS connection (QWAC).
    Website,
    /// Electronic seal: signatures over messages (QSEAL).
    Seal,
}

/// A payment service role a certificate states (ETSI TS 119 495, 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Role {
    /// Account information (`PSP_AI`).
    #[serde(rename = "AIS")]
    Accounts,
    /// Payment initiation (`PSP_PI`).
    #[serde(rename = "PIS")]
    Payments,
    /// Card-based instruments, which confirm funds (`PSP_IC`).
    #[serde(rename = "CBPII")]
    Funds,
}

impl Role {
    /// All roles, in the order the bank lists them.
    pub(crate) const ALL: [Role; 3] = [Role::Accounts, Role::Payments, Role::Funds];

    /// The word used by the registration claims.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Accounts => "AIS",
            Role::Payments => "PIS",
            Role::Funds => "CBPII",
        }
    }

    /// The role behind a word, in any case.
    pub(crate) fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word().eq_ignore_ascii_case(word))
    }

    fn arc_and_name(self) -> (u64, &'static str) {
        match self {
            Role::Payments => (2, "PSP_PI"),
            Role::Accounts => (3, "PSP_AI"),
            Role::Funds => (4, "PSP_IC"),
        }
    }
}

/// The subject of a provider's certificate.
pub(crate) struct Subject<'a> {
    /// ISO 3166 country, upper case.
    pub(crate) country: &'a str,
    /// Organisation and common name.
    pub(crate) name: &'a str,
    /// The provider's id; the certificate carries `PSD` before it.
    pub(crate) tpp_id: &'a str,
    /// The supervisor the qualified statement names: name and id.
    pub(crate) supervisor: (&'a str, &'a str),
    /// Roles in the qualified statement.
    pub(crate) roles: &'a [Role],
}

/// A new RSA key with its certificate.
pub(crate) struct Issued {
    /// The certificate.
    pub(crate) certificate: Vec<u8>,
    /// The key, PKCS #8.
    pub(crate) key: Vec<u8>,
}

/// The sandbox certificate authority.
pub(crate) struct Authority {
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority of the directory, or makes one and saves it.
    pub(crate) fn open(storage: &Storage, house: &House) -> Result<Self, SandboxError> {
        if let (Some(certificate_pem), Some(key_pem)) =
            (storage.read(CERTIFICATE_FILE)?, storage.read(KEY_FILE)?)
        {
            return Self::from_pem(certificate_pem, &key_pem).map_err(|reason| {
                SandboxError::Damaged { path: storage.path(CERTIFICATE_FILE), reason }
            });
        }
        // ETSI TS 119 495 leaves the authority's algorithm open, and today's profiles of TLS servers
        // want chains that ECDSA signed.
        let key =
            KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(certificate_error)?;
        let mut parameters = parameters(AUTHORITY_LIFE_DAYS)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let name = &mut parameters.distinguished_name;
        name.push(DnType::CountryName, country(house.country)?);
        name.push(DnType::OrganizationName, format!("{} (simulated)", house.name));
        name.push(DnType::CommonName, format!("{} test CA", house.name));
        let certificate = parameters.self_signed(&key).map_err(certificate_error)?;
        storage.write(KEY_FILE, &key.serialize_pem())?;
        storage.write(CERTIFICATE_FILE, &certificate.pem())?;
        Self::from_pem(certificate.pem(), &key.serialize_pem()).map_err(SandboxError::Certificate)
    }

    fn from_pem(certificate_pem: String, key_pem: &str) -> Result<Self, String> {
        // A directory of an earlier program holds an RSA key.
        let key = KeyPair::from_pem(key_pem).map_err(|error| error.to_string())?;
        let (_, parsed) = x509_parser::pem::parse_x509_pem(certificate_pem.as_bytes())
            .map_err(|error| error.to_string())?;
        let certificate = CertificateDer::from(parsed.contents);
        let issuer =
            Issuer::from_ca_cert_der(&certificate, key).map_err(|error| error.to_string())?;
        Ok(Self { certificate_pem, certificate, issuer })
    }

    /// The authority's certificate as PEM text.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's certificate as DER.
    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// A fresh server certificate for `localhost` and 127.0.0.1, with its chain and key; an `expired` one
    /// was over an hour ago.
    pub(crate) fn server(
        &self,
        expired: bool,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), SandboxError> {
        let key =
            KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(certificate_error)?;
        let mut parameters = parameters(SERVER_LIFE_DAYS - BACKDATED_DAYS)?;
        if expired {
            parameters.not_after = parameters.not_before + EXPIRED_AFTER;
        }
        parameters.subject_alt_names =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
                .map_err(certificate_error)?
                .subject_alt_names;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(certificate_error)?;
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((chain, PrivateKeyDer::Pkcs8(key)))
    }

    /// A new RSA 2048 key of a provider with its qualified-style certificate.
    pub(crate) fn provider(
        &self,
        subject: &Subject<'_>,
        purpose: Purpose,
    ) -> Result<Issued, SandboxError> {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)
            .map_err(certificate_error)?;
        let mut parameters = parameters(PROVIDER_LIFE_DAYS)?;
        let name = &mut parameters.distinguished_name;
        name.push(DnType::CountryName, country(subject.country)?);
        name.push(DnType::OrganizationName, subject.name);
        name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), format!("PSD{}", subject.tpp_id));
        name.push(DnType::CommonName, subject.name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = match purpose {
            Purpose::Website => {
                vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth]
            }
            Purpose::Seal => vec![ExtendedKeyUsagePurpose::ClientAuth],
        };
        parameters.custom_extensions = vec![CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 5, 5, 7, 1, 3],
            qualified_statements(purpose, subject),
        )];
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(certificate_error)?;
        Ok(Issued { certificate: certificate.der().to_vec(), key: key.serialize_der() })
    }
}

/// A certificate (PEM) that a key signs for itself, as an application brings one to an aggregator.
pub(crate) fn self_signed(key: &KeyPair, name: &str) -> Result<String, SandboxError> {
    let mut parameters = parameters(PROVIDER_LIFE_DAYS)?;
    parameters.use_authority_key_identifier_extension = false;
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters.self_signed(key).map_err(certificate_error)?.pem())
}

/// The QCStatements extension value (RFC 3739, ETSI EN 319 412-5, ETSI TS 119 495 5.1): compliance,
/// kind of certificate, and the PSD2 statement with roles and authority.
fn qualified_statements(purpose: Purpose, subject: &Subject<'_>) -> Vec<u8> {
    let kind = match purpose {
        Purpose::Seal => [0, 4, 0, 1862, 1, 6, 2],
        Purpose::Website => [0, 4, 0, 1862, 1, 6, 3],
    };
    let (supervisor, supervisor_id) = subject.supervisor;
    let roles: Vec<Vec<u8>> = subject
        .roles
        .iter()
        .map(|role| {
            let (arc, name) = role.arc_and_name();
            der::sequence(&[der::object_identifier(&[0, 4, 0, 19495, 1, arc]), der::utf8(name)])
        })
        .collect();
    let psd2 =
        der::sequence(&[der::sequence(&roles), der::utf8(supervisor), der::utf8(supervisor_id)]);
    der::sequence(&[
        der::sequence(&[der::object_identifier(&[0, 4, 0, 1862, 1, 1])]),
        der::sequence(&[
            der::object_identifier(&[0, 4, 0, 1862, 1, 6]),
            der::sequence(&[der::object_identifier(&kind)]),
        ]),
        der::sequence(&[der::object_identifier(&[0, 4, 0, 19495, 2]), psd2]),
    ])
}

/// A country as names have it: a PrintableString (RFC 5280, appendix A.1).
fn country(code: &str) -> Result<DnValue, SandboxError> {
    code.try_into().map(DnValue::PrintableString).map_err(certificate_error)
}

fn parameters(life_days: u64) -> Result<CertificateParams, SandboxError> {
    const DAY_SECONDS: u64 = 86_400;
    let now_seconds = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or(0);
    let from = now_seconds.saturating_sub(BACKDATED_DAYS * DAY_SECONDS);
    let mut serial = random_bytes::<16>();
    serial[0] &= 0x7f;
    let mut parameters = CertificateParams::default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + Duration::from_secs(from);
    parameters.not_after = epoch + Duration::from_secs(now_seconds + life_days * DAY_SECONDS);
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    parameters.use_authority_key_identifier_extension = true;
    parameters.distinguished_name = DistinguishedName::new();
    Ok(parameters)
}

fn certificate_error(error: rcgen::Error) -> SandboxError {
    SandboxError::Certificate(error.to_string())
}
