//! Load: three processes over one PostgreSQL that are restarted one after the other while requests
//! come in, and one process that is asked far more than it can. One after the other: whoever floods a
//! machine leaves nothing of it to those who must answer every request in time, and what they then turn
//! away says nothing about restarting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::times;
use crate::support::{Scratch, postgres_url};

/// Replicas.
const REPLICAS: usize = 3;
/// People who ask.
const PEOPLE: usize = 8;
/// Requests a second: in the usual run, and in a soak.
const RATE: (u64, u64) = (40, 200);
/// Seconds each replica says "not ready" before it stops.
const LINGER: &str = "3";
/// Seconds of asking too much: in the usual run, and in a soak.
const FLOOD_SECONDS: (u64, u64) = (4, 60);
/// Clients that ask too much.
const FLOOD: usize = 640;
/// Most resident memory of a process that is asked too much, in KiB.
const MOST_MEMORY_KIB: u64 = 512 * 1024;
/// How soon after a flood everything is as usual.
const NORMAL_WITHIN: Duration = Duration::from_secs(10);

/// Whose turn it is.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// One process of the program.
struct Process {
    child: Child,
    page: String,
    said: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(root: &Path, name: &str, port: u16, postgres: Option<&str>) -> Self {
        let said = root.join(format!("{name}.said"));
        // Figures are of a release build, which `OPL_PROGRAM` names.
        let program = std::env::var_os("OPL_PROGRAM");
        let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_opl").into()));
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--scheduled-reads", "false"])
            .args(["--linger", LINGER, "--data"])
            .arg(root.join(name))
            .arg("--root-key-file")
            .arg(root.join("root.key"))
            .env("OPL_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said).expect("a file"));
        if let Some(url) = postgres {
            command.env("OPL_POSTGRES", url);
        }
        let child = command.spawn().expect("the program");
        Self { child, page: format!("http://127.0.0.1:{port}"), said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// A line of what Linux tells of the process, in KiB.
    fn memory(&self, line: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("a process");
        let found = status.lines().find_map(|found| found.strip_prefix(line)).expect("a line");
        found.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    free.local_addr().expect("bound").port()
}

/// A client that keeps no connection: one that a stopping process closes is nobody's failure.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(30))
        .build()
        .expect("a client")
}

async fn is_ready(http: &reqwest::Client, page: &str) -> bool {
    http.get(format!("{page}/health/ready")).send().await.is_ok_and(|answer| answer.status() == 200)
}

async fn until_ready(http: &reqwest::Client, process: &Process) {
    for _ in 0..600 {
        if is_ready(http, &process.page).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the program does not answer: {}", process.said());
}

/// One of the page's own operations, as a release takes no others.
fn operation(name: &str, variables: Value) -> Value {
    let documents = include_str!("../../web/src/gql/persisted-documents.json");
    let documents: BTreeMap<String, String> = serde_json::from_str(documents).expect("JSON");
    let begins = [format!("query {name}"), format!("mutation {name}")];
    let found = documents.iter().find(|(_, text)| {
        let rest = begins.iter().find_map(|begin| text.strip_prefix(begin.as_str()));
        rest.is_some_and(|rest| rest.starts_with([' ', '(', '{']))
    });
    let (id, _) = found.unwrap_or_else(|| panic!("the page does not ask {name}"));
    json!({ "documentId": id, "variables": variables })
}

async fn signed_up(http: &reqwest::Client, page: &str, person: usize) -> String {
    let email = format!("person-{person}@example.fi");
    let variables = json!({ "email": email, "password": "long enough for tests" });
    let post = http.post(format!("{page}/graphql")).header("x-opl-request", "1");
    let answer = post.json(&operation("SignUp", variables)).send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    cookie.split(';').next().expect("a pair").to_owned()
}

/// Sends each request to the next process that says it is ready, as a balancer before them does.
struct Balancer {
    http: reqwest::Client,
    pages: Vec<String>,
    ready: Vec<AtomicBool>,
    next: AtomicUsize,
    /// A session each.
    cookies: Vec<String>,
    /// What they ask.
    asked: Value,
    good: AtomicU64,
    bad: std::sync::Mutex<Vec<String>>,
}

impl Balancer {
    async fn watch(self: Arc<Self>, number: usize) {
        loop {
            let ready = is_ready(&self.http, &self.pages[number]).await;
            self.ready[number].store(ready, Ordering::Release);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn asks(self: Arc<Self>) {
        let number = (0..REPLICAS).map(|_| self.next.fetch_add(1, Ordering::Relaxed) % REPLICAS);
        let number = number.into_iter().find(|number| self.ready[*number].load(Ordering::Acquire));
        let failed = match number {
            None => "no process is ready".to_owned(),
            Some(number) => match self.ask(&self.pages[number]).await {
                Ok(()) => {
                    self.good.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(why) => format!("process {number}: {why}"),
            },
        };
        self.bad.lock().expect("whole").push(failed);
    }

    async fn ask(&self, page: &str) -> Result<(), String> {
        let post = self.http.post(format!("{page}/graphql")).header("x-opl-request", "1");
        let person = self.next.load(Ordering::Relaxed) % PEOPLE;
        let post = post.header("cookie", &self.cookies[person]);
        let answer = post.json(&self.asked).send().await;
        let answer = answer.map_err(|error| format!("{error:?}"))?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| format!("{status} {error:?}"))?;
        match body["data"]["me"]["id"].is_string() {
            true => Ok(()),
            false => Err(format!("{status} {body}")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_are_restarted_under_load_and_no_request_fails() {
    let _turn = TURN.lock().await;
    let scratch = Scratch::new();
    let (url, http) = (postgres_url().await, client());
    let ports: Vec<u16> = (0..REPLICAS).map(|_| free_port()).collect();
    let start = |number: usize| {
        Process::start(scratch.path(), &format!("replica-{number}"), ports[number], Some(&url))
    };
    // The first makes the root key and the tables; the others find both.
    let mut replicas = vec![start(0)];
    until_ready(&http, &replicas[0]).await;
    replicas.extend((1..REPLICAS).map(start));
    for replica in &replicas {
        until_ready(&http, replica).await;
    }
    let mut cookies = Vec::new();
    for person in 0..PEOPLE {
        cookies.push(signed_up(&http, &replicas[0].page, person).await);
    }
    let balancer = Arc::new(Balancer {
        http: http.clone(),
        pages: replicas.iter().map(|replica| replica.page.clone()).collect(),
        ready: (0..REPLICAS).map(|_| AtomicBool::new(true)).collect(),
        next: AtomicUsize::new(0),
        cookies,
        asked: operation("Me", json!({})),
        good: AtomicU64::new(0),
        bad: std::sync::Mutex::default(),
    });
    let watching: Vec<_> =
        (0..REPLICAS).map(|number| tokio::spawn(Arc::clone(&balancer).watch(number))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let (asking, ended) = (Arc::clone(&balancer), Arc::clone(&stop));
    let load = tokio::spawn(async move {
        let rate = times(RATE.0, RATE.1);
        let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
        let mut under_way = tokio::task::JoinSet::new();
        while !ended.load(Ordering::Acquire) {
            tick.tick().await;
            under_way.spawn(Arc::clone(&asking).asks());
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
    });
    for (number, replica) in replicas.iter_mut().enumerate() {
        let pid = replica.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let ended = Instant::now();
        while replica.child.try_wait().expect("a child").is_none() {
            assert!(ended.elapsed() < Duration::from_secs(60), "it does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let status = replica.child.wait().expect("a child");
        assert!(status.success(), "{status} {}", replica.said());
        *replica = start(number);
        until_ready(&http, replica).await;
        while !balancer.ready[number].load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    stop.store(true, Ordering::Release);
    load.await.expect("asked");
    watching.iter().for_each(tokio::task::JoinHandle::abort);
    let (good, bad) = (balancer.good.load(Ordering::Relaxed), balancer.bad.lock().expect("whole"));
    println!("{good} requests answered over three restarts, {} failed", bad.len());
    assert!(bad.is_empty(), "{} of {}: {:?}", bad.len(), good, &bad[..bad.len().min(5)]);
    assert!(good > 100, "{good}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_what_it_can_is_shed_and_over_at_once() {
    let _turn = TURN.lock().await;
    let scratch = Scratch::new();
    let http = client();
    let process = Process::start(scratch.path(), "alone", free_port(), None);
    until_ready(&http, &process).await;
    let mut cookies = Vec::new();
    for person in 0..PEOPLE {
        cookies.push(signed_up(&http, &process.page, person).await);
    }
    let (cookie, ask) = (cookies[0].clone(), operation("Me", json!({})));
    let before = process.memory("VmRSS:");
    let stop = Arc::new(AtomicBool::new(false));
    let seen: Arc<Vec<AtomicU64>> = Arc::new((0..600).map(|_| AtomicU64::new(0)).collect());
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..FLOOD {
        let (http, page, stop) = (http.clone(), process.page.clone(), Arc::clone(&stop));
        let (cookie, seen) = (cookies[number % PEOPLE].clone(), Arc::clone(&seen));
        // Half try passwords, each of which costs the service a hash of 19 MiB.
        let body = if number % 2 == 0 {
            let email = format!("u{number}@example.fi");
            operation("SignIn", json!({ "email": email, "password": "not the password" }))
        } else {
            operation("TransactionBuckets", json!({}))
        };
        clients.spawn(async move {
            while !stop.load(Ordering::Acquire) {
                let post = http.post(format!("{page}/graphql")).header("x-opl-request", "1");
                let post = post.header("cookie", &cookie).json(&body);
                let status = post.send().await.map_or(0, |answer| answer.status().as_u16());
                seen[usize::from(status)].fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(times(FLOOD_SECONDS.0, FLOOD_SECONDS.1))).await;
    stop.store(true, Ordering::Release);
    let over = Instant::now();
    // Health is told all the while, and at once after it everything is as before.
    loop {
        let post = http.post(format!("{}/graphql", process.page)).header("x-opl-request", "1");
        let post = post.header("cookie", &cookie).json(&ask);
        let answer = post.timeout(NORMAL_WITHIN).send().await;
        if answer.is_ok_and(|answer| answer.status() == 200) {
            break;
        }
        assert!(over.elapsed() < NORMAL_WITHIN, "it does not come back: {}", process.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    clients.abort_all();
    while clients.join_next().await.is_some() {}
    let seen =
        seen.iter().enumerate().map(|(status, count)| (status, count.load(Ordering::Relaxed)));
    let seen: std::collections::BTreeMap<usize, u64> =
        seen.filter(|(_, count)| *count > 0).collect();
    let peak = process.memory("VmHWM:");
    println!("answers {seen:?}; memory {before} KiB before, {peak} KiB at most");
    let told = |status: usize| seen.get(&status).copied().unwrap_or_default();
    assert!(told(503) + told(429) > 0, "it sheds: {seen:?}");
    assert!(told(200) > 0, "it works meanwhile: {seen:?}");
    let others = seen.keys().filter(|status| !matches!(**status, 200 | 429 | 503 | 0));
    assert_eq!(others.count(), 0, "{seen:?}");
    assert!(peak <= MOST_MEMORY_KIB, "{peak} KiB");
}
