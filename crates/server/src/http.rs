//! Connections: how many, how long they may take, and how they end.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// Connections at a time; who comes later waits.
const MOST_CONNECTIONS: usize = 1024;
/// A request's head must be there so soon after the connection or the answer before.
const HEAD: Duration = Duration::from_mins(1);
const LARGEST_HEAD: usize = 64 << 10;
/// What is written must be taken so soon. Longer than event streams are silent.
const TAKEN: Duration = Duration::from_secs(30);
/// For requests that are under way when the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `stop`, and then at most a few seconds longer.
pub(crate) async fn run(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    accept(&listener, &router, &stop, &mut connections).await;
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, finish).await.is_err() {
        tracing::warn!(left = connections.len(), "breaking off requests that did not end");
        connections.shutdown().await;
    }
}

async fn accept(listener: &TcpListener, router: &Router, stop: &CancellationToken, connections: &mut JoinSet<()>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = connections.join_next(), if !connections.is_empty() => continue,
            () = stop.cancelled() => return,
        };
        match (place, accepted) {
            (Ok(place), Ok((socket, _))) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    serve(socket, router, stop).await;
                    drop(place);
                });
            }
            (_, accepted) => {
                // Out of descriptors, most likely: they come back when others leave.
                if let Err(error) = accepted {
                    tracing::warn!(%error, "cannot accept a connection");
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Until the client leaves, a deadline passes, or `stop`; then the request under way is finished.
async fn serve(socket: TcpStream, router: Router, stop: CancellationToken) {
    // Answers are written whole; waiting to fill a packet only costs time.
    socket.set_nodelay(true).ok();
    let service = service_fn(move |request: Request<Incoming>| router.clone().call(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(patient(socket)), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A socket whose other end must take what is written within [`TAKEN`]; otherwise a client that stops reading would hold its
/// connection forever.
fn patient(socket: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(TAKEN));
    Box::pin(socket)
}
