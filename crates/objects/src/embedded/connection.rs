//! One client's connection: what is let through to the protocol, CORS, and deadlines in both directions.

use std::{
    convert::Infallible,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint},
    header::{self, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::{Body, S3Error, StdError, s3_error, service::S3Service};
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, Any, Cors};
use tower_service::Service;

use super::put::{IDLE, IDLE_MESSAGE};

/// A request's head must be there so soon after the connection or the answer before.
const HEAD: Duration = Duration::from_mins(1);
const LARGEST_HEAD: usize = 64 << 10;
/// How long a browser may remember a preflight.
const PREFLIGHT: Duration = Duration::from_hours(1);

/// Serves a connection until the client leaves, a deadline passes, or `stop`; then the request under way is finished.
pub(super) async fn serve(socket: TcpStream, s3: S3Service, stop: CancellationToken) {
    // Answers are written whole; waiting to fill a packet only costs time.
    socket.set_nodelay(true).ok();
    let cors = Cors::new(Guard(s3))
        .allow_origin(Any)
        .allow_methods([Method::PUT, Method::GET, Method::HEAD])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::ETAG,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::ACCEPT_RANGES,
        ])
        .max_age(PREFLIGHT);
    let service = service_fn(move |request| {
        let mut cors = cors.clone();
        async move { cors.call(request).await }
    });
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
        tracing::debug!(%error, "a connection to the object store broke");
    }
}

/// Keeps away what `s3s` takes but this server does not, and what would cost it memory.
#[derive(Clone)]
struct Guard(S3Service);

impl Service<Request<Incoming>> for Guard {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let s3 = self.0.clone();
        Box::pin(async move {
            let answer = match refusal(&request) {
                Some(error) => error
                    .to_http_response()
                    .map_err(|error| StdError::from(Box::new(error))),
                None => s3.call(request.map(with_deadline)).await.map_err(StdError::from),
            };
            Ok(answer.unwrap_or_else(|error| {
                tracing::error!(error = &*error as &dyn std::error::Error, "cannot make an answer");
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }))
        })
    }
}

fn refusal(request: &Request<Incoming>) -> Option<S3Error> {
    let sent = |name: HeaderName| request.headers().get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let is_form = sent(header::CONTENT_TYPE)
        .to_ascii_lowercase()
        .starts_with(b"multipart/form-data");
    if request.method() == Method::POST && is_form {
        // s3s gathers these in memory, before it looks at who sends them.
        return Some(s3_error!(
            NotImplemented,
            "uploads by HTML forms are not taken; use a presigned PUT"
        ));
    }
    let query = request.uri().query().unwrap_or_default();
    let is_version_2 = sent(header::AUTHORIZATION).starts_with(b"AWS ")
        || query
            .split('&')
            .any(|pair| pair.starts_with("Signature=") || pair.starts_with("AWSAccessKeyId="));
    if is_version_2 {
        return Some(s3_error!(
            AccessDenied,
            "signatures of version 2 are not taken; use version 4"
        ));
    }
    None
}

fn with_deadline(body: Incoming) -> Body {
    Body::http_body(NotIdle {
        body,
        timer: Box::pin(sleep(IDLE)),
        is_waiting: false,
    })
}

/// A body that may not pause for longer than [`IDLE`].
struct NotIdle {
    body: Incoming,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl HttpBody for NotIdle {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.is_waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(StdError::from)));
        }
        ready!(wait(&mut self, context));
        Poll::Ready(Some(Err(StdError::from(IDLE_MESSAGE))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ready when [`IDLE`] has passed since the first call of this wait.
fn wait(body: &mut NotIdle, context: &mut Context<'_>) -> Poll<()> {
    if !body.is_waiting {
        body.timer.as_mut().reset(Instant::now() + IDLE);
        body.is_waiting = true;
    }
    body.timer.as_mut().poll(context)
}

/// A socket whose other end must take what is written within [`IDLE`]; otherwise a client that stops reading would hold its
/// connection, and one of our few, forever.
fn patient(socket: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(IDLE));
    Box::pin(socket)
}
