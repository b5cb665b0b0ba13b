//! Switches a test turns to make the bank misbehave.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One departure from a correct ID token (OpenID Connect Core 3.1.3.7, FAPI 1.0 part 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdTokenMutation {
    /// Front token without `s_hash`.
    SHashMissing,
    /// Front token with the hash of another state.
    SHashWrong,
    /// Front token without `c_hash`.
    CHashMissing,
    /// Front token with the hash of another code.
    CHashWrong,
    /// Back token without `at_hash`.
    AtHashMissing,
    /// Back token with the hash of another access token.
    AtHashWrong,
    /// Front token without `nonce`.
    FrontNonceMissing,
    /// Front token with another `nonce`.
    FrontNonceWrong,
    /// Back token without `nonce`.
    BackNonceMissing,
    /// Back token with another `nonce`.
    BackNonceWrong,
    /// Another issuer.
    IssuerWrong,
    /// Another audience.
    AudienceWrong,
    /// The right audience as an array of one: allowed by the standard.
    AudienceArray,
    /// The right audience and a stranger, without `azp`.
    AudienceExtra,
    /// `azp` names another client.
    AzpWrong,
    /// No `acr`.
    AcrMissing,
    /// An `acr` below strong customer authentication.
    AcrLower,
    /// No `exp`.
    ExpMissing,
    /// `exp` an hour ago.
    ExpPast,
    /// No `iat`.
    IatMissing,
    /// `iat` a day ago.
    IatOld,
    /// `iat` an hour ahead.
    IatFuture,
    /// No `sub`.
    SubMissing,
    /// The back token's `sub` differs from the front token's.
    SubDifferentInBack,
    /// Another `authorizationId`.
    AuthorizationIdWrong,
    /// Unsigned: `alg` none.
    AlgNone,
    /// HMAC with the public key as its secret.
    AlgHs256,
    /// Correctly signed under a `kid` that the key set does not hold.
    UnknownKid,
    /// The signature's last bytes are changed.
    SignatureBroken,
    /// The hybrid answer carries no ID token.
    OmitFront,
    /// The token answer carries no ID token.
    OmitBack,
}

/// One departure from a correct token answer (RFC 6749, 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenMutation {
    /// 200 without `access_token`.
    MissingAccessToken,
    /// A `token_type` other than bearer.
    WrongTokenType,
    /// 200 with an HTML page.
    HtmlBody,
    /// 200 with an `error` member.
    ErrorInSuccess,
    /// No `refresh_token`.
    NoRefreshToken,
}

/// What a bank does wrong with a question for what came after an entry (`entryReferenceFrom`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaMutation {
    /// It does not know the entry: 400.
    Refused,
    /// It lists everything.
    Ignored,
    /// It lists nothing, whatever came.
    Emptied,
    /// It takes an older entry for it, which bore the same reference before.
    Older,
}

#[derive(Debug, Default)]
struct Switches {
    failing: Vec<Failing>,
    auto_approve: bool,
    id_token: Option<IdTokenMutation>,
    token: Option<TokenMutation>,
    token_lifetime_seconds: Option<u32>,
    lists_a_stranger: bool,
    delta: Option<DeltaMutation>,
}

#[derive(Debug)]
struct Failing {
    path_prefix: String,
    fault: Fault,
    /// Requests that still pass before it begins.
    passing: u32,
    left: u32,
}

/// What happens to a request on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered with this status.
    Status(u16),
    /// Answered with 200 and a page for people instead of data.
    WebPage,
    /// The connection closes without an answer and without an effect.
    Drop,
    /// The request takes effect and its answer is lost.
    DropAnswer,
    /// Every amount of the answer is a word.
    Garble,
    /// The customer withdraws every consent right before it is answered.
    Withdraw,
}

/// Most pending failures at one time; further ones are ignored.
const FAILING_MAX: usize = 1_000;

/// Test controls of a running sandbox; every method takes effect at once.
#[derive(Debug, Default)]
pub struct Faults {
    switches: Mutex<Switches>,
}

impl Faults {
    /// Answers the next `count` requests whose path begins with `path_prefix` with `status`.
    pub fn fail_next(&self, path_prefix: &str, status: u16, count: u32) {
        self.add(path_prefix, Fault::Status(status), 0, count);
    }

    /// Lets `passing` requests whose path begins with `path_prefix` pass, and answers the next one with
    /// `status`.
    pub fn fail_after(&self, path_prefix: &str, passing: u32, status: u16) {
        self.add(path_prefix, Fault::Status(status), passing, 1);
    }

    /// Lets `passing` requests whose path begins with `path_prefix` pass, and answers the next one with
    /// words in place of every amount.
    pub fn garble_after(&self, path_prefix: &str, passing: u32) {
        self.add(path_prefix, Fault::Garble, passing, 1);
    }

    /// Lets `passing` requests whose path begins with `path_prefix` pass; right before the next one the
    /// customer withdraws every consent at the bank.
    pub fn withdraw_after(&self, path_prefix: &str, passing: u32) {
        self.add(path_prefix, Fault::Withdraw, passing, 1);
    }

    /// Answers the next `count` requests whose path begins with `path_prefix` with 200 and a web page, as
    /// gateways do that are being mended.
    pub fn show_web_page_next(&self, path_prefix: &str, count: u32) {
        self.add(path_prefix, Fault::WebPage, 0, count);
    }

    /// Closes the connection of the next `count` requests whose path begins with `path_prefix`,
    /// without an answer and without any effect.
    pub fn drop_connection_next(&self, path_prefix: &str, count: u32) {
        self.add(path_prefix, Fault::Drop, 0, count);
    }

    /// Lets the next `count` requests whose path begins with `path_prefix` take effect and then
    /// closes the connection instead of answering: the caller cannot know what happened.
    pub fn drop_answer_next(&self, path_prefix: &str, count: u32) {
        self.add(path_prefix, Fault::DropAnswer, 0, count);
    }

    /// Approves every authorization at once (`true`) or shows the consent pages (`false`).
    pub fn auto_approve(&self, on: bool) {
        self.lock().auto_approve = on;
    }

    /// Spoils every ID token in one way until `None`.
    pub fn id_token_mutation(&self, mutation: Option<IdTokenMutation>) {
        self.lock().id_token = mutation;
    }

    /// Spoils every token answer in one way until `None`.
    pub fn token_mutation(&self, mutation: Option<TokenMutation>) {
        self.lock().token = mutation;
    }

    /// Life of new access tokens in seconds; `None` is the normal hour.
    pub fn token_lifetime(&self, seconds: Option<u32>) {
        self.lock().token_lifetime_seconds = seconds;
    }

    /// Shows in lists of accounts one of another customer, which no consent of this one opens, at banks
    /// whose consents say which accounts they open.
    pub fn list_a_stranger(&self, on: bool) {
        self.lock().lists_a_stranger = on;
    }

    /// Answers questions for what came after an entry wrongly in one way until `None`.
    pub fn delta_mutation(&self, mutation: Option<DeltaMutation>) {
        self.lock().delta = mutation;
    }

    /// Turns everything off, the automatic approval included.
    pub fn clear(&self) {
        *self.lock() = Switches::default();
    }

    /// Takes the fault waiting for a path, if there is one.
    pub(crate) fn take(&self, path: &str) -> Option<Fault> {
        let mut switches = self.lock();
        let index =
            switches.failing.iter().position(|failing| path.starts_with(&failing.path_prefix))?;
        let failing = &mut switches.failing[index];
        if failing.passing > 0 {
            failing.passing -= 1;
            return None;
        }
        failing.left -= 1;
        let fault = failing.fault;
        if failing.left == 0 {
            switches.failing.remove(index);
        }
        Some(fault)
    }

    pub(crate) fn approves(&self) -> bool {
        self.lock().auto_approve
    }

    pub(crate) fn id_token(&self) -> Option<IdTokenMutation> {
        self.lock().id_token
    }

    pub(crate) fn token(&self) -> Option<TokenMutation> {
        self.lock().token
    }

    pub(crate) fn lifetime_seconds(&self) -> Option<u32> {
        self.lock().token_lifetime_seconds
    }

    pub(crate) fn delta(&self) -> Option<DeltaMutation> {
        self.lock().delta
    }

    pub(crate) fn lists_a_stranger(&self) -> bool {
        self.lock().lists_a_stranger
    }

    fn add(&self, path_prefix: &str, fault: Fault, passing: u32, count: u32) {
        let mut switches = self.lock();
        if count > 0 && switches.failing.len() < FAILING_MAX {
            switches.failing.push(Failing {
                path_prefix: path_prefix.to_owned(),
                fault,
                passing,
                left: count,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
