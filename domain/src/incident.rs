//! Refusals at the door that belong to no consent: a callback with a state nobody issued, for one.
//! One stream an hour, bounded, so that an attacker cannot fill the log.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;

/// Most refusals one hour's stream keeps; later ones are only counted in the metrics.
pub const MOST_AN_HOUR: u32 = 200;

events! {
    /// What can be refused at the door.
    IncidentEvent {
        /// A callback from a bank was refused before it could be tied to a consent.
        CallbackRefused(CallbackRefused) = "incident.callback_refused" 1,
    }
}

/// A refused callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRefused {
    /// Whose address it came in on.
    pub bank: String,
    /// Which check failed, as a stable code.
    pub code: String,
    /// The name the request has in our log.
    pub request_id: String,
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum IncidentCommand {
    /// Note a refused callback.
    RefuseCallback(CallbackRefused),
}

/// Nothing is refused: beyond the limit nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncidentRefusal {}

/// One hour's refusals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    kept: u32,
}

impl Aggregate for Incident {
    const TYPE: &'static str = "incident";
    type Command = IncidentCommand;
    type Event = IncidentEvent;
    type Error = IncidentRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: IncidentCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), IncidentRefusal> {
        let IncidentCommand::RefuseCallback(refused) = command;
        if self.kept < MOST_AN_HOUR {
            sink.write(IncidentEvent::CallbackRefused(refused), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, _event: IncidentEvent) {
        self.kept += 1;
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn refused() -> CallbackRefused {
        CallbackRefused {
            bank: "op".to_owned(),
            code: "state_unknown".to_owned(),
            request_id: "r".to_owned(),
        }
    }

    #[test]
    fn an_hour_has_a_limit() {
        let event = IncidentEvent::CallbackRefused(refused());
        let below = vec![event.clone(); MOST_AN_HOUR as usize - 1];
        TestFramework::<Incident>::with(())
            .given(below)
            .when(IncidentCommand::RefuseCallback(refused()))
            .then_expect_events(vec![event.clone()]);
        TestFramework::<Incident>::with(())
            .given(vec![event; MOST_AN_HOUR as usize])
            .when(IncidentCommand::RefuseCallback(refused()))
            .then_expect_events(vec![]);
    }
}
