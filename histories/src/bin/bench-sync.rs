//! Scores reconciliation against its rivals over seeded histories, or tells a single history.

use std::io::Write as _;
use std::process::ExitCode;

use histories::campaign::{ALGORITHMS, Course, Result as Outcome, set_of, tell};
use histories::misbehaviour::Set;
use histories::score::Score;
use histories::study::Bound;
use serde_json::{Value, json};

const USAGE: &str =
    "bench-sync [--histories N] [--seed S] [--only NAME,NAME] [--ours] [--missed] [--faults N]
bench-sync --study [--histories N] [--seed S] [--only NAME,NAME]
bench-sync --explain SEED [--only NAME,NAME] [--algorithm PLACE] [--full]";
/// Histories of a run, if nothing else is said.
const HISTORIES: u64 = 10_000;
/// Where the figures go, from the workspace's root.
const FIGURES: &str = "target/bench-sync.json";

struct Options {
    course: Course,
    explain: Option<u64>,
    algorithm: usize,
    full: bool,
    ours: bool,
    missed: bool,
    study: bool,
    faults: usize,
}

fn options() -> Result<Options, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let course = Course { histories: HISTORIES, seed: 0, only: None, threads };
    let mut options = Options {
        course,
        explain: None,
        algorithm: 0,
        full: false,
        ours: false,
        missed: false,
        study: false,
        faults: 0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--full" => options.full = true,
            "--ours" => options.ours = true,
            "--missed" => options.missed = true,
            "--study" => options.study = true,
            "--histories" | "--seed" | "--explain" | "--algorithm" | "--faults" => {
                let number = words.next().and_then(|text| text.parse().ok());
                let number: u64 = number.ok_or_else(|| format!("{word} needs a whole number"))?;
                match word.as_str() {
                    "--histories" => options.course.histories = number,
                    "--seed" => options.course.seed = number,
                    "--explain" => options.explain = Some(number),
                    "--faults" => options.faults = usize::try_from(number).unwrap_or(usize::MAX),
                    _ => options.algorithm = usize::try_from(number).unwrap_or(usize::MAX),
                }
            }
            "--only" => options.course.only = Some(Set::parse(&words.next().unwrap_or_default())?),
            _ => return Err(format!("{word} is not known")),
        }
    }
    if options.algorithm >= ALGORITHMS.len() {
        return Err(format!("--algorithm is 0 to {}", ALGORITHMS.len() - 1));
    }
    Ok(options)
}

fn main() -> ExitCode {
    match options() {
        Err(what) => {
            eprintln!("{what}\n{USAGE}");
            ExitCode::FAILURE
        }
        Ok(options) => match options.explain {
            Some(seed) => explain(seed, &options),
            None if options.study => study(&options),
            None => bench(&options),
        },
    }
}

fn explain(seed: u64, options: &Options) -> ExitCode {
    let set = options.course.only.unwrap_or_else(|| set_of(seed).0);
    let (score, log) = tell(seed, set, ALGORITHMS[options.algorithm], !options.full);
    let text = format!("{}{score:?}\n", log.text);
    // A reader that stops half-way, such as head, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// What an ideal observer would find of the pending transactions that were shown booked.
fn study(options: &Options) -> ExitCode {
    let study = options.course.study(progress(options.course.histories));
    eprintln!();
    println!("{:<8}{:>9}{:>9}{:>9}{:>7}{:>9}", "", "due", "found", "taken", "wrong", "recall");
    for (class, bound) in study.bounds(&["", "alone", "pair", "random"]) {
        let name = if class.is_empty() { "all" } else { class };
        let recall = bound.found as f64 / bound.due.max(1) as f64;
        let Bound { due, found, taken, wrong } = bound;
        println!("{name:<8}{due:>9}{found:>9}{taken:>9}{wrong:>7}{recall:>9.4}");
    }
    ExitCode::SUCCESS
}

fn progress(all: u64) -> impl Fn(u64) + Sync {
    move |done| {
        if done % 100 == 0 || done == all {
            eprint!("\r{done} of {all} histories");
        }
    }
}

fn bench(options: &Options) -> ExitCode {
    let algorithms = if options.ours { &ALGORITHMS[..1] } else { &ALGORITHMS[..] };
    let result = options.course.run(algorithms, progress(options.course.histories));
    eprintln!();
    print!("{}", table(&result, algorithms.len()));
    if options.missed {
        print!("{}", missed(&result));
    }
    for seed in result.faulty.iter().take(options.faults) {
        let set = options.course.only.unwrap_or_else(|| set_of(*seed).0);
        let (_, log) = tell(*seed, set, ALGORITHMS[0], true);
        let found: Vec<_> = log.text.lines().filter(|line| line.contains("***")).collect();
        let first = found.first().map_or("", |line| line.trim());
        println!("seed {seed} [{set}]: {} faults, first {first}", found.len());
    }
    let folder = std::path::Path::new(FIGURES).parent().unwrap_or(std::path::Path::new("."));
    let text = figures(&result, &options.course, algorithms.len()).to_string();
    if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(FIGURES, text))
    {
        eprintln!("{FIGURES} cannot be written: {error}");
        return ExitCode::FAILURE;
    }
    println!("figures: {FIGURES}");
    ExitCode::SUCCESS
}

const HEADING: &str = "histories  faulty    lost doubled   stale    kept  edits lost  precision  recall  settled: precision  recall  review";

fn line(name: &str, score: &Score) -> String {
    format!(
        "{name:<38} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>5}/{:<5} {:>10.5} {:>7.4} {:>18.5} {:>7.4} {:>7}\n",
        score.histories,
        score.faulty,
        score.lost,
        score.doubled,
        score.stale,
        score.kept,
        score.edits_lost,
        score.edits,
        score.precision(),
        score.recall(),
        score.settled_precision(),
        score.settled_recall(),
        score.doubted,
    )
}

fn table(result: &Outcome, algorithms: usize) -> String {
    let mut text = format!("{:<38} {HEADING}\n", "");
    for class in ["", "alone", "pair", "random"] {
        for (place, algorithm) in ALGORITHMS.iter().enumerate().take(algorithms) {
            let name = if class.is_empty() { "all" } else { class };
            let name = format!("{name}: {}", algorithm.name());
            text += &line(&name, &result.sum(place, class));
        }
    }
    for (place, algorithm) in ALGORITHMS.iter().enumerate().take(algorithms) {
        text += &format!("\n{}, each misbehaviour alone\n", algorithm.name());
        for ((_, class), score) in result.scores.iter().filter(|((of, _), _)| *of == place) {
            if let Some(name) = class.strip_prefix("alone: ") {
                text += &line(name, score);
            }
        }
    }
    let calls = &result.calls;
    text += &format!(
        "\ncalls: {} unattended, of these {} over the quota; {} attended; {} reads put off; {} account days that no whole window showed\n",
        calls.unattended, calls.over, calls.attended, calls.put_off, calls.days_missing
    );
    text
}

/// Which pending transactions that were shown booked ours did not find, and why.
fn missed(result: &Outcome) -> String {
    let sums = ["", "alone", "pair", "random"].map(|class| result.sum(0, class));
    let of = |count: fn(&Score) -> u64| sums.iter().map(count).map(|count| format!("{count:>9}"));
    let row = |name: &str, counts: Vec<String>| format!("{name:<46}{}\n", counts.concat());
    let heading = ["all", "alone", "pair", "random"].map(|class| format!("{class:>9}"));
    let mut text = row("\npending transactions shown booked", heading.to_vec());
    text += &row("due", of(|score| score.settled_due).collect());
    text += &row("found", of(|score| score.settled_found).collect());
    for why in sums[0].missed.keys() {
        let count = |score: &Score| score.missed.get(why).copied().unwrap_or_default();
        text += &row(why, sums.iter().map(|score| format!("{:>9}", count(score))).collect());
    }
    text
}

fn figures(result: &Outcome, course: &Course, algorithms: usize) -> Value {
    let summed = |place: usize, class: &str| {
        let score = result.sum(place, class);
        json!({
            "counts": score,
            "precision": score.precision(),
            "recall": score.recall(),
            "settled_precision": score.settled_precision(),
            "settled_recall": score.settled_recall(),
        })
    };
    let rows: Vec<_> = (0..algorithms)
        .map(|place| {
            let classes: serde_json::Map<String, Value> = result
                .scores
                .iter()
                .filter(|((of, _), _)| *of == place)
                .map(|((_, class), score)| (class.clone(), json!(score)))
                .collect();
            json!({
                "algorithm": ALGORITHMS[place].name(),
                "all": summed(place, ""),
                "alone": summed(place, "alone"),
                "pairs": summed(place, "pair"),
                "random": summed(place, "random"),
                "classes": classes,
            })
        })
        .collect();
    let calls = &result.calls;
    json!({
        "histories": course.histories,
        "seed": course.seed,
        "algorithms": rows,
        "faulty_seeds": result.faulty,
        "calls": {
            "unattended": calls.unattended,
            "over_quota": calls.over,
            "attended": calls.attended,
            "put_off": calls.put_off,
            "days_missing": calls.days_missing,
        },
    })
}
