//! What real transactions go by after names were exchanged that nothing told apart.

use crate::bank::ShownRow;
use crate::books::Books;
use crate::exchange::name_of;
use crate::history::Read;
use crate::life::RealId;

impl Books {
    /// Remembers what a window shows under names that were exchanged. What bears one of its own goes
    /// by that.
    pub fn remember_names(&mut self, read: &Read) {
        let exchanged = |row: &ShownRow| self.named.get(&(name_of(&row.observed)?, row.real));
        let shown = read.rows.iter().map(|row| (row.real, exchanged(row).copied()));
        let (others, own): (Vec<_>, Vec<_>) =
            shown.partition(|(real, other)| other.is_some_and(|other| other != *real));
        self.shown_as.extend(others.into_iter().filter_map(|(real, other)| Some((real, other?))));
        for (real, _) in own {
            self.shown_as.remove(&real);
        }
    }

    /// What a real transaction is called, by the names it was last shown under.
    #[must_use]
    pub fn called(&self, real: RealId) -> RealId {
        self.labels.of(self.shown_as.get(&real).copied().unwrap_or(real))
    }

    /// Which real transaction was last shown under the names of what is called so.
    #[must_use]
    pub fn stands_for(&self, label: RealId) -> RealId {
        let real = self.labels.real(label);
        let other = self.shown_as.iter().find(|(_, shown)| **shown == real);
        other.map_or(real, |(other, _)| *other)
    }
}
