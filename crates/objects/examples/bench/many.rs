//! A million objects: listing, starting, memory.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    BUCKET,
    client::{runtime, sdk},
    median,
    process::Server,
};

const FEW: u32 = 10_000;
const MANY: u32 = 1_000_000;
const PAGES: u32 = 101;

struct Measured {
    keys: u32,
    page: Duration,
    start: Duration,
    start_after_kill: Duration,
    memory: String,
    index: u64,
}

/// Prints the table, and returns whether listing keeps its target.
pub(crate) fn measure(directory: &Path) -> bool {
    let measured: Vec<_> = [FEW, MANY]
        .map(|keys| measure_with(&directory.join(keys.to_string()), keys))
        .into();
    println!("| keys | a page of 1,000 | start | start after a kill | memory after {PAGES} pages | index |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for Measured {
        keys,
        page,
        start,
        start_after_kill,
        memory,
        index,
    } in &measured
    {
        let index = index >> 20;
        println!("| {keys} | {page:.2?} | {start:.1?} | {start_after_kill:.1?} | {memory} | {index} MiB |");
    }
    let ratio = measured[1].page.as_secs_f64() / measured[0].page.as_secs_f64();
    println!("\nA page out of {MANY} keys takes {ratio:.2} times as long as one out of {FEW} (target: at most 1.5).");
    ratio <= 1.5
}

/// Keys as long as ours, in order: user, upload, tree, rendition, segment.
fn key(number: u32) -> String {
    let (upload, segment) = (number / 1000, number % 1000);
    format!(
        "uploads/018bcfe5-6800-7fff-bfff-ffffffffffff/{upload:08x}-6800-7fff-bfff-ffffffffffff/tree/64k/segment_{segment:03}.ts"
    )
}

fn measure_with(directory: &Path, keys: u32) -> Measured {
    objects::fill_index(directory, BUCKET, (0..keys).map(key)).unwrap();
    let index = std::fs::metadata(directory.join("index.redb")).unwrap().len();
    // Once to make the start after it an ordinary one.
    Server::start(directory).end();
    let server = Server::start(directory);
    let start = server.start;
    let client = sdk(&server);
    let page = runtime().block_on(async {
        let mut times = Vec::new();
        for page in 0..PAGES {
            // Spread over all keys, and never so near the end that less than a page is left.
            let after = key((keys - 1001) / PAGES * page);
            let began = Instant::now();
            let list = client
                .list_objects_v2()
                .bucket(BUCKET)
                .start_after(after)
                .max_keys(1000)
                .send()
                .await
                .unwrap();
            times.push(began.elapsed());
            assert_eq!(list.contents().len(), 1000);
        }
        median(times)
    });
    let memory = server.memory();
    server.kill();
    let server = Server::start(directory);
    let start_after_kill = server.start;
    server.kill();
    std::fs::remove_dir_all(directory).unwrap();
    Measured {
        keys,
        page,
        start,
        start_after_kill,
        memory,
        index,
    }
}
