//! Where the stores under measurement are: a scratch directory, and a private PostgreSQL server as
//! it is shipped (`fsync=on`) or the one of `OPL_TEST_POSTGRES`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
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

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name here and in the bridge.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The ground everything is built on; it goes away with this.
pub struct Ground {
    folder: PathBuf,
    /// Address of a database, with `DATABASE` for its name.
    address: String,
    keeper: Option<Child>,
}

/// A place for one store that nobody used before.
pub struct Spot {
    /// Which store.
    pub kind: Kind,
    /// Path of the file, or address of the database.
    pub at: String,
    /// For what lies beside it.
    pub folder: PathBuf,
    database: String,
}

impl Ground {
    /// Makes a scratch directory below a folder and starts a server.
    pub async fn prepare(below: &Path) -> Result<Self, Failure> {
        let name = format!("bench-{}", Uuid::new_v4().simple());
        let folder = below.join(&name);
        std::fs::create_dir_all(&folder)?;
        let (address, keeper) = match std::env::var("OPL_TEST_POSTGRES") {
            Ok(address) => {
                let (server, _) =
                    address.rsplit_once('/').ok_or("OPL_TEST_POSTGRES: no database")?;
                (format!("{server}/DATABASE"), None)
            }
            Err(_) => start(&name)?,
        };
        let ground = Self { folder, address, keeper };
        let mut tries = 0;
        while let Err(error) = ground.administer("SELECT 1").await {
            tries += 1;
            if tries == MOST_TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(ground)
    }

    async fn administer(&self, text: &str) -> Result<(), Failure> {
        let options = PgConnectOptions::from_str(&self.address.replace("DATABASE", "postgres"))?;
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// A fresh place.
    pub async fn spot(&self, kind: Kind) -> Result<Spot, Failure> {
        let database = format!("bench_{}", Uuid::new_v4().simple());
        let folder = self.folder.join(&database);
        std::fs::create_dir_all(&folder)?;
        let at = match kind {
            Kind::Sqlite => folder.join("log.db").display().to_string(),
            Kind::Postgres => {
                self.administer(&format!("CREATE DATABASE {database}")).await?;
                self.address.replace("DATABASE", &database)
            }
        };
        Ok(Spot { kind, at, folder, database })
    }

    /// Gives a place back.
    pub async fn clear(&self, spot: Spot) -> Result<(), Failure> {
        if spot.kind == Kind::Postgres {
            self.administer(&format!("DROP DATABASE {} WITH (FORCE)", spot.database)).await?;
            // What one measurement left to be written is not charged to the next.
            self.administer("CHECKPOINT").await?;
        }
        Ok(std::fs::remove_dir_all(&spot.folder)?)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

fn start(name: &str) -> Result<(String, Option<Child>), Failure> {
    let mut binaries: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map_err(|_| "a PostgreSQL server is needed (Debian: apt install postgresql)")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    binaries.sort();
    let programs = binaries.last().ok_or("no PostgreSQL server programs are installed")?;
    // A short path: that of a socket may have 107 bytes.
    let folder = std::env::temp_dir().join(name);
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
    let address = format!("postgres://postgres@localhost/DATABASE?host={}", folder.display());
    Ok((address, Some(keeper)))
}
