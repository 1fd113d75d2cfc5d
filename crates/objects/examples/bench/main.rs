//! What `cargo xtask bench objects` runs: the embedded server beside plain files, in the same run on the same disk.
//!
//! The server is a process of its own (this executable, told to serve), so that its memory and its start are its own.
#![expect(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

mod client;
mod files;
mod many;
mod process;

use std::{env, path::Path, time::Duration};

const BUCKET: &str = "bench";

fn main() {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(serve), Some(directory)) if serve == "serve" => process::serve(Path::new(&directory)),
        (Some(folder), None) => {
            // Beneath a folder that the caller chose: what is measured is that disk.
            let directory = tempfile::tempdir_in(folder).unwrap();
            throughput(directory.path());
            let is_met = many::measure(directory.path());
            drop(directory);
            assert!(
                is_met,
                "target not met: a page out of a million keys within 1.5 times one out of 10,000"
            );
        }
        _ => panic!("give a folder to work in"),
    }
}

/// Objects of a size, moved by so many clients at once.
struct Load {
    name: &'static str,
    size: usize,
    count: usize,
    clients: usize,
}

const LOADS: [Load; 3] = [
    Load {
        name: "50 KB, 8 clients",
        size: 50_000,
        count: 4000,
        clients: 8,
    },
    Load {
        name: "50 KB, 1 client",
        size: 50_000,
        count: 500,
        clients: 1,
    },
    Load {
        name: "100 MB, 1 client",
        size: 100_000_000,
        count: 8,
        clients: 1,
    },
];

fn throughput(directory: &Path) {
    let server = process::Server::start(&directory.join("server"));
    println!("| | server | | plain files, fsynced | | server / files |\n|---|---:|---:|---:|---:|---:|");
    for load in &LOADS {
        let plain = directory.join("plain");
        std::fs::create_dir_all(&plain).unwrap();
        let pairs = [
            ("PUT", client::put(&server, load), files::write(&plain, load)),
            ("GET", client::get(&server, load), files::read(&plain, load)),
        ];
        for (verb, ours, theirs) in pairs {
            let (ours, theirs) = (ours.as_secs_f64(), theirs.as_secs_f64());
            let per_second = |seconds: f64| load.count as f64 / seconds;
            let megabytes = |seconds: f64| (load.count * load.size) as f64 / 1e6 / seconds;
            println!(
                "| {verb} {} | {:.0} /s | {:.0} MB/s | {:.0} /s | {:.0} MB/s | {:.2} |",
                load.name,
                per_second(ours),
                megabytes(ours),
                per_second(theirs),
                megabytes(theirs),
                theirs / ours
            );
        }
        std::fs::remove_dir_all(&plain).unwrap();
    }
    println!("\nThe server's memory after that: {}\n", server.memory());
    server.kill();
}

/// Runs a job in so many threads and takes the time until all have ended.
fn in_threads(load: &Load, job: impl Fn(usize) + Sync) -> Duration {
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..load.clients {
            let job = &job;
            scope.spawn(move || (thread..load.count).step_by(load.clients).for_each(job));
        }
    });
    start.elapsed()
}

/// The middle one.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
