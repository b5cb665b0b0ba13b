//! The authorization server of every bank that has one: signed requests, the conversation with the
//! customer, codes, tokens, ID tokens. What differs between banks is in [`crate::house::House`].

mod answer;
mod assertion;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod consent_page;
pub(crate) mod id_token;
pub(crate) mod key_sets;
pub(crate) mod pushed;
pub(crate) mod request_object;
pub(crate) mod token;
pub(crate) mod token_grants;
