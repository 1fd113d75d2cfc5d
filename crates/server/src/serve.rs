//! A whole server: what runs in it, and in which order it ends.

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    task::{Id, JoinError, JoinHandle, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    changes::Changes, clock_sync::ClockSync, deleter::Deleter, dispatcher::Dispatcher, http, launcher::Launcher,
    rescuer::Rescuer, router, state::App, sweeper::Sweeper,
};

/// For workers of this machine to hand back what they have.
const HAND_BACKS: Duration = Duration::from_secs(10);
/// For the dispatcher to end what it has begun, for the background tasks, and for the database.
const ENDING: Duration = Duration::from_secs(6);

/// Why a server ended other than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A defect of ours. The others were ended in order.
    #[error("{task} ended by itself: {reason}; see the log, and start the server again")]
    Died {
        /// Which part of the server.
        task: &'static str,
        /// What is known of it.
        reason: String,
    },
    /// It was asked a second time, and did not wait for anything.
    #[error("stopped at once, without waiting for what was under way")]
    Killed,
}

/// Serves until `stop`, and then ends in order; `kill` ends it at once. Without a launcher nothing is launched: a pool
/// pulls. The store is closed when this returns, unless it was killed.
pub async fn serve(
    app: App,
    listener: TcpListener,
    launcher: Option<Arc<dyn Launcher>>,
    stop: CancellationToken,
    kill: CancellationToken,
) -> Result<(), ServeError> {
    tokio::select! {
        biased;
        () = kill.cancelled() => Err(ServeError::Killed),
        ended = run(app, listener, launcher, stop) => ended,
    }
}

async fn run(
    app: App,
    listener: TcpListener,
    launcher: Option<Arc<dyn Launcher>>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    // Leases are compared by the database's clock from the first one on.
    ClockSync::new(Arc::clone(&app)).ask().await;
    let mut http = Part::start(|stop| http::run(listener, router(Arc::clone(&app)), stop));
    let mut dispatching = launcher.clone().map(|launcher| {
        let dispatcher = Dispatcher::new(Arc::clone(&app), launcher);
        Part::start(|stop| dispatcher.run(stop))
    });
    let mut background = Background::new();
    // Ends with `app.stopping`, which comes first.
    background.spawn("the events", |_| Changes::run(Arc::clone(&app)));
    background.spawn("the rescuer", |stop| Rescuer::new(Arc::clone(&app)).run(stop));
    background.spawn("the deleter", |stop| Deleter::new(Arc::clone(&app)).run(stop));
    background.spawn("the sweeper", |stop| Sweeper::run(Arc::clone(&app), stop));
    background.spawn("the clock", |stop| ClockSync::new(Arc::clone(&app)).run(stop));

    let ended = tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = http.ended() => Err(died("the HTTP server", ended)),
        ended = ended_if_any(dispatching.as_mut()) => Err(died("the dispatcher", ended)),
        died = background.died() => Err(died),
    };
    if let Err(error) = &ended {
        tracing::error!(%error, "a part of the server has died; stopping the others");
    } else {
        tracing::info!("stopping");
    }

    // First nothing new is begun. Then workers hand back what they have, for which HTTP must still answer.
    if let Some(dispatching) = dispatching {
        dispatching.stop("the dispatcher").await;
    }
    app.stopping.cancel();
    if let Some(launcher) = launcher {
        launcher.stop_local(HAND_BACKS).await;
    }
    http.stop("the HTTP server").await;
    background.stop().await;
    if timeout(ENDING, app.store.close()).await.is_err() {
        tracing::warn!("the database did not let go in time");
    }
    tracing::info!("stopped");
    ended
}

/// One part of the server, which ends when it is told to.
struct Part {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Part {
    fn start<F: Future<Output = ()> + Send + 'static>(run: impl FnOnce(CancellationToken) -> F) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(stop.clone()));
        Self { stop, task }
    }

    async fn ended(&mut self) -> Result<(), JoinError> {
        (&mut self.task).await
    }

    async fn stop(mut self, name: &str) {
        self.stop.cancel();
        // One that has died before was waited for already.
        if !self.task.is_finished() && timeout(ENDING, &mut self.task).await.is_err() {
            tracing::warn!("{name} did not end in time");
            self.task.abort();
        }
    }
}

async fn ended_if_any(part: Option<&mut Part>) -> Result<(), JoinError> {
    match part {
        Some(part) => part.ended().await,
        None => pending().await,
    }
}

/// What goes on beside the requests. None of it ends before it is told to.
struct Background {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Background {
    fn new() -> Self {
        Self {
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
            names: HashMap::new(),
        }
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F,
    ) {
        let task = self.tasks.spawn(run(self.stop.clone()));
        self.names.insert(task.id(), name);
    }

    /// The first that ends before its time.
    async fn died(&mut self) -> ServeError {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => died(self.name(id), Ok(())),
            Some(Err(error)) => died(self.name(error.id()), Err(error)),
            None => pending().await,
        }
    }

    fn name(&self, id: Id) -> &'static str {
        self.names.get(&id).copied().unwrap_or("a task")
    }

    async fn stop(mut self) {
        self.stop.cancel();
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(ENDING, finish).await.is_err() {
            tracing::warn!("some background tasks did not end in time");
            self.tasks.shutdown().await;
        }
    }
}

fn died(task: &'static str, ended: Result<(), JoinError>) -> ServeError {
    let reason = ended.map_or_else(|panic| panic.to_string(), |()| "it had nothing more to do".into());
    ServeError::Died { task, reason }
}
