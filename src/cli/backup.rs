//! `opl backup` and `opl restore`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::store::{Bar, carry_root_key, keep_root_key};
use super::{Failure, StateArguments};
use crate::app::Options;
use crate::backup::{self, Backup, Manifest, Restored};

/// What `opl backup` takes.
#[derive(Args)]
pub(super) struct BackupArguments {
    #[command(flatten)]
    state: StateArguments,
    /// New directory for the backup
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What `opl restore` takes: the state arguments say where to.
#[derive(Args)]
pub(super) struct RestoreArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Keys of a later backup (its keys.db) instead of this one's: who was erased since stays erased
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Put the root key of --root-key-file into the new data directory
    #[arg(long)]
    with_root_key: bool,
    /// Only check the backup: restore it into a scratch directory, compare, and remove that
    #[arg(long, conflicts_with = "with_root_key")]
    verify: bool,
}

pub(super) async fn back_up(arguments: BackupArguments) -> Result<(), Failure> {
    let BackupArguments { state, out } = arguments;
    let mut bar = Bar::new();
    let made = backup::back_up(&state.options(), &out, |at| bar.show(at)).await;
    bar.end();
    let manifest = made?;
    println!("{} holds a whole backup", out.display());
    show(&manifest);
    println!("The root key is not in it: keep that apart, the backup does not open without it.");
    println!("keys.db can be kept shorter than log.db: without it no person's data opens.");
    Ok(())
}

fn show(manifest: &Manifest) {
    println!("size  {}", manifest.size);
    println!("root  {}", manifest.root);
    for projection in &manifest.projections {
        println!("{:<14} digest {}", projection.name, projection.digest);
    }
}

pub(super) async fn restore(arguments: RestoreArguments) -> Result<(), Failure> {
    let RestoreArguments { state, from, keys, with_root_key, verify } = arguments;
    let options = state.options();
    let backup = Backup { from: &from, keys: keys.as_deref() };
    let mut bar = Bar::new();
    if verify {
        let scratch = std::env::temp_dir().join(format!("opl-verify-{}", options.chance.uuid()?));
        let result = backup::verify(backup, &options, &scratch, |at| bar.show(at)).await;
        bar.end();
        report(&result?);
        println!("{} is a whole backup, and all of it is right", from.display());
        return Ok(());
    }
    let result = backup::restore(backup, &options, |at| bar.show(at)).await;
    bar.end();
    report(&result?);
    say_where(&options, &options.data_directory, with_root_key)
}

fn report(restored: &Restored) {
    let Restored { manifest, same, other_version, other_keys } = restored;
    println!("size  {}", manifest.size);
    println!("root  {}", manifest.root);
    for projection in same {
        println!("{:<14} digest {}  the same", projection.name, projection.digest);
    }
    for name in other_version {
        println!("{name:<14} is folded otherwise by this program and was not compared");
    }
    for name in other_keys {
        println!("{name:<14} has other rows, as it was restored with other keys");
    }
}

fn say_where(options: &Options, directory: &Path, with_root_key: bool) -> Result<(), Failure> {
    match options.postgres_url {
        Some(_) => println!("The database holds the state of the backup."),
        None => println!("{} holds the state of the backup.", directory.display()),
    }
    if with_root_key {
        return keep_root_key(options, directory);
    }
    carry_root_key(directory);
    Ok(())
}
