//! What an attacker, a broken bank or a careless hand may do.

use super::Case;
use super::Shown::{By, Never};

/// The cases.
pub const CASES: [Case; 110] = [
    (
        "N01",
        "state missing",
        By(&[
            "tests/it/callback.rs::a_malformed_answer_is_refused_and_changes_nothing",
            "src/connectors/callback/tests.rs::every_doubtful_answer_is_named",
        ]),
    ),
    ("N02", "state never issued", By(&["tests/it/callback.rs::a_state_nobody_issued_is_refused"])),
    (
        "N03",
        "valid state, another browser",
        By(&["tests/it/callback.rs::another_browser_cannot_use_an_answer_and_the_right_one_can"]),
    ),
    (
        "N04",
        "another person's state while signed in",
        By(&["tests/it/callback.rs::another_browser_cannot_use_an_answer_and_the_right_one_can"]),
    ),
    (
        "N05",
        "state older than ten minutes",
        By(&["tests/it/callback.rs::an_answer_after_ten_minutes_is_too_late"]),
    ),
    (
        "N06",
        "callback replayed after success",
        By(&["tests/it/callback.rs::an_answer_is_not_used_again"]),
    ),
    (
        "N07",
        "many callbacks at once with one state",
        By(&["tests/it/callback.rs::of_many_at_once_one_uses_the_code"]),
    ),
    (
        "N08",
        "no state, and none stored",
        By(&["tests/it/callback.rs::a_malformed_answer_is_refused_and_changes_nothing"]),
    ),
    (
        "N09",
        "state right, neither code nor error",
        By(&["tests/it/callback.rs::a_malformed_answer_is_refused_and_changes_nothing"]),
    ),
    (
        "N10",
        "access_denied with markup in its description",
        By(&[
            "tests/it/callback.rs::a_refusal_at_the_bank_ends_it_and_its_words_go_nowhere",
            "src/connectors/callback/tests.rs::a_refusal_is_kept_harmless",
        ]),
    ),
    (
        "N11",
        "error with a wrong state",
        By(&["tests/it/callback.rs::a_state_nobody_issued_is_refused"]),
    ),
    (
        "N12",
        "code and error together",
        By(&["src/connectors/callback/tests.rs::every_doubtful_answer_is_named"]),
    ),
    (
        "N13",
        "state or code twice",
        By(&["src/connectors/callback/tests.rs::every_doubtful_answer_is_named"]),
    ),
    (
        "N14",
        "a rogue profile names an honest bank's token endpoint",
        By(&["src/connectors/transport/tests/hosts.rs::only_hosts_of_the_profile_are_called"]),
    ),
    (
        "N15",
        "iss missing though metadata announces it",
        By(&[
            "tests/it/open_banking_uk.rs::an_answer_without_its_issuer_is_refused_where_the_bank_always_names_itself",
            "tests/it/callback.rs::an_answer_of_another_issuer_is_refused",
        ]),
    ),
    (
        "N16",
        "iss of another bank",
        By(&["tests/it/callback.rs::an_answer_of_another_issuer_is_refused"]),
    ),
    (
        "N17",
        "bank B's state at bank A's address",
        By(&["tests/it/callback.rs::an_answer_at_another_banks_address_is_refused"]),
    ),
    (
        "N18",
        "discovered issuer differs from the configured one",
        By(&[
            "src/connectors/open_banking_uk/tests.rs::a_server_that_describes_itself_otherwise_is_refused",
        ]),
    ),
    (
        "N19",
        "another response mode than asked for",
        By(&["tests/it/callback.rs::only_our_page_can_hand_an_answer_in"]),
    ),
    (
        "N20",
        "JARM in eight wrong forms",
        By(&[
            "src/connectors/jarm.rs::every_doubtful_signed_answer_is_named",
            "src/connectors/callback/tests.rs::a_signed_answer_stands_alone",
        ]),
    ),
    (
        "N21",
        "code of 64 KiB, 2,000 parameters",
        By(&[
            "tests/it/callback.rs::a_body_that_is_too_large_is_not_read",
            "src/connectors/callback/tests.rs::every_doubtful_answer_is_named",
        ]),
    ),
    (
        "N22",
        "fragment page framed or scripted",
        By(&[
            "tests/it/api.rs::every_answer_is_protected_and_no_file_leaks",
            "web/src/lib/callback.test.ts::is taken out of the address at once and kept for this window",
        ]),
    ),
    (
        "N23",
        "s_hash missing",
        By(&[
            "src/connectors/id_token/tests.rs::claims_of_every_case",
            "tests/it/id_token.rs::what_is_wrong_in_the_browser_stops_before_the_code_is_used",
        ]),
    ),
    (
        "N24",
        "s_hash wrong",
        By(&[
            "src/connectors/id_token/tests.rs::claims_of_every_case",
            "tests/it/id_token.rs::what_is_wrong_in_the_browser_stops_before_the_code_is_used",
        ]),
    ),
    (
        "N25",
        "c_hash missing on hybrid",
        By(&[
            "src/connectors/id_token/tests.rs::claims_of_every_case",
            "tests/it/id_token.rs::what_is_wrong_in_the_browser_stops_before_the_code_is_used",
        ]),
    ),
    (
        "N26",
        "c_hash wrong",
        By(&[
            "src/connectors/id_token/tests.rs::claims_of_every_case",
            "tests/it/id_token.rs::what_is_wrong_in_the_browser_stops_before_the_code_is_used",
        ]),
    ),
    (
        "N27",
        "at_hash wrong",
        By(&[
            "src/connectors/id_token/tests.rs::claims_of_every_case",
            "tests/it/id_token.rs::what_is_wrong_at_the_token_endpoint_is_thrown_away",
        ]),
    ),
    (
        "N28",
        "at_hash absent",
        By(&[
            "src/connectors/id_token/tests.rs::honest_tokens_of_both_ways_are_accepted",
            "tests/it/id_token.rs::what_the_standard_allows_connects",
        ]),
    ),
    (
        "N29",
        "hybrid asked, front-channel token absent",
        By(&["src/connectors/callback/tests.rs::every_doubtful_answer_is_named"]),
    ),
    ("N30", "nonce missing", By(&["src/connectors/id_token/tests.rs::claims_of_every_case"])),
    ("N31", "nonce wrong", By(&["src/connectors/id_token/tests.rs::claims_of_every_case"])),
    (
        "N32",
        "back-channel nonce wrong, front right",
        By(&["tests/it/id_token.rs::what_is_wrong_at_the_token_endpoint_is_thrown_away"]),
    ),
    (
        "N33",
        "iss missing, wrong, http",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    (
        "N34",
        "aud missing, wrong, extra",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    (
        "N35",
        "azp present and not us",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    (
        "N36",
        "acr missing or lower",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    ("N37", "auth_time too old", By(&["src/connectors/id_token/tests.rs::claims_of_every_case"])),
    (
        "N38",
        "another authorization than ours",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    ("N39", "exp missing or past", By(&["src/connectors/id_token/tests.rs::claims_of_every_case"])),
    (
        "N40",
        "iat missing, old, ahead",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    (
        "N41",
        "sub missing or different",
        By(&["src/connectors/id_token/tests.rs::claims_of_every_case"]),
    ),
    (
        "N42",
        "alg none, empty signature",
        By(&["src/connectors/id_token/tests.rs::algorithms_and_forms_of_every_case"]),
    ),
    (
        "N43",
        "HS256 keyed with the bank's public key",
        By(&["src/connectors/id_token/tests.rs::algorithms_and_forms_of_every_case"]),
    ),
    (
        "N44",
        "RS256 where PS256 is registered; P-384 key",
        By(&[
            "src/connectors/id_token/tests.rs::algorithms_and_forms_of_every_case",
            "src/connectors/id_token/tests.rs::keys_and_profiles_decide_what_is_accepted",
        ]),
    ),
    (
        "N45",
        "kid unknown or odd; jwk, jku, crit in the header",
        By(&["src/connectors/id_token/tests.rs::key_names_of_every_case"]),
    ),
    (
        "N46",
        "encrypted with a weak or unknown way",
        By(&["src/connectors/id_token/tests.rs::algorithms_and_forms_of_every_case"]),
    ),
    (
        "N47",
        "token answer 200 with an error, empty, too long",
        By(&[
            "tests/it/id_token.rs::a_token_answer_that_cannot_be_read_is_no_consent",
            "src/connectors/op/tests/tokens.rs::only_a_plain_token_is_a_grant",
        ]),
    ),
    (
        "N48",
        "token_type in odd letters; mac",
        By(&["src/connectors/op/tests/tokens.rs::the_dialects_of_a_grant_are_read"]),
    ),
    (
        "N49",
        "scope absent, narrower, wider",
        By(&["src/connectors/op/tests/tokens.rs::the_dialects_of_a_grant_are_read"]),
    ),
    (
        "N50",
        "redirects at token and resource endpoints",
        By(&["src/connectors/transport/tests.rs::redirects_are_named_and_not_followed"]),
    ),
    (
        "N51",
        "TLS 1.0/1.1 or weak suites",
        By(&["src/connectors/transport/tests.rs::an_old_protocol_is_named"]),
    ),
    (
        "N52",
        "server certificate that is not the bank",
        By(&["src/connectors/transport/tests.rs::servers_that_are_not_the_bank_get_no_request"]),
    ),
    (
        "N53",
        "our certificate over, early, or not of our key",
        By(&[
            "src/connectors/transport/tests.rs::our_own_certificate_is_looked_at_first",
            "src/connectors/certificate/tests.rs::every_unfit_certificate_is_named",
        ]),
    ),
    (
        "N54",
        "endless, huge or bomb body",
        By(&["src/connectors/transport/tests.rs::a_body_is_cut_at_its_limit"]),
    ),
    (
        "N55",
        "HTML with 200, broken JSON, too deep",
        By(&[
            "src/connectors/op/tests/accounts.rs::an_answer_that_is_no_page_is_a_typed_error",
            "src/connectors/op/tests/properties.rs::no_json_makes_the_mapping_panic",
        ]),
    ),
    (
        "N56",
        "one byte per second",
        By(&["src/connectors/transport/tests.rs::slow_banks_are_left_in_time"]),
    ),
    (
        "N57",
        "links to other hosts, loopback, file:",
        By(&[
            "src/connectors/op/tests/accounts.rs::a_link_never_leads_away",
            "src/connectors/transport/tests/hosts.rs::only_hosts_of_the_profile_are_called",
        ]),
    ),
    (
        "N58",
        "a name that resolves to a private address",
        By(&[
            "src/connectors/transport/tests/hosts.rs::private_addresses_are_called_only_where_the_settings_write_this_machine",
            "src/connectors/transport/reach.rs::private_addresses_are_known",
            "src/connectors/transport/reach.rs::this_machine_is_called_only_where_the_settings_write_it",
            "src/settings.rs::a_bank_s_settings_lead_to_public_addresses_or_to_this_machine",
        ]),
    ),
    (
        "N59",
        "invalid_grant for the code",
        By(&["tests/it/id_token.rs::a_token_answer_that_cannot_be_read_is_no_consent"]),
    ),
    (
        "N60",
        "bank metadata changes host",
        By(&["src/connectors/transport/tests/hosts.rs::only_hosts_of_the_profile_are_called"]),
    ),
    (
        "N61",
        "refreshed id token with another sub",
        By(&["tests/it/refreshing.rs::refreshed_tokens_of_somebody_else_are_not_taken"]),
    ),
    (
        "N62",
        "refreshed id token with another iss or aud",
        By(&["tests/it/refreshing.rs::refreshed_tokens_of_somebody_else_are_not_taken"]),
    ),
    (
        "N63",
        "no refresh token in the answer",
        By(&["domain/src/grant.rs::without_a_refresh_token_there_is_no_refresh"]),
    ),
    (
        "N64",
        "the bank reports reuse",
        By(&[
            "tests/it/refreshing.rs::tokens_of_a_restored_copy_are_not_shown_to_the_bank",
            "tests/it/refreshing.rs::two_lost_answers_end_it_with_their_cause",
        ]),
    ),
    (
        "N65",
        "token of one consent used for another",
        By(&["src/vault/crypto.rs::opens_only_at_its_place_under_its_key_and_unchanged"]),
    ),
    ("N66", "401 for ever", By(&["tests/it/flow.rs::a_consent_ended_at_the_bank_ends_here"])),
    (
        "N67",
        "consent gone at the bank",
        By(&["tests/it/flow.rs::a_consent_ended_at_the_bank_ends_here"]),
    ),
    (
        "N68",
        "an account that was not designated",
        By(&[
            "domain/src/designated.rs::a_consent_covers_what_it_names_and_everything_only_where_it_names_nothing",
            "tests/it/designated.rs::an_account_that_the_consent_does_not_name_is_left_out_at_nordvik",
            "tests/it/designated.rs::an_account_that_the_session_did_not_open_is_left_out_at_enable_banking",
        ]),
    ),
    (
        "N69",
        "odd amounts",
        By(&[
            "domain/src/money.rs::reads_what_banks_write_and_refuses_the_rest",
            "src/connectors/op/tests/accounts.rs::amounts_no_bank_should_write_are_set_apart",
        ]),
    ),
    (
        "N70",
        "91 days without fresh authentication",
        By(&["domain/src/plan/window.rs::no_day_of_a_leap_year_asks_for_too_much"]),
    ),
    (
        "N71",
        "the fifth unattended read in 24 hours",
        By(&[
            "tests/it/planner.rs::a_connection_is_read_four_times_a_day_and_a_refusal_only_delays",
            "domain/src/plan/simulated.rs::ten_thousand_random_weeks_never_exceed_the_allowance",
        ]),
    ),
    (
        "N72",
        "a background job sets the attended header",
        By(&["src/connectors/op/tests/accounts.rs::the_person_is_named_only_when_there"]),
    ),
    (
        "N73",
        "return addresses to elsewhere, 60 payloads",
        By(&["web/src/lib/search.test.ts::leads nowhere outside this site"]),
    ),
    (
        "N74",
        "Host and forwarded-host headers",
        By(&["tests/it/abuse.rs::no_header_moves_the_way_back_from_a_bank"]),
    ),
    (
        "N75",
        "our software statement replayed or expired",
        By(&["domain/src/tpp_registration/tests.rs::a_statement_that_ended_is_signed_again"]),
    ),
    (
        "N76",
        "registration answer that is not what was asked",
        By(&[
            "src/connectors/op/tests/registering.rs::only_the_registration_asked_for_is_accepted",
        ]),
    ),
    (
        "N77",
        "bank metadata without S256",
        By(&[
            "src/connectors/open_banking_uk/tests.rs::a_server_that_describes_itself_otherwise_is_refused",
        ]),
    ),
    (
        "N78",
        "API token alg none or other",
        By(&[
            "src/vault/programs/tests.rs::every_other_claim_and_header_is_refused",
            "tests/it/programs.rs::what_is_no_token_of_ours_opens_nothing_and_floods_are_slowed",
        ]),
    ),
    (
        "N79",
        "API token of another key",
        By(&[
            "src/vault/programs/tests.rs::what_is_signed_is_read_back_while_it_stands",
            "src/vault/programs/tests.rs::every_other_claim_and_header_is_refused",
        ]),
    ),
    (
        "N80",
        "cross-site requests in every form",
        By(&[
            "tests/it/api.rs::only_our_page_reaches_the_api",
            "src/api/guard.rs::only_our_page_gets_in",
        ]),
    ),
    (
        "N81",
        "API token expired, early, for another audience",
        By(&["src/vault/programs/tests.rs::every_other_claim_and_header_is_refused"]),
    ),
    (
        "N82",
        "revoked session, deleted user",
        By(&[
            "tests/it/api.rs::a_session_is_new_at_sign_in_and_over_at_sign_out",
            "tests/it/erasure.rs::nothing_of_an_erased_person_is_left_in_files",
            "tests/it/programs.rs::a_program_reads_by_its_scopes_and_the_log_says_it_was_a_program",
        ]),
    ),
    (
        "N83",
        "passkey of another origin, challenge twice",
        By(&[
            "tests/it/factors.rs::a_passkey_signs_in_once_for_each_question",
            "src/webauthn/tests.rs::every_answer_to_something_else_is_refused",
        ]),
    ),
    (
        "N84",
        "TOTP code twice",
        By(&[
            "tests/it/factors.rs::codes_count_once_and_guessing_is_slowed",
            "src/totp.rs::a_code_stands_for_a_step_aside_and_no_longer",
        ]),
    ),
    (
        "N85",
        "a thousand TOTP guesses",
        By(&["tests/it/factors.rs::codes_count_once_and_guessing_is_slowed"]),
    ),
    (
        "N86",
        "recovery code twice",
        By(&["tests/it/factors.rs::a_recovery_code_opens_once_for_many_at_a_time"]),
    ),
    (
        "N87",
        "our own refresh token twice",
        By(&["tests/it/programs.rs::a_refresh_token_counts_once_and_its_return_ends_the_family"]),
    ),
    (
        "N88",
        "session identifier set before signing in",
        By(&[
            "tests/it/api.rs::a_session_is_new_at_sign_in_and_over_at_sign_out",
            "src/api/guard.rs::a_planted_second_cookie_is_no_session",
            "tests/it/programs.rs::a_session_takes_a_new_token_when_its_person_is_given_a_role",
        ]),
    ),
    (
        "N89",
        "other people's identifiers in every field",
        By(&[
            "tests/it/authorization.rs::nobody_reaches_what_is_not_theirs_by_any_field_of_the_schema",
        ]),
    ),
    (
        "N90",
        "aliases, batches, depth, directives, fragments",
        By(&["tests/it/api.rs::queries_that_ask_too_much_are_refused"]),
    ),
    (
        "N91",
        "introspection, suggestions, GraphiQL",
        By(&[
            "tests/it/api.rs::queries_that_ask_too_much_are_refused",
            "tests/it/programs.rs::the_page_s_operations_are_taken_and_no_other",
        ]),
    ),
    (
        "N92",
        "forwarded-for rotated, IPv6 walk",
        Never("no limit is keyed by an address: forwarded headers are never read"),
    ),
    (
        "N93",
        "password spray over many accounts",
        By(&[
            "src/wave.rs::in_a_wave_one_at_a_time_comes_in_and_the_line_has_an_end",
            "src/wave.rs::a_spray_that_goes_round_the_processes_is_seen_by_each",
            "tests/it/programs.rs::a_spray_over_many_accounts_is_slowed_and_owners_are_not",
        ]),
    ),
    (
        "N94",
        "known or unknown e-mail",
        By(&["tests/it/abuse.rs::a_known_and_an_unknown_address_are_answered_alike"]),
    ),
    (
        "N95",
        "two lengths, length and chunks, h2 floods",
        By(&["tests/it/operating.rs::clients_that_never_finish_are_left"]),
    ),
    (
        "N96",
        "paths out of the assets",
        By(&["tests/it/api.rs::every_answer_is_protected_and_no_file_leaks"]),
    ),
    (
        "N97",
        "forced internal errors",
        By(&["tests/it/abuse.rs::a_failure_of_ours_is_told_by_a_code_and_a_name_to_ask_for"]),
    ),
    (
        "N98",
        "every flow at TRACE",
        By(&[
            "tests/it/abuse.rs::nothing_secret_or_personal_is_said_at_any_level",
            "tests/it/flow.rs::nothing_personal_and_no_secret_is_in_log_and_vault",
        ]),
    ),
    (
        "N99",
        "script and formulas in bank texts",
        By(&[
            "src/portability.rs::a_formula_is_text_and_an_amount_stays_one",
            "src/renewal/ics.rs::what_a_name_holds_stays_in_its_line",
        ]),
    ),
    (
        "N100",
        "websocket of another origin",
        Never("there is no websocket; live updates are server-sent events with the session cookie"),
    ),
    (
        "N101",
        "one bit flipped",
        By(&[
            "transparency/tests/it/mutations.rs::every_change_of_a_record_is_found_and_named",
            "tests/it/mutations.rs::every_change_is_found_and_the_first_wrong_position_named",
        ]),
    ),
    (
        "N102",
        "event deleted, tree built anew",
        By(&[
            "transparency/tests/it/mutations.rs::a_tree_built_anew_does_not_fit_the_signature",
            "tests/it/notary.rs::a_rewritten_history_is_never_signed",
        ]),
    ),
    (
        "N103",
        "reordered, renumbered, back-dated",
        By(&["tests/it/mutations.rs::every_change_is_found_and_the_first_wrong_position_named"]),
    ),
    (
        "N104",
        "tail cut or an old backup restored",
        By(&[
            "tests/it/notary.rs::an_older_copy_of_anything_is_never_signed_over",
            "transparency/tests/it/witness.rs::every_refusal_has_the_status_the_protocol_names",
        ]),
    ),
    (
        "N105",
        "two checkpoints of one size",
        By(&["transparency/tests/it/program.rs::a_fork_or_a_rollback_is_3_and_leaves_evidence"]),
    ),
    (
        "N106",
        "ciphertexts swapped",
        By(&["src/vault/crypto.rs::opens_only_at_its_place_under_its_key_and_unchanged"]),
    ),
    (
        "N107",
        "an erased person's key from a backup",
        By(&["tests/it/backup.rs::keys_of_a_later_backup_keep_the_erased_erased"]),
    ),
    (
        "N108",
        "checkpoint by another key or origin",
        By(&[
            "transparency/tests/it/folders.rs::a_strangers_checkpoint_with_the_right_root_counts_for_nothing",
            "transparency/tests/it/notes.rs::a_known_key_with_a_wrong_signature_spoils_the_note",
        ]),
    ),
    (
        "N109",
        "proof of another leaf, index, size",
        By(&[
            "transparency/tests/it/trees.rs::no_other_inclusion_is_accepted",
            "transparency/tests/it/trees.rs::no_other_consistency_is_accepted",
        ]),
    ),
    (
        "N110",
        "export with altered fields outside the leaf",
        By(&[
            "transparency/tests/it/mutations.rs::every_number_of_the_manifest_counts",
            "transparency/tests/it/folders.rs::other_files_are_told_and_links_are_refused",
        ]),
    ),
];
