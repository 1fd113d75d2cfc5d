//! What holds for every endpoint.

use crate::support::Server;

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_the_request_s_id() {
    let server = Server::start().await;
    let answer = server
        .get("/api/v1/nothing")
        .header("x-request-id", "my-own-id")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["x-request-id"], "my-own-id");
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "not_found");
    assert_eq!(problem["request_id"], "my-own-id");
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let server = Server::start().await;
    let path = "/api/v1/uploads/0192f0c1-7d3a-7cc2-8a54-3f2b5d6e7f80";
    let answer = server.get(path).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    for bad in ["Bearer ", "Bearer nonsense", "Basic abc"] {
        let answer = server.get(path).header("authorization", bad).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{bad}");
    }
}

#[tokio::test]
async fn the_description_and_its_page_are_served() {
    let server = Server::start().await;
    let document: serde_json::Value = server
        .get("/api/v1/openapi.json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        document["paths"]["/api/v1/uploads/{id}"]["get"].is_object(),
        "{document}"
    );
    let page = server.get("/api/docs/").send().await.unwrap();
    assert_eq!(page.status(), 200);
}
