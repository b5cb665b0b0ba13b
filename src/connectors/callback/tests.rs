use proptest::prelude::*;

use super::*;

const CODE: ResponseType = ResponseType::Code;
const HYBRID: ResponseType = ResponseType::CodeIdToken;

#[test]
fn every_doubtful_answer_is_named() {
    use CallbackProblem as Problem;
    let long_code = format!("code={}&state=s", "c".repeat(LONGEST_CODE + 1));
    let huge = format!("code={}&state=s", "c".repeat(64 * 1024));
    let many: String = (0..2000).map(|index| format!("a{index}=1&")).collect();
    let wide: String = (0..21).map(|index| format!("a{index}=1&")).collect();
    let long_state = format!("code=c&state={}", "s".repeat(600));
    let table: Vec<(&str, &str, &str, ResponseType, Problem)> = vec![
        ("N01 state missing", "code=c", "", CODE, Problem::StateMissing),
        ("N01 in the fragment", "", "code=c&id_token=t", HYBRID, Problem::StateMissing),
        ("N08 no state, none stored", "code=c&state=", "", CODE, Problem::StateMissing),
        ("N08 error without state", "error=access_denied", "", CODE, Problem::StateMissing),
        ("N09 neither", "state=s", "", CODE, Problem::NeitherCodeNorError),
        ("N09 empty code", "state=s&code=", "", CODE, Problem::NeitherCodeNorError),
        ("N12 both", "state=s&code=c&error=e", "", CODE, Problem::CodeAndError),
        ("N13 state twice", "state=s&state=s&code=c", "", CODE, Problem::Repeated),
        ("N13 code twice", "state=s&code=c&code=d", "", CODE, Problem::Repeated),
        ("N13 encoded twin", "state=s&code=c&c%6Fde=d", "", CODE, Problem::Repeated),
        ("N13 mixed case", "State=s&code=c&state=s", "", CODE, Problem::Spelling),
        ("N13 capitals", "state=s&code=c&CODE=d", "", CODE, Problem::Spelling),
        ("N13 array", "state[]=s&code=c&state=s", "", CODE, Problem::Spelling),
        ("N13 array, encoded", "state%5B0%5D=s&code=c&state=s", "", CODE, Problem::Spelling),
        ("N13 dotted", "state.x=s&code=c&state=s", "", CODE, Problem::Spelling),
        ("N13 blank", "+state=s&code=c&state=s", "", CODE, Problem::Spelling),
        ("N13 encoded ampersand", "code%26x=c&state=s&code=d", "", CODE, Problem::Spelling),
        ("N13 ampersand in value", "code=c%26state%3Dx&state=s", "", CODE, Problem::CodeMalformed),
        ("blank in code", "code=c%20d&state=s", "", CODE, Problem::CodeMalformed),
        ("N13 broken percent", "code=%c&state=s", "", CODE, Problem::Encoding),
        ("N13 not UTF-8", "code=%ff&state=s", "", CODE, Problem::Encoding),
        ("N19 fragment, not asked", "", "code=c&state=s", CODE, Problem::WrongPlace),
        ("N19 query, not asked", "code=c&state=s", "", HYBRID, Problem::WrongPlace),
        ("N19 both places", "code=c", "state=s", CODE, Problem::TwoPlaces),
        ("N19 twice whole", "code=c&state=s", "code=c&state=s", HYBRID, Problem::TwoPlaces),
        ("N20 JARM, not asked", "response=eyJ&state=s", "", CODE, Problem::Unasked),
        ("N20 token in browser", "", "code=c&state=s&access_token=t", HYBRID, Problem::Unasked),
        ("N21 code too long", &long_code, "", CODE, Problem::CodeMalformed),
        ("N21 whole too long", &huge, "", CODE, Problem::TooLong),
        ("N21 2000 parameters", &many, "", CODE, Problem::TooManyParameters),
        ("N21 21 parameters", &wide, "", CODE, Problem::TooManyParameters),
        ("N21 state too long", &long_state, "", CODE, Problem::StateTooLong),
        ("N29 id token missing", "", "code=c&state=s", HYBRID, Problem::IdTokenMissing),
        ("id token not asked", "code=c&state=s&id_token=t", "", CODE, Problem::Unasked),
        ("nothing", "", "", CODE, Problem::Empty),
        ("only strangers", "utm=1", "", CODE, Problem::Empty),
    ];
    for (case, query, fragment, asked, expected) in table {
        let read = read_callback(query, fragment, asked);
        assert_eq!(read.map(|_| ()).expect_err("a refusal"), expected, "{case}");
    }
}

#[test]
fn a_grant_is_read_from_the_place_it_was_asked_for() {
    let read = read_callback("state=s%2B1&code=c&iss=https%3A%2F%2Fb&lang=fi", "", CODE);
    let Ok(CallbackAnswer::Granted { code, id_token, state, issuer }) = read else {
        panic!("a grant was expected");
    };
    assert!(code.matches("c") && state.matches("s+1") && id_token.is_none());
    assert_eq!(issuer.as_deref(), Some("https://b"));
    let read = read_callback("", "code=c&id_token=a.b.c&state=s", HYBRID);
    assert!(
        matches!(read, Ok(CallbackAnswer::Granted { id_token: Some(token), .. }) if token.matches("a.b.c"))
    );
}

#[test]
fn a_refusal_is_kept_harmless() {
    // N10: markup, line ends and turned writing in the description.
    let description = format!("%3Cscript%3E%0D%0A%E2%80%AE{}", "x".repeat(1000));
    let query = format!("error=access_denied%0d&error_description={description}&state=s");
    let read = read_callback(&query, "", CODE);
    let Ok(CallbackAnswer::Refused { error, description: Some(text), state, .. }) = read else {
        panic!("a refusal was expected");
    };
    assert_eq!(error, "access_denied_");
    assert!(state.matches("s"));
    assert_eq!(text.chars().count(), LONGEST_DESCRIPTION);
    assert!(text.starts_with(" script    xxx"), "{text}");
    let read = read_callback("", "error=server_error&state=s", HYBRID);
    assert!(matches!(read, Ok(CallbackAnswer::Refused { description: None, .. })));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(query in "\\PC{0,120}", fragment in "[a-z_=&%\\[\\]0-9+.]{0,120}") {
        let _ = read_callback(&query, &fragment, CODE);
        let _ = read_callback(&query, &fragment, HYBRID);
    }

    #[test]
    fn a_state_comes_back_as_it_was(state in "[!-~]{1,64}") {
        let body = form::encode(&[("code", "c"), ("state", &state)]);
        let query = std::str::from_utf8(body.expose()).expect("ASCII");
        let read = read_callback(query, "", CODE);
        let same = matches!(read, Ok(CallbackAnswer::Granted { state: back, .. }) if back.matches(&state));
        prop_assert!(same);
    }
}

#[test]
fn a_return_brings_a_state_and_nothing_that_was_not_asked_for() {
    let back = |query: &str| read_callback(query, "", ResponseType::Return);
    let Ok(CallbackAnswer::Returned { state, confirmation_code, turned_away }) = back("state=s")
    else {
        panic!("a return was expected");
    };
    assert!(state.matches("s") && confirmation_code.is_none() && !turned_away);
    let Ok(CallbackAnswer::Returned { turned_away: true, .. }) =
        back("state=s&error=access_denied")
    else {
        panic!("a return was expected");
    };
    let Ok(CallbackAnswer::Returned { confirmation_code: Some(code), .. }) =
        back("state=s&confirmationCode=f1a2")
    else {
        panic!("a return was expected");
    };
    assert!(code.matches("f1a2"));
    let table = [
        ("state=s&code=c", CallbackProblem::Unasked),
        ("state=s&id_token=t", CallbackProblem::Unasked),
        ("state=s&iss=https%3A%2F%2Fb", CallbackProblem::Unasked),
        ("confirmationCode=f1a2", CallbackProblem::StateMissing),
        ("state=s&state=t", CallbackProblem::Repeated),
        ("state=s&ConfirmationCode=f1a2", CallbackProblem::Spelling),
        ("state=s&confirmationCode=a%26b", CallbackProblem::CodeMalformed),
    ];
    for (query, expected) in table {
        assert_eq!(back(query).map(|_| ()).expect_err("a refusal"), expected, "{query}");
    }
    let fragment = read_callback("", "state=s", ResponseType::Return).map(|_| ());
    assert_eq!(fragment.expect_err("a refusal"), CallbackProblem::WrongPlace);
    let unasked = read_callback("state=s&code=c&confirmationCode=x", "", CODE).map(|_| ());
    assert_eq!(unasked.expect_err("a refusal"), CallbackProblem::Unasked);
}

#[test]
fn a_signed_answer_stands_alone() {
    // N20: nothing plain is believed beside it.
    let signed = |query: &str| read_callback(query, "", ResponseType::CodeJwt);
    assert!(
        matches!(signed("response=a.b.c"), Ok(CallbackAnswer::Signed { response }) if response.matches("a.b.c"))
    );
    for query in ["response=a.b.c&state=s", "response=a.b.c&code=c", "code=c&state=s", "response="]
    {
        let refused = signed(query).map(|_| ()).expect_err("a refusal");
        assert_eq!(refused, CallbackProblem::Unasked, "{query}");
    }
}
