//! What banks do wrong, each thing by its name, alone and in any combination.
//!
//! The history itself stays honest in `household`; only `identical-twins` and `corrected-history` change
//! facts there. Everything else is a small function here that takes what an honest bank would answer and
//! the set of what is on, and is called at one place of `op`:
//!
//! | file | what it changes |
//! |---|---|
//! | `rows` | the rows of accounts and cards, their ids, pending rows |
//! | `pending` | rows that are not booked yet |
//! | `balances` | accounts, cards, their balances and ids |
//! | `history` | how far back a consent sees, and what an authorization may ask |
//! | `tokens` | token answers, ID tokens, the registration answer |
//! | `conduct` | the switches, the clock's error, the certificates, what is counted |
//!
//! OP's interface has neither pending rows nor a filter for them, no date filter, no balance endpoint and
//! no reference on card rows. Where a misbehaviour needs one of these, the closest thing is done and its
//! function says so.

mod balances;
mod conduct;
mod history;
mod name;
mod pending;
#[cfg(test)]
mod properties;
mod rows;
mod set;
mod tokens;

pub(crate) use balances::{Figures, account, balances_are_down, card, shown_id};
pub(crate) use conduct::{CertificatePhase, Conduct};
pub(crate) use history::{
    GRANTED_DAYS_MAX, WINDOW_REFUSED_DAYS, Window, supersedes, window_is_refused,
};
pub use name::{Misbehaviour, UnknownMisbehaviour};
pub(crate) use pending::{PHANTOM_DAYS, Phantom, StatusFilter};
pub(crate) use rows::{Entry, Listed, Shown, Source, Standing, View};
pub use set::Misbehaviours;
pub(crate) use tokens::{id_token, odd_retry_after, registration, token_answer};
