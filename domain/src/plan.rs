//! When a bank may be asked, when it is asked next, and for which days. Folds and sums only: the
//! calls that were made come from the log, so that a restart, or another process, knows the same.

pub mod budget;
pub mod schedule;
pub mod wait;
pub mod window;

pub use budget::{
    Access, Allowance, Budget, Budgets, Denied, ROLLING_DAY, Resource, UNATTENDED_A_DAY,
};
pub use schedule::{Next, Past, Rhythm, Why, next_read};
pub use window::{Days, Held, Reach, Reason, days_to_ask};

#[cfg(test)]
mod simulated;
