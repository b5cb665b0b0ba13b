//! What may break under the service.

use super::Case;
use super::Shown::By;

/// The cases.
pub const CASES: [Case; 50] = [
    (
        "F01",
        "bank 500/502/503 burst",
        By(&[
            "tests/it/resilience_of_banks.rs::a_burst_of_503_is_waited_out_and_every_try_is_noted",
        ]),
    ),
    (
        "F02",
        "429 in every dialect",
        By(&[
            "tests/it/resilience_of_banks.rs::a_429_is_not_tried_again_and_breaks_nothing",
            "domain/src/plan/wait.rs::odd_values_say_nothing_and_long_ones_are_cut",
        ]),
    ),
    (
        "F03",
        "malformed JSON, HTML, missing fields",
        By(&[
            "src/connectors/op/tests/accounts.rs::transactions_are_translated_and_odd_ones_set_apart",
            "src/connectors/op/tests/accounts.rs::an_answer_that_is_no_page_is_a_typed_error",
            "domain/src/observed.rs::a_page_with_more_than_a_twentieth_unreadable_is_not_believed",
            "tests/it/connector_requirements.rs::a_page_of_which_most_cannot_be_read_stops_the_window",
        ]),
    ),
    (
        "F04",
        "hang, one byte a second, endless chunks",
        By(&[
            "src/connectors/transport/tests.rs::slow_banks_are_left_in_time",
            "src/connectors/transport/tests.rs::a_body_is_cut_at_its_limit",
        ]),
    ),
    (
        "F05",
        "reset in the middle of a page",
        By(&[
            "src/connectors/transport/tests.rs::a_broken_answer_is_no_answer",
            "tests/it/restart.rs::a_run_that_lost_the_bank_says_so_and_the_next_one_adds_the_rest",
        ]),
    ),
    (
        "F06",
        "the bank's clock is five minutes off",
        By(&[
            "tests/it/misbehaviour.rs::odd_consents_and_tokens_lose_and_double_nothing",
            "src/connectors/transport/tests.rs::a_wait_is_read_against_the_bank_s_clock_and_within_limits",
        ]),
    ),
    (
        "F07",
        "500 see the token end at once",
        By(&[
            "tests/it/refreshing.rs::five_hundred_callers_of_three_processes_refresh_once",
            "tests/it/flow.rs::many_who_need_a_token_refresh_it_once",
        ]),
    ),
    (
        "F08",
        "refresh answer lost",
        By(&[
            "tests/it/refreshing.rs::lost_answers_are_made_up_for_where_the_bank_allows_it",
            "tests/it/flow.rs::a_lost_answer_to_a_refresh_is_asked_for_again",
        ]),
    ),
    (
        "F09",
        "two replicas refresh",
        By(&["tests/it/refreshing.rs::five_hundred_callers_of_three_processes_refresh_once"]),
    ),
    (
        "F10",
        "crash between answer and store",
        By(&["tests/it/refreshing.rs::a_refresh_cut_by_a_crash_has_one_more_call"]),
    ),
    (
        "F11",
        "restored backup with an old refresh token",
        By(&["tests/it/refreshing.rs::tokens_of_a_restored_copy_are_not_shown_to_the_bank"]),
    ),
    (
        "F12",
        "duplicate pages, overlapping windows",
        By(&[
            "tests/it/misbehaviour.rs::rows_that_are_pending_or_cut_off_are_neither_lost_nor_doubled",
            "histories/tests/oracle.rs::the_ledger_equals_the_oracle",
        ]),
    ),
    (
        "F13",
        "page cursor expires",
        By(&[
            "tests/it/misbehaviour.rs::rows_that_are_pending_or_cut_off_are_neither_lost_nor_doubled",
        ]),
    ),
    (
        "F14",
        "pending booked under a new id",
        By(&[
            "domain/src/reconcile/tests/windows.rs::a_pending_row_is_booked_with_another_day_text_and_amount",
        ]),
    ),
    (
        "F15",
        "a booked row's text or amount changes",
        By(&["domain/src/reconcile/tests/windows.rs::a_corrected_row_stays_the_same_transaction"]),
    ),
    (
        "F16",
        "a row disappears at the bank",
        By(&[
            "domain/src/reconcile/tests/windows.rs::what_is_missing_twice_is_withdrawn_and_may_return",
        ]),
    ),
    (
        "F17",
        "identifiers missing, reused, not unique",
        By(&["tests/it/misbehaviour.rs::rows_under_odd_identifiers_are_neither_lost_nor_doubled"]),
    ),
    (
        "F18",
        "true twins on one day",
        By(&["domain/src/reconcile/tests/windows.rs::twins_are_two_and_stay_two"]),
    ),
    (
        "F19",
        "order and booking dates move",
        By(&["domain/src/reconcile/tests/properties.rs::nothing_depends_on_the_order_of_rows"]),
    ),
    (
        "F20",
        "booked sum differs from the balance",
        By(&[
            "projections/src/coverage/days.rs::the_newest_window_that_can_tell_says_whether_the_balance_holds",
        ]),
    ),
    (
        "F21",
        "crash between append and projection",
        By(&["tests/it/kill.rs::killed_on_files_nothing_is_lost_or_doubled"]),
    ),
    (
        "F22",
        "crash inside a projection batch",
        By(&["tests/it/kill.rs::killed_on_files_nothing_is_lost_or_doubled"]),
    ),
    (
        "F23",
        "connection lost at commit",
        By(&["tests/it/crowd.rs::a_connection_cut_around_the_commit_doubles_and_loses_nothing"]),
    ),
    (
        "F24",
        "two replicas start the same run",
        By(&["tests/it/replicas.rs::another_process_goes_on_with_a_run_and_the_first_is_refused"]),
    ),
    (
        "F25",
        "a stopped holder wakes and writes",
        By(&[
            "tests/it/fencing.rs::nothing_is_stored_after_a_take_over_in_postgresql",
            "tests/it/replicas.rs::another_process_goes_on_with_a_run_and_the_first_is_refused",
        ]),
    ),
    (
        "F26",
        "PostgreSQL restarts under load",
        By(&["tests/it/kill.rs::a_database_server_that_falls_over_takes_nothing_along"]),
    ),
    (
        "F27",
        "the server becomes read-only",
        By(&["tests/it/hardening.rs::a_server_that_takes_no_writes_is_told_from_one_that_is_down"]),
    ),
    (
        "F28",
        "pool exhausted",
        By(&["tests/it/operating.rs::too_many_at_once_are_turned_away_and_health_is_not"]),
    ),
    (
        "F29",
        "data disk full",
        By(&["tests/it/faults.rs::a_full_disk_refuses_writes_reads_on_and_recovers_alone"]),
    ),
    (
        "F30",
        "log or temporary disk full",
        By(&["tests/it/hardening.rs::a_log_that_cannot_be_written_stops_nothing"]),
    ),
    (
        "F31",
        "write or fsync error",
        By(&[
            "tests/it/faults.rs::every_call_to_the_disk_fails_in_turn",
            "tests/it/faults.rs::a_disk_that_stays_broken_makes_the_outcome_unknown",
        ]),
    ),
    (
        "F32",
        "killed during a rebuild",
        By(&["tests/it/kill.rs::a_killed_rebuild_goes_on_and_ends_equal"]),
    ),
    (
        "F33",
        "killed while the root key is changed",
        By(&[
            "tests/it/hardening.rs::a_killed_change_of_the_root_key_goes_on",
            "src/vault/keys/tests.rs::a_root_key_is_changed_while_keys_are_made_and_destroyed",
        ]),
    ),
    (
        "F34",
        "killed while a checkpoint is signed",
        By(&["tests/it/notary.rs::an_older_copy_of_anything_is_never_signed_over"]),
    ),
    (
        "F35",
        "torn tail, zeroed page, cut file",
        By(&[
            "tests/it/store_cli.rs::every_kind_of_damage_is_named_with_its_first_position",
            "tests/it/hardening.rs::a_damaged_file_is_recovered_or_refused_and_never_guessed_at",
        ]),
    ),
    (
        "F36",
        "the clock jumps",
        By(&[
            "tests/it/faults.rs::the_log_stands_a_clock_that_jumps",
            "tests/it/faults.rs::the_program_stands_a_machine_whose_clock_jumped",
        ]),
    ),
    (
        "F37",
        "key provider down",
        By(&[
            "src/vault/keys/tests.rs::a_keeper_that_went_away_is_not_a_wrong_key_and_memory_lasts_a_while",
        ]),
    ),
    (
        "F38",
        "wrong root key",
        By(&["tests/it/abuse.rs::a_wrong_root_key_opens_nothing_and_writes_nothing"]),
    ),
    (
        "F39",
        "out of memory",
        By(&[
            "tests/it/kill.rs::killed_on_files_nothing_is_lost_or_doubled",
            "tests/it/rolling.rs::ten_times_what_it_can_is_shed_and_over_at_once",
        ]),
    ),
    (
        "F40",
        "ten times the load",
        By(&[
            "tests/it/rolling.rs::ten_times_what_it_can_is_shed_and_over_at_once",
            "tests/it/operating.rs::too_many_at_once_are_turned_away_and_health_is_not",
            "src/connectors/transport/tests.rs::a_bank_that_hangs_holds_up_nobody_else",
        ]),
    ),
    (
        "F41",
        "slow clients, idle connections",
        By(&["tests/it/operating.rs::clients_that_never_finish_are_left"]),
    ),
    (
        "F42",
        "poison event",
        By(&["domain/tests/history.rs::what_a_newer_program_wrote_is_named_and_not_guessed_at"]),
    ),
    (
        "F43",
        "old and new program together",
        By(&[
            "domain/tests/history.rs::every_sample_loads_and_today_s_form_is_written_as_it_was_read",
        ]),
    ),
    (
        "F44",
        "migration interrupted",
        By(&[
            "tests/it/hardening.rs::a_layout_that_breaks_off_leaves_nothing_and_is_made_again",
            "tests/it/hardening.rs::a_start_that_is_killed_anywhere_is_begun_again",
        ]),
    ),
    (
        "F45",
        "backup under load, restored elsewhere",
        By(&[
            "tests/it/backup.rs::a_backup_of_files_while_the_service_appends",
            "tests/it/backup.rs::a_backup_of_postgres_while_the_service_appends",
        ]),
    ),
    (
        "F46",
        "witness down, log rolled back",
        By(&[
            "transparency/tests/it/witness.rs::every_refusal_has_the_status_the_protocol_names",
            "tests/it/notary.rs::an_older_copy_of_anything_is_never_signed_over",
        ]),
    ),
    (
        "F47",
        "whoever reads the numbers is gone",
        By(&["src/traces.rs::a_collector_that_is_gone_costs_spans_and_nothing_else"]),
    ),
    (
        "F48",
        "names do not resolve",
        By(&[
            "src/connectors/transport/tests.rs::what_may_pass_is_tried_again_and_a_refusal_is_not",
            "src/connectors/transport/tests/hosts.rs::a_name_that_leads_nowhere_is_said_and_touches_no_other_bank",
        ]),
    ),
    (
        "F49",
        "a long reader blocks the WAL",
        By(&["tests/it/hardening.rs::a_reader_that_is_stuck_holds_up_nobody"]),
    ),
    (
        "F50",
        "our certificate ends at noon",
        By(&["src/connectors/transport/tests.rs::our_own_certificate_is_looked_at_first"]),
    ),
];
