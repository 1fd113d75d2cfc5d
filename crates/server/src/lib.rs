//! The control plane: the HTTP API, and what keeps uploads moving behind it.

mod api;
mod cached;
mod changes;
mod clock;
mod email;
mod extract;
mod failed_logins;
mod metrics;
mod passwords;
mod problem;
mod readiness;
mod request_id;
mod router;
mod settings;
mod state;
mod tokens;

pub use changes::Changes;
pub use clock::{Clock, new_secret, random, random_array};
pub use email::check_email;
pub use passwords::{check as check_password, hash as hash_password};
pub use problem::Problem;
pub use router::{openapi, router};
pub use settings::{BucketForBrowsers, RegistrationPolicy, Settings};
pub use state::{App, State};
