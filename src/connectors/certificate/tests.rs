use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair};

use super::*;
use crate::connectors::jose::Algorithm;
use crate::connectors::secret::SecretBytes;

fn day(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    let date = chrono::NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    date.and_hms_opt(12, 0, 0).expect("a time").and_utc()
}

const ROLE_AI: &[u64] = &[0, 4, 0, 19495, 1, 3];
const ROLE_PI: &[u64] = &[0, 4, 0, 19495, 1, 2];
const SEAL: &[u64] = &[0, 4, 0, 1862, 1, 6, 2];
const WEBSITE: &[u64] = &[0, 4, 0, 1862, 1, 6, 3];

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..=127 => vec![u8::try_from(short).expect("short")],
        long => {
            let bytes = u16::try_from(long).expect("not so long").to_be_bytes();
            vec![0x82, bytes[0], bytes[1]]
        }
    };
    [&[tag][..], &length, content].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

fn text(text: &str) -> Vec<u8> {
    der(0x0c, text.as_bytes())
}

fn oid(arcs: &[u64]) -> Vec<u8> {
    let mut content = vec![u8::try_from(arcs[0] * 40 + arcs[1]).expect("small")];
    for arc in &arcs[2..] {
        let mut digits = vec![u8::try_from(arc & 0x7f).expect("seven bits")];
        let mut rest = arc >> 7;
        while rest > 0 {
            digits.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
            rest >>= 7;
        }
        content.extend(digits.iter().rev());
    }
    der(0x06, &content)
}

fn role(id: &[u64], name: &str) -> Vec<u8> {
    sequence(&[oid(id), text(name)])
}

fn psd2(roles: &[Vec<u8>], authority: &str) -> Vec<u8> {
    let content = sequence(&[sequence(roles), text("Finanssivalvonta"), text(authority)]);
    sequence(&[oid(&[0, 4, 0, 19495, 2]), content])
}

fn kind(id: &[u64]) -> Vec<u8> {
    sequence(&[oid(&[0, 4, 0, 1862, 1, 6]), sequence(&[oid(id)])])
}

/// A certificate of 2026 with the statements given.
pub(crate) fn certificate(statements: Option<Vec<u8>>) -> (Vec<u8>, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["tpp.example".to_owned()]).expect("names");
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "TEST TPP");
    name.push(DnType::OrganizationName, "Test Oy");
    name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), "PSDFI-FINFSA-12345678");
    params.distinguished_name = name;
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026, 12, 31);
    if let Some(content) = statements {
        let arcs = [1, 3, 6, 1, 5, 5, 7, 1, 3];
        let extension = CustomExtension::from_oid_content(&arcs, content);
        params.custom_extensions.push(extension);
    }
    let signed = params.self_signed(&key).expect("a certificate");
    (signed.der().to_vec(), key)
}

fn website_with(roles: &[Vec<u8>], authority: &str) -> Vec<u8> {
    sequence(&[kind(WEBSITE), psd2(roles, authority)])
}

fn purpose(strictness: Strictness) -> CertificatePurpose {
    CertificatePurpose {
        kind: CertificateKind::Website,
        role: Psd2Role::AccountInformation,
        strictness,
    }
}

#[test]
fn reads_who_and_what_for() {
    let roles = [role(ROLE_AI, "PSP_AI"), role(ROLE_PI, "PSP_PI")];
    let (der, key) = certificate(Some(website_with(&roles, "FI-FINFSA")));
    let read = Certificate::parse(&der).expect("a certificate");
    assert_eq!(read.common_name.as_deref(), Some("TEST TPP"));
    assert_eq!(read.organization.as_deref(), Some("Test Oy"));
    assert_eq!(read.organization_identifier.as_deref(), Some("PSDFI-FINFSA-12345678"));
    assert_eq!(read.kind, Some(CertificateKind::Website));
    let psd2 = read.psd2.as_ref().expect("a statement");
    assert_eq!(psd2.roles, [Psd2Role::AccountInformation, Psd2Role::PaymentInitiation]);
    let names: Vec<_> = psd2.roles.iter().map(|role| role.name()).collect();
    assert_eq!(names, ["PSP_AI", "PSP_PI"]);
    assert_eq!(psd2.authority_id, "FI-FINFSA");
    assert_eq!(read.fingerprint.len(), 64);
    assert_eq!(read.check(purpose(Strictness::Qualified), day(2026, 6, 1)), Ok(()));
    let own = SigningKey::from_pkcs8("k", Algorithm::Es256, SecretBytes::new(key.serialize_der()));
    assert_eq!(read.check_key(&own.expect("a key")), Ok(()));
    let other = KeyPair::generate().expect("a key").serialize_der();
    let other = SigningKey::from_pkcs8("k", Algorithm::Es256, SecretBytes::new(other));
    let refused = read.check_key(&other.expect("a key"));
    assert_eq!(refused, Err(CertificateProblem::KeyMismatch));
}

#[test]
fn every_unfit_certificate_is_named() {
    use CertificateProblem as Problem;
    let account = [role(ROLE_AI, "PSP_AI")];
    let payment = [role(ROLE_PI, "PSP_PI")];
    let good = website_with(&account, "FI-FINFSA");
    let seal = sequence(&[kind(SEAL), psd2(&account, "FI-FINFSA")]);
    let summer = day(2026, 6, 1);
    let (qualified, test) = (Strictness::Qualified, Strictness::Test);
    let table = [
        ("N53 expired", Some(good.clone()), day(2027, 1, 1), test, Err(Problem::Expired)),
        ("N53 not yet", Some(good.clone()), day(2025, 12, 31), test, Err(Problem::NotYetValid)),
        ("another kind", Some(seal), summer, test, Err(Problem::WrongKind)),
        (
            "role missing",
            Some(website_with(&payment, "FI-FINFSA")),
            summer,
            test,
            Err(Problem::RoleMissing),
        ),
        (
            "M18 authority without country",
            Some(website_with(&account, "FINFSA")),
            summer,
            qualified,
            Err(Problem::AuthorityMalformed),
        ),
        ("nothing stated", None, summer, qualified, Err(Problem::KindMissing)),
        ("nothing stated, in a test", None, summer, test, Ok(())),
        (
            "no roles stated",
            Some(sequence(&[kind(WEBSITE)])),
            summer,
            qualified,
            Err(Problem::RoleMissing),
        ),
        ("right", Some(good), summer, qualified, Ok(())),
    ];
    for (case, statements, now, strictness, expected) in table {
        let (der, _) = certificate(statements);
        let read = Certificate::parse(&der).expect(case);
        assert_eq!(read.check(purpose(strictness), now), expected, "{case}");
    }
}

#[test]
fn malformed_statements_are_no_statements() {
    // M18: the roles stand flat in the list, without a SEQUENCE of their own.
    let flat = sequence(&[oid(ROLE_AI), text("PSP_AI")]);
    let content = sequence(&[flat, text("Finanssivalvonta"), text("FI-FINFSA")]);
    let flat = sequence(&[sequence(&[oid(&[0, 4, 0, 19495, 2]), content])]);
    let table = [
        flat,
        sequence(&[sequence(&[oid(&[0, 4, 0, 19495, 2])])]),
        sequence(&[text("no statement")]),
        sequence(&[sequence(&[])]),
        [website_with(&[], "FI-FINFSA"), vec![0]].concat(),
    ];
    for statements in table {
        let (der, _) = certificate(Some(statements));
        assert_eq!(Certificate::parse(&der), Err(CertificateProblem::StatementsMalformed));
    }
    let (mut der, _) = certificate(None);
    der.push(0);
    assert_eq!(Certificate::parse(&der), Err(CertificateProblem::Malformed));
    assert_eq!(Certificate::parse(b"-----BEGIN"), Err(CertificateProblem::Malformed));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0_u8.., 0..200)) {
        let _ = Certificate::parse(&bytes);
        let _ = read_statements(&bytes);
    }
}

/// A seal of a test's own: an RSA key with a certificate of 2026.
pub(crate) fn seal(kid: &str, algorithm: Algorithm) -> crate::connectors::IssuedCertificate {
    use crate::connectors::jose::tests::{rsa_jwk, signing_key};
    let key = signing_key(&rsa_jwk(kid), algorithm);
    let pem = key.to_pkcs8_pem();
    let pair = KeyPair::from_pem_and_sign_algo(pem.expose(), &rcgen::PKCS_RSA_SHA256);
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Test Seal CA");
    name.push(DnType::OrganizationName, "Test Oy");
    name.push(DnType::CountryName, "FI");
    params.distinguished_name = name;
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026, 12, 31);
    params.serial_number = Some(rcgen::SerialNumber::from(vec![0x0a, 0xb1, 0xff]));
    let signed = params.self_signed(&pair.expect("a pair")).expect("a certificate");
    let certificate = Certificate::parse(signed.der()).expect("a certificate");
    crate::connectors::IssuedCertificate { key, certificate }
}
