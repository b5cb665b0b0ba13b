//! `opl store aggregates`.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write as _};

use cqrs_es::Aggregate;
use domain::account::Account;
use domain::consent::Consent;
use domain::event::Event;
use domain::fetch::Fetch;
use domain::grant::Grant;
use domain::guidance::Guidance;
use domain::import::Import;
use domain::incident::Incident;
use domain::rates::Rates;
use domain::role::GrantedRole;
use domain::signing::Signing;
use domain::stream::{Category, StreamId};
use domain::tpp_registration::TppRegistration;
use domain::user::User;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::Failure;
use super::Bar;
use crate::app::Options;
use crate::backup::{Progress, State, keys_of};
use crate::ledger::reading::Reader;
use crate::ledger::store::EventLog;
use crate::vault::crypto::hex;
use crate::vault::keys::Keys;

/// What one stream came to.
#[derive(Serialize)]
struct Outcome {
    r#type: &'static str,
    id: Uuid,
    version: u64,
    /// SHA-256 of its JSON, in lower-case hexadecimal digits.
    digest: String,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let state = State::existing(options).await?;
    let keys = keys_of(&state.vault, options).await?;
    let mut bar = Bar::new();
    let streams = streams(&*state.log, &mut bar).await?;
    let total = streams.len() as u64;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for ((_, id, category), done) in streams.into_iter().zip(1..) {
        let stream = StreamId::new(category, id);
        serde_json::to_writer(&mut out, &outcome(&*state.log, &keys, stream).await?)?;
        out.write_all(b"\n")?;
        bar.show(Progress { what: "aggregates", done, total });
    }
    bar.end();
    Ok(out.flush()?)
}

/// Every stream, by the word of its category and then by its identifier.
async fn streams(
    log: &dyn EventLog,
    bar: &mut Bar,
) -> Result<BTreeSet<(&'static str, Uuid, Category)>, Failure> {
    let total = log.head().await?.position;
    let (mut found, mut events) = (BTreeSet::new(), Reader::of_log(log, 0).until(total));
    while let Some(stored) = events.next().await? {
        let StreamId { category, id } = stored.stream;
        found.insert((category.word(), id, category));
        bar.show(Progress { what: "streams", done: stored.position, total });
    }
    Ok(found)
}

async fn outcome(log: &dyn EventLog, keys: &Keys, stream: StreamId) -> Result<Outcome, Failure> {
    let (state, version) = match stream.category {
        Category::User => folded::<User>(log, keys, stream).await?,
        Category::Registration => folded::<TppRegistration>(log, keys, stream).await?,
        Category::Consent => folded::<Consent>(log, keys, stream).await?,
        Category::Grant => folded::<Grant>(log, keys, stream).await?,
        Category::Fetch => folded::<Fetch>(log, keys, stream).await?,
        Category::Import => folded::<Import>(log, keys, stream).await?,
        Category::Rates => folded::<Rates>(log, keys, stream).await?,
        Category::Account => folded::<Account>(log, keys, stream).await?,
        Category::Incident => folded::<Incident>(log, keys, stream).await?,
        Category::Role => folded::<GrantedRole>(log, keys, stream).await?,
        Category::Guidance => folded::<Guidance>(log, keys, stream).await?,
        Category::Signing => folded::<Signing>(log, keys, stream).await?,
    };
    let digest = hex(&Sha256::digest(state));
    Ok(Outcome { r#type: stream.category.word(), id: stream.id, version, digest })
}

/// The state of a stream as its events leave it, without any snapshot, and its version. An event
/// whose key was destroyed changes nothing.
async fn folded<A>(
    log: &dyn EventLog,
    keys: &Keys,
    stream: StreamId,
) -> Result<(Vec<u8>, u64), Failure>
where
    A: Aggregate,
    A::Event: TryFrom<Event>,
{
    let (mut aggregate, mut version) = (A::default(), 0);
    let mut events = Reader::of_stream(log, stream, 0);
    while let Some((stored, event)) = events.next_opened(keys).await? {
        version = stored.version;
        if let Some(event) = event {
            aggregate.apply(event);
        }
    }
    Ok((serde_json::to_vec(&aggregate)?, version))
}
