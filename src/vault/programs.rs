//! Tokens of programs. A program holds a refresh token, which counts once and brings the next one, and
//! an access token (RFC 7519, RFC 9068) that stands for five minutes. The table holds neither: of a
//! family it keeps the generation that counts, so what was used up before is recognised for ever.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{RoleId, TokenId, UserId};
use domain::role::Scope;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use projections::database::{Database, RowReader, Value, sql};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use super::crypto::{DataKey, hex};
use super::keys::Keys;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// How long an access token stands, in seconds.
pub const ACCESS_SECONDS: i64 = 5 * 60;
/// How long a refresh token that was just used up may come again without ending its family, in
/// microseconds: a program whose answer was lost tries again. It is refused all the same.
const GRACE_MICROS: i64 = 10 * 1_000_000;
/// How long one key signs, in seconds; the one before it still verifies.
const KEY_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Longest access token that is looked at, in bytes.
const LONGEST_ACCESS: usize = 2_048;
/// What the access tokens are for.
const AUDIENCE: &str = "one-point-ledger/api";
/// The kind of token (RFC 9068, section 2.1).
const KIND: &str = "at+jwt";
/// What the keys are derived for.
const SIGNING: &str = "program-token/sign/1";
const REFRESHING: &str = "program-token/refresh/1";
const ISSUING: &str = "program-token/issuer/1";
/// What a refresh token begins with, so that scanners for secrets know it.
const REFRESH_PREFIX: &str = "oplr_";
/// What stands before an Ed25519 key in PKCS#8 (RFC 8410, section 7).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What a program may do, as its access token says and the table confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// By which token.
    pub token_id: TokenId,
    /// By which giving of a role.
    pub role_id: RoleId,
    /// Who holds it.
    pub holder: UserId,
    /// What it opens.
    pub scopes: Vec<Scope>,
}

/// What a refresh token is exchanged for.
#[derive(Debug)]
pub struct Exchanged {
    /// Stands for [`ACCESS_SECONDS`].
    pub access: Secret,
    /// Takes the place of the one that was given.
    pub refresh: Secret,
    /// Whose family it is.
    pub program: Program,
}

/// What an exchange came to.
#[derive(Debug)]
pub enum Exchange {
    /// New tokens.
    Done(Box<Exchanged>),
    /// No token of this service, or over.
    Refused,
    /// One that was used up long ago: somebody else has a copy, so the family is to end.
    Reused(Program),
}

/// What an access token says (RFC 9068, section 2.2).
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    role_id: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    scope: String,
}

/// The table of programs' tokens.
pub struct Programs {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
}

impl Programs {
    /// Tokens kept in this database, their keys derived from the platform's.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock }
    }

    /// Begins a family and answers with its first refresh token.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn begin(&self, program: &Program, ends_at: i64) -> Result<Secret, VaultError> {
        let Program { token_id, role_id, holder, scopes } = program;
        let now = self.clock.micros();
        let insert = sql(
            "INSERT INTO program_token (token_id, role_id, user_id, scopes, generation, rotated_at,
             ends_at) VALUES ($1, $2, $3, $4, 1, $5, $6)",
            vec![
                Value::Text(token_id.to_string()),
                Value::Text(role_id.to_string()),
                Value::Text(holder.to_string()),
                Value::Text(words(scopes)),
                Value::Integer(now),
                Value::Integer(ends_at),
            ],
        );
        let over = sql("DELETE FROM program_token WHERE ends_at < $1", vec![Value::Integer(now)]);
        self.database.transaction(vec![over, insert]).await?;
        let (_, key) = self.keys.platform().await?;
        Ok(refresh_token(&key, *token_id, 1))
    }

    /// Ends a family: none of its tokens is taken from now on, by any process.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn end(&self, token_id: TokenId) -> Result<(), VaultError> {
        let end = "DELETE FROM program_token WHERE token_id = $1";
        self.database.execute(sql(end, vec![Value::Text(token_id.to_string())])).await?;
        Ok(())
    }

    /// Which family a refresh token is of, if this service made it; whether it still counts is another
    /// question.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn family(&self, refresh: &Secret) -> Result<Option<TokenId>, VaultError> {
        let (_, key) = self.keys.platform().await?;
        Ok(read_refresh(&key, refresh).map(|(token_id, _)| token_id))
    }

    /// Exchanges a refresh token; of many with the same one, the first gets new tokens.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn exchange(&self, refresh: &Secret) -> Result<Exchange, VaultError> {
        let (_, key) = self.keys.platform().await?;
        let Some((token_id, generation)) = read_refresh(&key, refresh) else {
            return Ok(Exchange::Refused);
        };
        let now = self.clock.micros();
        let turn = sql(
            "UPDATE program_token SET generation = generation + 1, rotated_at = $1
             WHERE token_id = $2 AND generation = $3 AND ends_at > $1",
            vec![
                Value::Integer(now),
                Value::Text(token_id.to_string()),
                Value::Integer(generation),
            ],
        );
        let first = self.database.execute(turn).await? == 1;
        let Some(found) = self.find(token_id).await? else { return Ok(Exchange::Refused) };
        if first {
            let access = self.sign(&key, &found.program)?;
            let refresh = refresh_token(&key, token_id, generation + 1);
            return Ok(Exchange::Done(Box::new(Exchanged {
                access,
                refresh,
                program: found.program,
            })));
        }
        let again = found.generation == generation + 1 && now - found.rotated_at < GRACE_MICROS;
        // A generation ahead of the table's stands for a table that was set back.
        let used_up = found.generation > generation;
        Ok(if used_up && !again { Exchange::Reused(found.program) } else { Exchange::Refused })
    }

    /// The program of an access token, if token and family stand.
    ///
    /// # Errors
    /// [`VaultError`] if that cannot be told now.
    pub async fn of_access(&self, access: &str) -> Result<Option<Program>, VaultError> {
        let (_, key) = self.keys.platform().await?;
        let now = self.clock.micros() / 1_000_000;
        let Some(claims) = read_access(&key, access, now) else { return Ok(None) };
        let Ok(token_id) = claims.client_id.parse() else { return Ok(None) };
        let Some(found) = self.find(token_id).await? else { return Ok(None) };
        let Program { role_id, holder, scopes, .. } = &found.program;
        let said = (claims.role_id, claims.sub, claims.scope);
        let known = (role_id.to_string(), holder.to_string(), words(scopes));
        let stands = found.ends_at > self.clock.micros() && said == known;
        Ok(stands.then_some(found.program))
    }

    fn sign(&self, key: &DataKey, program: &Program) -> Result<Secret, VaultError> {
        let iat = self.clock.micros() / 1_000_000;
        let claims = Claims {
            iss: issuer(key),
            aud: AUDIENCE.to_owned(),
            sub: program.holder.to_string(),
            client_id: program.token_id.to_string(),
            role_id: program.role_id.to_string(),
            jti: self.chance.uuid()?.to_string(),
            iat,
            nbf: iat,
            exp: iat + ACCESS_SECONDS,
            scope: words(&program.scopes),
        };
        sign(key, iat / KEY_SECONDS, &claims).ok_or(VaultError::Sealed)
    }

    async fn find(&self, token_id: TokenId) -> Result<Option<Found>, VaultError> {
        let find = sql(
            "SELECT role_id, user_id, scopes, generation, rotated_at, ends_at FROM program_token
             WHERE token_id = $1",
            vec![Value::Text(token_id.to_string())],
        );
        let Some(row) = self.database.query(find).await?.pop() else { return Ok(None) };
        let mut row = RowReader::new(row);
        let (role_id, holder) = (row.parsed()?, row.parsed()?);
        let scopes = row.text()?.split(' ').map(str::parse).collect::<Result<_, _>>();
        let scopes = scopes.map_err(|_| VaultError::Sealed)?;
        let program = Program { token_id, role_id, holder, scopes };
        let (generation, rotated_at, ends_at) = (row.integer()?, row.integer()?, row.integer()?);
        Ok(Some(Found { program, generation, rotated_at, ends_at }))
    }
}

struct Found {
    program: Program,
    generation: i64,
    rotated_at: i64,
    ends_at: i64,
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
}

fn issuer(key: &DataKey) -> String {
    format!("one-point-ledger/{}", key.identifier(ISSUING, b""))
}

fn refresh_token(key: &DataKey, token_id: TokenId, generation: i64) -> Secret {
    let named = [token_id.0.as_bytes().as_slice(), &generation.to_be_bytes()].concat();
    let seal = key.fingerprint(REFRESHING, &named);
    let text = URL_SAFE_NO_PAD.encode([named.as_slice(), &seal].concat());
    Secret::new(format!("{REFRESH_PREFIX}{text}"))
}

/// Which family and generation a refresh token names, if this service made it.
fn read_refresh(key: &DataKey, refresh: &Secret) -> Option<(TokenId, i64)> {
    let text = refresh.expose().strip_prefix(REFRESH_PREFIX)?;
    let bytes: [u8; 56] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (named, seal) = bytes.split_at(24);
    let right = key.fingerprint(REFRESHING, named);
    bool::from(subtle::ConstantTimeEq::ct_eq(&right[..], seal)).then_some(())?;
    let token_id = TokenId(Uuid::from_slice(&named[..16]).ok()?);
    Some((token_id, i64::from_be_bytes(named[16..].try_into().ok()?)))
}

/// The seed of the key that signs in one stretch of time.
fn seed(key: &DataKey, stretch: i64) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(key.fingerprint(SIGNING, &stretch.to_be_bytes()))
}

fn public_half(seed: &[u8; 32]) -> Option<Vec<u8>> {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    Ed25519KeyPair::from_seed_unchecked(seed).ok().map(|pair| pair.public_key().as_ref().to_vec())
}

/// A name for a key: the beginning of its digest.
fn key_name(public: &[u8]) -> String {
    hex(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public).as_ref()[..8])
}

fn header(public: &[u8]) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(KIND.to_owned());
    header.kid = Some(key_name(public));
    header
}

fn sign(key: &DataKey, stretch: i64, claims: &Claims) -> Option<Secret> {
    let seed = seed(key, stretch);
    let pkcs8 = Zeroizing::new([&ED25519_PKCS8[..], &seed[..]].concat());
    let header = header(&public_half(&seed)?);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&pkcs8)).ok().map(Secret::new)
}

/// What an access token says, if one of our keys signed it and it stands now.
fn read_access(key: &DataKey, access: &str, now: i64) -> Option<Claims> {
    if access.len() > LONGEST_ACCESS {
        return None;
    }
    let (head, _) = access.split_once('.')?;
    let head = URL_SAFE_NO_PAD.decode(head).ok()?;
    let stretch = now / KEY_SECONDS;
    let public = [stretch, stretch - 1].into_iter().find_map(|stretch| {
        let public = public_half(&seed(key, stretch))?;
        // The header is one of two that we write, to the byte: no other algorithm, key or member is
        // looked at.
        (serde_json::to_vec(&header(&public)).ok()? == head).then_some(public)
    })?;
    let mut checks = Validation::new(Algorithm::EdDSA);
    checks.set_audience(&[AUDIENCE]);
    checks.set_issuer(&[issuer(key)]);
    checks.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    // Time comes in through the clock of this service alone.
    checks.validate_exp = false;
    checks.validate_nbf = false;
    let x = URL_SAFE_NO_PAD.encode(&public);
    let key = DecodingKey::from_ed_components(&x).ok()?;
    let claims = jsonwebtoken::decode::<Claims>(access, &key, &checks).ok()?.claims;
    let stands = claims.nbf <= now
        && claims.iat <= now
        && now < claims.exp
        && claims.exp - claims.iat <= ACCESS_SECONDS;
    stands.then_some(claims)
}

#[cfg(test)]
mod tests;
