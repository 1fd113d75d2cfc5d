//! What handlers take: checked before they run, refused as problems.

mod account;
mod body;
mod browser;
mod listener;
mod path;
mod query;

pub(crate) use account::Account;
pub(crate) use body::Body;
pub(crate) use browser::{Browser, OwnOrigin};
pub(crate) use listener::{Listener, gone};
pub(crate) use path::{JobPath, UploadPath};
pub(crate) use query::Params;
