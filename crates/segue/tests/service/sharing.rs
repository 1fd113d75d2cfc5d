//! Several servers on one PostgreSQL.

use std::time::Duration;

use domain::UploadState;
use tokio::time::timeout;

use crate::support::{Database, Service, send, tone, until_state};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_work() {
    let mut service = Service::start(Database::postgres()).await;
    let other = service.add(&[]).await;
    let file = service.file("drift.wav");
    tone(&file, 20);
    let ann = service.user(0, "ann").await;
    let bob = service.user(other, "bob").await;
    let mut uploads = Vec::new();
    for _ in 0..4 {
        uploads.push((&ann, send(&ann, &file).await));
        uploads.push((&bob, send(&bob, &file).await));
    }
    for (client, id) in uploads {
        until_state(client, id, UploadState::Ready).await;
    }
    let said = service.said();
    let finishes = said.matches("finished=Published").count();
    assert_eq!(finishes, 8, "each once\n{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_listens_at_one_server_hears_what_happens_at_another() {
    let mut service = Service::start(Database::postgres()).await;
    let other = service.add(&[]).await;
    let file = service.file("drift.wav");
    tone(&file, 6);
    let ann = service.user(0, "ann").await;
    // The same user, logged in at the other server, with eight tabs.
    let tabs: Vec<_> = (0..8)
        .map(|_| client::Client::new(&service.url(other)).unwrap())
        .collect();
    let password = domain::Secret::new(crate::support::PASSWORD);
    let mut streams = Vec::new();
    for tab in &tabs {
        tab.login("ann@example.org", &password).await.unwrap();
        streams.push(tab.events());
    }
    let id = send(&ann, &file).await;
    for stream in &mut streams {
        let heard = async {
            loop {
                let upload = stream.next().await.unwrap();
                if upload.id == id && upload.state != UploadState::Uploading {
                    break;
                }
            }
        };
        assert!(
            timeout(Duration::from_secs(2), heard).await.is_ok(),
            "not heard within two seconds"
        );
    }
}
