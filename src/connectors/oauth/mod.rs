//! OAuth 2.0 and OpenID Connect as the security profiles want them: the authorization request, the
//! token endpoint, the server's own description. What a standard adds is the scope and the claims.

pub mod metadata;
pub mod request;
pub mod tokens;
