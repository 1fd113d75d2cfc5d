//! Logging in and staying so.

use client::ClientError;
use domain::Secret;
use futures_util::future::join_all;

use crate::{
    fake::{EMAIL, Fake, PASSWORD},
    support::{client, stranger},
};

#[tokio::test]
async fn whoever_logs_in_is_known_until_he_logs_out() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    assert_eq!(client.me().await.unwrap().email, EMAIL);
    client.logout().await.unwrap();
    assert_eq!(client.me().await.unwrap_err().status(), Some(401));
    assert!(client.refresh().await.is_err(), "the cookie is forgotten");
}

#[tokio::test]
async fn the_cookie_goes_back_to_where_it_came_from_in_both_spellings() {
    for name in ["segue_refresh", "__Secure-segue_refresh"] {
        let fake = Fake::start().await;
        fake.state().cookie_name = name;
        let client = client(&fake).await;
        client.refresh().await.unwrap();
        client.refresh().await.unwrap();
        let sent: Vec<_> = fake
            .seen("POST /api/v1/auth/refresh")
            .into_iter()
            .map(|seen| seen.headers["cookie"].clone())
            .collect();
        assert_eq!(sent, [format!("{name}=refresh-1"), format!("{name}=refresh-2")]);
        client.me().await.unwrap();
        let seen = fake.seen("GET /api/v1/me").remove(0);
        assert!(!seen.headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn a_token_that_ran_out_is_exchanged_once_for_all_calls_of_that_moment() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.state().token = None;
    let all = join_all((0..12).map(|_| client.me())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(fake.state().refreshes, 1);
}

#[tokio::test]
async fn a_token_that_is_about_to_run_out_is_exchanged_before_it_is_used() {
    let fake = Fake::start().await;
    fake.state().expires_in_seconds = 0;
    let client = client(&fake).await;
    fake.state().expires_in_seconds = 900;
    client.me().await.unwrap();
    client.me().await.unwrap();
    assert_eq!(fake.state().refreshes, 1);
    assert_eq!(fake.asked("GET /api/v1/me").len(), 2, "none of them was refused");
}

#[tokio::test]
async fn a_session_that_is_over_is_said_to_be_so() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.state().token = None;
    fake.state().cookie_name = "another";
    let error = client.me().await.unwrap_err();
    assert_eq!(error.code(), Some("session_over"));
}

#[tokio::test]
async fn a_token_from_elsewhere_works_as_long_as_it_works() {
    let fake = Fake::start().await;
    fake.state().token = Some(7);
    let client = stranger(&fake);
    client.use_token(Secret::new("access-7"));
    client.me().await.unwrap();
    fake.state().token = None;
    assert_eq!(client.me().await.unwrap_err().code(), Some("unauthorized"));
    assert_eq!(
        fake.asked("POST /api/v1/auth"),
        [""; 0],
        "there is nothing to refresh it with"
    );
}

#[tokio::test]
async fn an_account_is_made_changed_and_deleted() {
    let fake = Fake::start().await;
    let client = stranger(&fake);
    client.register(EMAIL, &Secret::new(PASSWORD)).await.unwrap();
    client
        .change_password(&Secret::new(PASSWORD), &Secret::new("another"))
        .await
        .unwrap();
    client.delete_account(&Secret::new("another")).await.unwrap();
    assert!(matches!(client.me().await, Err(ClientError::Problem(problem)) if problem.status == 401));
}
