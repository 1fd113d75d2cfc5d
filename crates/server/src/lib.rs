//! The control plane: the HTTP API, and what keeps uploads moving behind it.

mod api;
mod changes;
mod clock;
mod extract;
mod metrics;
mod passwords;
mod playing;
mod problem;
mod request_id;
mod router;
mod settings;
mod settle;
mod source;
mod state;
mod sweeper;
mod tokens;
mod transfer;

pub use clock::{Clock, new_secret, random, random_array};
pub use passwords::hash as hash_password;
pub use problem::Problem;
pub use router::{openapi, router};
pub use settings::{BucketForBrowsers, RegistrationPolicy, Settings};
pub use state::{App, State};
pub use sweeper::{Sweeper, sweep_once};
