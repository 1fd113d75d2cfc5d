//! The database, from outside: made, asked and shut off without any code of Segue's.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::gate::Gate;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

pub(crate) enum Database {
    Sqlite {
        file: PathBuf,
        /// Holds the lock of writers while the database is "away".
        holder: Option<Child>,
    },
    Postgres {
        /// Of the whole server, past the gate.
        server: String,
        name: String,
        gate: Gate,
    },
}

impl Database {
    /// In a file that the server will make, or in a database of its own on the server in `SEGUE_TEST_POSTGRES`.
    pub(crate) async fn new(engine: Engine, data_dir: &Path) -> Result<Self> {
        if engine == Engine::Sqlite {
            let file = data_dir.join("segue.db");
            return Ok(Self::Sqlite { file, holder: None });
        }
        let server = std::env::var("SEGUE_TEST_POSTGRES").context("SEGUE_TEST_POSTGRES names no PostgreSQL server")?;
        let server = server.trim_end_matches('/').to_owned();
        let name = format!("chaos_{}", std::process::id());
        psql(&server, "postgres", &format!("CREATE DATABASE {name}"))?;
        let port = server.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let gate = Gate::before(port.context("SEGUE_TEST_POSTGRES names no port")?).await?;
        Ok(Self::Postgres { server, name, gate })
    }

    /// What the servers are told, by way of the gate.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { server, name, gate } => {
                let (host, _) = server.rsplit_once(':')?;
                Some(format!("{host}:{}/{name}", gate.port()))
            }
        }
    }

    /// Rows of columns.
    pub(crate) fn ask(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let said = match self {
            Self::Sqlite { file, .. } => {
                // Also beside a server that writes.
                let mut sqlite3 = Command::new("sqlite3");
                sqlite3
                    .args(["-batch", "-noheader", "-list", "-cmd", ".timeout 30000"])
                    .arg(file)
                    .arg(sql);
                run(&mut sqlite3)?
            }
            Self::Postgres { server, name, .. } => psql(server, name, sql)?,
        };
        Ok(said
            .lines()
            .map(|line| line.split('|').map(str::to_owned).collect())
            .collect())
    }

    /// How an id is asked for, as 32 hexadecimal digits.
    pub(crate) fn id(&self, column: &str) -> String {
        match self {
            Self::Sqlite { .. } => format!("lower(hex({column}))"),
            Self::Postgres { .. } => format!("replace({column}::text, '-', '')"),
        }
    }

    /// Nobody can write any more; to PostgreSQL, nobody can connect.
    pub(crate) fn shut(&mut self) -> Result<()> {
        match self {
            Self::Postgres { gate, .. } => gate.set_open(false),
            Self::Sqlite { file, holder } => {
                let mut sqlite3 = Command::new("sqlite3")
                    .args(["-batch", "-bail", "-cmd", ".timeout 30000"])
                    .arg(&*file)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .context("cannot start sqlite3")?;
                let stdin = sqlite3.stdin.as_mut().context("its input is piped")?;
                stdin.write_all(b"BEGIN IMMEDIATE;\nSELECT 'held';\n")?;
                let mut said = String::new();
                BufReader::new(sqlite3.stdout.take().context("its output is piped")?).read_line(&mut said)?;
                ensure!(said == "held\n", "sqlite3 does not get the lock: {said}");
                *holder = Some(sqlite3);
            }
        }
        Ok(())
    }

    pub(crate) fn open(&mut self) -> Result<()> {
        match self {
            Self::Postgres { gate, .. } => gate.set_open(true),
            Self::Sqlite { holder, .. } => {
                if let Some(mut sqlite3) = holder.take() {
                    // At the end of its input it rolls back and ends.
                    drop(sqlite3.stdin.take());
                    ensure!(sqlite3.wait()?.success(), "sqlite3 failed");
                }
            }
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let ended = match self {
            Self::Sqlite { .. } => self.open(),
            Self::Postgres { server, name, .. } => {
                psql(server, "postgres", &format!("DROP DATABASE {name} WITH (FORCE)")).map(drop)
            }
        };
        if let Err(error) = ended {
            eprintln!("the database is left behind: {error:#}");
        }
    }
}

fn psql(server: &str, name: &str, sql: &str) -> Result<String> {
    let url = format!("{server}/{name}");
    let mut psql = Command::new("psql");
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--no-align",
        "--tuples-only",
        "--set",
        "ON_ERROR_STOP=1",
    ]);
    run(psql.arg(url).arg("--command").arg(sql))
}

fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
