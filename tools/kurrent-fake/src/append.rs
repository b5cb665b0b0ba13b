//! Appending, in the protocol's two forms.

use prost::Message as _;
use tonic::{Code, Status};

use crate::journal::{Expected, Proposed, Success, WrongRevision};
use crate::protocol::event_store::client::streams::append_req::options::ExpectedStreamRevision;
use crate::protocol::event_store::client::streams::append_resp::{self, wrong_expected_version};
use crate::protocol::event_store::client::streams::batch_append_req::options::ExpectedStreamPosition;
use crate::protocol::event_store::client::streams::{
    AppendResp, BatchAppendReq, BatchAppendResp, append_req, batch_append_req, batch_append_resp,
};
use crate::protocol::event_store::client::{
    self as client, AllStreamPosition, StreamIdentifier, Uuid, uuid,
};
use crate::protocol::google::rpc;

/// The text form of an identifier.
pub fn identifier(id: Option<Uuid>) -> Result<String, Status> {
    let bits = |structured: uuid::Structured| {
        let uuid::Structured { most_significant_bits, least_significant_bits } = structured;
        ::uuid::Uuid::from_u64_pair(most_significant_bits as u64, least_significant_bits as u64)
    };
    match id.and_then(|id| id.value) {
        Some(uuid::Value::Structured(structured)) => Ok(bits(structured).to_string()),
        Some(uuid::Value::String(text)) => text
            .parse::<::uuid::Uuid>()
            .map(|id| id.to_string())
            .map_err(|_| Status::invalid_argument("an event's identifier is no UUID")),
        None => Err(Status::invalid_argument("an event has no identifier")),
    }
}

/// The name of a stream.
pub fn name(stream: Option<StreamIdentifier>) -> Result<String, Status> {
    let bytes = stream.map(|stream| stream.stream_name).unwrap_or_default();
    String::from_utf8(bytes)
        .ok()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Status::invalid_argument("the stream's name is empty or no text"))
}

/// Refuses an append as a whole, as the server does.
pub fn too_large(largest: usize) -> Status {
    let mut status =
        Status::invalid_argument(format!("Maximum Append Size of {largest} Exceeded."));
    if let Ok(value) = "maximum-append-size-exceeded".parse() {
        status.metadata_mut().insert("exception", value);
    }
    status
}

/// Bytes of the events.
pub fn size(events: &[Proposed]) -> usize {
    events.iter().map(|event| event.data.len() + event.custom_metadata.len()).sum()
}

pub fn proposed(message: append_req::ProposedMessage) -> Result<Proposed, Status> {
    let append_req::ProposedMessage { id, metadata, custom_metadata, data } = message;
    Ok(Proposed { id: identifier(id)?, metadata, custom_metadata, data })
}

pub fn proposed_in_batch(message: batch_append_req::ProposedMessage) -> Result<Proposed, Status> {
    let batch_append_req::ProposedMessage { id, metadata, custom_metadata, data } = message;
    Ok(Proposed { id: identifier(id)?, metadata, custom_metadata, data })
}

pub fn expected(revision: Option<ExpectedStreamRevision>) -> Expected {
    match revision {
        Some(ExpectedStreamRevision::Revision(revision)) => Expected::Revision(revision),
        Some(ExpectedStreamRevision::NoStream(_)) => Expected::NoStream,
        Some(ExpectedStreamRevision::StreamExists(_)) => Expected::Exists,
        Some(ExpectedStreamRevision::Any(_)) | None => Expected::Any,
    }
}

pub fn expected_in_batch(revision: Option<ExpectedStreamPosition>) -> Expected {
    match revision {
        Some(ExpectedStreamPosition::StreamPosition(revision)) => Expected::Revision(revision),
        Some(ExpectedStreamPosition::NoStream(())) => Expected::NoStream,
        Some(ExpectedStreamPosition::StreamExists(())) => Expected::Exists,
        Some(ExpectedStreamPosition::Any(())) | None => Expected::Any,
    }
}

/// The answer to an append, with the older fields of a refusal beside the newer ones.
pub fn answer(expected: Expected, result: Result<Success, WrongRevision>) -> AppendResp {
    use append_resp::success::{CurrentRevisionOption, PositionOption};
    use wrong_expected_version::{
        CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
        ExpectedRevisionOption as Wanted, ExpectedRevisionOption2060 as OldWanted,
    };
    let empty = client::Empty {};
    let result = match result {
        Ok(Success { revision, commit }) => append_resp::Result::Success(append_resp::Success {
            current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
            position_option: Some(PositionOption::Position(append_resp::Position {
                commit_position: commit,
                prepare_position: commit,
            })),
        }),
        Err(WrongRevision(current)) => {
            let (wanted, old_wanted) = match expected {
                Expected::Revision(revision) => (
                    Wanted::ExpectedRevision(revision),
                    Some(OldWanted::ExpectedRevision2060(revision)),
                ),
                Expected::NoStream => (Wanted::ExpectedNoStream(empty), None),
                Expected::Any => (Wanted::ExpectedAny(empty), Some(OldWanted::Any2060(empty))),
                Expected::Exists => {
                    (Wanted::ExpectedStreamExists(empty), Some(OldWanted::StreamExists2060(empty)))
                }
            };
            let (current, old_current) = match current {
                Some(revision) => {
                    (Current::CurrentRevision(revision), OldCurrent::CurrentRevision2060(revision))
                }
                None => (Current::CurrentNoStream(empty), OldCurrent::NoStream2060(empty)),
            };
            append_resp::Result::WrongExpectedVersion(append_resp::WrongExpectedVersion {
                current_revision_option_20_6_0: Some(old_current),
                expected_revision_option_20_6_0: old_wanted,
                current_revision_option: Some(current),
                expected_revision_option: Some(wanted),
            })
        }
    };
    AppendResp { result: Some(result) }
}

/// The answer to an append of a batch.
pub fn answer_in_batch(
    request: &BatchAppendReq,
    expected: Expected,
    result: Result<Result<Success, WrongRevision>, Status>,
) -> BatchAppendResp {
    use batch_append_resp::ExpectedStreamPosition as Echo;
    use batch_append_resp::success::{CurrentRevisionOption, PositionOption};
    let result = match result {
        Ok(Ok(Success { revision, commit })) => {
            batch_append_resp::Result::Success(batch_append_resp::Success {
                current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
                position_option: Some(PositionOption::Position(AllStreamPosition {
                    commit_position: commit,
                    prepare_position: commit,
                })),
            })
        }
        Ok(Err(wrong)) => batch_append_resp::Result::Error(wrong_in_batch(expected, &wrong)),
        Err(status) => batch_append_resp::Result::Error(rpc::Status {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: None,
        }),
    };
    let options = request.options.clone().unwrap_or_default();
    BatchAppendResp {
        correlation_id: request.correlation_id.clone(),
        result: Some(result),
        stream_identifier: options.stream_identifier,
        expected_stream_position: Some(match expected {
            Expected::Revision(revision) => Echo::StreamPosition(revision),
            Expected::NoStream => Echo::NoStream(()),
            Expected::Any => Echo::Any(()),
            Expected::Exists => Echo::StreamExists(()),
        }),
    }
}

fn wrong_in_batch(expected: Expected, wrong: &WrongRevision) -> rpc::Status {
    use client::wrong_expected_version::{
        CurrentStreamRevisionOption as Current, ExpectedStreamPositionOption as Wanted,
    };
    let detail = client::WrongExpectedVersion {
        current_stream_revision_option: Some(match wrong.0 {
            Some(revision) => Current::CurrentStreamRevision(revision),
            None => Current::CurrentNoStream(()),
        }),
        expected_stream_position_option: Some(match expected {
            Expected::Revision(revision) => Wanted::ExpectedStreamPosition(revision),
            Expected::NoStream => Wanted::ExpectedNoStream(()),
            Expected::Any => Wanted::ExpectedAny(()),
            Expected::Exists => Wanted::ExpectedStreamExists(()),
        }),
    };
    rpc::Status {
        code: Code::AlreadyExists as i32,
        message: "WrongExpectedVersion".to_owned(),
        details: Some(prost_types::Any {
            type_url: "type.googleapis.com/event_store.client.WrongExpectedVersion".to_owned(),
            value: detail.encode_to_vec(),
        }),
    }
}
