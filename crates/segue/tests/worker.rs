//! `segue worker`, as a launcher starts it. What it does with a whole attempt is tested in `worker`.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

const JOB: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";
const DEADLINE: Duration = Duration::from_secs(30);

fn worker(api_url: &str) -> Command {
    let mut segue = Command::new(env!("CARGO_BIN_EXE_segue"));
    segue.env_clear().arg("worker");
    segue.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    segue.env("SEGUE_API_URL", api_url).env("SEGUE_JOB_ID", JOB);
    // So that what is said is a complaint.
    segue.env("SEGUE_LOG", "warn");
    segue
        .env("SEGUE_JOB_SECRET", "hunter2-job")
        .env("SEGUE_WORKER_SECRET", "hunter2-worker");
    segue
}

fn complaint(output: &Output, code: i32) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{complaint}");
    assert!(!complaint.contains("hunter2"), "{complaint}");
    complaint
}

/// A server that hands each request's verb to the test, and answers with what `answer` makes of it; nothing: never.
fn server(answer: fn(&str) -> Option<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    thread::spawn(move || {
        let mut unanswered = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let (head, body) = read(&connection);
            let verb = head.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
            assert!(head.contains("x-job-secret: hunter2-job") && head.contains("x-worker-secret: hunter2-worker"));
            if let Some(answer) = answer(&verb) {
                let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
                connection.write_all(answer.as_bytes()).unwrap();
            } else {
                unanswered.push(connection);
            }
            sender.send(format!("{verb} {body}")).unwrap();
        }
    });
    (url, requests)
}

fn read(connection: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn terminate(child: &Child) {
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
}

#[test]
fn without_a_secret_it_says_which_one_is_missing() {
    for name in ["SEGUE_JOB_SECRET", "SEGUE_WORKER_SECRET"] {
        for absent in [None, Some("")] {
            let mut command = worker("http://127.0.0.1:9");
            match absent {
                None => command.env_remove(name),
                Some(empty) => command.env(name, empty),
            };
            let said = complaint(&command.output().unwrap(), 2);
            assert!(said.contains(&format!("{name} is not set")), "{said}");
        }
    }
}

#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    let said = complaint(&worker("segue.example").output().unwrap(), 2);
    assert!(said.contains("https://segue.example"), "{said}");
}

#[test]
fn an_attempt_that_is_over_ends_it_quietly() {
    let (url, _requests) = server(|_| Some("410 Gone"));
    let output = worker(&url).output().unwrap();
    assert_eq!(complaint(&output, 0), "");
}

#[test]
fn sigterm_hands_the_attempt_back() {
    let (url, requests) = server(|verb| (verb == "finish").then_some("200 OK"));
    let child = worker(&url)
        .env("SEGUE_EXECUTION", "job-7")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = requests.recv_timeout(DEADLINE).unwrap();
    assert!(
        start.starts_with("start ") && start.contains(r#""execution":"job-7""#),
        "{start}"
    );
    terminate(&child);
    let finish = requests.recv_timeout(DEADLINE).unwrap();
    assert!(
        finish.starts_with("finish ") && finish.contains(r#""outcome":"handed_back""#),
        "{finish}"
    );
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(complaint(&output, 0), "");
}

#[test]
fn a_server_that_cannot_be_told_is_an_error() {
    let (url, requests) = server(|_| None);
    let child = worker(&url).stderr(Stdio::piped()).spawn().unwrap();
    requests.recv_timeout(DEADLINE).unwrap();
    terminate(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = complaint(&output, 1);
    assert!(said.contains("could not be told") && said.contains(JOB), "{said}");
}
