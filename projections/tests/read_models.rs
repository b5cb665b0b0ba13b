//! The same suite on SQLite and on PostgreSQL.

mod support;

/// Declares each test once for each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let place = crate::support::place::Place::sqlite();
                super::$name(&place).await;
                place.remove().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let place = crate::support::place::Place::postgres().await;
                super::$name(&place).await;
                place.remove().await;
            })+
        }
    };
}

#[path = "suite/as_of.rs"]
mod as_of;
#[path = "suite/calls.rs"]
mod calls;
#[path = "suite/changing.rs"]
mod changing;
#[path = "suite/database.rs"]
mod database;
#[path = "suite/deciding.rs"]
mod deciding;
#[path = "suite/erasing.rs"]
mod erasing;
#[path = "suite/filtering.rs"]
mod filtering;
#[path = "suite/folds.rs"]
mod folds;
#[path = "suite/guiding.rs"]
mod guiding;
#[path = "suite/importing.rs"]
mod importing;
#[path = "suite/onward.rs"]
mod onward;
#[path = "suite/paging.rs"]
mod paging;
#[path = "suite/putting_away.rs"]
mod putting_away;
#[path = "suite/running.rs"]
mod running;
#[path = "suite/searching.rs"]
mod searching;
