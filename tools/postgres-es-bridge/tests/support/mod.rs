//! A private PostgreSQL server, and a database of its own for each test.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Starts a server and stops it when the standard input ends, which it does with this process.
const SCRIPT: &str = r#"
set -e
mkdir -m 700 "$2"
"$1/initdb" -D "$2/data" -U postgres --auth=trust -E UTF8 --no-sync > "$2/initdb.log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on -c max_connections=100 \
    > "$2/server.log" 2>&1 < /dev/null &
server=$!
cat > /dev/null || true
kill -QUIT $server || true
wait $server || true
rm -rf "$2"
"#;

/// Tries to connect to a server that starts, a tenth of a second apart.
const MOST_TRIES: u32 = 600;

static SERVER: OnceLock<(String, Option<Child>)> = OnceLock::new();

/// The folder of the private server's socket, or the host of `OPL_TEST_POSTGRES`.
fn server() -> &'static str {
    let (address, _) = SERVER.get_or_init(|| {
        if let Ok(address) = std::env::var("OPL_TEST_POSTGRES") {
            let (server, _) = address.rsplit_once('/').expect("postgres://user@host/database");
            return (format!("{server}/DATABASE"), None);
        }
        let mut binaries: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("PostgreSQL server programs (Debian: apt install postgresql)")
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .filter(|folder| folder.join("initdb").exists())
            .collect();
        binaries.sort();
        let folder =
            std::env::temp_dir().join(format!("bridge-postgres-{}", Uuid::new_v4().simple()));
        let own = std::fs::metadata("/proc/self").expect("/proc");
        let mut command = if std::os::unix::fs::MetadataExt::uid(&own) == 0 {
            // A server refuses to run as root.
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let keeper = command
            .args(["-c", SCRIPT, "sh"])
            .arg(binaries.last().expect("server programs"))
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let folder = folder.to_str().expect("a plain path");
        (format!("postgres://postgres@localhost/DATABASE?host={folder}"), Some(keeper))
    });
    address
}

/// Creates a database and answers its address.
pub async fn database() -> String {
    let name = format!("bridge_{}", Uuid::new_v4().simple());
    let mut tries = 0;
    let mut connection = loop {
        match PgConnection::connect(&server().replace("DATABASE", "postgres")).await {
            Ok(connection) => break connection,
            Err(error) if tries == MOST_TRIES => panic!("the server does not answer: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        tries += 1;
    };
    sqlx::query(&format!("CREATE DATABASE {name}"))
        .execute(&mut connection)
        .await
        .expect("created");
    server().replace("DATABASE", &name)
}

/// Runs the program.
pub fn bridge(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postgres-es-bridge"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_owned();
    // It may end before it has read everything.
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("its input was written");
    output
}

/// What the program printed.
///
/// # Panics
/// If it failed.
pub fn printed(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Why the program refused.
///
/// # Panics
/// If it did not.
pub fn refused(output: Output) -> String {
    assert!(!output.status.success(), "it should have refused");
    String::from_utf8(output.stderr).expect("UTF-8")
}
