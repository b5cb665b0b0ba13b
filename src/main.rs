//! The `opl` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    opl::cli::main()
}
