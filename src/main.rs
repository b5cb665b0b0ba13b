//! The `opl` command.

use std::process::ExitCode;

/// Pages of events are made by one thread and given back by others: an allocator that is made for that
/// takes less time, and gives memory back to the system sooner.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    opl::cli::main()
}
