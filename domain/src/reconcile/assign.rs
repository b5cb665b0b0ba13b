//! The likely stages: which booked row stands for which pending one, and which is a correction.

use super::work::Work;

/// Pending transactions against booked rows.
pub(super) fn settle(_work: &mut Work<'_>) {}

/// Booked transactions that are gone against booked rows that are new.
pub(super) fn correct(_work: &mut Work<'_>) {}
