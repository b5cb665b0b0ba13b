//! A private PostgreSQL server as it is shipped (`fsync=on`), or the one of `OPL_TEST_POSTGRES`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use crate::Failure;

/// Starts a server and stops it when the standard input ends, which it does with this process.
const SCRIPT: &str = r#"
set -e
mkdir -m 700 "$2"
"$1/initdb" -D "$2/data" -U postgres --auth=trust -E UTF8 --no-sync > "$2/initdb.log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on > "$2/server.log" 2>&1 < /dev/null &
server=$!
cat > /dev/null || true
kill -INT $server || true
wait $server || true
rm -rf "$2"
"#;
/// Tries to connect to a server that starts, a tenth of a second apart.
const MOST_TRIES: u32 = 600;
/// Connections, as the service has them.
const CONNECTIONS: u32 = 12;

/// A server; it ends with this.
pub struct Server {
    address: String,
    keeper: Option<Child>,
}

impl Server {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// There is none, or it does not start.
    pub async fn start() -> Result<Self, Failure> {
        let (address, keeper) = match std::env::var("OPL_TEST_POSTGRES") {
            Ok(address) => {
                let (server, _) = address.rsplit_once('/').ok_or("OPL_TEST_POSTGRES: no name")?;
                (format!("{server}/DATABASE"), None)
            }
            Err(_) => private()?,
        };
        let server = Self { address, keeper };
        let mut tries = 0;
        while let Err(error) = server.administer("SELECT 1").await {
            tries += 1;
            if tries == MOST_TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(server)
    }

    async fn administer(&self, text: &str) -> Result<(), Failure> {
        let options = PgConnectOptions::from_str(&self.address.replace("DATABASE", "postgres"))?;
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// A new database.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn database(&self) -> Result<PgPool, Failure> {
        let name = format!("bench_{}", Uuid::new_v4().simple());
        self.administer(&format!("CREATE DATABASE {name}")).await?;
        let options = PgConnectOptions::from_str(&self.address.replace("DATABASE", &name))?;
        Ok(PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?)
    }

    /// How another program reaches a database.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn address_of(&self, pool: &PgPool) -> Result<String, Failure> {
        let name: String =
            sqlx::query_scalar("SELECT CAST(current_database() AS text)").fetch_one(pool).await?;
        Ok(self.address.replace("DATABASE", &name))
    }

    /// Gives a database back.
    ///
    /// # Errors
    /// It cannot be dropped.
    pub async fn clear(&self, pool: PgPool) -> Result<(), Failure> {
        let name: String =
            sqlx::query_scalar("SELECT CAST(current_database() AS text)").fetch_one(&pool).await?;
        pool.close().await;
        self.administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        // What one measurement left to be written is not charged to the next.
        self.administer("CHECKPOINT").await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

fn private() -> Result<(String, Option<Child>), Failure> {
    let mut binaries: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map_err(|_| "a PostgreSQL server is needed (Debian: apt install postgresql)")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    binaries.sort();
    let programs = binaries.last().ok_or("no PostgreSQL server programs are installed")?;
    // A short path: that of a socket may have 107 bytes.
    let folder = std::env::temp_dir().join(format!("rebuild-{}", Uuid::new_v4().simple()));
    let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?) == 0;
    let mut command = if root {
        // A server refuses to run as root.
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let keeper = command
        .args(["-c", SCRIPT, "sh"])
        .arg(programs)
        .arg(&folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((format!("postgres://postgres@localhost/DATABASE?host={}", folder.display()), Some(keeper)))
}
