//! The banks of this route.

use domain::plan::Allowance;
use domain::plan::budget::{ATTENDED_AN_HOUR, UNATTENDED_A_DAY};

use super::EnableBanking;
use super::profile::Aspsp;

/// A Finnish bank as the aggregator's list has it.
const fn finnish(
    id: &'static str,
    [name, shown]: [&'static str; 2],
    bic: &'static str,
) -> EnableBanking {
    EnableBanking {
        aspsp: Aspsp {
            id,
            name,
            shown,
            country: "FI",
            bic,
            time_zone: "Europe/Helsinki",
            longest_consent_days: 180,
            longest_history_days: 730,
            wants_user_agent: false,
            allowance: Allowance {
                unattended_a_day: UNATTENDED_A_DAY,
                attended_an_hour: ATTENDED_AN_HOUR,
            },
            // `entry_reference` is immutable for accounts of one identification hash, where it is given.
            references_promised: 20,
        },
    }
}

/// OP Financial Group.
pub static OP: EnableBanking =
    finnish("enable-banking-op", ["OP", "OP via Enable Banking"], "OKOYFIHH");
/// Nordea in Finland.
pub static NORDEA: EnableBanking =
    finnish("enable-banking-nordea", ["Nordea", "Nordea via Enable Banking"], "NDEAFIHH");
