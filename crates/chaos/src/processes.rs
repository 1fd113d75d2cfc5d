//! The processes of a service, as the machine's own table shows them.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal, kill_process};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Server,
    Worker,
    /// ffmpeg or ffprobe.
    Tool,
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) program: Program,
    pub(crate) command: String,
}

/// All that were called with something below `folder`: there is nowhere else that a service has anything.
pub(crate) fn of(folder: &Path) -> Vec<Process> {
    let folder = folder.display().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let command = String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/cmdline")).ok()?).into_owned();
        let words: Vec<&str> = command.split('\0').collect();
        let is_segue = words
            .first()
            .is_some_and(|word| word.starts_with(&folder) && word.ends_with("/segue"));
        let is_tool = words
            .first()
            .is_some_and(|word| word.ends_with("ffmpeg") || word.ends_with("ffprobe"));
        let program = match words.get(1) {
            Some(&"serve") if is_segue => Program::Server,
            Some(&"worker") if is_segue => Program::Worker,
            _ if is_tool => Program::Tool,
            _ => Program::Other,
        };
        command.contains(&folder).then(|| Process {
            pid,
            program,
            command: words.join(" "),
        })
    })
    .collect()
}

/// Those that run a certain program.
pub(crate) fn that_are(program: Program, folder: &Path) -> Vec<u32> {
    let processes = of(folder).into_iter();
    processes
        .filter(|process| process.program == program)
        .map(|process| process.pid)
        .collect()
}

/// Whether it was still there.
pub(crate) fn signal(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

/// Resident memory, in MiB.
pub(crate) fn memory(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}
