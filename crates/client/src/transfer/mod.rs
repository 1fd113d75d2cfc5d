//! Sending a file: reserve, PUT, complete; and going on after an interruption.

mod error;
mod piece;
mod progress;
mod source;
mod state;
mod uploader;

pub use error::SendError;
pub use progress::Sent;
pub use state::StateDir;
pub use uploader::Uploader;
