//! ffprobe and ffmpeg as supervised, sandboxed child processes: probe an input, encode its ladder.

mod arguments;
mod child;
mod encode;
mod error;
mod formats;
#[cfg(test)]
#[path = "../../domain/src/hostile.rs"]
mod hostile;
mod pace;
mod probe;
mod probe_json;
mod process;
mod progress;
mod renditions;
mod sandbox;
mod tools;

pub use encode::{Encode, Event, Limits};
pub use error::{MediaError, Refusal};
pub use pace::default_processes;
pub use probe::probe;
pub use probe_json::{Probe, Tags};
pub use sandbox::{Enforcement, Sandbox, SandboxUnavailable};
pub use tools::{ToolError, Tools};
