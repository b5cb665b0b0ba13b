//! `opl-verify`: checks a bundle or a single proof, without a network, a database or any of the
//! service's code.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use transparency::checkpoint::LONGEST_NOTE;
use transparency::policy::{LONGEST_POLICY, Policy};
use transparency::record::LONGEST_RECORD;
use transparency::text::from_hex;
use transparency::tlog_proof::LONGEST_TLOG_PROOF;
use transparency::verify::{Given, MOST_GIVEN, Report, Subject, verify_bundle, verify_receipt};

const USAGE: &str = "\
usage:
  opl-verify [--policy FILE] [--checkpoint FILE]... [--json] BUNDLE
  opl-verify proof FILE.tlog-proof (--record FILE | --leaf HEX) --policy FILE [--json]

exit codes: 0 proven, 1 damaged, 2 unproven, 3 fork or rollback, 4 rule broken, 64 usage
";

/// Exit code of a call that cannot be understood or whose files cannot be read.
const EXIT_USAGE: u8 = 64;

/// Where evidence of a fork is written, in the working directory.
const EVIDENCE: &str = "fork-evidence.txt";

/// What the command line asks for.
#[derive(Default)]
struct Call {
    proof: bool,
    json: bool,
    policy: Option<PathBuf>,
    checkpoints: Vec<PathBuf>,
    record: Option<PathBuf>,
    leaf: Option<String>,
    /// The bundle or the proof.
    subject: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.len() == 1 && (arguments[0] == "--help" || arguments[0] == "-h") {
        let _ = std::io::stdout().write_all(USAGE.as_bytes());
        return ExitCode::SUCCESS;
    }
    let outcome = parse(arguments).and_then(|call| {
        let report = if call.proof { check_proof(&call)? } else { check_bundle(&call)? };
        Ok((report, call.json))
    });
    match outcome {
        Err(error) => {
            let text = format!("opl-verify: {error}\n\n{USAGE}");
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(EXIT_USAGE)
        }
        Ok((report, json)) => {
            let evidence = report.evidence.as_deref().map(keep_evidence);
            let text = if json { in_json(&report, evidence) } else { in_words(&report, evidence) };
            // The exit code is the answer; a reader that went away does not change it.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::from(report.code)
        }
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Call, String> {
    let mut call = Call::default();
    let mut arguments = arguments.into_iter().peekable();
    call.proof = arguments.next_if(|first| first == "proof").is_some();
    let mut options = true;
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().filter(|text| options && text.starts_with('-'));
        let Some(option) = text else {
            if call.subject.replace(argument.into()).is_some() {
                return Err("more than one bundle or proof is given".to_owned());
            }
            continue;
        };
        let mut value = || {
            let value =
                arguments.next_if(|value| value.to_str().is_none_or(|v| !v.starts_with("--")));
            value.map(PathBuf::from).ok_or(format!("{option} needs a value"))
        };
        let twice = match option {
            "--" => !std::mem::replace(&mut options, false),
            "--json" => std::mem::replace(&mut call.json, true),
            "--policy" => call.policy.replace(value()?).is_some(),
            "--checkpoint" if !call.proof => {
                call.checkpoints.push(value()?);
                call.checkpoints.len() > MOST_GIVEN
            }
            "--record" if call.proof => call.record.replace(value()?).is_some(),
            "--leaf" if call.proof => {
                let leaf = value()?.to_str().map(str::to_owned).ok_or("--leaf needs hex digits")?;
                call.leaf.replace(leaf).is_some()
            }
            other => return Err(format!("there is no option {other} here")),
        };
        if twice {
            return Err(format!("{option} is given too often"));
        }
    }
    if call.subject.is_none() {
        return Err("no bundle or proof is given".to_owned());
    }
    Ok(call)
}

fn check_bundle(call: &Call) -> Result<Report, String> {
    let folder = call.subject.as_deref().unwrap_or(Path::new(""));
    if !folder.is_dir() {
        return Err(format!("{} is no folder: give the folder of a bundle", folder.display()));
    }
    let policy = call.policy.as_deref().map(read_policy).transpose()?;
    let mut given = Vec::with_capacity(call.checkpoints.len());
    for path in &call.checkpoints {
        let note = read_text(path, LONGEST_NOTE)?;
        given.push(Given { name: path.display().to_string(), note });
    }
    Ok(verify_bundle(folder, policy.as_ref(), &given))
}

fn check_proof(call: &Call) -> Result<Report, String> {
    let path = call.subject.as_deref().unwrap_or(Path::new(""));
    let policy = call.policy.as_deref().ok_or("a proof needs --policy FILE")?;
    let policy = read_policy(policy)?;
    let proof = read_text(path, LONGEST_TLOG_PROOF)?;
    match (&call.record, &call.leaf) {
        (Some(record), None) => {
            let bytes = read(record, LONGEST_RECORD)?;
            Ok(verify_receipt(&proof, Subject::Record(&bytes), &policy))
        }
        (None, Some(leaf)) => {
            let leaf = from_hex(leaf).ok_or("--leaf needs 64 hexadecimal digits, a to f small")?;
            Ok(verify_receipt(&proof, Subject::Leaf(leaf), &policy))
        }
        _ => Err("a proof needs either --record FILE or --leaf HEX".to_owned()),
    }
}

fn read_policy(path: &Path) -> Result<Policy, String> {
    Policy::parse(&read_text(path, LONGEST_POLICY)?)
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path, longest: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(longest as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    if bytes.len() > longest {
        return Err(format!("{} has more than {longest} bytes", path.display()));
    }
    Ok(bytes)
}

fn read_text(path: &Path, longest: usize) -> Result<String, String> {
    String::from_utf8(read(path, longest)?).map_err(|_| format!("{} is no text", path.display()))
}

/// Writes the evidence unless there is some, and says what became of it.
fn keep_evidence(evidence: &str) -> String {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(EVIDENCE)
        .and_then(|mut file| file.write_all(evidence.as_bytes()));
    match written {
        Ok(()) => format!("written to {EVIDENCE}; keep it, it holds what the log signed"),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            format!("not written: {EVIDENCE} is there already and was left as it is")
        }
        Err(error) => format!("not written: {EVIDENCE}: {error}"),
    }
}

fn in_json(report: &Report, evidence: Option<String>) -> String {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("evidence".to_owned(), evidence.into());
    }
    format!("{value}\n")
}

fn in_words(report: &Report, evidence: Option<String>) -> String {
    let verdict = match report.code {
        0 => "PROVEN",
        1 => "DAMAGED",
        2 => "UNPROVEN",
        3 => "FORK OR ROLLBACK",
        _ => "RULE BROKEN",
    };
    let mut text = format!("{verdict}: {}\n", report.summary);
    if let Some(origin) = &report.origin {
        text.push_str(&format!("log: {origin}\n"));
    }
    text.push_str(&format!("records: {} read, {} proven\n", report.records, report.proven));
    for (label, lines) in [("checked", &report.checked), ("note", &report.notes)] {
        lines.iter().for_each(|line| text.push_str(&format!("{label}: {line}\n")));
    }
    for finding in report.findings.iter().skip(1) {
        text.push_str(&format!("also: {}\n", finding.text));
    }
    if let Some(evidence) = evidence {
        text.push_str(&format!("evidence: {evidence}\n"));
    }
    // Names come from files: no control character of theirs reaches a terminal.
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
