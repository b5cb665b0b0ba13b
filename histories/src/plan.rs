//! The quota of unattended calls: four in a rolling day for each account (Delegated Regulation (EU)
//! 2018/389, article 36(5)(b)), each page counted as a call.

use std::collections::VecDeque;

use crate::life::DAY;

/// Unattended calls in a rolling day.
pub const QUOTA: u32 = 4;

/// What one account has spent.
#[derive(Clone, Debug, Default)]
pub struct Quota {
    spent: VecDeque<i64>,
}

impl Quota {
    fn forget(&mut self, now: i64) {
        while self.spent.front().is_some_and(|minute| *minute <= now - DAY) {
            self.spent.pop_front();
        }
    }

    /// How many calls may be made now.
    pub fn left(&mut self, now: i64) -> u32 {
        self.forget(now);
        QUOTA.saturating_sub(u32::try_from(self.spent.len()).unwrap_or(QUOTA))
    }

    /// Whether so many calls may be made now.
    pub fn allows(&mut self, now: i64, calls: u32) -> bool {
        self.left(now) >= calls
    }

    /// Spends so many; tells how many of them are too many.
    pub fn spend(&mut self, now: i64, calls: u32) -> u32 {
        self.forget(now);
        let mut over = 0;
        for _ in 0..calls {
            if self.spent.len() >= QUOTA as usize {
                over += 1;
            }
            self.spent.push_back(now);
        }
        over
    }
}
