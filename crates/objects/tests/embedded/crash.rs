//! A server process that is killed in the middle of everything, again and again.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_s3::{Client, primitives::ByteStream};
use objects::EmbeddedServer;

use crate::{
    multipart,
    support::{BUCKET, MIB, Random, client, code, eventually, get, md5, noise, payloads, settings},
};

const DIRECTORY: &str = "SEGUE_TEST_SERVER_DIRECTORY";
const LISTENING: &str = "listening on ";
const WRITERS: u64 = 4;

/// This test's own executable, told to be a server. It ends with its standard input, so never outlives the test.
pub(crate) struct Process {
    child: Child,
    pub(crate) endpoint: String,
    /// Kept open: the test harness in the child fails if it cannot print its summary.
    _output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_as(Command::new(env::current_exe().unwrap()), directory)
    }

    /// By a command that ends in running this executable.
    pub(crate) fn start_as(mut command: Command, directory: &Path) -> Self {
        let mut child = command
            .args([
                "--exact",
                "crash::the_server_process_ends_in_order_with_its_input",
                "--nocapture",
            ])
            .env(DIRECTORY, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let endpoint = loop {
            line.clear();
            assert!(
                output.read_line(&mut line).unwrap() > 0,
                "the server did not say where it listens"
            );
            if let Some((_, endpoint)) = line.split_once(LISTENING) {
                break endpoint.trim().to_owned();
            }
        };
        Self {
            child,
            endpoint,
            _output: output,
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn the_server_process_ends_in_order_with_its_input() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        let directory = tempfile::tempdir().unwrap();
        return Process::start(directory.path()).end();
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime
        .block_on(EmbeddedServer::start(settings(Path::new(&directory))))
        .unwrap();
    println!("{LISTENING}{}", server.endpoint());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    runtime.block_on(server.shutdown());
}

/// What an object is: bytes that its seed determines, and a type that carries the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    seed: u64,
    size: usize,
}

impl Version {
    fn content_type(self) -> String {
        format!("audio/x-{}", self.seed)
    }
}

/// What is known of one writer's keys. Only the writer changes it, so there is no doubt but about the last request.
#[derive(Default)]
struct Known {
    /// What was acknowledged.
    objects: BTreeMap<String, Option<Version>>,
    /// The one that was under way when the server died.
    pending: Option<(String, Option<Version>)>,
    /// The upload that was under way.
    upload: Option<Upload>,
}

#[derive(Clone)]
struct Upload {
    key: String,
    id: String,
    version: Version,
    /// `ETag`s of acknowledged parts.
    etags: Vec<String>,
}

/// All but the last are as small as parts may be.
const PARTS: usize = 3;

impl Upload {
    fn part(&self, index: usize) -> Vec<u8> {
        let whole = noise(self.version.seed, self.version.size);
        let end = if index + 1 == PARTS {
            whole.len()
        } else {
            (index + 1) * 5 * MIB
        };
        whole[index * 5 * MIB..end].to_vec()
    }

    /// Uploads what is missing and completes, however far it was before.
    async fn finish(&mut self, client: &Client, mut note: impl FnMut(&Self)) -> Result<(), String> {
        while self.etags.len() < PARTS {
            let number = i32::try_from(self.etags.len() + 1).unwrap();
            let part = client
                .upload_part()
                .bucket(BUCKET)
                .key(&self.key)
                .upload_id(&self.id)
                .part_number(number);
            let part = part.body(ByteStream::from(self.part(self.etags.len()))).send().await;
            let part = part.map_err(|error| code(&error))?;
            self.etags.push(part.e_tag().unwrap().to_owned());
            note(self);
        }
        let parts: Vec<_> = (1..).zip(self.etags.iter().map(String::as_str)).collect();
        let completed = multipart::complete(client, &self.key, &self.id, &parts).await;
        completed.map(drop).map_err(|error| code(&error))
    }
}

/// Works until the server is gone.
async fn write(client: Client, known: Arc<Mutex<Known>>, writer: u64, mut random: Random) {
    loop {
        let key = format!("{writer}/{}", random.below(12));
        let seed = random.next();
        let version = match random.below(20) {
            0 => Version {
                seed,
                size: 10 * MIB + 1 + usize::try_from(random.below(300_000)).unwrap(),
            },
            1..=3 => Version {
                seed,
                size: usize::try_from(random.below(2_000_000)).unwrap(),
            },
            _ => Version {
                seed,
                size: usize::try_from(random.below(60_000)).unwrap(),
            },
        };
        let done = match random.below(10) {
            _ if version.size > 10 * MIB => upload(&client, &known, &key, version).await,
            0..=1 => {
                known.lock().unwrap().pending = Some((key.clone(), None));
                let deleted = client.delete_object().bucket(BUCKET).key(&key).send().await;
                deleted.is_ok().then_some(None)
            }
            _ => {
                known.lock().unwrap().pending = Some((key.clone(), Some(version)));
                let body = ByteStream::from(noise(version.seed, version.size));
                let put = client.put_object().bucket(BUCKET).key(&key).body(body);
                put.content_type(version.content_type())
                    .send()
                    .await
                    .is_ok()
                    .then_some(Some(version))
            }
        };
        let mut known = known.lock().unwrap();
        let Some(acknowledged) = done else { return };
        known.objects.insert(key, acknowledged);
        known.pending = None;
        known.upload = None;
    }
}

async fn upload(client: &Client, known: &Mutex<Known>, key: &str, version: Version) -> Option<Option<Version>> {
    let create = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .content_type(version.content_type());
    let created = create.send().await.ok()?;
    let mut upload = Upload {
        key: key.into(),
        id: created.upload_id().unwrap().into(),
        version,
        etags: Vec::new(),
    };
    known.lock().unwrap().upload = Some(upload.clone());
    let note = |upload: &Upload| {
        let mut known = known.lock().unwrap();
        if upload.etags.len() == PARTS {
            known.pending = Some((upload.key.clone(), Some(upload.version)));
        }
        known.upload = Some(upload.clone());
    };
    upload.finish(client, note).await.ok()?;
    Some(Some(version))
}

/// Everything acknowledged is there, whole; what was under way is there whole or not at all.
async fn check(client: &Client, known: &mut Known) {
    if let Some((key, version)) = known.pending.take() {
        let found = look(client, &key).await;
        let before = known.objects.get(&key).copied().flatten();
        assert!(
            found == before || found == version,
            "{key}: {found:?}, neither {before:?} nor {version:?}"
        );
        known.objects.insert(key, found);
    }
    for (key, version) in &known.objects {
        assert_eq!(look(client, key).await, *version, "{key}");
    }
    if let Some(mut upload) = known.upload.take() {
        let list = client
            .list_parts()
            .bucket(BUCKET)
            .key(&upload.key)
            .upload_id(&upload.id)
            .send()
            .await;
        match list {
            Ok(list) => {
                let listed: Vec<_> = list
                    .parts()
                    .iter()
                    .map(|part| part.e_tag().unwrap().to_owned())
                    .collect();
                assert!(
                    listed.starts_with(&upload.etags),
                    "acknowledged parts are there: {}",
                    upload.id
                );
            }
            // Only if the Complete that was under way got through.
            Err(error) => assert_eq!((code(&error).as_str(), upload.etags.len()), ("NoSuchUpload", PARTS)),
        }
        upload
            .finish(client, |_| {})
            .await
            .expect("an interrupted upload can be completed");
        known.objects.insert(upload.key.clone(), Some(upload.version));
        assert_eq!(look(client, &upload.key).await, Some(upload.version), "{}", upload.key);
    }
}

/// What is there: and if something is, that it is consistent in itself.
async fn look(client: &Client, key: &str) -> Option<Version> {
    let got = match client.get_object().bucket(BUCKET).key(key).send().await {
        Ok(got) => got,
        Err(error) => {
            assert_eq!(code(&error), "NoSuchKey", "{key}");
            return None;
        }
    };
    let content_type = got.content_type().expect("no object is without its type").to_owned();
    let seed = content_type.strip_prefix("audio/x-").unwrap().parse().unwrap();
    let etag = got.e_tag().unwrap().trim_matches('"').to_owned();
    let body = got.body.collect().await.unwrap().to_vec();
    assert!(body == noise(seed, body.len()), "{key} is not what was put");
    assert!(etag.ends_with("-3") || etag == md5(&body), "{key}: {etag}");
    Some(Version { seed, size: body.len() })
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_the_server_loses_nothing_that_it_acknowledged() {
    let rounds = env::var("SEGUE_CRASH_ROUNDS").map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let directory = tempfile::tempdir().unwrap();
    let known: Vec<Arc<Mutex<Known>>> = (0..WRITERS).map(|_| Arc::default()).collect();
    let mut random = Random(20_260_101);
    for round in 0..rounds {
        let process = Process::start(directory.path());
        let s3 = client(&process.endpoint);
        let writers: Vec<_> = (0..WRITERS)
            .zip(&known)
            .map(|(writer, known)| tokio::spawn(write(s3.clone(), known.clone(), writer, Random(random.next()))))
            .collect();
        // The moment of the kill is what is random here; there is nothing to wait for.
        tokio::time::sleep(Duration::from_millis(20 + random.below(900))).await;
        process.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        let process = Process::start(directory.path());
        let s3 = client(&process.endpoint);
        let mut written = 0;
        for known in &known {
            let mut now = std::mem::take(&mut *known.lock().unwrap());
            check(&s3, &mut now).await;
            written += now.objects.len();
            *known.lock().unwrap() = now;
        }
        println!("round {round}: {written} keys as they should be");
        // Sometimes a crash follows a crash, before anything could be tidied.
        if random.below(2) == 0 {
            process.kill();
        } else {
            process.end();
        }
    }
    let process = Process::start(directory.path());
    let s3 = client(&process.endpoint);
    let mut objects = 0;
    for known in &known {
        let known = std::mem::take(&mut *known.lock().unwrap());
        for (key, version) in known
            .objects
            .iter()
            .filter_map(|(key, version)| Some((key, (*version)?)))
        {
            // Objects of parts have a file for each.
            objects += if version.size > 10 * MIB { PARTS } else { 1 };
            assert!(get_size(&s3, key).await > 0 || version.size == 0);
        }
    }
    for upload in s3
        .list_multipart_uploads()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap()
        .uploads()
    {
        let abort = s3.abort_multipart_upload().bucket(BUCKET).key(upload.key().unwrap());
        abort.upload_id(upload.upload_id().unwrap()).send().await.unwrap();
    }
    let swept = async || (payloads(directory.path()) == objects).then_some(());
    eventually("every file that no object names to be swept", swept).await;
    assert!(objects > 0 && get(&s3, "never").await.is_err());
    process.end();
}

async fn get_size(client: &Client, key: &str) -> i64 {
    let head = client.head_object().bucket(BUCKET).key(key).send().await.unwrap();
    head.content_length().unwrap()
}
