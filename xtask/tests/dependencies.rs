//! Dependencies point one way: `segue -> {server, worker, client} -> {store, objects, media} -> {hls, domain}`.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::Command,
};

use serde_json::Value;

/// Our crates, from the lowest layer up. A crate may use those of lower layers, and `hls` may use `domain`.
const LAYERS: [&[&str]; 5] = [
    &["domain"],
    &["hls"],
    &["store", "objects", "media"],
    &["server", "worker", "client"],
    &["segue", "chaos"],
];

/// Crates that do I/O, by the start of their names. Not `libc`: random numbers come through it as well, and whoever does
/// I/O with it does so through one of these or is seen in review.
const IO: [&str; 13] = [
    "async-std",
    "aws-",
    "axum",
    "hyper",
    "landlock",
    "mio",
    "reqwest",
    "rustix",
    "seccompiler",
    "socket2",
    "sqlx",
    "tokio",
    "ureq",
];

/// The crates that each crate uses, by name; tests and build scripts are left out.
struct Graph {
    ours: BTreeSet<String>,
    direct: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of_this_workspace() -> Self {
        let cargo = env::var_os("CARGO").expect("cargo runs the tests");
        let metadata = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
            .output()
            .expect("cargo starts");
        assert!(
            metadata.status.success(),
            "{}",
            String::from_utf8_lossy(&metadata.stderr)
        );
        Self::parse(&serde_json::from_slice(&metadata.stdout).expect("cargo metadata prints JSON"))
    }

    fn parse(metadata: &Value) -> Self {
        let names: BTreeMap<&str, &str> = each(&metadata["packages"])
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let is_normal = |dependency: &&Value| each(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
        let direct = each(&metadata["resolve"]["nodes"]).map(|node| {
            let uses = each(&node["deps"]).filter(is_normal);
            let uses = uses.map(|dependency| names[text(&dependency["pkg"])].to_owned());
            (names[text(&node["id"])].to_owned(), uses.collect())
        });
        Self {
            ours: each(&metadata["workspace_members"])
                .map(|id| names[text(id)].to_owned())
                .collect(),
            direct: direct.collect(),
        }
    }

    /// All that a crate uses, by whatever way. Nothing for a crate that does not exist yet.
    fn all<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut next = vec![name];
        while let Some(name) = next.pop() {
            let uses = self.direct.get(name).into_iter().flatten();
            next.extend(uses.map(String::as_str).filter(|used| seen.insert(*used)));
        }
        seen
    }

    /// Which of our crates use a crate by themselves, given the start of its name.
    fn direct_users(&self, start: &str) -> BTreeSet<&str> {
        let uses = |name: &&String| self.direct[*name].iter().any(|used| used.starts_with(start));
        self.ours.iter().filter(uses).map(String::as_str).collect()
    }

    fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for name in ["domain", "hls"] {
            let does_io = |used: &&str| IO.iter().any(|start| used.starts_with(start));
            violations.extend(
                self.all(name)
                    .into_iter()
                    .filter(does_io)
                    .map(|used| format!("{name} -> {used}")),
            );
        }
        for (start, only) in [("sqlx", "store"), ("aws-sdk-s3", "objects")] {
            let users = self.direct_users(start).into_iter().filter(|user| *user != only);
            violations.extend(users.map(|user| format!("{user} -> {start}")));
        }
        for hidden in ["store", "objects"] {
            if self.all("worker").contains(hidden) {
                violations.push(format!("worker -> {hidden}"));
            }
        }
        for name in self.ours.iter().filter(|name| *name != "xtask") {
            let Some(layer) = layer(name) else {
                violations.push(format!("{name} has no layer"));
                continue;
            };
            let ours = self.direct[name].iter().filter(|used| self.ours.contains(*used));
            let not_below = ours.filter(|used| layer_of_used(used) >= layer);
            violations.extend(not_below.map(|used| format!("{name} -> {used}")));
        }
        violations
    }
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

/// Nothing may use what has no layer, such as `xtask`.
fn layer_of_used(name: &str) -> usize {
    layer(name).unwrap_or(LAYERS.len())
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().expect("a list").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn this_workspace_keeps_the_direction() {
    let graph = Graph::of_this_workspace();
    assert!(graph.ours.contains("segue") && graph.all("segue").contains("domain"));
    assert_eq!(graph.violations(), [""; 0]);
}

#[test]
fn each_rule_finds_its_violation() {
    let cases = [
        ("domain", "tokio", "domain -> tokio"),
        ("hls", "between", "hls -> rustix"),
        ("server", "sqlx-core", "server -> sqlx"),
        ("media", "aws-sdk-s3", "media -> aws-sdk-s3"),
        ("worker", "store", "worker -> store"),
        ("store", "objects", "store -> objects"),
        ("media", "worker", "media -> worker"),
        ("segue", "xtask", "segue -> xtask"),
        ("helpers", "serde", "helpers has no layer"),
    ];
    for (user, used, violation) in cases {
        let mut graph = Graph {
            ours: ["xtask", user].map(String::from).into(),
            direct: BTreeMap::from([("between".into(), ["rustix".into()].into())]),
        };
        graph.ours.extend(layer(used).map(|_| used.to_owned()));
        for name in &graph.ours {
            graph.direct.insert(name.clone(), BTreeSet::new());
        }
        assert_eq!(
            graph.violations().len(),
            usize::from(user == "helpers"),
            "before {violation}"
        );
        graph.direct.insert(user.into(), [used.to_owned()].into());
        assert!(
            graph.violations().contains(&violation.to_owned()),
            "{violation}: {:?}",
            graph.violations()
        );
    }
}
