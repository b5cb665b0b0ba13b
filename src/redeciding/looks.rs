//! Looks over a person's past that the page asked for: one at a time, kept until the past grows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::UserId;
use tokio::sync::Semaphore;

use super::{Clean, Preview, Progress, Scope, preview};
use crate::app::App;

/// Most people whose looks are kept.
const MOST_KEPT: usize = 64;

/// How a look stands.
#[derive(Clone, Debug)]
pub enum Look {
    /// It is under way, or waits for its turn.
    UnderWay(Progress),
    /// It is done.
    Done(Arc<Preview>),
    /// It came to nothing; the next question begins it again.
    Failed,
}

/// The looks of people.
pub struct Looks {
    kept: Mutex<HashMap<UserId, (u64, Look)>>,
    turn: Arc<Semaphore>,
}

impl Default for Looks {
    fn default() -> Self {
        Self { kept: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Looks {
    fn set(&self, user_id: UserId, begun: u64, look: Look) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get_mut(&user_id) {
            // A newer one took its place.
            Some((other, _)) if *other != begun => {}
            Some((_, known)) => *known = look,
            None => {}
        }
    }

    /// Takes a look of a person as new, if there is none of this place of the log.
    fn begin(&self, user_id: UserId, at: u64) -> Option<Look> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, look)) = kept.get(&user_id)
            && *begun == at
            && !matches!(look, Look::Failed)
        {
            return Some(look.clone());
        }
        if kept.len() >= MOST_KEPT {
            let done = kept.iter().find(|(_, (_, look))| !matches!(look, Look::UnderWay(_)));
            let done = done.map(|(user_id, _)| *user_id);
            done.map(|user_id| kept.remove(&user_id));
        }
        kept.insert(user_id, (at, Look::UnderWay(Progress::default())));
        None
    }
}

/// How the look over a person's past stands, as of what happened to their accounts up to `moved`; it
/// is begun if it was not.
pub fn look(app: &Arc<App>, user_id: UserId, moved: u64) -> Look {
    if let Some(look) = app.looks.begin(user_id, moved) {
        return look;
    }
    let (running, turn) = (Arc::clone(app), Arc::clone(&app.looks.turn));
    let mut stopping = app.stopping.subscribe();
    app.tasks.spawn(async move {
        let scope = Scope { user_id: Some(user_id), older_only: true, ..Scope::default() };
        let looks = &running.looks;
        let told = |progress| looks.set(user_id, moved, Look::UnderWay(progress));
        let looking = async {
            let _turn = turn.acquire().await;
            preview(&running, scope, &mut Clean::new(), told).await
        };
        let look = tokio::select! {
            looked = looking => match looked {
                Ok(preview) => Look::Done(Arc::new(preview)),
                Err(cause) => {
                    tracing::warn!(%cause, "newer rules cannot be run over a past");
                    Look::Failed
                }
            },
            _ = stopping.wait_for(|stop| *stop) => Look::Failed,
        };
        looks.set(user_id, moved, look);
    });
    Look::UnderWay(Progress::default())
}
