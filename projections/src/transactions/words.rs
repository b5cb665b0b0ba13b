//! The words that columns hold. What nearly every row is, is kept as nothing: it takes no room.

use domain::observed::RowState;
use domain::transaction::Standing;

use crate::database::{DatabaseError, RowReader};

pub(super) fn of_state(state: RowState) -> Option<&'static str> {
    match state {
        RowState::Booked => None,
        RowState::Pending => Some("pending"),
    }
}

pub(super) fn state(word: Option<&str>) -> RowState {
    match word {
        Some("pending") => RowState::Pending,
        _ => RowState::Booked,
    }
}

pub(super) fn of_standing(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Counted => None,
        Standing::Doubted => Some("doubted"),
        Standing::Withdrawn => Some("withdrawn"),
        Standing::Absorbed => Some("absorbed"),
    }
}

pub(super) fn standing(word: Option<&str>) -> Standing {
    match word {
        Some("doubted") => Standing::Doubted,
        Some("withdrawn") => Standing::Withdrawn,
        Some("absorbed") => Standing::Absorbed,
        _ => Standing::Counted,
    }
}

/// A count that fits 32 bits.
pub(super) fn small(row: &mut RowReader) -> Result<u32, DatabaseError> {
    u32::try_from(row.count()?).map_err(|_| DatabaseError::Column(0))
}
