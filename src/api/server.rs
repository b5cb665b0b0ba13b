//! The listener: plain HTTP/1.1 behind limits on headers, time and the number of connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service as _;

use super::guard::Peer;

/// How long a client may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Most bytes of headers and of a request's first line together.
const LARGEST_HEAD: usize = 32 * 1024;
/// Most headers of a request.
const MOST_HEADERS: usize = 64;
/// Most connections at the same time; others wait to be taken.
const MOST_CONNECTIONS: usize = 1_024;
/// How long open requests may take to end at a stop.
const DRAIN: Duration = Duration::from_secs(10);

/// What the listener waits for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long a client may take to send its headers, and a connection may be idle.
    pub headers_within: Duration,
    /// Most connections at the same time.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { headers_within: HEADERS_WITHIN, connections: MOST_CONNECTIONS }
    }
}

/// Serves a router until told to stop, then lets open requests end.
///
/// # Errors
/// None while serving: a connection that fails is dropped alone.
pub async fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) {
    serve_with(listener, router, stopped, Patience::default()).await;
}

/// Serves a router with limits of one's own.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    patience: Patience,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.headers_within)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(patience.connections));
    let taken = |stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit| {
        let service = with_peer(router.clone(), peer);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is its own affair.
            let _ = connection.await;
            drop(place);
        });
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets some be given back.
                tracing::warn!(cause = %error, "a connection was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { break };
        taken(stream, peer, place);
    }
    // Whoever was let in by the system before the door closes is answered as well.
    while let Ok(place) = Arc::clone(&room).try_acquire_owned()
        && let Some(Ok((stream, peer))) = listener.accept().now_or_never()
    {
        taken(stream, peer, place);
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

fn with_peer(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    hyper::Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        router.clone().call(request)
    })
}
