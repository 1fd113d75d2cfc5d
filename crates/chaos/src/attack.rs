//! The rounds: an upload each, and what is done to the service meanwhile.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};
use hyper::StatusCode;
use rustix::process::Signal;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    fault::Fault,
    follow::{Followed, Owner, follow},
    launcher,
    plan::Round,
    processes::{self, Program},
    proxy::Trouble,
    service::{Service, Terms},
    sound,
};

/// Uploads that have not ended yet.
const MOST_PENDING: usize = 8;
/// How long something to hit is waited for.
const TARGET: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);
const WRONG_CLOCK: i32 = 120;

pub(crate) struct Attack {
    pub(crate) service: Service,
    terms: Terms,
    owners: Vec<Owner>,
    pending: JoinSet<Result<Followed>>,
    /// Workers that stand still, each until its task ends.
    paused: JoinSet<()>,
    pub(crate) ended: Vec<Followed>,
    pub(crate) problems: Vec<String>,
    /// URLs of superseded attempts that still worked at the end, and were used.
    pub(crate) late_writes: u32,
    /// Rounds of each fault, and in how many of them there was something to hit.
    pub(crate) hits: BTreeMap<Fault, (u32, u32)>,
}

impl Attack {
    pub(crate) async fn new(service: Service, terms: Terms) -> Result<Self> {
        let mut owners = Vec::new();
        for server in 0..service.servers() {
            let client = service.user(server, &format!("user-{server}")).await?;
            owners.push(Owner {
                id: client.me().await?.id,
                client,
                bucket: service.bucket.clone(),
                states: service.folder().join("sent"),
            });
        }
        Ok(Self {
            service,
            terms,
            owners,
            pending: JoinSet::new(),
            paused: JoinSet::new(),
            ended: Vec::new(),
            problems: Vec::new(),
            late_writes: 0,
            hits: BTreeMap::new(),
        })
    }

    /// What goes wrong with the tool itself, and not with what it attacks, is an error.
    pub(crate) async fn round(&mut self, round: &Round) -> Result<()> {
        while self.pending.len() >= MOST_PENDING {
            self.one_ends().await?;
        }
        // To a disk that is too small, it is this upload that must come.
        if round.fault.is_outage() || round.fault == Fault::DiskFull {
            self.settle().await?;
        }
        let file = sound::make(round.kind, round.seed, &self.service.folder().join("files"))?;
        let owner = self.owners[round.server % self.owners.len()].clone();
        self.arrange(round.fault)?;
        if round.fault == Fault::ClocksApart {
            let wrong = if round.pick.is_multiple_of(2) {
                WRONG_CLOCK
            } else {
                -WRONG_CLOCK
            };
            self.restart(round, wrong).await?;
        }
        self.pending.spawn(follow(owner, round.clone(), file));
        let was_hit = self.strike(round).await?;
        if round.fault.is_outage() {
            self.settle().await?;
        }
        let (rounds, hits) = self.hits.entry(round.fault).or_default();
        *rounds += 1;
        *hits += u32::from(was_hit);
        println!(
            "{:>4}  {}{}",
            round.number,
            round.fault,
            if was_hit { "" } else { ": found nothing to hit" }
        );
        Ok(())
    }

    /// Waits until every upload has ended, and every worker goes on.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        while self.paused.join_next().await.is_some() {}
        while !self.pending.is_empty() {
            self.one_ends().await?;
        }
        Ok(())
    }

    async fn one_ends(&mut self) -> Result<()> {
        match self.pending.join_next().await.context("nothing is pending")?? {
            Ok(followed) => self.ended.push(followed),
            Err(error) => self.problems.push(format!("{error:#}")),
        }
        Ok(())
    }

    /// What must be in place before the upload begins.
    fn arrange(&self, fault: Fault) -> Result<()> {
        let lose = |verb| (0..self.service.servers()).for_each(|server| self.service.callbacks(server).lose(verb, 1));
        match fault {
            Fault::DiskFull => launcher::order(self.service.folder(), "full")?,
            Fault::TwoWorkers => launcher::order(self.service.folder(), "twice")?,
            Fault::NeverStarts => launcher::order(self.service.folder(), "never")?,
            Fault::StartLost => lose("start"),
            Fault::GrantLost => lose("grant"),
            Fault::FinishLost => lose("finish"),
            _ => {}
        }
        Ok(())
    }

    /// Returns whether there was something to hit.
    async fn strike(&mut self, round: &Round) -> Result<bool> {
        let server = round.server % self.service.servers();
        match round.fault {
            Fault::KillWorker => Ok(self.signal(Program::Worker, round, Signal::KILL).await.is_some()),
            Fault::EndWorker => Ok(self.signal(Program::Worker, round, Signal::TERM).await.is_some()),
            Fault::KillFfmpeg => Ok(self.signal(Program::Tool, round, Signal::KILL).await.is_some()),
            Fault::PauseWorker => {
                let paused = self.signal(Program::Worker, round, Signal::STOP).await;
                if let Some(pid) = paused {
                    let pause = self.terms.lease.mul_f64(1.25);
                    self.paused.spawn(async move {
                        sleep(pause).await;
                        processes::signal(pid, Signal::CONT);
                    });
                }
                Ok(paused.is_some())
            }
            Fault::KillServer | Fault::KillAll => {
                let workers = self.targets(Program::Worker, round.delay).await;
                self.service.kill_server(server)?;
                if round.fault == Fault::KillAll {
                    for pid in &workers {
                        processes::signal(*pid, Signal::KILL);
                    }
                }
                self.service.start_server(server).await?;
                Ok(!workers.is_empty())
            }
            Fault::EndServer => {
                let workers = self.targets(Program::Worker, round.delay).await;
                self.restart(round, 0).await?;
                Ok(!workers.is_empty())
            }
            Fault::BucketRefuses => self.trouble(round, Trouble::Refuse).await,
            Fault::BucketHangs => self.trouble(round, Trouble::Hang).await,
            Fault::BucketFails => {
                self.trouble(round, Trouble::Answer(StatusCode::INTERNAL_SERVER_ERROR))
                    .await
            }
            Fault::BucketIsBusy => {
                self.trouble(round, Trouble::Answer(StatusCode::TOO_MANY_REQUESTS))
                    .await
            }
            Fault::BucketCuts => self.trouble(round, Trouble::Cut).await,
            Fault::DatabaseAway => {
                self.at_work_in_half_of_them(round).await;
                self.without_database(self.terms.lease / 3).await
            }
            Fault::DatabaseAwayLong => {
                let is_at_work = !self.targets(Program::Worker, round.delay).await.is_empty();
                self.without_database(self.terms.lease.mul_f64(1.5)).await?;
                Ok(is_at_work)
            }
            Fault::ServerAwayLong => {
                let is_at_work = !self.targets(Program::Worker, round.delay).await.is_empty();
                for server in 0..self.service.servers() {
                    self.service.kill_server(server)?;
                }
                sleep(self.terms.lease.mul_f64(1.5)).await;
                for server in 0..self.service.servers() {
                    self.service.start_server(server).await?;
                }
                Ok(is_at_work)
            }
            Fault::DiskFull | Fault::TwoWorkers | Fault::NeverStarts => {
                self.until(|service| !launcher::is_waiting(service.folder())).await;
                Ok(launcher::take_order_back(self.service.folder()))
            }
            Fault::StartLost | Fault::GrantLost | Fault::FinishLost => {
                let servers = 0..self.service.servers();
                let is_lost = self
                    .until(|service| servers.clone().any(|server| service.callbacks(server).to_lose() == 0))
                    .await;
                servers.for_each(|server| self.service.callbacks(server).lose("", 0));
                Ok(is_lost)
            }
            Fault::ClocksApart => {
                sleep(self.terms.lease / 2).await;
                self.restart(round, 0).await?;
                Ok(true)
            }
            // By whoever follows the upload, at the moment that it is complete.
            Fault::SourceReplaced => Ok(true),
        }
    }

    /// In order, with the clock off by so many seconds from then on.
    async fn restart(&mut self, round: &Round, clock: i32) -> Result<()> {
        let server = round.server % self.service.servers();
        let status = self.service.end_server(server).await?;
        if !status.success() {
            self.problems.push(format!(
                "round {}: a server that was told to end: {status}",
                round.number
            ));
        }
        self.service.set_clock(server, clock);
        self.service.start_server(server).await
    }

    async fn trouble(&self, round: &Round, trouble: Trouble) -> Result<bool> {
        self.at_work_in_half_of_them(round).await;
        self.service.bucket_proxy.set(trouble);
        sleep(self.terms.lease / 6).await;
        self.service.bucket_proxy.set(Trouble::None);
        Ok(true)
    }

    /// So that now a browser is hit, and now a worker.
    async fn at_work_in_half_of_them(&self, round: &Round) {
        if round.pick.is_multiple_of(2) {
            self.targets(Program::Worker, round.delay).await;
        }
    }

    async fn without_database(&mut self, time: Duration) -> Result<bool> {
        self.service.database.shut()?;
        sleep(time).await;
        self.service.database.open()?;
        Ok(true)
    }

    /// To one of the processes; returns which.
    async fn signal(&self, program: Program, round: &Round, signal: Signal) -> Option<u32> {
        let deadline = Instant::now() + TARGET;
        // Those that were there may have ended during the delay.
        while Instant::now() < deadline {
            let targets = self.targets(program, round.delay).await;
            let target = round.pick.checked_rem(targets.len()).and_then(|pick| targets.get(pick));
            if let Some(target) = target.filter(|target| processes::signal(**target, signal)) {
                return Some(*target);
            }
        }
        None
    }

    /// Waits until there are some, and for the delay; returns those that are there then.
    async fn targets(&self, program: Program, delay: Duration) -> Vec<u32> {
        let folder = self.service.folder().to_owned();
        self.until(|_| !processes::that_are(program, &folder).is_empty()).await;
        sleep(delay).await;
        processes::that_are(program, &folder)
    }

    async fn until(&self, is: impl Fn(&Service) -> bool) -> bool {
        let deadline = Instant::now() + TARGET;
        while !is(&self.service) {
            if Instant::now() > deadline {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }
}
