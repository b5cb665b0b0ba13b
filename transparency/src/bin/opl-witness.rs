//! `opl-witness`: a small server that cosigns a log's checkpoints (C2SP tlog-witness), and refuses
//! those that do not continue what it saw. One request at a time, plain HTTP; whoever lets others in
//! puts TLS before it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use transparency::checkpoint::{CosigningKey, VerifierKey};
use transparency::text::{from_hex, hex_of};
use transparency::witness::{LONGEST_REQUEST, Witness};

const USAGE: &str = "\
usage: opl-witness --name NAME --key FILE --state FILE --log VKEY [--log VKEY…] [--listen ADDRESS]
       opl-witness --name NAME --key FILE --print-key

  --name NAME       the witness's name in its signatures, such as auditor.example/1
  --key FILE        the private key (64 hexadecimal digits, mode 0600); made if it is not there
  --state FILE      what was seen of each log; never copy an old one back
  --log VKEY        a log's key, as `opl audit key` prints it
  --listen ADDRESS  default 127.0.0.1:7380; `POST /add-checkpoint` is answered, and
                    `POST /add-succession` with another key of a log, signed by the one before
  --print-key       print the line for a policy and end
";

/// Longest head of a request, in bytes.
const LONGEST_HEAD: usize = 8 * 1024;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most `--log` options.
const MOST_LOGS: usize = 64;

#[derive(Default)]
struct Call {
    name: Option<String>,
    key: Option<PathBuf>,
    state: Option<PathBuf>,
    logs: Vec<VerifierKey>,
    listen: Option<String>,
    print_key: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match parse(arguments).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("opl-witness: {error}");
            ExitCode::from(64)
        }
    }
}

fn parse(arguments: Vec<String>) -> Result<Call, String> {
    let mut call = Call::default();
    let mut arguments = arguments.into_iter();
    while let Some(option) = arguments.next() {
        if option == "--print-key" {
            call.print_key = true;
            continue;
        }
        let value = arguments.next().ok_or(format!("{option} needs a value\n\n{USAGE}"))?;
        match option.as_str() {
            "--name" => call.name = Some(value),
            "--key" => call.key = Some(value.into()),
            "--state" => call.state = Some(value.into()),
            "--listen" => call.listen = Some(value),
            "--log" if call.logs.len() < MOST_LOGS => {
                call.logs.push(value.parse().map_err(|error| format!("--log: {error}"))?);
            }
            _ => return Err(format!("{option} is no option here\n\n{USAGE}")),
        }
    }
    Ok(call)
}

fn run(call: Call) -> Result<(), String> {
    let missing = |name: &str| format!("{name} is missing\n\n{USAGE}");
    let name = call.name.ok_or_else(|| missing("--name"))?;
    let seed = seed(&call.key.ok_or_else(|| missing("--key"))?)?;
    let key = CosigningKey::from_seed(&name, &seed).map_err(|error| error.to_string())?;
    if call.print_key {
        println!("witness {} {}", name.replace(['/', '.'], "-"), key.verifier_key());
        return Ok(());
    }
    if call.logs.is_empty() {
        return Err(missing("--log"));
    }
    let state = call.state.ok_or_else(|| missing("--state"))?;
    let mut witness = Witness::open(key, call.logs, &state).map_err(|error| error.to_string())?;
    let listen = call.listen.unwrap_or_else(|| "127.0.0.1:7380".to_owned());
    let listener = TcpListener::bind(&listen).map_err(|error| format!("{listen}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("listening on {address}");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    for stream in listener.incoming() {
        // A client that breaks off is its own affair.
        let _ = stream.and_then(|stream| serve(stream, &mut witness));
    }
    Ok(())
}

/// The private key's 32 bytes, made where there are none.
fn seed(path: &Path) -> Result<[u8; 32], String> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.exists() {
        let mut seed = [0_u8; 32];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(&mut seed))
            .map_err(told)?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(told)?;
        writeln!(file, "{}", hex_of(&seed)).and_then(|()| file.sync_all()).map_err(told)?;
    }
    let mode = std::fs::metadata(path).map_err(told)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("{} can be read by others; chmod 600 it", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    from_hex(text.trim_end())
        .ok_or_else(|| format!("{} does not hold 64 hexadecimal digits", path.display()))
}

fn serve(mut stream: TcpStream, witness: &mut Witness) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let begun = std::time::Instant::now();
    let (status, kind, body) = match read(&mut stream, begun)? {
        Err(status) => (status, "text/plain; charset=utf-8", String::new()),
        Ok((path, body)) => {
            let answer = match path {
                Asked::Checkpoint => witness.add_checkpoint(&body, seconds_now()),
                Asked::Succession => witness.add_succession(&body),
            };
            let (kind, text) = answer.body();
            (answer.status(), kind, text)
        }
    };
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n",
        if status == 200 { "OK" } else { "Refused" },
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}

/// The one clock of this program, which stands outside the service's.
#[allow(clippy::disallowed_methods)]
fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

/// What can be asked.
#[derive(Clone, Copy)]
enum Asked {
    Checkpoint,
    Succession,
}

/// What is asked and the body of it, or the status for anything else.
fn read(
    stream: &mut TcpStream,
    begun: std::time::Instant,
) -> std::io::Result<Result<(Asked, Vec<u8>), u16>> {
    let (mut bytes, mut part) = (Vec::new(), [0_u8; 4096]);
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LONGEST_HEAD || begun.elapsed() > PATIENCE {
            return Ok(Err(431));
        }
        match stream.read(&mut part)? {
            0 => return Ok(Err(400)),
            read => bytes.extend_from_slice(&part[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let asked = match (words.next(), words.next()) {
        (Some("POST"), Some("/add-checkpoint")) => Asked::Checkpoint,
        (Some("POST"), Some("/add-succession")) => Asked::Succession,
        (_, Some("/add-checkpoint" | "/add-succession")) => return Ok(Err(405)),
        _ => return Ok(Err(404)),
    };
    let mut lengths = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = match (lengths.next(), lengths.next()) {
        (Some(Ok(length)), None) if length <= LONGEST_REQUEST => length,
        (Some(Ok(_)), None) => return Ok(Err(413)),
        (None, _) => return Ok(Err(411)),
        _ => return Ok(Err(400)),
    };
    let mut body = bytes[head_end + 4..].to_vec();
    while body.len() < length {
        if begun.elapsed() > PATIENCE {
            return Ok(Err(408));
        }
        match stream.read(&mut part)? {
            0 => return Ok(Err(400)),
            read => body.extend_from_slice(&part[..read]),
        }
    }
    body.truncate(length);
    Ok(Ok((asked, body)))
}
