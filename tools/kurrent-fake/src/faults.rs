//! Misbehaviour on request.
//!
//! `fault NAME TIMES [AFTER]` makes the next `TIMES` fitting calls misbehave, after `AFTER` events
//! where that says something; `left NAME` tells how many are still to come.
//!
//! | name | what happens |
//! |---|---|
//! | `end-early` | a read ends with OK after `AFTER` events |
//! | `unavailable` | a read fails with UNAVAILABLE after `AFTER` events |
//! | `twice` | a read delivers every event twice |
//! | `lost-answer` | an append is stored and answered with DEADLINE_EXCEEDED |
//! | `lost-append` | an append is not stored and answered with UNAVAILABLE |
//! | `not-leader` | an append is refused with the leader's address, which is this server's |
//! | `empty-answer` | an append is stored and answered with a message without a result |

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const NAMES: [&str; 7] = [
    "end-early",
    "unavailable",
    "twice",
    "lost-answer",
    "lost-append",
    "not-leader",
    "empty-answer",
];

#[derive(Clone, Copy, Default)]
struct Fault {
    times: usize,
    after: usize,
}

/// What is to go wrong.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<HashMap<String, Fault>>>);

impl Faults {
    /// Obeys a line.
    pub fn command(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match words.as_slice() {
            ["left", name] => faults.get(*name).map_or(0, |fault| fault.times).to_string(),
            ["fault", name, numbers @ ..] if NAMES.contains(name) => {
                let number = |place: usize| numbers.get(place).and_then(|word| word.parse().ok());
                let (times, after) = (number(0).unwrap_or(1), number(1).unwrap_or(0));
                faults.insert((*name).to_owned(), Fault { times, after });
                "done".to_owned()
            }
            _ => format!("not understood: {line}"),
        }
    }

    /// Whether this call is to misbehave, and after how many events.
    pub fn take(&self, name: &str) -> Option<usize> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.get_mut(name).filter(|fault| fault.times > 0)?;
        fault.times -= 1;
        Some(fault.after)
    }
}
