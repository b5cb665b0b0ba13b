//! A PostgreSQL database of its own for each test.
//!
//! `OPL_TEST_POSTGRES` names a server by the address of an administrator; without it a private
//! server is started from the binaries of this machine, and stopped and deleted with the process.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool};
use uuid::Uuid;

/// How long the private server may take to start.
const START: Duration = Duration::from_secs(60);

/// Starts a server and stops it when the standard input ends, which it does with the process that
/// holds the other side, however that ends.
const SCRIPT: &str = r#"
set -e
mkdir -m 700 "$2"
"$1/initdb" -D "$2/data" -U postgres --auth=trust -E UTF8 --no-sync > "$2/initdb.log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on -c max_connections=300 \
    > "$2/server.log" 2>&1 < /dev/null &
server=$!
cat > /dev/null || true
kill -QUIT $server || true
wait $server || true
rm -rf "$2"
"#;

/// The process that keeps the private server; its standard input is held open here.
struct Server {
    options: PgConnectOptions,
    _keeper: Option<Child>,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// A database that belongs to one test.
pub struct TestDatabase {
    /// Connections to it.
    pub pool: PgPool,
    name: String,
}

/// Creates a database.
pub async fn database() -> TestDatabase {
    let options = SERVER.get_or_init(server).options.clone();
    let name = format!("opl_test_{}", Uuid::new_v4().simple());
    administer(&options, &format!("CREATE DATABASE {name}")).await;
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .connect_with(options.database(&name))
        .await
        .expect("a connection to the new database");
    TestDatabase { pool, name }
}

impl TestDatabase {
    /// Deletes it.
    pub async fn drop(self) {
        self.pool.close().await;
        let options = SERVER.get_or_init(server).options.clone();
        administer(&options, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await;
    }
}

async fn administer(options: &PgConnectOptions, text: &str) {
    let began = SystemTime::now();
    loop {
        match options.connect().await {
            Ok(mut connection) => {
                sqlx::raw_sql(AssertSqlSafe(text))
                    .execute(&mut connection)
                    .await
                    .expect("a database can be created and dropped");
                let _ = connection.close().await;
                return;
            }
            Err(error) if began.elapsed().expect("a clock that runs") > START => {
                panic!("the PostgreSQL server for tests does not answer: {error}");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

fn server() -> Server {
    if let Ok(address) = std::env::var("OPL_TEST_POSTGRES") {
        let options = PgConnectOptions::from_str(&address)
            .expect("OPL_TEST_POSTGRES is the address of a server");
        return Server { options, _keeper: None };
    }
    let binaries = binaries().expect(
        "these tests need a PostgreSQL server: install one (Debian: apt install postgresql), or \
         set OPL_TEST_POSTGRES to the address of an administrator of one",
    );
    let folder = std::env::temp_dir().join(format!("opl-postgres-{}", Uuid::new_v4().simple()));
    // A server refuses to run as root.
    let root = std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let keeper = command
        .args(["-c", SCRIPT, "sh"])
        .arg(binaries)
        .arg(&folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the PostgreSQL server for tests starts");
    let options = PgConnectOptions::new_without_pgpass()
        .socket(&folder)
        .username("postgres")
        .database("postgres");
    Server { options, _keeper: Some(keeper) }
}

/// The newest server binaries of this machine.
fn binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .chain(["/usr/local/pgsql/bin", "/usr/bin", "/opt/homebrew/bin"].map(PathBuf::from))
        .filter(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .collect();
    folders.sort();
    folders.into_iter().rev().find(|folder| folder.starts_with("/usr/lib")).or_else(|| {
        ["/usr/local/pgsql/bin", "/usr/bin", "/opt/homebrew/bin"]
            .map(PathBuf::from)
            .into_iter()
            .find(|folder| folder.join("initdb").exists())
    })
}
