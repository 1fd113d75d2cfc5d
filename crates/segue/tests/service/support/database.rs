use std::{env, process::Command};

/// Where a service keeps its rows.
pub(crate) enum Database {
    /// A file in the data directory.
    Embedded,
    /// A database of its own, on the server that the tests are told of; removed with this value.
    Postgres { server: String, name: String },
}

impl Database {
    pub(crate) fn embedded() -> Self {
        Self::Embedded
    }

    pub(crate) fn postgres() -> Self {
        let server = env::var("SEGUE_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("these tests need a PostgreSQL server: run `cargo xtask with-postgres cargo test --package segue`")
        });
        let name = format!("service_{}", uuid());
        psql(&server, &format!("CREATE DATABASE {name}"));
        Self::Postgres { server, name }
    }

    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Embedded => None,
            Self::Postgres { server, name } => Some(format!("{}/{name}", server.trim_end_matches('/'))),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) {
    let url = format!("{}/postgres", server.trim_end_matches('/'));
    let output = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", &url, "--command", sql])
        .output()
        .unwrap();
    assert!(output.status.success() || std::thread::panicking(), "{output:?}");
}

fn uuid() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap();
    text.trim().replace('-', "")
}
