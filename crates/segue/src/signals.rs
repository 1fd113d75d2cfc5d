//! The first SIGINT, SIGTERM or SIGHUP cancels, and the work ends by itself; a second one ends the process at once.

use std::fs;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

pub(crate) fn cancelled_by_signals() -> Result<CancellationToken, Failure> {
    let cancel = CancellationToken::new();
    let ignored = ignored_signals();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // As `nohup`, or a shell script's `&`, wants it.
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            continue;
        }
        let mut signals = signal(kind).map_err(|error| Failure::io("signals cannot be handled", &error))?;
        let cancel = cancel.clone();
        tokio::spawn(async move {
            signals.recv().await;
            if cancel.is_cancelled() {
                std::process::exit(1);
            }
            cancel.cancel();
            signals.recv().await;
            std::process::exit(1);
        });
    }
    Ok(cancel)
}

/// One bit for each signal that was ignored when this process was started; none where `/proc` does not tell.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
