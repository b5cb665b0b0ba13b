//! `opl store`, as the program does it.

use std::io::Write as _;
use std::path::Path;

use opl::app::{App, Options};

use crate::copies::{self, closed};
use crate::load::{bad, close, fill, filled, good, opl, text};
use crate::support::{Scratch, postgres_url};

/// The lines that begin with a word, without it.
fn after<'a>(output: &'a str, word: &str) -> &'a str {
    let line = output.lines().find(|line| line.starts_with(word));
    line.unwrap_or_else(|| panic!("no `{word}` in {output}")).trim_start_matches(word).trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_where_it_stopped_and_ends_equal() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
    filled(&from, 8, 90).await;
    let url = postgres_url().await;
    let copy = ["store", "copy", "--data", text(&from), "--to-postgres", &url];
    let copied = good(&opl(&copy).await);
    assert_eq!(after(&copied, "source"), after(&copied, "target"));
    assert!(!copied.contains("went on"), "{copied}");

    let app = App::open(Options::in_directory(&from)).await.expect("an app");
    fill(&app.ledger, 100, 104, 3).await;
    // Also while the service has the directory.
    let copied = good(&opl(&copy).await);
    assert!(copied.contains("went on after position 728"), "{copied}");
    assert_eq!(after(&copied, "source"), after(&copied, "target"));
    close(app).await;

    let key = from.join("root.key");
    let back = [
        "store",
        "copy",
        "--postgres",
        &url,
        "--root-key-file",
        text(&key),
        "--to",
        text(&to),
        "--data",
        text(&from),
    ];
    let copied = good(&opl(&back).await);
    assert!(copied.contains("Carry it over"), "{copied}");
    assert!(bad(&opl(&["store", "aggregates", "--data", text(&to)]).await).contains("root.key"));
    let mut with_key = back.to_vec();
    with_key.push("--with-root-key");
    good(&opl(&with_key).await);
    let states =
        |dir| async move { good(&opl(&["store", "aggregates", "--data", text(dir)]).await) };
    assert_eq!(states(&from).await, states(&to).await);
    good(&opl(&["store", "verify", "--data", text(&to)]).await);
    good(&opl(&["store", "verify", "--postgres", &url, "--data", text(&to)]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_another_log_stays_as_it_is() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    filled(&one, 3, 3).await;
    filled(&two, 2, 3).await;
    let before = good(&opl(&["store", "verify", "--data", text(&two)]).await);
    for (from, to) in [(&one, &two), (&two, &one)] {
        let refused = opl(&["store", "copy", "--data", text(from), "--to", text(to)]).await;
        assert!(bad(&refused).contains("choose an empty target"));
    }
    assert_eq!(good(&opl(&["store", "verify", "--data", text(&two)]).await), before);
    let nowhere = scratch.path().join("nowhere");
    let refused = opl(&["store", "copy", "--data", text(&nowhere), "--to", text(&two)]).await;
    assert!(bad(&refused).contains("there is no event log"));
    assert!(!nowhere.join("log.db").exists());
}

/// Changes stored rows behind the program's back.
fn damage(directory: &Path, statement: &str) {
    let direct = rusqlite::Connection::open(directory.join("log.db")).expect("a connection");
    let open = "DROP TRIGGER event_is_final; DROP TRIGGER event_stays; \
        PRAGMA ignore_check_constraints=ON;";
    direct.execute_batch(&format!("{open}{statement}")).expect("damaged");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_damage_is_named_with_its_first_position() {
    let scratch = Scratch::new();
    let whole = scratch.path().join("whole");
    filled(&whole, 4, 3).await;
    let good_root = good(&opl(&["store", "verify", "--data", text(&whole)]).await);
    assert_eq!(after(&good_root, "size"), "16");
    closed(&whole).await;
    let cases = [
        ("UPDATE event SET payload = x'00' WHERE position = 7", "position 7: its bytes"),
        ("UPDATE event SET metadata = x'7b7d' WHERE position = 5", "position 5: its bytes"),
        ("UPDATE event SET event_type = 'user.signed_out' WHERE position = 2", "position 2: its"),
        ("UPDATE event SET recorded_at = 5 WHERE position = 9", "position 9: its bytes"),
        (
            "UPDATE event SET stream_id = 'nonsense' WHERE position = 6",
            "position 6: it cannot be read as an event",
        ),
        (
            "UPDATE event SET key_id = x'00' WHERE position = 3",
            "position 3: it cannot be read as an event",
        ),
        (
            "UPDATE event SET hash = x'0000' WHERE position = 4",
            "position 4: it cannot be read as an event",
        ),
        ("DELETE FROM event WHERE position = 8", "position 8: it is missing"),
        ("DELETE FROM event WHERE position = 16", "holds 15"),
        ("UPDATE head SET root = zeroblob(32)", "the root over all events"),
        (
            "UPDATE event SET payload = x'00' WHERE position = 12; \
             UPDATE event SET version = -1 WHERE position = 11",
            "position 11: it cannot be read as an event",
        ),
    ];
    for (number, (statement, found)) in cases.into_iter().enumerate() {
        let copy = scratch.path().join(format!("copy{number}"));
        std::fs::create_dir(&copy).expect("a directory");
        copies::copy(&whole, &copy, &["log.db", "vault.db", "root.key"]);
        damage(&copy, statement);
        let refused = bad(&opl(&["store", "verify", "--data", text(&copy)]).await);
        assert!(refused.contains(found), "{statement}: {refused}");
        // Nothing damaged is ever carried on.
        let to = scratch.path().join(format!("to{number}"));
        let refused = opl(&["store", "copy", "--data", text(&copy), "--to", text(&to)]).await;
        assert_eq!(refused.status.code(), Some(1), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_rows_in_postgres_are_named() {
    let scratch = Scratch::new();
    let from = scratch.path().join("from");
    filled(&from, 3, 3).await;
    let url = postgres_url().await;
    good(&opl(&["store", "copy", "--data", text(&from), "--to-postgres", &url]).await);
    let pool = sqlx::PgPool::connect(&url).await.expect("connections");
    let damage = "ALTER TABLE event DISABLE TRIGGER USER; \
        UPDATE event SET stream_id = 'nonsense' WHERE position = 10; \
        UPDATE event SET payload = '' WHERE position = 11";
    sqlx::raw_sql(damage).execute(&pool).await.expect("damaged");
    let refused = bad(&opl(&["store", "verify", "--postgres", &url, "--data", text(&from)]).await);
    assert!(refused.contains("first at position 10: it cannot be read as an event"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_imports_to_the_same_states() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
    // More than one commit of the import.
    filled(&from, 6, 220).await;
    let (file, part) = (scratch.path().join("events"), scratch.path().join("part"));
    good(&opl(&["store", "export", "--data", text(&from), "--out", text(&file)]).await);
    let lines = std::fs::read_to_string(&file).expect("lines");
    assert_eq!(lines.lines().count(), 6 * 221);
    assert!(lines.lines().next().is_some_and(|line| line.contains("@example.fi")));

    // A part first: the rest goes on from there, and nothing is added twice.
    let first: String = lines.split_inclusive('\n').take(1_100).collect();
    std::fs::write(&part, first).expect("written");
    let import =
        async |file| good(&opl(&["store", "import", "--data", text(&to), text(file)]).await);
    assert_eq!(import(&part).await.trim(), "1100 events added, 0 were there already");
    assert_eq!(import(&file).await.trim(), "226 events added, 1100 were there already");
    assert_eq!(import(&file).await.trim(), "0 events added, 1326 were there already");
    good(&opl(&["store", "verify", "--data", text(&to)]).await);
    let states =
        |dir| async move { good(&opl(&["store", "aggregates", "--data", text(dir)]).await) };
    let (one, two) = (states(&from).await, states(&to).await);
    assert_eq!(one, two);
    assert_eq!(one.lines().count(), 6);
    let again = good(&opl(&["store", "export", "--data", text(&to)]).await);
    assert!(again == lines, "positions, identifiers, times and payloads stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_do_not_fit_are_refused_by_number() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
    filled(&from, 2, 3).await;
    let exported = good(&opl(&["store", "export", "--data", text(&from)]).await);
    let lines: Vec<&str> = exported.lines().collect();
    let edit = |number: usize, what: &str, with: &str| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(lines[number - 1].contains(what), "{}", lines[number - 1]);
        lines[number - 1] = lines[number - 1].replacen(what, with, 1);
        lines.join("\n")
    };
    let cases = [
        (edit(3, "\"version\":3", "\"version\":4"), "line 3: user-"),
        (edit(1, "\"version\":1", "\"version\":0"), "line 1: `version` begins at 1"),
        (edit(2, "user.signed_in", "user.renamed"), "line 2:"),
        (edit(2, "\"session_label\"", "\"label\""), "line 2:"),
        (edit(4, "{\"position\"", "\"position\""), "line 4: it is no event"),
        (edit(5, "\"stream\":\"user-", "\"stream\":\"nobody-"), "line 5:"),
        (
            edit(1, "\"stream\":\"user-", "\"stream\":\"role-"),
            "`user.signed_up` is no event of role-",
        ),
        (edit(1, "\"recorded_at\":1", "\"recorded_at\":9"), "in the future"),
    ];
    for (text_of, why) in cases {
        let file = scratch.path().join("lines");
        let mut written = std::fs::File::create(&file).expect("a file");
        written.write_all(text_of.as_bytes()).expect("written");
        let refused = bad(&opl(&["store", "import", "--data", text(&to), text(&file)]).await);
        assert!(refused.contains(why), "{why}: {refused}");
        assert!(!refused.contains("example.fi"), "nothing personal in errors: {refused}");
    }
}
