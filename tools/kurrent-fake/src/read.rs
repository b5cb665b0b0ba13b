//! Reading: what a request asks for, in the order it asks for.

use std::collections::HashMap;

use tonic::Status;

use crate::append::name;
use crate::journal::{Journal, Stored};
use crate::protocol::event_store::client::streams::read_req::Options;
use crate::protocol::event_store::client::streams::read_req::options::all_options::AllOption;
use crate::protocol::event_store::client::streams::read_req::options::filter_options::Filter;
use crate::protocol::event_store::client::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::event_store::client::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions, uuid_option,
};
use crate::protocol::event_store::client::streams::read_resp::{self, Content, read_event};
use crate::protocol::event_store::client::streams::{ReadReq, ReadResp};
use crate::protocol::event_store::client::{StreamIdentifier, Uuid, uuid};

/// Most events one answer is made of.
const MOST_EVENTS: usize = 100_000;

/// The messages that answer a read.
pub fn read(journal: &Journal, request: ReadReq) -> Result<Vec<ReadResp>, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("no options"))?;
    let Some(CountOption::Count(count)) = options.count_option else {
        return Err(Status::unimplemented("subscriptions are not played here"));
    };
    let count = usize::try_from(count).unwrap_or(MOST_EVENTS).min(MOST_EVENTS);
    let backwards = options.read_direction == ReadDirection::Backwards as i32;
    let structured = matches!(
        options.uuid_option.as_ref().and_then(|option| option.content.as_ref()),
        Some(uuid_option::Content::Structured(_))
    );
    let found = match &options.stream_option {
        Some(StreamOption::Stream(stream)) => {
            let name = name(stream.stream_identifier.clone())?;
            let Some(events) = journal.stream(&name) else {
                return Ok(vec![not_found(name)]);
            };
            of_stream(events, stream, backwards)
        }
        Some(StreamOption::All(all)) => of_all(journal, all, &options, backwards)?,
        None => return Err(Status::invalid_argument("neither a stream nor $all")),
    };
    Ok(found.into_iter().take(count).map(|stored| event(stored, structured)).collect())
}

fn of_stream<'a>(
    events: Vec<&'a Stored>,
    options: &StreamOptions,
    backwards: bool,
) -> Vec<&'a Stored> {
    let from = match options.revision_option {
        Some(RevisionOption::Revision(revision)) => revision,
        Some(RevisionOption::End(_)) => u64::MAX,
        Some(RevisionOption::Start(_)) | None => 0,
    };
    if backwards {
        events.into_iter().rev().filter(|stored| stored.revision <= from).collect()
    } else {
        events.into_iter().filter(|stored| stored.revision >= from).collect()
    }
}

/// Forwards from a position includes the event there, backwards does not.
fn of_all<'a>(
    journal: &'a Journal,
    all: &AllOptions,
    options: &Options,
    backwards: bool,
) -> Result<Vec<&'a Stored>, Status> {
    let prefixes = match &options.filter_option {
        Some(FilterOption::Filter(filter)) => match &filter.filter {
            Some(Filter::StreamIdentifier(expression)) if expression.regex.is_empty() => {
                Some(&expression.prefix)
            }
            _ => return Err(Status::unimplemented("only prefixes of streams are played here")),
        },
        _ => None,
    };
    let fits = |stored: &&Stored| match prefixes {
        Some(prefixes) => prefixes.iter().any(|prefix| stored.stream.starts_with(prefix.as_str())),
        None => true,
    };
    let from = match &all.all_option {
        Some(AllOption::Position(position)) => position.commit_position,
        Some(AllOption::End(_)) => u64::MAX,
        Some(AllOption::Start(_)) | None => 0,
    };
    let events = journal.all();
    Ok(if backwards {
        let end = events.partition_point(|stored| stored.commit < from);
        events[..end].iter().rev().filter(fits).collect()
    } else {
        let start = events.partition_point(|stored| stored.commit < from);
        events[start..].iter().filter(fits).collect()
    })
}

fn not_found(name: String) -> ReadResp {
    let stream_identifier = Some(StreamIdentifier { stream_name: name.into_bytes() });
    let content = Content::StreamNotFound(read_resp::StreamNotFound { stream_identifier });
    ReadResp { content: Some(content) }
}

fn event(stored: &Stored, structured: bool) -> ReadResp {
    let Stored { stream, revision, commit, event } = stored;
    let mut metadata: HashMap<String, String> = event.metadata.clone();
    metadata.entry("created".to_owned()).or_insert_with(|| "17000000000000000".to_owned());
    let parsed = event.id.parse::<::uuid::Uuid>().unwrap_or_default();
    let id = if structured {
        let (most, least) = parsed.as_u64_pair();
        uuid::Value::Structured(uuid::Structured {
            most_significant_bits: most as i64,
            least_significant_bits: least as i64,
        })
    } else {
        uuid::Value::String(parsed.to_string())
    };
    let recorded = read_event::RecordedEvent {
        id: Some(Uuid { value: Some(id) }),
        stream_identifier: Some(StreamIdentifier { stream_name: stream.clone().into_bytes() }),
        stream_revision: *revision,
        prepare_position: *commit,
        commit_position: *commit,
        metadata,
        custom_metadata: event.custom_metadata.clone(),
        data: event.data.clone(),
    };
    let content = Content::Event(read_resp::ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(read_event::Position::CommitPosition(*commit)),
    });
    ReadResp { content: Some(content) }
}
