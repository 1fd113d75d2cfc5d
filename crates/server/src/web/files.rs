//! The files of the web app.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use bytes::Bytes;
use rust_embed::Embed;

/// What `npm run build` had made when this was compiled. Nothing, if nobody had run it.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// A web app, all of it in memory.
pub struct WebApp {
    page: Option<File>,
    /// The others, by their paths without a slash in front.
    files: HashMap<String, File>,
}

pub(super) struct File {
    pub(super) content: Bytes,
    pub(super) content_type: &'static str,
    print: u64,
}

impl WebApp {
    /// The one that was built into this binary, if one was.
    #[must_use]
    pub fn built() -> Self {
        let paths = Built::iter();
        Self::of(paths.filter_map(|path| {
            let content = match Built::get(&path)?.data {
                Cow::Borrowed(content) => Bytes::from_static(content),
                Cow::Owned(content) => content.into(),
            };
            Some((path.into_owned(), content))
        }))
    }

    /// Of these files. What is of a type that no page of ours loads is left out.
    pub fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let file = |(path, content): (String, Bytes)| {
            let content_type = content_type(&path)?;
            let print = print_of(&content);
            let file = File {
                content,
                content_type,
                print,
            };
            Some((path, file))
        };
        let mut files: HashMap<_, _> = files.into_iter().filter_map(file).collect();
        let page = files.remove("index.html");
        Self { page, files }
    }

    pub(super) fn page(&self) -> Option<&File> {
        self.page.as_ref()
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }
}

impl File {
    /// Weak, since it is the same whether compressed or not (RFC 9110, section 8.8.3).
    pub(super) fn tag(&self) -> String {
        format!("W/\"{:016x}\"", self.print)
    }

    /// One that also changes with something else.
    pub(super) fn tag_with(&self, other: &impl Hash) -> String {
        format!("W/\"{:016x}-{:016x}\"", self.print, print_of(other))
    }
}

fn print_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
