//! Three processes of the real program over one PostgreSQL: whichever reads is killed, stopped, and cut
//! off from the database. Another goes on within 15 seconds, nothing is read or stored twice, and what
//! the old one still sends is refused.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::event::Event;
use domain::fetch::{FetchEvent, Subject};
use opl::app::{App, Options};
use sandbox::Call;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::load::times;
use crate::support::{Browser, Store, World, postgres_url};

/// How long nobody may go on with a run whose process is gone.
const TAKE_OVER: Duration = Duration::from_secs(15);
/// How long a process is stopped or cut off: longer than its lease. A soak stops it for 30 seconds.
const GONE: (u64, u64) = (17, 30);
/// Pages the bank has given out before the process is hurt.
const FIRST_PAGES: usize = 4;

/// A way to the database that can be closed without a word, and opened again.
struct Way {
    port: u16,
    open: watch::Sender<bool>,
}

impl Way {
    async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (open, opened) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&socket).await else { continue };
                let (asked, answered) = (client.into_split(), server.into_split());
                let (there, back) = (opened.clone(), opened.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(asked.0, answered.1, there) => {}
                        () = carry(answered.0, asked.1, back) => {}
                    }
                });
            }
        });
        Self { port, open }
    }
}

/// Carries bytes; while the way is closed they wait, and arrive when it opens.
async fn carry(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    mut open: watch::Receiver<bool>,
) {
    let mut block = [0; 8_192];
    while let Ok(read @ 1..) = from.read(&mut block).await {
        if open.wait_for(|open| *open).await.is_err() || to.write_all(&block[..read]).await.is_err()
        {
            return;
        }
    }
}

/// One process of the program.
struct Replica {
    child: Child,
    page: String,
    way: Way,
    said: PathBuf,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Replica {
    fn start(number: usize, root: &Path, way: Way, database: &str) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let said = root.join(format!("said-{number}"));
        let url = format!("postgres://opl@127.0.0.1:{}/{database}?sslmode=disable", way.port);
        let child = Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(root.join(format!("replica-{number}")))
            .arg("--root-key-file")
            .arg(root.join("state").join("root.key"))
            .env("OPL_POSTGRES", url)
            .env("OPL_LOG", "warn,opl=info")
            .env("OPL_ANY_QUERY", "true")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said).expect("a file"))
            .spawn()
            .expect("the program");
        Self { child, page: format!("http://localhost:{port}"), way, said }
    }

    async fn until_ready(&self, browser: &Browser) {
        for _ in 0..400 {
            let ready = browser.http.get(format!("{}/health/ready", self.page)).send().await;
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the program does not answer: {}", self.said());
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill").success());
    }
}

/// A bank, a database, and the program over it three times. The test's own app is stopped: it only
/// registered, and reads the log.
struct Replicas {
    world: World,
    all: Vec<Replica>,
    database: PgPool,
}

impl Replicas {
    async fn start() -> Self {
        let url = postgres_url().await;
        let options = |data: &Path| {
            let postgres_url = Some(url.as_str().into());
            Options { postgres_url, ..Options::in_directory(data) }
        };
        let mut world = World::unregistered(Store::Sqlite, options).await;
        let data = world.scratch.path().join("state");
        opl::registration::register(&world.app, &world.settings(), |_| {})
            .await
            .expect("registered");
        world.app.stop().await;
        let root = world.scratch.path().to_owned();
        let database = PgPoolOptions::new().max_connections(2).connect(&url).await.expect("a pool");
        let socket: String = sqlx::query_scalar(
            "SELECT split_part(current_setting('unix_socket_directories'), ',', 1)",
        )
        .fetch_one(&database)
        .await
        .expect("a setting");
        let socket = PathBuf::from(socket).join(".s.PGSQL.5432");
        let parsed: PgConnectOptions = url.parse().expect("an address");
        let name = parsed.get_database().expect("a name");
        let mut all = Vec::new();
        for number in 0..3 {
            let way = Way::to(socket.clone()).await;
            all.push(Replica::start(number, &root, way, name));
            all[number].until_ready(&world.browser()).await;
        }
        world.app = App::open(options(&data)).await.expect("a reader of the log");
        Self { world, all, database }
    }

    fn pages(&self) -> usize {
        let page = |call: &Call| call.path.ends_with("/transactions") && call.status == 200;
        self.world.calls("GET", "/accounts-psd2/v1/", page)
    }

    /// The number of the lease of a connection's run.
    async fn lease(&self, connection: &str) -> i64 {
        sqlx::query_scalar("SELECT fence FROM vault.lease WHERE name = $1")
            .bind(format!("fetch/{connection}"))
            .fetch_one(&self.database)
            .await
            .expect("a lease")
    }

    /// Waits for the end of a run, which must have read everything.
    async fn read_whole(&self, person: &mut Browser, connection: &str) {
        let read = person.read_to_the_end(connection).await;
        let said = || self.all.iter().map(Replica::said).collect::<Vec<_>>().join("\n---\n");
        assert_eq!(read["sync"]["state"], "DONE", "{read}\n{}", said());
    }

    /// Begins to read through one process, and waits until it is in the middle.
    async fn begin(&mut self, through: usize) -> (Browser, String) {
        self.world.page.clone_from(&self.all[through].page);
        let mut person = self.world.person().await;
        let returned = person.to_the_bank().await;
        let before = self.pages();
        assert_eq!(person.come_back(&returned).await.0, 200);
        for _ in 0..2_000 {
            if self.pages() >= before + FIRST_PAGES {
                return (person, returned.connection_id);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the bank was not asked: {}", self.all[through].said());
    }

    /// Waits until another process has the run; tells how long that took.
    async fn taken_over(&self, connection: &str, since: Instant) -> Duration {
        while since.elapsed() < TAKE_OVER {
            if self.lease(connection).await > 1 {
                return since.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "nobody took the run over: {}",
            self.all.iter().map(Replica::said).collect::<String>()
        );
    }

    /// Everything is there once: each page of the bank kept once, each row recorded once.
    async fn once_each(&self, people: usize) {
        let truth = self.world.bank.truth();
        let user = truth.users.first().expect("a customer");
        let rows: usize = user.accounts.iter().map(|account| account.transactions).sum();
        let posted: usize = user.cards.iter().map(|card| card.transactions).sum();
        let (mut kept, mut recorded, mut completed) = (Vec::new(), 0, 0);
        for (kind, event) in self.world.events().await {
            match event {
                Event::Fetch(FetchEvent::Answered(answer)) => {
                    if let Subject::Transactions { account_id, page, .. } = answer.subject {
                        kept.push((account_id, page));
                    }
                }
                _ if kind == "account.transaction_recorded" => recorded += 1,
                _ => completed += usize::from(kind == "fetch.completed"),
            }
        }
        assert_eq!(recorded, people * (rows + posted), "rows");
        assert_eq!(completed, people, "runs that came to their end");
        let all = kept.len();
        kept.sort();
        kept.dedup();
        assert_eq!(kept.len(), all, "a page was kept twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_goes_on_with_a_run_and_the_first_is_refused() {
    if std::env::var_os("OPL_TEST_POSTGRES").is_some() {
        // The ways lead to the private server's socket.
        return eprintln!(
            "SKIPPED: cutting processes off needs the private server; unset OPL_TEST_POSTGRES"
        );
    }
    let mut replicas = Replicas::start().await;
    let gone = Duration::from_secs(times(GONE.0, GONE.1).max(GONE.0));
    // Stopped: it wakes up in the middle of what it did, long after another took over.
    let (mut person, id) = replicas.begin(0).await;
    replicas.all[0].signal("-STOP");
    let since = Instant::now();
    let stopped = replicas.taken_over(&id, since).await;
    person.page.clone_from(&replicas.all[1].page);
    replicas.read_whole(&mut person, &id).await;
    tokio::time::sleep(gone.saturating_sub(since.elapsed())).await;
    replicas.all[0].signal("-CONT");
    refused(&replicas.all[0]).await;
    replicas.once_each(1).await;
    // Cut off: what it had sent arrives when the way opens again.
    let (mut person, id) = replicas.begin(1).await;
    replicas.all[1].way.open.send_replace(false);
    let since = Instant::now();
    let cut = replicas.taken_over(&id, since).await;
    person.page.clone_from(&replicas.all[2].page);
    replicas.read_whole(&mut person, &id).await;
    tokio::time::sleep(gone.saturating_sub(since.elapsed())).await;
    replicas.all[1].way.open.send_replace(true);
    refused(&replicas.all[1]).await;
    replicas.once_each(2).await;
    // Killed.
    let (mut person, id) = replicas.begin(2).await;
    replicas.all[2].signal("-KILL");
    let killed = replicas.taken_over(&id, Instant::now()).await;
    person.page.clone_from(&replicas.all[0].page);
    replicas.read_whole(&mut person, &id).await;
    replicas.once_each(3).await;
    eprintln!("taken over after {stopped:?} (stopped), {cut:?} (cut off), {killed:?} (killed)");
    let Replicas { world, all, .. } = replicas;
    drop(all);
    world.stop().await;
}

/// Waits until a process has found that its run is somebody else's, or has let go of it before.
async fn refused(replica: &Replica) {
    for _ in 0..600 {
        let said = replica.said();
        let told =
            ["was taken over", "a lease was lost", "a lease ran out", "waits for the storage"];
        if told.iter().any(|word| said.contains(word)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was not told: {}", replica.said());
}
