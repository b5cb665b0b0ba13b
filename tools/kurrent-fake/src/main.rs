//! A server for tests: it speaks the published gRPC protocol of KurrentDB, as far as the store of
//! events uses it, and misbehaves when told to.
//!
//! `kurrent-fake [--listen ADDRESS] [--file PATH] [--largest-append BYTES]` prints the address it
//! listens on, then takes commands from its standard input, one a line, and answers each with a
//! line (see [`faults`]). It ends when its input does.

mod append;
mod faults;
mod journal;
mod read;
mod service;

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use faults::Faults;
use journal::Journal;
use service::Fake;

/// What the protocol files compile to.
#[allow(clippy::all, clippy::pedantic, dead_code)]
mod protocol {
    pub mod google {
        pub mod rpc {
            tonic::include_proto!("google.rpc");
        }
    }
    pub mod event_store {
        pub mod client {
            tonic::include_proto!("event_store.client");
            pub mod streams {
                tonic::include_proto!("event_store.client.streams");
            }
            pub mod server_features {
                tonic::include_proto!("event_store.client.server_features");
            }
            pub mod gossip {
                tonic::include_proto!("event_store.client.gossip");
            }
        }
    }
}

use protocol::event_store::client::gossip::gossip_server::GossipServer;
use protocol::event_store::client::server_features::server_features_server::ServerFeaturesServer;
use protocol::event_store::client::streams::streams_server::StreamsServer;

/// The server's default for the bytes of one append.
const LARGEST_APPEND: usize = 1024 * 1024;
/// The largest message the server takes.
const LARGEST_MESSAGE: usize = 17 * 1024 * 1024;

struct Arguments {
    listen: SocketAddr,
    file: Option<PathBuf>,
    largest_append: usize,
}

fn arguments() -> Result<Arguments, Box<dyn std::error::Error>> {
    let mut arguments = Arguments {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        file: None,
        largest_append: LARGEST_APPEND,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--listen" => arguments.listen = value.parse()?,
            "--file" => arguments.file = Some(value.into()),
            "--largest-append" => arguments.largest_append = value.parse()?,
            _ => return Err(format!("{word} is not known").into()),
        }
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments()?;
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let journal = Journal::open(arguments.file.as_deref())?;
    let fake = Fake {
        journal: Arc::new(Mutex::new(journal)),
        faults: Faults::default(),
        address,
        largest_append: arguments.largest_append,
    };
    println!("listening {address}");
    let faults = fake.faults.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            println!("{}", faults.command(&line));
        }
        std::process::exit(0);
    });
    let streams = StreamsServer::new(fake.clone()).max_decoding_message_size(LARGEST_MESSAGE);
    Server::builder()
        .add_service(streams)
        .add_service(ServerFeaturesServer::new(fake.clone()))
        .add_service(GossipServer::new(fake))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await?;
    Ok(())
}
