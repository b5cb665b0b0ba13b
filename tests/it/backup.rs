//! Backups made while the service runs, restored, damaged and interrupted.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::id::UserId;
use opl::app::{App, Options};
use projections::Projection;
use projections::database::{Database, Durability, sql};

use crate::load::{bad, close, fill, filled, good, opl, sign_in, sign_up, stream, text, user};
use crate::support::{Scratch, postgres_url};

fn number_after(output: &str, word: &str) -> u64 {
    let line = output.lines().find(|line| line.starts_with(word)).expect("a line");
    line.trim_start_matches(word).trim().parse().expect("a number")
}

/// Appends until told to stop, noting the last position that was acknowledged.
fn appending(app: &Arc<App>, stop: &Arc<AtomicBool>, last: &Arc<AtomicU64>) {
    for caller in 0..4_u128 {
        let (app, stop, last) = (Arc::clone(app), Arc::clone(stop), Arc::clone(last));
        tokio::spawn(async move {
            let user = user(1_000 + caller);
            sign_up(&app.ledger, user).await.expect("signed up");
            let mut round = 0;
            while !stop.load(Ordering::Relaxed) {
                let done = sign_in(&app.ledger, user, format!("r{round}")).await.expect("in");
                last.fetch_max(done.position, Ordering::Relaxed);
                round += 1;
            }
        });
    }
}

async fn online(options: Options, state: Vec<String>, key: &Path) {
    let scratch = Scratch::new();
    let app = App::open(options).await.expect("an app");
    fill(&app.ledger, 0, 5, 60).await;
    let (stop, last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    appending(&app, &stop, &last);
    while last.load(Ordering::Relaxed) < 350 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let out = scratch.path().join("backup");
    let before = last.load(Ordering::Relaxed);
    let mut arguments = vec!["backup".to_owned(), "--out".to_owned(), text(&out).to_owned()];
    arguments.extend(state);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let made = good(&opl(&arguments).await);
    let after = last.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    let size = number_after(&made, "size");
    assert!(before <= size && size < after, "{before} ≤ {size} < {after}: nothing stood still");

    let verify = ["restore", "--verify", "--from", text(&out), "--root-key-file", text(key)];
    assert!(good(&opl(&verify).await).contains("all of it is right"));
    let to = scratch.path().join("to");
    let restore = [
        "restore",
        "--from",
        text(&out),
        "--data",
        text(&to),
        "--root-key-file",
        text(key),
        "--with-root-key",
    ];
    let restored = good(&opl(&restore).await);
    assert_eq!(number_after(&restored, "size"), size);
    assert_eq!(restored.matches("the same").count(), Projection::ALL.len(), "{restored}");
    // It is a state like any other: it opens, holds what was acknowledged, and goes on.
    let again = App::open(Options::in_directory(&to)).await.expect("an app");
    let (one, two) = (app.ledger.log(), again.ledger.log());
    let mut at = 0;
    while at < size {
        let page = two.read_all(at, 500).await.expect("a page");
        let were = one.read_all(at, page.len()).await.expect("a page");
        assert_eq!(page, were);
        at = page.last().expect("more").position;
    }
    sign_up(&again.ledger, user(5_000)).await.expect("signed up");
    again.read.wait_for(size + 1, Duration::from_secs(10)).await.expect("read models follow");
    close(again).await;
    let refused = bad(&opl(&restore).await);
    assert!(refused.contains("is not empty"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_files_while_the_service_appends() {
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let state = vec!["--data".to_owned(), text(&data).to_owned()];
    online(Options::in_directory(&data), state, &data.join("root.key")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_postgres_while_the_service_appends() {
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let url = postgres_url().await;
    let mut options = Options::in_directory(&data);
    options.postgres_url = Some(url.clone().into());
    let state = ["--postgres", &url, "--data", text(&data)].map(str::to_owned).to_vec();
    online(options, state, &data.join("root.key")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_files_goes_into_postgres_and_only_into_an_empty_one() {
    let scratch = Scratch::new();
    let (data, out) = (scratch.path().join("state"), scratch.path().join("backup"));
    filled(&data, 4, 5).await;
    good(&opl(&["backup", "--data", text(&data), "--out", text(&out)]).await);
    let (url, key) = (postgres_url().await, data.join("root.key"));
    let to = scratch.path().join("to");
    let restore = [
        "restore",
        "--from",
        text(&out),
        "--postgres",
        &url,
        "--data",
        text(&to),
        "--root-key-file",
        text(&key),
    ];
    let restored = good(&opl(&restore).await);
    assert_eq!(restored.matches("the same").count(), Projection::ALL.len(), "{restored}");
    assert!(bad(&opl(&restore).await).contains("choose an empty one"));
    let states = |arguments: Vec<String>| async move {
        let mut all = vec!["store".to_owned(), "aggregates".to_owned()];
        all.extend(arguments);
        good(&opl(&all.iter().map(String::as_str).collect::<Vec<_>>()).await)
    };
    let of_files = states(vec!["--data".into(), text(&data).into()]).await;
    let there = ["--postgres", &url, "--data", text(&to), "--root-key-file", text(&key)];
    assert_eq!(states(there.map(str::to_owned).to_vec()).await, of_files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let scratch = Scratch::new();
    let (data, out) = (scratch.path().join("state"), scratch.path().join("backup"));
    filled(&data, 3, 5).await;
    good(&opl(&["backup", "--data", text(&data), "--out", text(&out)]).await);
    let (to, key) = (scratch.path().join("to"), data.join("root.key"));
    let restore = ["restore", "--from", text(&out), "--data", text(&to), "--root-key-file"];
    let restore = [&restore[..], &[text(&key)]].concat();
    for file in ["log.db", "keys.db", "vault.db"] {
        let path = out.join(file);
        let was = std::fs::read(&path).expect("a file");
        let mut changed = was.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&path, changed).expect("written");
        assert!(bad(&opl(&restore).await).contains(file));
        std::fs::write(&path, &was[..was.len() - 1]).expect("written");
        assert!(bad(&opl(&restore).await).contains(file));
        std::fs::write(&path, was).expect("written");
    }
    let manifest = std::fs::read_to_string(out.join("manifest.json")).expect("a manifest");
    let digest = manifest.rfind("\"digest\": \"").expect("a digest") + 11;
    let mut changed = manifest.clone().into_bytes();
    changed[digest] = if changed[digest] == b'0' { b'1' } else { b'0' };
    std::fs::write(out.join("manifest.json"), changed).expect("written");
    let refused = bad(&opl(&restore).await);
    let last = projections::Projection::ALL.last().expect("projections").name();
    assert!(refused.contains(&format!("the rows of `{last}` are not those")), "{refused}");
    assert!(!to.exists());
    std::fs::write(out.join("manifest.json"), manifest).expect("written");

    let wrong = scratch.path().join("wrong.key");
    std::fs::write(&wrong, [7; 32]).expect("written");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&wrong, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let mut with_wrong = restore.clone();
    *with_wrong.last_mut().expect("a key") = text(&wrong);
    assert!(bad(&opl(&with_wrong).await).contains("does not open under this root key"));
    let without = &restore[..restore.len() - 2];
    assert!(bad(&opl(without).await).contains("--root-key-file"));
    assert!(!to.exists());
    good(&opl(&restore).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_backup_is_never_taken_for_a_whole_one() {
    let scratch = Scratch::new();
    let (data, out) = (scratch.path().join("state"), scratch.path().join("backup"));
    filled(&data, 10, 60).await;
    let key = data.join("root.key");
    let verify = ["restore", "--verify", "--from", text(&out), "--root-key-file", text(&key)];
    let mut interrupted = 0;
    for delay in [10, 30, 60, 90, 120, 160, 200, 250] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(["backup", "--data", text(&data), "--out", text(&out)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let _ = child.kill();
        child.wait().expect("ended");
        if out.join("manifest.json").exists() {
            good(&opl(&verify).await);
            std::fs::remove_dir_all(&out).expect("removed");
            continue;
        }
        interrupted += 1;
        assert!(bad(&opl(&verify).await).contains("holds no whole backup"));
    }
    assert!(interrupted > 0, "no kill hit a backup under way");
    good(&opl(&["backup", "--data", text(&data), "--out", text(&out)]).await);
    good(&opl(&verify).await);
    // A whole one is not overwritten, nor is anything else.
    let again = opl(&["backup", "--data", text(&data), "--out", text(&out)]).await;
    assert!(bad(&again).contains("is not empty"));
    let into_state = opl(&["backup", "--data", text(&data), "--out", text(&data)]).await;
    assert!(bad(&into_state).contains("is not empty"));
}

/// Destroys a person's key in the vault itself.
async fn destroy_key(data: &Path, user_id: UserId) {
    let vault = Database::sqlite(&data.join("vault.db"), Durability::Full).expect("the vault");
    let update = "UPDATE data_key SET wrapped = NULL, destroyed_at = 1 WHERE owner = $1";
    let owner = format!("person/{user_id}");
    assert_eq!(vault.execute(sql(update, vec![owner.into()])).await, Ok(1));
}

/// Who was erased stays erased when an old log is restored with newer keys.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_later_backup_keep_the_erased_erased() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path().join(name);
    let (data, old, new, to) = (path("state"), path("old"), path("new"), path("to"));
    filled(&data, 3, 2).await;
    good(&opl(&["backup", "--data", text(&data), "--out", text(&old)]).await);
    let app = App::open(Options::in_directory(&data)).await.expect("an app");
    destroy_key(&data, user(1)).await;
    close(app).await;
    good(&opl(&["backup", "--data", text(&data), "--out", text(&new)]).await);
    let (key, keys) = (data.join("root.key"), new.join("keys.db"));
    let restored = opl(&[
        "restore",
        "--from",
        text(&old),
        "--keys",
        text(&keys),
        "--data",
        text(&to),
        "--root-key-file",
        text(&key),
        "--with-root-key",
    ])
    .await;
    assert!(good(&restored).contains("has other rows"), "{restored:?}");
    let app = App::open(Options::in_directory(&to)).await.expect("an app");
    for (number, readable) in [(0, true), (1, false), (2, true)] {
        let stored = app.ledger.log().read_stream(stream(user(number)), 0, 9).await.expect("read");
        assert_eq!(stored.len(), 3);
        let opened = opl::ledger::sealing::open(&app.keys, &stored[0]).await.expect("no error");
        assert_eq!(opened.is_some(), readable, "person {number}");
    }
    close(app).await;
}
