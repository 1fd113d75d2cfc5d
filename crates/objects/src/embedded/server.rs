//! Starting and stopping the server.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use domain::{Secret, Timestamp};
use s3s::{
    auth::SimpleAuth,
    config::{S3Config, StaticConfigProvider},
    service::{S3Service, S3ServiceBuilder},
};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{connection, error::EmbeddedError, s3::Protocol, store::Store};

/// Connections at a time; who comes later waits. Each holds at most some chunks of 256 KiB, and two descriptors, of
/// which a process may have 1,024 unless it is given more.
const MOST_CONNECTIONS: usize = 400;
/// The list of 10,000 parts with all that may be said of each.
const LARGEST_XML: usize = 8 << 20;
/// For requests that are under way when the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What a server needs to know.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// Where everything is kept. Made if it is not there; no other server may use it at the same time.
    pub directory: PathBuf,
    /// With port 0, any that is free.
    pub listen: SocketAddr,
    /// The one access key that is known.
    pub access_key: String,
    /// Its secret.
    pub secret_key: Secret,
    /// Buckets that are there from the start.
    pub buckets: Vec<String>,
}

/// A running server. [`EmbeddedServer::shutdown`] ends it in order; dropping it breaks connections off, and costs the
/// next start a sweep, but loses nothing that was acknowledged.
#[derive(Debug)]
pub struct EmbeddedServer {
    address: SocketAddr,
    stop: CancellationToken,
    accepting: Option<JoinHandle<()>>,
}

impl EmbeddedServer {
    /// Opens the directory and serves it, within the runtime that this is called in.
    pub async fn start(settings: EmbeddedSettings) -> Result<Self, EmbeddedError> {
        let EmbeddedSettings {
            directory,
            listen,
            access_key,
            secret_key,
            buckets,
        } = settings;
        let index = directory.join("index.redb");
        let opened = spawn_blocking(move || Store::open(&directory, system_clock)).await;
        let store = opened.map_err(|panic| EmbeddedError::IndexDamaged {
            path: index.clone(),
            reason: panic.to_string(),
        })??;
        let store = Arc::new(store);
        store.require_buckets(buckets, &index).await?;
        let unheard = |source| EmbeddedError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        let s3 = service(Protocol(Arc::clone(&store)), access_key, &secret_key);
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(run(listener, s3, store, stop.clone()));
        Ok(Self {
            address,
            stop,
            accepting: Some(accepting),
        })
    }

    /// Where it listens, with the port that it got.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for clients on this machine.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }

    /// Takes no more connections, finishes the requests under way (at most 10 seconds), and closes the index. The
    /// directory is free when this returns.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(accepting) = self.accepting.take()
            && let Err(error) = accepting.await
        {
            tracing::error!(%error, "the object store did not end in order");
        }
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

fn service(protocol: Protocol, access_key: String, secret_key: &Secret) -> S3Service {
    let mut config = S3Config::default();
    config.xml_max_body_size = LARGEST_XML;
    // Refused before they come here; if they ever did, they would be gathered in memory.
    config.post_object_max_file_size = 0;
    config.form_max_fields_size = 0;
    let mut builder = S3ServiceBuilder::new(protocol);
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.set_auth(SimpleAuth::from_single(access_key, secret_key.reveal()));
    builder.build()
}

async fn run(listener: TcpListener, s3: S3Service, store: Arc<Store>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    accept(&listener, &s3, &stop, &mut connections).await;
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, finish).await.is_err() {
        tracing::warn!("breaking off requests to the object store that did not end");
        connections.shutdown().await;
    }
    drop(s3);
    if let Err(error) = spawn_blocking(move || store.close()).await {
        tracing::error!(%error, "cannot close the object store");
    }
}

async fn accept(listener: &TcpListener, s3: &S3Service, stop: &CancellationToken, connections: &mut JoinSet<()>) {
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
                let (s3, stop) = (s3.clone(), stop.clone());
                connections.spawn(async move {
                    connection::serve(socket, s3, stop).await;
                    drop(place);
                });
            }
            (_, accepted) => {
                // Out of descriptors, most likely: they come back when others leave.
                if let Err(error) = accepted {
                    tracing::warn!(%error, "cannot accept a connection to the object store");
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge where the clock comes in")]
fn system_clock() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since_epoch.map(|elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX));
    Timestamp::from_millis(millis.unwrap_or(0))
}
