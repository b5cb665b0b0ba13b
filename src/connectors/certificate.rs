//! Reading our own eIDAS certificates: who they name, what they are for, which PSD2 roles they
//! carry (RFC 5280; ETSI EN 319 412-1 and -5; ETSI TS 119 495, sections 5.1 to 5.3).

use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::ber::BerObject;
use x509_parser::der_parser::parse_der;
use x509_parser::prelude::FromDer;

use super::jose::SigningKey;

/// Subject attribute organizationIdentifier (ITU-T X.520, section 6.4.4).
const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
/// The extension qcStatements (RFC 3739, section 3.2.6).
const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
/// The statement QcType (ETSI EN 319 412-5, section 4.2.3).
const QC_TYPE: &str = "0.4.0.1862.1.6";
/// The statement for PSD2 (ETSI TS 119 495, section 5.1).
const PSD2_STATEMENT: &str = "0.4.0.19495.2";

/// What a certificate says it is for (ETSI EN 319 412-5, section 4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// A certificate for websites and TLS clients: a QWAC.
    Website,
    /// A certificate for seals: a QSEAL.
    Seal,
}

/// A role of a payment service provider (ETSI TS 119 495, section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Psd2Role {
    /// PSP_AS, account servicing.
    AccountServicing,
    /// PSP_PI, payment initiation.
    PaymentInitiation,
    /// PSP_AI, account information.
    AccountInformation,
    /// PSP_IC, issuing of card-based payment instruments.
    CardIssuing,
}

impl Psd2Role {
    /// The name of the role (ETSI TS 119 495, section 5.1).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountServicing => "PSP_AS",
            Self::PaymentInitiation => "PSP_PI",
            Self::AccountInformation => "PSP_AI",
            Self::CardIssuing => "PSP_IC",
        }
    }

    fn from_oid(oid: &str) -> Option<Self> {
        match oid {
            "0.4.0.19495.1.1" => Some(Self::AccountServicing),
            "0.4.0.19495.1.2" => Some(Self::PaymentInitiation),
            "0.4.0.19495.1.3" => Some(Self::AccountInformation),
            "0.4.0.19495.1.4" => Some(Self::CardIssuing),
            _ => None,
        }
    }
}

/// What the PSD2 statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Psd2Statement {
    /// The roles.
    pub roles: Vec<Psd2Role>,
    /// The name of the national competent authority.
    pub authority_name: String,
    /// The identifier of that authority, such as `FI-FINFSA`.
    pub authority_id: String,
}

/// How much a certificate has to state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Kind and roles must be stated, as in production.
    Qualified,
    /// What is stated must be right, but a test certificate may state nothing.
    Test,
}

/// What a certificate is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificatePurpose {
    /// The kind.
    pub kind: CertificateKind,
    /// The role.
    pub role: Psd2Role,
    /// How much it has to state.
    pub strictness: Strictness,
}

/// Why a certificate is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Not an X.509 certificate in DER, or with bytes after it.
    #[error("the certificate is not readable")]
    Malformed,
    /// The qcStatements extension breaks its own syntax.
    #[error("the statements of the certificate are malformed")]
    StatementsMalformed,
    /// After its last moment.
    #[error("the certificate has expired")]
    Expired,
    /// Before its first moment.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Stated for another use.
    #[error("the certificate is of another kind")]
    WrongKind,
    /// No use is stated.
    #[error("the certificate does not say what it is for")]
    KindMissing,
    /// The role is not among those stated.
    #[error("the certificate lacks the role")]
    RoleMissing,
    /// The authority is not written as country, hyphen, name.
    #[error("the authority of the certificate is malformed")]
    AuthorityMalformed,
    /// The private key is another's.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
}

impl CertificateProblem {
    /// A stable word for records.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "certificate_malformed",
            Self::StatementsMalformed => "certificate_statements_malformed",
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::WrongKind => "certificate_wrong_kind",
            Self::KindMissing => "certificate_kind_missing",
            Self::RoleMissing => "certificate_role_missing",
            Self::AuthorityMalformed => "certificate_authority_malformed",
            Self::KeyMismatch => "certificate_key_mismatch",
        }
    }
}

/// A certificate, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The exact bytes.
    pub der: Vec<u8>,
    /// Subject common name.
    pub common_name: Option<String>,
    /// Subject organization.
    pub organization: Option<String>,
    /// Subject organizationIdentifier, such as `PSDFI-FINFSA-12345678`.
    pub organization_identifier: Option<String>,
    /// What it says it is for, when it says one thing.
    pub kind: Option<CertificateKind>,
    /// The PSD2 statement.
    pub psd2: Option<Psd2Statement>,
    /// From when on it is valid.
    pub not_before: DateTime<Utc>,
    /// Until when it is valid.
    pub not_after: DateTime<Utc>,
    /// SHA-256 of the bytes, in small hexadecimal digits.
    pub fingerprint: String,
    /// The contents of `subjectPublicKey`.
    pub public_key_bits: Vec<u8>,
}

impl Certificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// [`CertificateProblem::Malformed`] or [`CertificateProblem::StatementsMalformed`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateProblem> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| CertificateProblem::Malformed)?;
        if !rest.is_empty() {
            return Err(CertificateProblem::Malformed);
        }
        let time = |seconds: i64| {
            DateTime::from_timestamp(seconds, 0).ok_or(CertificateProblem::Malformed)
        };
        let attribute = |wanted: &str| {
            let mut all = parsed.subject().iter_attributes();
            let found = all.find(|entry| entry.attr_type().to_id_string() == wanted);
            found.and_then(|entry| entry.as_str().ok()).map(str::to_owned)
        };
        let mut extensions = parsed.extensions().iter();
        let statements = extensions.find(|entry| entry.oid.to_id_string() == QC_STATEMENTS);
        let (kind, psd2) = match statements {
            Some(extension) => {
                read_statements(extension.value).ok_or(CertificateProblem::StatementsMalformed)?
            }
            None => (None, None),
        };
        Ok(Self {
            der: der.to_vec(),
            common_name: attribute("2.5.4.3"),
            organization: attribute("2.5.4.10"),
            organization_identifier: attribute(ORGANIZATION_IDENTIFIER),
            kind,
            psd2,
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            fingerprint: fingerprint(der),
            public_key_bits: parsed.public_key().subject_public_key.data.to_vec(),
        })
    }

    /// Whether it is valid at a moment (RFC 5280, section 4.1.2.5: both ends are included).
    ///
    /// # Errors
    /// [`CertificateProblem::Expired`] or [`CertificateProblem::NotYetValid`].
    pub fn check_time(&self, now: DateTime<Utc>) -> Result<(), CertificateProblem> {
        if now < self.not_before {
            return Err(CertificateProblem::NotYetValid);
        }
        if now > self.not_after {
            return Err(CertificateProblem::Expired);
        }
        Ok(())
    }

    /// Whether it can be used for a purpose at a moment.
    ///
    /// # Errors
    /// [`CertificateProblem`] names the first thing that is not right.
    pub fn check(
        &self,
        purpose: CertificatePurpose,
        now: DateTime<Utc>,
    ) -> Result<(), CertificateProblem> {
        self.check_time(now)?;
        let must_state = purpose.strictness == Strictness::Qualified;
        match self.kind {
            Some(kind) if kind != purpose.kind => return Err(CertificateProblem::WrongKind),
            None if must_state => return Err(CertificateProblem::KindMissing),
            _ => {}
        }
        let Some(psd2) = &self.psd2 else {
            return if must_state { Err(CertificateProblem::RoleMissing) } else { Ok(()) };
        };
        if !psd2.roles.contains(&purpose.role) {
            return Err(CertificateProblem::RoleMissing);
        }
        if must_state && !is_authority_id(&psd2.authority_id) {
            return Err(CertificateProblem::AuthorityMalformed);
        }
        Ok(())
    }

    /// Whether a private key is the one of this certificate.
    ///
    /// # Errors
    /// [`CertificateProblem::KeyMismatch`].
    pub fn check_key(&self, key: &SigningKey) -> Result<(), CertificateProblem> {
        if key.public_key_bits() == self.public_key_bits {
            Ok(())
        } else {
            Err(CertificateProblem::KeyMismatch)
        }
    }
}

/// SHA-256 of some bytes, in small hexadecimal digits.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in digest::digest(&digest::SHA256, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Two capital letters, a hyphen, two to eight capital letters (ETSI TS 119 495, section 5.2.3).
fn is_authority_id(text: &str) -> bool {
    let capitals = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    text.split_once('-').is_some_and(|(country, authority)| {
        country.len() == 2
            && (2..=8).contains(&authority.len())
            && capitals(country)
            && capitals(authority)
    })
}

type Statements = (Option<CertificateKind>, Option<Psd2Statement>);

/// Reads `QCStatements ::= SEQUENCE OF QCStatement` (RFC 3739, section 3.2.6). Statements other
/// than the two used here are passed over.
fn read_statements(value: &[u8]) -> Option<Statements> {
    let (rest, statements) = parse_der(value).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let (mut kinds, mut psd2) = (Vec::new(), None);
    for statement in statements.as_sequence().ok()? {
        let [id, content @ ..] = &statement.as_sequence().ok()?[..] else {
            return None;
        };
        let id = id.as_oid().ok()?.to_id_string();
        match (id.as_str(), content) {
            (QC_TYPE, [types]) => {
                for kind in types.as_sequence().ok()? {
                    kinds.push(kind.as_oid().ok()?.to_id_string());
                }
            }
            (PSD2_STATEMENT, [content]) => psd2 = Some(read_psd2(content)?),
            (QC_TYPE | PSD2_STATEMENT, _) => return None,
            _ => {}
        }
    }
    let kind = match &kinds[..] {
        [only] if only == "0.4.0.1862.1.6.2" => Some(CertificateKind::Seal),
        [only] if only == "0.4.0.1862.1.6.3" => Some(CertificateKind::Website),
        _ => None,
    };
    Some((kind, psd2))
}

/// Reads `PSD2QcType` (ETSI TS 119 495, section 5.1). Each role is a SEQUENCE of its own inside
/// the SEQUENCE OF; a certificate without that inner SEQUENCE is malformed.
fn read_psd2(content: &BerObject<'_>) -> Option<Psd2Statement> {
    let [roles, name, id] = &content.as_sequence().ok()?[..] else {
        return None;
    };
    let mut known = Vec::new();
    for role in roles.as_sequence().ok()? {
        let [oid, role_name] = &role.as_sequence().ok()?[..] else {
            return None;
        };
        role_name.as_str().ok()?;
        known.extend(Psd2Role::from_oid(&oid.as_oid().ok()?.to_id_string()));
    }
    Some(Psd2Statement {
        roles: known,
        authority_name: name.as_str().ok()?.to_owned(),
        authority_id: id.as_str().ok()?.to_owned(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
