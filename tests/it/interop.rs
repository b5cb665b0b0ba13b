//! Our authorization code paths and our signatures against programs that are not ours: npm's
//! `oidc-provider`, a certified authorization server, and npm's `jose`. `tools/setup.sh test` installs both.

mod bad_requests;
mod flows;
mod parts;
mod signatures;
