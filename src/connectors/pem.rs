//! Reading PEM frames (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::secret::SecretBytes;

/// The label of a private key in PKCS #8.
pub const PRIVATE_KEY: &str = "PRIVATE KEY";
/// The label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";

/// The bytes in the first frame with a label.
#[must_use]
pub fn read(text: &str, label: &str) -> Option<SecretBytes> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let (_, after) = text.split_once(&begin)?;
    let (inside, _) = after.split_once(&end)?;
    let bare: Zeroizing<String> = Zeroizing::new(inside.split_ascii_whitespace().collect());
    let der = Zeroizing::new(STANDARD.decode(bare.as_bytes()).ok()?);
    Some(SecretBytes::new(der.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_by_its_label_among_others() {
        let text = "x\n-----BEGIN CERTIFICATE-----\nAQID\nBA==\n-----END CERTIFICATE-----\n\
                    -----BEGIN PRIVATE KEY-----\r\nBQ==\r\n-----END PRIVATE KEY-----\r\n";
        let bytes = |label| read(text, label).map(|der| der.expose().to_vec());
        assert_eq!(bytes(CERTIFICATE), Some(vec![1, 2, 3, 4]));
        assert_eq!(bytes(PRIVATE_KEY), Some(vec![5]));
        assert_eq!(bytes("RSA PRIVATE KEY"), None);
        assert!(
            read("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", PRIVATE_KEY)
                .is_none()
        );
        assert!(read("-----BEGIN PRIVATE KEY-----\nBQ==", PRIVATE_KEY).is_none());
    }
}
