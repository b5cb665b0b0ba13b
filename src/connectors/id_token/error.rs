//! Why an id token is not accepted, each reason with the word the audit record keeps.

macro_rules! id_token_errors {
    ($($(#[$doc:meta])* $name:ident => $code:literal, $text:literal;)+) => {
        /// Why a token is not accepted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum IdTokenError {
            $($(#[$doc])* #[error($text)] $name,)+
        }

        impl IdTokenError {
            /// A stable word for the audit record.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

id_token_errors! {
    /// Not three parts of base64url JSON, too long, or with a repeated claim.
    Malformed => "id_token_malformed", "the id token is malformed";
    /// Five parts: encrypted, which no profile here asks for.
    Encrypted => "id_token_encrypted", "the id token is encrypted";
    /// An algorithm the profile does not name, `none` and HMAC among them.
    AlgorithmNotAccepted => "id_token_algorithm", "the id token is signed with another algorithm";
    /// A header extension that must be understood (RFC 7515, section 4.1.11).
    CriticalHeader => "id_token_crit", "the id token demands an unknown extension";
    /// No key name, though the bank has several keys.
    KeyIdMissing => "id_token_kid_missing", "the id token does not name its key";
    /// A key name no honest bank would use.
    KeyIdMalformed => "id_token_kid_malformed", "the id token names its key in an odd way";
    /// No key of that name: fetch the keys again, once, and try again.
    UnknownKey => "id_token_unknown_key", "the key of the id token is not known";
    /// Two keys of that name, or a key that does not fit the algorithm.
    KeyUnfit => "id_token_key_unfit", "the key does not fit the id token";
    /// The signature does not verify.
    Signature => "id_token_signature", "the signature of the id token is wrong";
    /// `iss` missing or not exactly the bank's.
    Issuer => "id_token_iss", "the id token is from another issuer";
    /// `aud` missing, not us, or not us alone.
    Audience => "id_token_aud", "the id token is for somebody else";
    /// `azp` is not us.
    AuthorizedParty => "id_token_azp", "the id token was issued to somebody else";
    /// `sub` missing or empty.
    SubjectMissing => "id_token_sub_missing", "the id token names nobody";
    /// `sub` is not that of the earlier token.
    SubjectChanged => "id_token_sub_changed", "the id token names another person than before";
    /// `exp` missing or past.
    Expired => "id_token_exp", "the id token has expired";
    /// `iat` missing, too old or in the future.
    IssuedAt => "id_token_iat", "the id token was not made just now";
    /// `auth_time` missing digits, too old or in the future.
    AuthenticationTime => "id_token_auth_time", "the authentication is too old";
    /// `nonce` missing.
    NonceMissing => "id_token_nonce_missing", "the id token has no nonce";
    /// `nonce` is not ours.
    Nonce => "id_token_nonce", "the id token answers another request";
    /// `acr` missing or too weak.
    Acr => "id_token_acr", "the bank did not confirm strong authentication";
    /// The claim that names the consent missing, or another consent.
    AuthorizationId => "id_token_authorization_id", "the id token is for another consent";
    /// `c_hash` missing.
    CodeHashMissing => "id_token_c_hash_missing", "the id token does not cover the code";
    /// `c_hash` wrong.
    CodeHash => "id_token_c_hash", "the id token covers another code";
    /// `s_hash` missing.
    StateHashMissing => "id_token_s_hash_missing", "the id token does not cover the state";
    /// `s_hash` wrong.
    StateHash => "id_token_s_hash", "the id token covers another state";
    /// `at_hash` missing where the profile demands it.
    AccessTokenHashMissing => "id_token_at_hash_missing",
        "the id token does not cover the access token";
    /// `at_hash` wrong.
    AccessTokenHash => "id_token_at_hash", "the id token covers another access token";
    /// `rt_hash` wrong.
    RefreshTokenHash => "id_token_rt_hash", "the id token covers another refresh token";
}
