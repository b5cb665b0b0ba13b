//! `opl categorise`: a file of transactions with a category, a confidence and a reason for each.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use insights::base;
use insights::cascade::Cascade;
use insights::file::{self, Signs};
use insights::statement::BadRow;
use insights::taxonomy;

use super::Failure;

/// Most bad lines that are named; the rest are counted.
const MOST_NAMED: u64 = 20;

/// What `opl categorise` takes.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct CategoriseArguments {
    #[command(subcommand)]
    work: Option<Work>,
    /// A CSV file whose first line names columns for date, amount, currency and text; - for the
    /// standard input. It comes back with category, confidence and why
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    /// Learn first from this file, which has a category beside each row
    #[arg(long, value_name = "LABELLED")]
    learn: Option<PathBuf>,
    /// The column of categories in the labelled file, if it is not named category, cat or label
    #[arg(long, value_name = "NAME", requires = "learn")]
    category_column: Option<String>,
    /// How the files write money out
    #[arg(long, value_name = "HOW", default_value = "shown")]
    spent: Spent,
}

#[derive(Subcommand)]
enum Work {
    /// Train the model that comes with the program, from the lists that come with it
    Train {
        /// Where to write it
        #[arg(value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the taxonomy, with what its categories are called elsewhere
    Taxonomy,
}

#[derive(Clone, Copy, ValueEnum)]
enum Spent {
    /// As their first rows show
    Shown,
    /// With a minus
    Negative,
    /// Without a sign, as card statements do
    Positive,
}

impl From<Spent> for Signs {
    fn from(spent: Spent) -> Self {
        match spent {
            Spent::Shown => Self::Shown,
            Spent::Negative => Self::SpentNegative,
            Spent::Positive => Self::SpentPositive,
        }
    }
}

/// Runs it.
pub(super) fn run(arguments: CategoriseArguments) -> Result<(), Failure> {
    let path = match (arguments.work, arguments.file) {
        (Some(Work::Taxonomy), _) => {
            print!("{}", taxonomy::PUBLISHED);
            return Ok(());
        }
        (Some(Work::Train { out }), _) => {
            let bytes = base::train(|_| true).bytes();
            std::fs::write(&out, &bytes).map_err(|error| about(&out, &error))?;
            println!("{} bytes, version {}", bytes.len(), base::MODEL_VERSION);
            return Ok(());
        }
        (None, Some(path)) => path,
        (None, None) => return Err(Failure::new("name a file")),
    };
    let signs = arguments.spent.into();
    let learnt = match &arguments.learn {
        Some(from) => {
            let mut named = Named::of(from);
            let open = || File::open(from).map(BufReader::new);
            let category = arguments.category_column.as_deref();
            let learnt = file::learn(open, signs, category, |line, fault| named.bad(line, fault));
            named.count();
            Some(learnt.map_err(|error| about(from, &error))?)
        }
        None => None,
    };
    let cascade = Cascade { learnt: learnt.as_ref(), ..Cascade::default() };
    let source: Box<dyn BufRead> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => {
            let file = File::open(&path).map_err(|error| about(&path, &error))?;
            Box::new(BufReader::new(file))
        }
    };
    let mut target = BufWriter::new(io::stdout().lock());
    let mut named = Named::of(&path);
    let bad = |line, fault| named.bad(line, fault);
    let report = file::categorise(source, &mut target, &cascade, signs, bad);
    let report = report.map_err(|error| about(&path, &error))?;
    named.count();
    if report.spent_is_positive {
        eprintln!(
            "opl: amounts without a sign are taken as money out (--spent negative says otherwise)"
        );
    }
    match report.answered {
        0 if report.bad > 0 => Err(Failure::new("no row could be read")),
        _ => Ok(()),
    }
}

fn about(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// Names the first bad lines of a file.
struct Named<'a> {
    path: &'a Path,
    bad: u64,
}

impl<'a> Named<'a> {
    fn of(path: &'a Path) -> Self {
        Self { path, bad: 0 }
    }

    fn bad(&mut self, line: u64, fault: BadRow) {
        self.bad += 1;
        if self.bad <= MOST_NAMED {
            eprintln!("opl: {}, line {line}: {fault}", self.path.display());
        }
    }

    fn count(&self) {
        if self.bad > 0 {
            eprintln!("opl: {}: {} rows could not be read", self.path.display(), self.bad);
        }
    }
}
