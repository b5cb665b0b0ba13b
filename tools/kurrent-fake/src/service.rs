//! The three services a client asks for.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use crate::append::{self, too_large};
use crate::faults::Faults;
use crate::journal::{Expected, Journal, Proposed, Success, WrongRevision};
use crate::protocol::event_store::client;
use crate::protocol::event_store::client::gossip::gossip_server::Gossip;
use crate::protocol::event_store::client::gossip::{
    ClusterInfo, EndPoint, MemberInfo, member_info,
};
use crate::protocol::event_store::client::server_features::server_features_server::ServerFeatures;
use crate::protocol::event_store::client::server_features::{SupportedMethod, SupportedMethods};
use crate::protocol::event_store::client::streams::append_req::Content;
use crate::protocol::event_store::client::streams::streams_server::Streams;
use crate::protocol::event_store::client::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
    ReadResp, TombstoneReq, TombstoneResp,
};
use crate::read::read;

/// A stream no filter of ours lets through: other people's events lie between.
const OTHERS: &str = "$stats-127.0.0.1:2113";

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The server.
#[derive(Clone)]
pub struct Fake {
    pub journal: Arc<Mutex<Journal>>,
    pub faults: Faults,
    pub address: SocketAddr,
    pub largest_append: usize,
}

impl Fake {
    fn append_now(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Result<Success, WrongRevision>, Status> {
        if append::size(&events) > self.largest_append {
            return Err(too_large(self.largest_append));
        }
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error: std::io::Error| Status::unavailable(error.kind().to_string());
        let result = journal.append(stream, expected, events).map_err(failed)?;
        let others = Proposed {
            id: uuid::Uuid::nil().to_string(),
            metadata: [("type".to_owned(), "$statsCollected".to_owned())].into(),
            ..Proposed::default()
        };
        let position = journal
            .stream(OTHERS)
            .map_or(Expected::NoStream, |events| Expected::Revision(events.len() as u64 - 1));
        let _ = journal.append(OTHERS, position, vec![others]).map_err(failed)?;
        Ok(result)
    }

    fn not_leader(&self) -> Status {
        let mut status = Status::not_found("Leader info available");
        for (name, value) in [
            ("exception", "not-leader".to_owned()),
            ("leader-endpoint-host", self.address.ip().to_string()),
            ("leader-endpoint-port", self.address.port().to_string()),
        ] {
            if let Ok(value) = value.parse() {
                status.metadata_mut().insert(name, value);
            }
        }
        status
    }
}

#[tonic::async_trait]
impl Streams for Fake {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let mut found = {
            let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            read(&journal, request.into_inner())?
        };
        if self.faults.take("twice").is_some() {
            found = found.into_iter().flat_map(|answer| [answer.clone(), answer]).collect();
        }
        let mut answers: Vec<Result<ReadResp, Status>> = found.into_iter().map(Ok).collect();
        if let Some(after) = self.faults.take("end-early") {
            answers.truncate(after);
        }
        if let Some(after) = self.faults.take("unavailable") {
            answers.truncate(after);
            answers.push(Err(Status::unavailable("going away")));
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(answers))))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let mut messages = request.into_inner();
        let (mut options, mut events) = (None, Vec::new());
        while let Some(message) = messages.next().await {
            match message?.content {
                Some(Content::Options(found)) => options = Some(found),
                Some(Content::ProposedMessage(event)) => events.push(append::proposed(event)?),
                None => return Err(Status::invalid_argument("a message without content")),
            }
        }
        let options = options.ok_or_else(|| Status::invalid_argument("no options"))?;
        if self.faults.take("lost-append").is_some() {
            return Err(Status::unavailable("going away"));
        }
        if self.faults.take("not-leader").is_some() {
            return Err(self.not_leader());
        }
        let expected = append::expected(options.expected_stream_revision);
        let stream = append::name(options.stream_identifier)?;
        let result = self.append_now(&stream, expected, events)?;
        if self.faults.take("lost-answer").is_some() {
            return Err(Status::deadline_exceeded("too late"));
        }
        if self.faults.take("empty-answer").is_some() {
            return Ok(Response::new(AppendResp { result: None }));
        }
        Ok(Response::new(append::answer(expected, result)))
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let fake = self.clone();
        // The parts of one append come one after the other until the final one.
        let mut parts: Vec<Proposed> = Vec::new();
        let mut begun = None;
        let answers = request.into_inner().filter_map(move |message| {
            let mut request = match message {
                Ok(request) => request,
                Err(status) => return Some(Err(status)),
            };
            for message in std::mem::take(&mut request.proposed_messages) {
                match append::proposed_in_batch(message) {
                    Ok(event) => parts.push(event),
                    Err(status) => return Some(Err(status)),
                }
            }
            begun = request.options.take().or(begun.take());
            if !request.is_final {
                return None;
            }
            let options = begun.take().unwrap_or_default();
            request.options = Some(options.clone());
            let expected = append::expected_in_batch(options.expected_stream_position);
            let result = append::name(options.stream_identifier)
                .and_then(|stream| fake.append_now(&stream, expected, std::mem::take(&mut parts)));
            Some(Ok(append::answer_in_batch(&request, expected, result)))
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("nothing is deleted here"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("nothing is deleted here"))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Fake {
    async fn get_supported_methods(
        &self,
        _: Request<client::Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let method = |name: &str| SupportedMethod {
            method_name: name.to_owned(),
            service_name: "event_store.client.streams.streams".to_owned(),
            features: Vec::new(),
        };
        Ok(Response::new(SupportedMethods {
            methods: vec![method("append"), method("batchappend"), method("read")],
            event_store_server_version: "25.0.0".to_owned(),
        }))
    }
}

#[tonic::async_trait]
impl Gossip for Fake {
    async fn read(&self, _: Request<client::Empty>) -> Result<Response<ClusterInfo>, Status> {
        let http_end_point = Some(EndPoint {
            address: self.address.ip().to_string(),
            port: self.address.port().into(),
        });
        let member = MemberInfo {
            instance_id: Some(client::Uuid {
                value: Some(client::uuid::Value::String(uuid::Uuid::nil().to_string())),
            }),
            time_stamp: 0,
            state: member_info::VNodeState::Leader as i32,
            is_alive: true,
            http_end_point,
        };
        Ok(Response::new(ClusterInfo { members: vec![member] }))
    }
}
