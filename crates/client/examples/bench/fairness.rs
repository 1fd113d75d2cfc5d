//! Ten users with twenty files each, all at once.

use std::{collections::BTreeMap, path::Path, time::Duration};

use client::{Client, List};
use domain::UploadState;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    Result,
    service::{Service, send},
};

const USERS: usize = 10;
const FILES: usize = 20;
/// In MiB, between the first tenth and the end.
const GROWTH_MIB: f64 = 16.0;

/// Prints the order in which they finished, and returns what was missed.
pub(crate) async fn measure(segue: &Path, source: &Path) -> Result<Vec<String>> {
    let service = Service::start(segue, 1).await?;
    let mut senders = JoinSet::new();
    let started = Instant::now();
    let mut clients = Vec::new();
    for user in 0..USERS {
        let client = service.user(&format!("user-{user}")).await?;
        clients.push(client.clone());
        let source = source.to_owned();
        senders.spawn(async move {
            for _ in 0..FILES {
                send(&client, &source).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    let (mut order, mut early) = (Vec::new(), None);
    let mut ready = BTreeMap::new();
    let mut failed = 0;
    while order.len() + failed < USERS * FILES {
        if started.elapsed() > Duration::from_mins(30) {
            return Err("not all were ready after 30 minutes".into());
        }
        failed = 0;
        for (user, client) in clients.iter().enumerate() {
            let (now_ready, now_failed) = counts(client).await?;
            failed += now_failed;
            let before = ready.insert(user, now_ready).unwrap_or(0);
            order.extend(std::iter::repeat_n(user, now_ready - before));
        }
        if early.is_none() && order.len() >= USERS * FILES / 10 {
            early = Some(service.peak()?);
        }
        sleep(Duration::from_millis(100)).await;
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let (early, late) = (early.unwrap_or(0.0), service.peak()?);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} ready, {failed} failed in {seconds:.0} s; memory of `segue serve`: {early:.1} MiB after a tenth, {late:.1} at the end.",
        order.len()
    );
    println!("\nWho finished, in order (one digit for each upload, by its user):\n\n```");
    for line in order.chunks(50) {
        println!("{}", line.iter().map(ToString::to_string).collect::<String>());
    }
    println!("```");
    let mut unmet = Vec::new();
    if failed > 0 {
        unmet.push(format!("{failed} failed"));
    }
    // By the time that half of all are ready, nobody should be far from half of their own.
    let half = &order[..order.len() / 2];
    let shares: Vec<usize> = (0..USERS)
        .map(|user| half.iter().filter(|it| **it == user).count())
        .collect();
    println!("\nOf the first half, each user had {shares:?}.");
    let (least, most) = (shares.iter().min().unwrap_or(&0), shares.iter().max().unwrap_or(&0));
    if most - least > FILES / 4 {
        unmet.push(format!("of the first half one user had {least}, another {most}"));
    }
    if late - early > GROWTH_MIB {
        unmet.push(format!("memory grew from {early:.1} to {late:.1} MiB"));
    }
    Ok(unmet)
}

/// How many are ready, and how many have failed.
async fn counts(client: &Client) -> Result<(usize, usize)> {
    let page = client.list(&List::default()).await?;
    let count = |state| page.uploads.iter().filter(|upload| upload.state == state).count();
    Ok((count(UploadState::Ready), count(UploadState::Failed)))
}
