//! How a server ends.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use server::{Attempt, Execution, LaunchError, Launcher, ServeError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::Engine;

/// A launcher whose workers hand back over HTTP when they are told to stop.
struct HandsBack {
    url: String,
    answered: Mutex<Option<u16>>,
}

#[async_trait]
impl Launcher for HandsBack {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn launch(&self, _: &Attempt) -> Result<Execution, LaunchError> {
        Ok(Execution(None))
    }

    async fn stop_local(&self, _: Duration) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.get(format!("{}/api/v1/nothing", self.url)).send().await.unwrap();
        *self.answered.lock().unwrap() = Some(answer.status().as_u16());
    }
}

#[tokio::test]
async fn workers_can_hand_back_while_the_server_ends() {
    let engine = Engine::new(1).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let launcher = Arc::new(HandsBack {
        url: format!("http://{address}"),
        answered: Mutex::default(),
    });
    let stop = CancellationToken::new();
    let serving = server::serve(
        Arc::clone(&engine.app),
        listener,
        Some(launcher.clone()),
        stop.clone(),
        CancellationToken::new(),
    );
    let serving = tokio::spawn(serving);
    // A client that says nothing must not keep the server from ending.
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"GET / HT").await.unwrap();
    stop.cancel();
    let ended = timeout(Duration::from_secs(20), serving).await.unwrap().unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!(*launcher.answered.lock().unwrap(), Some(404));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
    assert!(engine.app.store.ping().await.is_err(), "the database is closed");
}

#[tokio::test]
async fn a_second_signal_waits_for_nothing() {
    let engine = Engine::new(1).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let kill = CancellationToken::new();
    kill.cancel();
    let ended = server::serve(Arc::clone(&engine.app), listener, None, CancellationToken::new(), kill).await;
    assert!(matches!(ended, Err(ServeError::Killed)));
}
