//! The control plane: the HTTP API, and what keeps uploads moving behind it.

mod api;
mod changes;
mod clock;
mod clock_sync;
mod deadline;
mod deleter;
mod dispatcher;
mod extract;
mod http;
mod launcher;
mod metrics;
mod passwords;
mod playing;
mod problem;
mod reach;
mod request_id;
mod rescuer;
mod router;
mod serve;
mod settings;
mod settle;
mod source;
mod state;
mod sweeper;
mod tokens;
mod transfer;

pub use clock::{Clock, new_secret, random, random_array};
pub use dispatcher::Dispatcher;
pub use launcher::{Attempt, Execution, LaunchError, Launcher, ProcessLauncher, WorkerCommand};
pub use passwords::hash as hash_password;
pub use problem::Problem;
pub use router::{openapi, router};
pub use serve::{ServeError, serve};
pub use settings::{BucketForBrowsers, RegistrationPolicy, Settings};
pub use state::{App, State};
pub use sweeper::{Sweeper, sweep_once};
