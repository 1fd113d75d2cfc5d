//! `segue serve`: the whole server.

mod args;
mod bucket;
mod check_config;
mod marker;

use std::{net::SocketAddr, sync::Arc};

use objects::{Bucket, EmbeddedServer};
use rustix::process::{Resource, getrlimit, setrlimit};
use server::{App, BucketForBrowsers, Clock, Launcher, ProcessLauncher, State};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use args::Args;
use args::LauncherKind;

use crate::{data_dir::ServerLock, failure::Failure, print, secrets::Secrets, signals::cancelled_by_signals};

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let stop = cancelled_by_signals()?;
    // Before the database's schema is touched.
    let lock = match args.database.file() {
        Some(file) => Some(ServerLock::of_database(file)),
        None if args.is_alone() => Some(ServerLock::of_data_dir(args.database.data_dir()?)),
        None => None,
    };
    if args.check_config {
        // Beside a server that runs, its own store is asked.
        return check(&args, lock.is_some_and(|lock| lock.is_err())).await;
    }
    let _lock = lock.transpose()?;
    let secrets = args.secrets()?;
    raise_file_limit();

    // Before anything is begun that would have to be ended again.
    let listener = TcpListener::bind(args.listen).await;
    let listening = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) =
        listening.map_err(|error| Failure::io(&format!("cannot listen on {}", args.listen), &error))?;
    let (app, objects) = compose(&args, secrets.as_ref(), args.bucket.listen(args.listen)).await?;
    let served = serve(&args, &app, address, listener, stop).await;
    // Only now: workers and requests have put into it what they had.
    if let Some(objects) = objects {
        objects.shutdown().await;
    }
    served
}

async fn serve(
    args: &Args,
    app: &App,
    address: SocketAddr,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), Failure> {
    marker::claim_prefix(app).await?;
    let launcher: Option<Arc<dyn Launcher>> = match args.launcher {
        LauncherKind::Process => {
            // Of workers that were killed. Those that have outlived the server before this one hold their locks.
            tokio::task::spawn_blocking(|| worker::remove_leftovers(&crate::worker::default_work_dir()))
                .await
                .ok();
            let command = args.worker_command(address, app.settings.worker_secret.clone())?;
            Some(Arc::new(ProcessLauncher::new(command)))
        }
        LauncherKind::None => None,
    };
    print::to_stdout(&format!("segue is listening on http://{address}"))?;
    tracing::info!(%address, max_workers = app.settings.max_workers, "serving");
    // A second signal ends the process by itself.
    server::serve(Arc::clone(app), listener, launcher, stop, CancellationToken::new()).await?;
    Ok(())
}

/// Opens the database and the bucket. The built-in store, if it is that, lives as long as what is returned.
async fn compose(
    args: &Args,
    secrets: Option<&Secrets>,
    s3_listen: SocketAddr,
) -> Result<(App, Option<EmbeddedServer>), Failure> {
    let (bucket, objects, browsers) = match secrets {
        Some(secrets) if args.bucket.is_embedded() => {
            let objects = args
                .bucket
                .embedded(args.database.data_dir()?, s3_listen, secrets)
                .await?;
            let bucket = args.bucket.of_embedded(objects.endpoint(), secrets)?;
            let browsers = args.bucket.browsers_of_embedded(objects.address());
            (bucket, Some(objects), browsers)
        }
        _ => (args.bucket.configured()?, None, BucketForBrowsers::Endpoint),
    };
    let app = app(args, secrets, bucket, browsers).await?;
    Ok((app, objects))
}

async fn app(
    args: &Args,
    secrets: Option<&Secrets>,
    bucket: Bucket,
    browsers: BucketForBrowsers,
) -> Result<App, Failure> {
    let settings = args.settings(secrets, browsers)?;
    let store = args.database.open().await?;
    Ok(State::new(store, bucket, settings, Clock::default()))
}

async fn check(args: &Args, is_running: bool) -> Result<(), Failure> {
    let secrets = args.secrets()?;
    let s3_listen = args.bucket.listen(args.listen);
    let (app, objects) = match &secrets {
        Some(secrets) if is_running && args.bucket.is_embedded() => {
            if s3_listen.port() == 0 {
                let message = "a server is running on this data directory; say with --s3-listen where its objects are";
                return Err(Failure::usage("usage", message));
            }
            let bucket = args.bucket.of_embedded(format!("http://{s3_listen}"), secrets)?;
            let browsers = args.bucket.browsers_of_embedded(s3_listen);
            (app(args, Some(secrets), bucket, browsers).await?, None)
        }
        secrets => {
            // On any port: what is checked is the store, not whether its port is free.
            let any = SocketAddr::new(s3_listen.ip(), 0);
            compose(args, secrets.as_ref(), any).await?
        }
    };
    let checked = check_config::run(&app, args.bucket.public_url()).await;
    app.store.close().await;
    if let Some(objects) = objects {
        objects.shutdown().await;
    }
    checked
}

/// Connections are descriptors, and the usual limit of 1,024 is less than we take.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = match (limit.current, limit.maximum) {
        (Some(current), Some(most)) => Some(current.max(most.min(65_536))),
        (Some(current), None) => Some(current.max(65_536)),
        (None, _) => None,
    };
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files cannot be raised");
    }
}
