//! `cargo xtask demo`: the whole service on this machine, one upload's way through it, and proof that it plays.

use std::{
    fs::{self, File},
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    run::{release_binary, root, succeeds},
    setup,
    steps::Steps,
};

const EMAIL: &str = "demo@example.org";
/// Of an account that only this machine can reach.
const PASSWORD: &str = "segue-demo";
const START: Duration = Duration::from_secs(30);

pub(crate) fn demo(exit: bool) -> Result<()> {
    let mut steps = Steps::default();
    let [music, ..] = steps.run("set-up", setup::for_music)?;
    let segue = steps.run("build", release_binary)?;
    let folder = root().join("target/demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut service = steps.run("start", || Service::start(&segue, &folder))?;
    steps.run("account", || service.create_account())?;
    let url = steps.run("upload, and wait until it is ready", || service.upload(&music))?;
    let seconds = steps.run("play", || decoded_seconds(&url))?;
    let expected = steps.run("compare with the source", || decoded_seconds(&music.to_string_lossy()))?;
    ensure!(
        (seconds - expected).abs() < 0.2,
        "{seconds:.2} s play, but the source has {expected:.2} s"
    );

    println!(
        "\n{} was uploaded, packaged, and plays for {seconds:.1} s.",
        music.display()
    );
    println!("  play it:  ffplay '{url}'");
    println!("            (or open that URL in Safari, VLC, or any page with hls.js)");
    println!("  the page: {}", service.url);
    println!("  the API:  {}/api/docs", service.url);
    println!("  log in:   {EMAIL}, {PASSWORD}");
    println!(
        "  more:     SEGUE_EMAIL={EMAIL} SEGUE_PASSWORD={PASSWORD} {} upload --server {} --wait FILE",
        segue.display(),
        service.url
    );
    println!("  the log:  {}", folder.join("log").display());
    if exit {
        return service.stop();
    }
    println!("\nIt goes on serving; Ctrl-C ends it.");
    let status = service.child.wait()?;
    ensure!(status.success(), "the service ended: {status}");
    Ok(())
}

/// `segue serve` with nothing configured but where it listens. It gets the same Ctrl-C as this task does.
struct Service<'a> {
    segue: &'a Path,
    folder: &'a Path,
    url: String,
    child: Child,
}

impl<'a> Service<'a> {
    fn start(segue: &'a Path, folder: &'a Path) -> Result<Self> {
        let (port, s3_port) = (port(8080)?, port(9000)?);
        let log = File::create(folder.join("log"))?;
        let child = Command::new(segue)
            .args([
                "serve",
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--s3-listen",
                &format!("127.0.0.1:{s3_port}"),
            ])
            .arg("--data-dir")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start segue serve")?;
        let mut service = Self {
            segue,
            folder,
            url: format!("http://127.0.0.1:{port}"),
            child,
        };
        let deadline = Instant::now() + START;
        while !succeeds(Command::new(segue).args(["healthcheck", "--url", &format!("{}/readyz", service.url)])) {
            if service.child.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("it does not start:\n{}", fs::read_to_string(folder.join("log"))?);
            }
            thread::park_timeout(Duration::from_millis(100));
        }
        Ok(service)
    }

    fn create_account(&self) -> Result<()> {
        let mut create = Command::new(self.segue)
            .args(["admin", "user", "create", EMAIL, "--data-dir"])
            .arg(self.folder.join("data"))
            .stdin(Stdio::piped())
            .spawn()?;
        create
            .stdin
            .take()
            .context("its input is piped")?
            .write_all(PASSWORD.as_bytes())?;
        let status = create.wait()?;
        ensure!(status.success(), "segue admin: {status}");
        Ok(())
    }

    /// The URL that it plays by.
    fn upload(&self, file: &Path) -> Result<String> {
        let output = Command::new(self.segue)
            .args(["upload", "--wait", "--server", &self.url])
            .arg(file)
            .env("SEGUE_EMAIL", EMAIL)
            .env("SEGUE_PASSWORD", PASSWORD)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "segue upload: {}", output.status);
        let said = String::from_utf8(output.stdout)?;
        let url = said.split_whitespace().find(|word| word.starts_with("http"));
        url.map(str::to_owned).with_context(|| format!("no URL in {said:?}"))
    }

    fn stop(mut self) -> Result<()> {
        succeeds(Command::new("kill").arg(self.child.id().to_string()));
        let status = self.child.wait()?;
        ensure!(status.success(), "the service ended: {status}");
        Ok(())
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        // In vain if it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The usual one, or any if that is taken.
fn port(usual: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", usual)).or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    Ok(listener.local_addr()?.port())
}

/// How long something plays, by decoding all of it.
fn decoded_seconds(what: &str) -> Result<f64> {
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin", "-v", "warning", "-i", what, "-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", "8000", "-",
        ])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "it cannot be decoded: {}", output.status);
    Ok(output.stdout.len() as f64 / 2.0 / 8000.0)
}
