//! A private PostgreSQL server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sqlx::postgres::{PgPool, PgPoolOptions};

/// The address of the tests' PostgreSQL: `OPL_TEST_POSTGRES`, or a private server on a socket of its
/// own, with `fsync` on, started once for all tests of this binary.
fn postgres_server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("OPL_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => start_postgres(),
    })
}

fn start_postgres() -> String {
    start_postgres_in(&std::env::temp_dir().join(format!("opl-postgres-{}", std::process::id())))
}

/// Where Debian keeps PostgreSQL's programs; the newest of them.
fn postgres_programs() -> PathBuf {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()
        .and_then(|versions| {
            let mut found: Vec<PathBuf> =
                versions.flatten().map(|entry| entry.path().join("bin")).collect();
            found.sort();
            found.pop()
        })
        .expect("PostgreSQL server programs; install Debian's `postgresql`")
}

/// Whether these tests run as root, as whom PostgreSQL refuses to run.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().expect("id").stdout == b"0\n"
}

/// One of PostgreSQL's programs, run as whom the tests' servers run.
pub fn postgres_program(name: &str) -> Command {
    let program = postgres_programs().join(name);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdout(Stdio::null());
    command
}

/// Starts a server that keeps everything in a directory and ends with this process.
pub fn start_postgres_in(home: &Path) -> String {
    let bin = postgres_programs();
    std::fs::create_dir_all(home).expect("a directory for PostgreSQL");
    let as_root = is_root();
    let run = |program: &str, arguments: &[&str]| {
        let done = postgres_program(program).args(arguments).status();
        let done = done.expect("a PostgreSQL program");
        assert!(done.success(), "PostgreSQL did not start");
    };
    if as_root {
        let done = Command::new("chown").arg("postgres").arg(home).status().expect("chown");
        assert!(done.success());
    }
    let data = home.join("data");
    let (data, socket) = (data.to_string_lossy(), home.to_string_lossy());
    run("initdb", &["-D", &data, "-U", "opl", "-A", "trust", "--no-instructions"]);
    let options = format!("-c listen_addresses='' -c unix_socket_directories='{socket}'");
    let log = format!("{socket}/server.log");
    run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    stop_with_us(&bin, home, as_root);
    format!("postgres://opl@localhost/postgres?host={socket}")
}

/// A shell that outlives this process on purpose: it waits for this process to end, then stops the server and clears up.
#[allow(clippy::zombie_processes)]
fn stop_with_us(bin: &Path, home: &Path, as_root: bool) {
    let (pid, bin, home) = (std::process::id(), bin.display(), home.display());
    let stop = format!("{bin}/pg_ctl -D {home}/data -m immediate stop");
    let stop = if as_root { format!("cd / && runuser -u postgres -- {stop}") } else { stop };
    let script = format!(
        "while kill -0 {pid} 2>/dev/null; do sleep 0.5; done; {stop} >/dev/null 2>&1; rm -rf {home}"
    );
    Command::new("setsid")
        .args(["sh", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
}

/// The address of a database of its own.
pub async fn postgres_url() -> String {
    let server = tokio::task::spawn_blocking(postgres_server).await.expect("a server");
    let admin =
        PgPoolOptions::new().max_connections(1).connect(server).await.expect("a connection");
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&admin).await.expect("a database");
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

/// Connections to a database of its own.
pub async fn postgres_pool() -> PgPool {
    let url = postgres_url().await;
    PgPoolOptions::new().max_connections(12).connect(&url).await.expect("connections")
}
