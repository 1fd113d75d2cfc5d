//! As many small uploads as the machine can take, with a kill every minute.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    database::Engine,
    follow,
    plot::{self, Series},
    processes::{self, Program},
    service::{Service, Terms},
    sound::{self, Kind},
};

/// Files that are sent over and over.
const FILES: u64 = 24;
const USERS: usize = 4;
/// Uploads that have not ended yet: enough that a worker always finds one, and few enough that the end is near.
const MOST_PENDING: usize = 60;
const EVERY: Duration = Duration::from_secs(5);
const KILL: Duration = Duration::from_mins(1);

/// What is seen every few seconds.
#[derive(Debug, Clone, Copy)]
struct Sample {
    seconds: f64,
    ready: u32,
    failed: u32,
    /// Of the job that has waited for longest.
    queue_age: f64,
    memory: f64,
}

pub(crate) async fn load(
    segue: &Path,
    engine: Engine,
    terms: Terms,
    minutes: u64,
    plot: Option<PathBuf>,
) -> Result<bool> {
    let mut service = Service::start(segue, engine, terms).await?;
    let files = service.folder().join("files");
    let files: Vec<PathBuf> = (0..FILES)
        .map(|seed| sound::make(Kind::Flac, seed, &files))
        .collect::<Result<_>>()?;
    let stop = CancellationToken::new();
    let places = Arc::new(Semaphore::new(MOST_PENDING));
    let mut senders = JoinSet::new();
    for user in 0..USERS {
        let client = service.user(user % service.servers(), &format!("user-{user}")).await?;
        let (files, stop, places) = (files.clone(), stop.clone(), Arc::clone(&places));
        let states = service.folder().join("sent").join(user.to_string());
        senders.spawn(send_until(client, files, states, places, stop));
    }

    let begun = Instant::now();
    let end = begun + Duration::from_secs(minutes * 60);
    let (mut next_sample, mut next_kill, mut kills) = (begun + EVERY, begun + KILL, 0);
    let mut samples = Vec::new();
    while next_sample < end {
        sleep_until(next_sample).await;
        next_sample += EVERY;
        samples.push(sample(&service, begun).await?);
        if Instant::now() >= next_kill {
            next_kill += KILL;
            kills += 1;
            kill(&mut service, kills).await?;
        }
    }
    stop.cancel();
    let mut sent = 0;
    let mut problems = Vec::new();
    while let Some(sender) = senders.join_next().await {
        match sender? {
            Ok(count) => sent += count,
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    samples.push(sample(&service, begun).await?);
    let unfinished = "SELECT count(*) FROM uploads WHERE state NOT IN ('ready', 'failed')";
    let unfinished = service.database.ask(unfinished)?.concat().concat();
    print(&samples, sent, kills, &unfinished);
    if let Some(path) = plot {
        draw(&samples, &path)?;
    }
    let last = samples.last().context("nothing was seen")?;
    if u64::from(last.ready) != sent || last.failed > 0 || unfinished != "0" {
        problems.push(format!(
            "{sent} were sent, {} are ready, {} failed, {unfinished} are unfinished",
            last.ready, last.failed
        ));
    }
    for problem in &problems {
        println!("BROKEN: {problem}");
    }
    service.close(false).await;
    Ok(problems.is_empty())
}

/// One after the other, while there are places for what has not ended. Returns when all have ended, and how many.
async fn send_until(
    client: client::Client,
    files: Vec<PathBuf>,
    states: PathBuf,
    places: Arc<Semaphore>,
    stop: CancellationToken,
) -> Result<u64> {
    let mut watching = JoinSet::new();
    let mut sent = 0;
    for file in files.iter().cycle() {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place?,
            () = stop.cancelled() => break,
        };
        let upload = follow::send(&client, file, &states).await?;
        sent += 1;
        let client = client.clone();
        watching.spawn(async move {
            let ended = follow::until_settled(&client, upload.id).await;
            drop(place);
            ended.map(drop)
        });
    }
    while let Some(ended) = watching.join_next().await {
        ended??;
    }
    Ok(sent)
}

async fn kill(service: &mut Service, number: usize) -> Result<()> {
    if number.is_multiple_of(2) {
        let server = number / 2 % service.servers();
        service.kill_server(server)?;
        service.start_server(server).await
    } else {
        if let Some(worker) = processes::that_are(Program::Worker, service.folder()).first() {
            processes::signal(*worker, Signal::KILL);
        }
        Ok(())
    }
}

async fn sample(service: &Service, begun: Instant) -> Result<Sample> {
    let count = |state| -> Result<u32> {
        let sql = format!("SELECT count(*) FROM uploads WHERE state = '{state}'");
        Ok(service.database.ask(&sql)?.concat().concat().parse()?)
    };
    let pids = (0..service.servers()).filter_map(|server| service.pid(server));
    Ok(Sample {
        seconds: begun.elapsed().as_secs_f64(),
        ready: count("ready")?,
        failed: count("failed")?,
        queue_age: queue_age(&service.url(0)).await.unwrap_or(0.0),
        memory: pids.filter_map(processes::memory).fold(0.0, f64::max),
    })
}

/// As the server says it.
async fn queue_age(url: &str) -> Option<f64> {
    let metrics = timeout(EVERY, async {
        let http = reqwest::Client::builder().no_proxy().build()?;
        http.get(format!("{url}/metrics")).send().await?.text().await
    })
    .await;
    let metrics = metrics.ok()?.ok()?;
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("segue_oldest_queued_job_age_seconds "))?;
    line.trim().parse().ok()
}

fn print(samples: &[Sample], sent: u64, kills: usize, unfinished: &str) {
    println!("| minute | ready | a second | oldest queued, s | server, MiB |\n|---:|---:|---:|---:|---:|");
    let mut before = (0.0, 0);
    for chunk in samples.chunks(12) {
        let Some(last) = chunk.last() else { continue };
        let pace = f64::from(last.ready - before.1) / (last.seconds - before.0);
        let most = |pick: fn(&Sample) -> f64| chunk.iter().map(pick).fold(0.0, f64::max);
        println!(
            "| {:.1} | {} | {pace:.2} | {:.1} | {:.0} |",
            last.seconds / 60.0,
            last.ready,
            most(|sample| sample.queue_age),
            most(|sample| sample.memory),
        );
        before = (last.seconds, last.ready);
    }
    println!("\n{sent} uploads were sent during {kills} kills; {unfinished} are unfinished.");
}

fn draw(samples: &[Sample], path: &Path) -> Result<()> {
    let points = |pick: fn(&Sample) -> f64| {
        samples
            .iter()
            .map(|sample| (sample.seconds / 60.0, pick(sample)))
            .collect()
    };
    let pace = samples.windows(7).filter_map(|window| {
        let (first, last) = (window.first()?, window.last()?);
        let pace = f64::from(last.ready - first.ready) / (last.seconds - first.seconds);
        Some((last.seconds / 60.0, pace))
    });
    let series = [
        Series {
            title: "ready uploads a second, over 30 s",
            points: pace.collect(),
        },
        Series {
            title: "age of the oldest queued job, s",
            points: points(|sample| sample.queue_age),
        },
        Series {
            title: "memory of the server, MiB",
            points: points(|sample| sample.memory),
        },
    ];
    Ok(std::fs::write(path, plot::svg(&series))?)
}
