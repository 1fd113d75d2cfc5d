//! What a process cost.

use std::{
    fs,
    io::Error,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Seconds that a process took.
pub(crate) struct Seconds {
    /// By the clock on the wall.
    pub(crate) wall: f64,
    /// User and system time of all its threads and of its children.
    pub(crate) cpu: f64,
}

/// Runs a command silently to its successful end and says what it took.
#[expect(unsafe_code, reason = "std cannot say what CPU time a child took")]
pub(crate) fn seconds(command: &mut Command) -> Result<Seconds> {
    let start = Instant::now();
    let child = silent(command)
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let pid = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: all-zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live, writable values of the right types; the child is ours and nobody else waits.
    let waited = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    ensure!(waited == pid, "cannot wait for {command:?}: {}", Error::last_os_error());
    ensure!(status == 0, "{command:?} failed: wait status {status}");
    let in_seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(Seconds {
        wall: start.elapsed().as_secs_f64(),
        cpu: in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime),
    })
}

/// Runs a command silently to its successful end and says its own peak of resident memory in KiB, without that of its
/// children.
pub(crate) fn own_peak_kib(command: &mut Command) -> Result<u64> {
    let mut child = silent(command)
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        // The kernel keeps the high-water mark, so what a look misses the next one sees.
        if let Ok(status) = fs::read_to_string(&status) {
            peak = high_water_kib(&status).unwrap_or(peak);
        }
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        thread::park_timeout(Duration::from_millis(2));
    };
    ensure!(exit.success(), "{command:?} failed: {exit}");
    Ok(peak)
}

fn high_water_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_that_of_the_child() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
        let took = seconds(&mut busy).unwrap();
        assert!(took.cpu > 0.01, "{} s", took.cpu);
        assert!(took.cpu < took.wall + 0.1, "{} of {} s", took.cpu, took.wall);
    }

    #[test]
    fn a_failure_is_not_measured() {
        assert!(seconds(&mut Command::new("false")).is_err());
        assert!(own_peak_kib(&mut Command::new("false")).is_err());
    }

    #[test]
    fn the_peak_is_read_from_the_status() {
        assert_eq!(high_water_kib("VmPeak:\t  9000 kB\nVmHWM:\t    2532 kB\n"), Some(2532));
        assert_eq!(high_water_kib("State:\tZ (zombie)\n"), None);
    }
}
