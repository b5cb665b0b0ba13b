//! Any combination of misbehaviours.

use std::fmt;
use std::str::FromStr;

use super::name::{Misbehaviour, UnknownMisbehaviour};
use crate::chance::Chance;

/// A set of misbehaviours; written and read as names separated by commas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Misbehaviours(u64);

impl Misbehaviours {
    /// A bank that behaves.
    pub const NONE: Self = Self(0);

    /// All forty at once.
    #[must_use]
    pub fn all() -> Self {
        Misbehaviour::ALL.into_iter().collect()
    }

    /// This set with one more.
    #[must_use]
    pub fn with(self, misbehaviour: Misbehaviour) -> Self {
        Self(self.0 | 1 << misbehaviour as u8)
    }

    /// Everything that is in one of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when the misbehaviour is in the set.
    #[must_use]
    pub fn has(self, misbehaviour: Misbehaviour) -> bool {
        self.0 & (1 << misbehaviour as u8) != 0
    }

    /// True for a bank that behaves.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Misbehaviour> {
        Misbehaviour::ALL.into_iter().filter(move |misbehaviour| self.has(*misbehaviour))
    }

    /// The names of the members.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Misbehaviour::name).collect()
    }

    /// A combination of one to eight members; the same seed gives the same combination.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "misbehaviours");
        let wanted = chance.between(1, 8);
        (0..wanted).map(|_| *chance.choose(&Misbehaviour::ALL)).collect()
    }

    /// Reads names, each of which may hold several separated by commas; blank ones count for nothing.
    ///
    /// # Errors
    ///
    /// [`UnknownMisbehaviour`] for the first name that stands for none of the forty.
    pub fn parse<Name: AsRef<str>>(
        names: impl IntoIterator<Item = Name>,
    ) -> Result<Self, UnknownMisbehaviour> {
        names.into_iter().try_fold(Self::NONE, |set, names| Ok(set.and(names.as_ref().parse()?)))
    }

    /// True when rows that are not booked yet are listed, and every row says its status. OP's interface
    /// has no pending rows; this is an extension of the simulator.
    pub(crate) fn lists_pending(self) -> bool {
        use Misbehaviour as M;
        [
            M::CardPair,
            M::PendingAmountDrift,
            M::PendingDateDrift,
            M::RewrittenText,
            M::VanishingPending,
            M::PendingFilterRefused,
            M::BookedFilterIgnored,
        ]
        .into_iter()
        .any(|misbehaviour| self.has(misbehaviour))
    }
}

impl FromIterator<Misbehaviour> for Misbehaviours {
    fn from_iter<Members: IntoIterator<Item = Misbehaviour>>(members: Members) -> Self {
        members.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Misbehaviour> for Misbehaviours {
    fn from(misbehaviour: Misbehaviour) -> Self {
        Self::NONE.with(misbehaviour)
    }
}

impl FromStr for Misbehaviours {
    type Err = UnknownMisbehaviour;

    fn from_str(names: &str) -> Result<Self, UnknownMisbehaviour> {
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(str::parse::<Misbehaviour>).collect()
    }
}

impl fmt::Display for Misbehaviours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_empty() {
            true => formatter.write_str("none"),
            false => formatter.write_str(&self.names().join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_a_set_and_back() {
        let set = Misbehaviours::parse(["no-id, self-link", "", "clock-skew"]).unwrap();
        assert_eq!(set.to_string(), "no-id,self-link,clock-skew");
        assert_eq!(set.to_string().parse(), Ok(set));
        assert_eq!(Misbehaviours::all().iter().count(), 40);
        assert!(Misbehaviours::parse(["no-id", "nonsense"]).is_err());
    }

    #[test]
    fn a_seed_repeats_its_combination_and_seeds_differ() {
        let sets: Vec<Misbehaviours> = (0..200).map(Misbehaviours::random).collect();
        assert_eq!(sets, (0..200).map(Misbehaviours::random).collect::<Vec<_>>());
        assert!(sets.iter().all(|set| (1..=8).contains(&set.iter().count())));
        let every = sets.iter().fold(Misbehaviours::NONE, |every, set| every.and(*set));
        assert_eq!(every, Misbehaviours::all());
    }
}
