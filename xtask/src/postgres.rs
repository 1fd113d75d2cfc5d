//! A PostgreSQL server of our own for the tests: made anew for each run, gone with it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::{
        fs::{DirBuilderExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    apt::{self, Need},
    run::{is_on_path, root, succeeds},
};

/// What the tests look for.
const VARIABLE: &str = "SEGUE_TEST_POSTGRES";
const USER: &str = "segue";

/// Lives as long as its standard input is open, which the kernel sees to however this task ends: also when it is
/// killed, and no destructor runs. The password goes by way of a file, since arguments are anybody's to read. It is sent
/// in the clear over loopback, because SCRAM takes an unoptimised client a long time.
const SCRIPT: &str = r#"
    cd "$FOLDER" || exit 1
    trap 'rm -rf "$FOLDER"/*' EXIT
    "$BIN/initdb" -D data -U "$SEGUE_USER" --pwfile=password --auth=password -E UTF8 --locale=C --no-sync >log 2>&1 &&
    "$BIN/pg_ctl" -D data -w -t 60 -l log -o "-c listen_addresses=127.0.0.1 -c port=$PORT -c unix_socket_directories= \
        -c max_connections=400" start </dev/null >>log 2>&1 || { cat log; exit 1; }
    echo ready
    cat >/dev/null
    "$BIN/pg_ctl" -D data -m immediate -w stop >>log 2>&1
"#;

/// A running server. Dropping it stops it.
pub(crate) struct Postgres {
    script: Child,
    folder: PathBuf,
    url: String,
}

impl Postgres {
    /// Starts a server that only we know the password of.
    pub(crate) fn start() -> Result<Self> {
        apt::install(&[Need::Postgresql])?;
        let binaries = binaries().context("no PostgreSQL server is installed")?;
        let account = Account::unprivileged()?;
        let folder = folder(account.as_ref())?;
        let password = random_hex()?;
        let file = folder.join("password");
        fs::write(&file, &password)?;
        if let Some(account) = &account {
            chown(&file, Some(account.uid), Some(account.gid))?;
        }
        let port = free_port()?;

        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT]).current_dir("/");
        command
            .env("BIN", &binaries)
            .env("FOLDER", &folder)
            .env("PORT", port.to_string());
        command.env("SEGUE_USER", USER).env_remove("PGDATA");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // An interrupt typed at the terminal is for this task; the script then stops the server in good order.
        command.process_group(0);
        if let Some(account) = &account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut script = command.spawn().context("cannot start sh")?;
        let mut said = BufReader::new(script.stdout.take().context("its output is piped")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let postgres = Self {
            script,
            folder,
            url: format!("postgres://{USER}:{password}@127.0.0.1:{port}"),
        };
        if line != "ready\n" {
            said.read_to_string(&mut line)?;
            bail!("PostgreSQL does not start:\n{line}");
        }
        Ok(postgres)
    }

    /// Tells a command where the server is.
    pub(crate) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env(VARIABLE, &self.url)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // Whatever it answers, there is nothing left to do about it.
        let _ = self.script.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a command beside a server that it is told of.
pub(crate) fn with_postgres(command: &[String]) -> Result<()> {
    let [program, arguments @ ..] = command else {
        bail!("say which command, as in: cargo xtask with-postgres cargo test --package store");
    };
    let postgres = Postgres::start()?;
    crate::run::succeed(postgres.tell(Command::new(program).args(arguments)))
}

/// The folder of the newest server's programs. Debian keeps them off the PATH.
pub(crate) fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").is_file())
        .max_by_key(|path| version(path));
    let on_path = || is_on_path("initdb").then(|| which("initdb")).flatten();
    newest.map(|path| path.join("bin")).or_else(on_path)
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(program).is_file())
}

/// Whom the server runs as, since it refuses to run as root.
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `None`: this task is not root's, so its own account will do.
    fn unprivileged() -> Result<Option<Self>> {
        if id(&["-u"]).context("`id` does not answer")? != 0 {
            return Ok(None);
        }
        let account = |name| {
            Some(Account {
                uid: id(&["-u", name])?,
                gid: id(&["-g", name])?,
            })
        };
        let account = account("postgres").or_else(|| account("nobody"));
        Ok(Some(
            account.context("there is neither a user `postgres` nor `nobody`")?,
        ))
    }

    /// Whether it can reach a folder: the clone may lie under one that only root may enter.
    fn reaches(&self, folder: &Path) -> bool {
        let mut test = Command::new("test");
        test.arg("-w").arg(folder).current_dir("/");
        succeeds(test.uid(self.uid).gid(self.gid))
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let id = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(id.stdout).ok()?.trim().parse().ok()
}

/// A new folder, in `target` where the server can reach that. Folders of runs that were killed are removed.
fn folder(account: Option<&Account>) -> Result<PathBuf> {
    for parent in [root().join("target"), "/var/tmp".into(), "/tmp".into()] {
        if fs::create_dir_all(&parent).is_err() {
            continue;
        }
        remove_left_over(&parent);
        let folder = parent.join(format!("{PREFIX}{}", process::id()));
        if fs::DirBuilder::new().mode(0o700).create(&folder).is_err() {
            continue;
        }
        let Some(account) = account else {
            return Ok(folder);
        };
        chown(&folder, Some(account.uid), Some(account.gid))?;
        if account.reaches(&folder) {
            return Ok(folder);
        }
        fs::remove_dir(&folder)?;
    }
    bail!("PostgreSQL finds no folder that it may write to: not in target, /var/tmp or /tmp");
}

const PREFIX: &str = "segue-postgres-";

fn remove_left_over(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        let is_alive = |process: u32| succeeds(Command::new("kill").args(["-0", &process.to_string()]));
        if process.is_some_and(|process| !is_alive(process)) {
            // Another user's folder stays, and is no concern of ours.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Free a moment ago, which is all that can be had.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// 128 bits of it.
fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}
