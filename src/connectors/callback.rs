//! What a browser brings back from a bank (RFC 6749, section 4.1.2; OpenID Connect Core 1.0,
//! section 3.3.2.5; RFC 9207), read strictly: anything doubtful is a problem, never a guess.

use super::error::plain_code;
use super::form;
use super::secret::Secret;

/// Most characters of query and fragment together.
pub const LONGEST_CALLBACK: usize = 16 * 1024;
/// Most characters of a code.
pub const LONGEST_CODE: usize = 4096;
/// Most parameters.
pub const MOST_PARAMETERS: usize = 20;
/// Most characters kept of a bank's description of an error.
pub const LONGEST_DESCRIPTION: usize = 256;
/// Most characters of a state; ours are far shorter.
const LONGEST_STATE: usize = 512;

/// The parameters that mean something, each at most once and only in this spelling.
const KNOWN: [&str; 9] = [
    "code",
    "state",
    "id_token",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "response",
    CONFIRMATION_CODE,
];
/// What a bank that has a confirmation step adds to a redirect address of ours (Berlin Group).
pub const CONFIRMATION_CODE: &str = "confirmationCode";
/// Parameters of answers we never ask for: tokens in the browser.
const NEVER_ASKED: [&str; 2] = ["access_token", "refresh_token"];

/// What a bank is asked to send back through the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseType {
    /// A code in the query (RFC 6749, section 4.1.1).
    Code,
    /// A code and an id token in the fragment (OpenID Connect Core 1.0, section 3.3).
    CodeIdToken,
    /// A code in a signed token in the query (JARM, section 2.3.1).
    CodeJwt,
    /// Nothing but the state we put into the address ourselves: the bank is asked afterwards how the
    /// consent stands (Berlin Group, redirect).
    Return,
}

impl ResponseType {
    /// The value on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code | Self::CodeJwt => "code",
            Self::Return => "none",
            Self::CodeIdToken => "code id_token",
        }
    }
}

/// A complete answer. Its state is not checked here: that takes the pending authorization.
#[derive(Clone, Debug)]
pub enum CallbackAnswer {
    /// The person agreed.
    Granted {
        /// To be exchanged for tokens, once.
        code: Secret,
        /// Present exactly when it was asked for.
        id_token: Option<Secret>,
        /// The state as it came back.
        state: Secret,
        /// The issuer by its own name (RFC 9207).
        issuer: Option<String>,
    },
    /// The person or the bank refused.
    Refused {
        /// The error code, reduced to a plain alphabet.
        error: String,
        /// The bank's words, capped and without control characters; never to be shown as markup.
        description: Option<String>,
        /// The state as it came back.
        state: Secret,
        /// The issuer by its own name (RFC 9207).
        issuer: Option<String>,
    },
    /// The browser is back; what came of it only the bank can say.
    Returned {
        /// The state as it came back.
        state: Secret,
        /// What the bank wants shown before the consent stands, where it has such a step.
        confirmation_code: Option<Secret>,
        /// Whether the browser came to the address for refusals. It is a hint: the bank is asked.
        turned_away: bool,
    },
    /// A signed answer, to be opened with the bank's keys: see [`super::jarm`].
    Signed {
        /// The token.
        response: Secret,
    },
}

/// Why an answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackProblem {
    /// There is nothing at all.
    #[error("there is no answer in the address")]
    Empty,
    /// The whole is too long.
    #[error("the answer is too long")]
    TooLong,
    /// There are too many parameters.
    #[error("the answer has too many parameters")]
    TooManyParameters,
    /// The encoding is wrong.
    #[error("the answer is not properly encoded")]
    Encoding,
    /// Query and fragment both carry an answer.
    #[error("the answer is in two places")]
    TwoPlaces,
    /// The answer is in the query where the fragment was asked for, or the reverse.
    #[error("the answer is in the wrong place")]
    WrongPlace,
    /// A parameter is there twice.
    #[error("a parameter is there twice")]
    Repeated,
    /// A parameter is spelt in another way, such as `State` or `state[]`.
    #[error("a parameter has another spelling")]
    Spelling,
    /// A parameter that was never asked for.
    #[error("there is a parameter that was never asked for")]
    Unasked,
    /// There is no state.
    #[error("the state is missing")]
    StateMissing,
    /// The state is longer than any of ours.
    #[error("the state is too long")]
    StateTooLong,
    /// Neither a code nor an error.
    #[error("there is neither a code nor an error")]
    NeitherCodeNorError,
    /// Both a code and an error.
    #[error("there is a code and an error")]
    CodeAndError,
    /// The code is too long or has characters no code has.
    #[error("the code is malformed")]
    CodeMalformed,
    /// An id token was asked for and is not there.
    #[error("the id token is missing")]
    IdTokenMissing,
}

impl CallbackProblem {
    /// A stable word for the audit record.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "callback_empty",
            Self::TooLong => "callback_too_long",
            Self::TooManyParameters => "callback_too_many_parameters",
            Self::Encoding => "callback_encoding",
            Self::TwoPlaces => "callback_two_places",
            Self::WrongPlace => "callback_wrong_place",
            Self::Repeated => "callback_parameter_repeated",
            Self::Spelling => "callback_parameter_spelling",
            Self::Unasked => "callback_parameter_unasked",
            Self::StateMissing => "callback_state_missing",
            Self::StateTooLong => "callback_state_too_long",
            Self::NeitherCodeNorError => "callback_neither_code_nor_error",
            Self::CodeAndError => "callback_code_and_error",
            Self::CodeMalformed => "callback_code_malformed",
            Self::IdTokenMissing => "callback_id_token_missing",
        }
    }
}

/// The parameters by name, each known one at most once.
struct Parameters(Vec<(String, Secret)>);

impl Parameters {
    fn read(text: &str) -> Result<Self, CallbackProblem> {
        let fields = form::decode(text, MOST_PARAMETERS).map_err(|problem| match problem {
            form::FormProblem::TooMany => CallbackProblem::TooManyParameters,
            form::FormProblem::Percent | form::FormProblem::NotUtf8 => CallbackProblem::Encoding,
        })?;
        let mut kept: Vec<(String, Secret)> = Vec::new();
        for (name, value) in fields {
            if NEVER_ASKED.contains(&name.as_str()) {
                return Err(CallbackProblem::Unasked);
            }
            if KNOWN.contains(&name.as_str()) {
                if kept.iter().any(|(other, _)| *other == name) {
                    return Err(CallbackProblem::Repeated);
                }
                kept.push((name, Secret::new(value)));
            } else if is_disguise(&name) {
                return Err(CallbackProblem::Spelling);
            }
        }
        Ok(Self(kept))
    }

    fn take(&mut self, name: &str) -> Option<Secret> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1).filter(|value| !value.is_empty())
    }
}

/// Whether a name would pass for a known one in a more lenient reader: another case, blanks,
/// array syntax or an ampersand inside.
fn is_disguise(name: &str) -> bool {
    let stem = name.split(['[', '.', '&', '=', '\0']).next().unwrap_or_default();
    let bare = stem.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let known = |known: &&str| known.eq_ignore_ascii_case(bare);
    KNOWN.iter().chain(&NEVER_ASKED).any(known)
}

/// Reads what came back. `query` comes without `?`, `fragment` without `#`.
///
/// # Errors
/// [`CallbackProblem`] says which rule the answer breaks.
pub fn read_callback(
    query: &str,
    fragment: &str,
    asked: ResponseType,
) -> Result<CallbackAnswer, CallbackProblem> {
    if query.len().saturating_add(fragment.len()) > LONGEST_CALLBACK {
        return Err(CallbackProblem::TooLong);
    }
    let (in_query, in_fragment) = (Parameters::read(query)?, Parameters::read(fragment)?);
    let mut parameters = match (in_query.0.is_empty(), in_fragment.0.is_empty(), asked) {
        (true, true, _) => return Err(CallbackProblem::Empty),
        (false, false, _) => return Err(CallbackProblem::TwoPlaces),
        (true, false, ResponseType::CodeIdToken) => in_fragment,
        (false, true, ResponseType::CodeIdToken) | (true, false, _) => {
            return Err(CallbackProblem::WrongPlace);
        }
        (false, true, _) => in_query,
    };
    match (asked, parameters.take("response")) {
        (ResponseType::CodeJwt, Some(response)) if parameters.0.is_empty() => {
            return Ok(CallbackAnswer::Signed { response });
        }
        // A plain parameter beside a signed one would be believed unsigned.
        (ResponseType::CodeJwt, _) | (_, Some(_)) => return Err(CallbackProblem::Unasked),
        _ => {}
    }
    plain_answer(&mut parameters, asked)
}

/// Reads the claims of a signed answer by the same rules as plain parameters.
///
/// # Errors
/// [`CallbackProblem`] says which rule the answer breaks.
pub(super) fn read_signed(
    claims: Vec<(String, Secret)>,
) -> Result<CallbackAnswer, CallbackProblem> {
    plain_answer(&mut Parameters(claims), ResponseType::Code)
}

fn plain_answer(
    parameters: &mut Parameters,
    asked: ResponseType,
) -> Result<CallbackAnswer, CallbackProblem> {
    let state = parameters.take("state").ok_or(CallbackProblem::StateMissing)?;
    if state.expose().len() > LONGEST_STATE {
        return Err(CallbackProblem::StateTooLong);
    }
    let confirmation_code = parameters.take(CONFIRMATION_CODE);
    if asked == ResponseType::Return {
        return returned(parameters, state, confirmation_code);
    }
    if confirmation_code.is_some() {
        return Err(CallbackProblem::Unasked);
    }
    let issuer = parameters.take("iss").map(|issuer| issuer.expose().to_owned());
    let id_token = parameters.take("id_token");
    match (parameters.take("code"), parameters.take("error")) {
        (None, None) => Err(CallbackProblem::NeitherCodeNorError),
        (Some(_), Some(_)) => Err(CallbackProblem::CodeAndError),
        (None, Some(error)) => Ok(CallbackAnswer::Refused {
            error: plain_code(error.expose()),
            description: parameters.take("error_description").map(|text| plain_text(text.expose())),
            state,
            issuer,
        }),
        (Some(code), None) => granted(code, id_token, state, issuer, asked),
    }
}

/// A return without an answer. A code or a token was never asked for.
fn returned(
    parameters: &mut Parameters,
    state: Secret,
    confirmation_code: Option<Secret>,
) -> Result<CallbackAnswer, CallbackProblem> {
    if ["code", "id_token", "iss"].iter().any(|name| parameters.take(name).is_some()) {
        return Err(CallbackProblem::Unasked);
    }
    if confirmation_code.as_ref().is_some_and(|code| !is_plain_code(code)) {
        return Err(CallbackProblem::CodeMalformed);
    }
    let turned_away = parameters.take("error").is_some();
    Ok(CallbackAnswer::Returned { state, confirmation_code, turned_away })
}

/// RFC 6749, appendix A.11, allows an ampersand; one that arrives encoded is far more likely an
/// attempt to smuggle a second parameter into a form that is built carelessly.
fn is_plain_code(code: &Secret) -> bool {
    let bytes = code.expose().as_bytes();
    bytes.len() <= LONGEST_CODE && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'&')
}

fn granted(
    code: Secret,
    id_token: Option<Secret>,
    state: Secret,
    issuer: Option<String>,
    asked: ResponseType,
) -> Result<CallbackAnswer, CallbackProblem> {
    if !is_plain_code(&code) {
        return Err(CallbackProblem::CodeMalformed);
    }
    match (asked, id_token) {
        (ResponseType::CodeIdToken, None) => Err(CallbackProblem::IdTokenMissing),
        (ResponseType::Code | ResponseType::CodeJwt, Some(_)) => Err(CallbackProblem::Unasked),
        (_, id_token) => Ok(CallbackAnswer::Granted { code, id_token, state, issuer }),
    }
}

/// Caps a text and replaces what could act in a log or a page: control characters, the marks of
/// markup, and characters that turn the direction of writing.
fn plain_text(text: &str) -> String {
    let plain = |letter: char| {
        let turns = matches!(
            letter,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        );
        let acts = letter.is_control() || turns || matches!(letter, '<' | '>' | '&' | '"' | '\'');
        if acts { ' ' } else { letter }
    };
    text.chars().take(LONGEST_DESCRIPTION).map(plain).collect()
}

#[cfg(test)]
mod tests;
